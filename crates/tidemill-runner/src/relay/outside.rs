//! The outer half: it runs in the runner, where the network is open, and leads to the server alone.

use super::carry;
use crate::args::RunnerArgs;
use crate::failure::Failure;
use crate::work::Work;
use tidemill_process::isolation::Relay;
use tokio::net::{TcpStream, UnixListener};
use tokio::task::JoinHandle;

/// Below it, a port takes powers that a job has not.
const FIRST_PORT: u16 = 1024;

/// Opens the way to the server, and tells how the inner half is called. It closes with the task.
pub(crate) fn open(args: &RunnerArgs, work: &Work) -> Result<(Relay, JoinHandle<()>), Failure> {
    let url = url::Url::parse(&args.server_url).map_err(|error| {
        Failure::new(format!(
            "failed to read the server's address {:?}: {error}",
            args.server_url
        ))
    })?;
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_owned();
    let port = url.port_or_known_default().unwrap_or_default();
    let failed = |error| Failure::io("open the way of the job to the server", error);
    let relay = Relay {
        program: std::env::current_exe().map_err(failed)?,
        socket: work.relay.clone(),
        port: if port < FIRST_PORT { port + 40_000 } else { port },
    };
    let listener = UnixListener::bind(&relay.socket).map_err(failed)?;
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((near, _)) => {
                    let far = TcpStream::connect((host.clone(), port));
                    tokio::spawn(carry(near, far));
                }
                Err(error) => {
                    // Out of files, most likely: it may have some again in a moment.
                    tracing::warn!(%error, "failed to take a connection of the job");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok((relay, task))
}

/// A variable of the job as it holds inside: the address of the server is that of its own loopback.
pub(crate) fn address(value: &str, args: &RunnerArgs, relay: &Relay) -> Option<String> {
    let rest = value.strip_prefix(args.server_url.trim_end_matches('/'))?;
    let whole = rest.is_empty() || rest.starts_with('/');
    whole.then(|| format!("http://127.0.0.1:{}{rest}", relay.port))
}
