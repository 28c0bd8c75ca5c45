//! What a server says to the one who started it.

use std::net::SocketAddr;

use tidemill_app::DataDir;
use tidemill_app::isolation::{Isolation, Keeping};

use crate::error::Result;
use crate::output::write_out;

/// The server is ready.
///
/// # Errors
/// When standard output cannot be written.
pub fn ready(address: SocketAddr, dir: &DataDir, keeping: Keeping) -> Result<()> {
    let bold = anstyle::Style::new().bold();
    let shown = reached_at(address);
    let mut text = format!(
        "Tidemill {} is ready at {bold}http://{shown}{bold:#}\n\
         \x20 studio   http://{shown}/ui\n\
         \x20 mlflow   MLFLOW_TRACKING_URI=http://{shown}\n\
         \x20 data     {}\n\
         \x20 token    {}\n\
         \x20 jobs     isolation: {}\n",
        env!("CARGO_PKG_VERSION"),
        dir.root().display(),
        dir.owner_token().display(),
        in_force(keeping),
    );
    if !address.ip().is_loopback() {
        text.push_str("  others   it is reached from other machines, and everyone signs in with a token\n");
    }
    text.push_str("Stop it with Ctrl-C.\n");
    write_out(&text)
}

/// What jobs of this server are kept from.
fn in_force(keeping: Keeping) -> &'static str {
    match keeping.level {
        Isolation::Bubblewrap => {
            "bubblewrap; a job sees its own files and processes, network by compute and policy"
        }
        Isolation::Landlock => "landlock; a job reaches its own files, /tmp is closed, network open",
        Isolation::None if keeping.refuses().is_some() => {
            "none, and others reach this server: no job is run; install bubblewrap, or start with --isolation none"
        }
        Isolation::None => "none; a job may whatever the account of this server may",
    }
}

/// Where this machine reaches the server: one on all addresses answers on loopback, too.
pub fn reached_at(address: SocketAddr) -> SocketAddr {
    match address.ip().is_unspecified() {
        true => SocketAddr::new(loopback(address), address.port()),
        false => address,
    }
}

fn loopback(address: SocketAddr) -> std::net::IpAddr {
    match address {
        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    }
}
