//! Taking the address.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::error::{Error, Result};

/// Listens at an address.
///
/// # Errors
/// When it is taken or not of this machine.
pub async fn on(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let failed = Error::failed(format!("failed to listen at {address}: {error}"));
        match error.kind() {
            std::io::ErrorKind::AddrInUse => failed.with_hint(format!(
                "something listens there already, perhaps another server; choose another port with --listen {}:{}",
                address.ip(),
                address.port().wrapping_add(1)
            )),
            std::io::ErrorKind::AddrNotAvailable => failed.with_hint("choose an address of this machine with --listen"),
            std::io::ErrorKind::PermissionDenied => failed.with_hint("choose a port from 1024 on with --listen"),
            _ => failed,
        }
    })
}
