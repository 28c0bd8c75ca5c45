//! Which process is at the other end of a loopback connection: a job may not pass for the owner.

use std::collections::{HashMap, HashSet};
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
        let Some(inode) = socket_inode(peer, local) else { return true };
        let wanted = format!("socket:[{inode}]");
        descendants(&runners).into_iter().any(|pid| holds(pid, &wanted))
    }
}

/// The inode of the peer's socket, out of the kernel's table of TCP connections.
fn socket_inode(peer: SocketAddr, local: SocketAddr) -> Option<u64> {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let text = fs::read_to_string(table).ok()?;
        text.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let (from, to) = (*fields.get(1)?, *fields.get(2)?);
            (port(from)? == peer.port() && port(to)? == local.port()).then(|| fields.get(9)?.parse().ok()).flatten()
        })
    })
}

fn port(address: &str) -> Option<u16> {
    u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok()
}

/// The given processes and all below them.
fn descendants(roots: &[u32]) -> HashSet<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name of the program stands in parentheses and may hold anything; what follows it is plain.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let Some(parent) = rest.split_ascii_whitespace().nth(1).and_then(|ppid| ppid.parse().ok()) else { continue };
        children.entry(parent).or_default().push(pid);
    }
    let mut found = HashSet::new();
    let mut queue = roots.to_vec();
    while let Some(pid) = queue.pop() {
        if found.insert(pid) {
            queue.extend(children.get(&pid).into_iter().flatten());
        }
    }
    found
}

fn holds(pid: u32, socket: &str) -> bool {
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
        let own = descendants(&[std::process::id()]);
        assert!(own.iter().any(|pid| holds(*pid, &format!("socket:[{inode}]"))));
        assert!(!holds(1, &format!("socket:[{inode}]")));
    }
}
