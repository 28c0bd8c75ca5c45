//! Which process is at the other end of a loopback connection: a job may not pass for the owner.

use std::fs;
use std::net::SocketAddr;

use crate::App;

impl App {
    /// Whether the peer of a loopback connection is a process of a running job. A runner is the reaper of all that its
    /// job starts, so every one of them is its descendant, whatever it did to its session or environment.
    pub fn is_job_process(&self, peer: SocketAddr, local: SocketAddr) -> bool {
        let runners = self.runners();
        if runners.is_empty() {
            return false;
        }
        // A connection that cannot be found is treated as a job's: a token is always accepted.
        let Some(inode) = socket_inode(peer, local) else {
            return true;
        };
        let wanted = format!("socket:[{inode}]");
        runners.iter().any(|runner| {
            let below = tidemill_process::descendants(*runner);
            holds(*runner, &wanted) || below.iter().any(|process| holds(process.pid, &wanted))
        })
    }
}

/// The inode of the peer's socket, out of the kernel's table of TCP connections.
fn socket_inode(peer: SocketAddr, local: SocketAddr) -> Option<u64> {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let text = fs::read_to_string(table).ok()?;
        text.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let (from, to) = (*fields.get(1)?, *fields.get(2)?);
            (port(from)? == peer.port() && port(to)? == local.port())
                .then(|| fields.get(9)?.parse().ok())
                .flatten()
        })
    })
}

fn port(address: &str) -> Option<u16> {
    u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok()
}

fn holds(pid: i32, socket: &str) -> bool {
    fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target.to_str() == Some(socket)))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_socket_of_a_connection_is_found_in_its_process() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let local = listener.local_addr().expect("bound");
        let client = TcpStream::connect(local).expect("connects");
        let inode = socket_inode(client.local_addr().expect("connected"), local).expect("in the table");
        let own = i32::try_from(std::process::id()).expect("process ids fit");
        assert!(holds(own, &format!("socket:[{inode}]")));
        assert!(!holds(1, &format!("socket:[{inode}]")));
    }
}
