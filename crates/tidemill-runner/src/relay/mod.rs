//! The one way out of a job whose network is closed: its loopback → a socket in its folder → the server.

pub(crate) mod inside;
mod outside;

pub(crate) use outside::{address, open};

use std::io;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};

/// Carries one connection to its end.
async fn carry(
    mut near: impl AsyncRead + AsyncWrite + Unpin,
    far: impl Future<Output = io::Result<impl AsyncRead + AsyncWrite + Unpin>>,
) {
    let carried = async { copy_bidirectional(&mut near, &mut far.await?).await };
    // A server that is away, or a peer that hangs up, is seen by who is connected.
    if let Err(error) = carried.await {
        tracing::debug!(%error, "a connection of the job ended");
    }
}
