//! Which process is at the other end of a loopback connection: a job may not pass for the owner.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tidemill_process::Stat;

use crate::App;

/// How many steps are gone from a process to those that started it; more are taken where some end on the way.
const MOST_STEPS: usize = 4096;

impl App {
    /// Whether the peer of a loopback connection is a process of a running job. A runner is the reaper of all that its
    /// job starts, so every one of them is its descendant, whatever it did to its session or environment.
    pub fn is_job_process(&self, peer: SocketAddr, local: SocketAddr) -> bool {
        is_of(&self.runners(), peer, local)
    }
}

/// Whether an address is one of this machine, whatever the server listens on: no other machine's can be bound here.
pub(crate) fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || std::net::UdpSocket::bind((address, 0)).is_ok()
}

/// Whether a connection is that of a process below one of `runners`. A connection of which nobody can be found is: a job can give its
/// socket out of its hands (closed at once, on its way to another process, in the table of one thread), and a token is always accepted.
fn is_of(runners: &[i32], peer: SocketAddr, local: SocketAddr) -> bool {
    if runners.is_empty() {
        return false;
    }
    let Some(socket) = Socket::of(peer, local) else {
        return true;
    };
    let own = rustix::process::geteuid();
    // What other users do is out of sight, and a job is always of the server's.
    if !own.is_root() && socket.uid != own.as_raw() {
        return false;
    }
    let connection = (peer, socket.inode);
    if KNOWN.has(&connection) {
        return false;
    }
    match socket.holder() {
        Some(holder) if !is_below(holder, runners) => {
            KNOWN.add(connection);
            false
        }
        _ => true,
    }
}

/// Connections of which it was found out a moment ago that no job has them: looking through all processes takes milliseconds, and many
/// requests come over one connection. What a job has is looked at each time.
static KNOWN: Known = Known(Mutex::new(None));

/// How long it is believed, and of how many connections.
const BELIEVED: Duration = Duration::from_secs(30);
const MOST_KNOWN: usize = 10_000;

type Connection = (SocketAddr, u64);

struct Known(Mutex<Option<HashMap<Connection, Instant>>>);

impl Known {
    fn has(&self, connection: &Connection) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = known.as_ref().and_then(|known| known.get(connection));
        since.is_some_and(|since| since.elapsed() < BELIEVED)
    }

    fn add(&self, connection: Connection) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(connection, Instant::now());
    }
}

/// The peer's socket, out of the kernel's table of TCP connections.
struct Socket {
    inode: u64,
    /// Whose it is.
    uid: u32,
}

impl Socket {
    fn of(peer: SocketAddr, local: SocketAddr) -> Option<Self> {
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
            let text = fs::read_to_string(table).ok()?;
            text.lines().skip(1).find_map(|line| {
                let fields: Vec<&str> = line.split_ascii_whitespace().collect();
                // Ports alone are not enough: another address may have the same ones.
                let is = |at: usize, wanted: SocketAddr| {
                    fields.get(at).and_then(|text| address(text)) == Some(plain(wanted))
                };
                let found = || {
                    Some(Self {
                        uid: fields.get(7)?.parse().ok()?,
                        inode: fields.get(9)?.parse().ok()?,
                    })
                };
                (is(1, peer) && is(2, local)).then(found).flatten()
            })
        })
    }

    /// A process that holds it, of the user who made it.
    fn holder(&self) -> Option<i32> {
        // A socket that was closed before it was answered has none.
        if self.inode == 0 {
            return None;
        }
        let wanted = format!("socket:[{}]", self.inode);
        let all = fs::read_dir("/proc").ok()?.flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .find(|pid| is_of_user(*pid, self.uid) && holds(*pid, &wanted))
    }
}

/// `0100007F:1F90` as the address that it is: words of four bytes, as the machine has them in memory.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.rsplit_once(':')?;
    let word = |at: usize| u32::from_str_radix(ip.get(at..at + 8)?, 16).ok();
    let ip = match ip.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?.to_ne_bytes())),
        32 => {
            let mut bytes = [0; 16];
            for (at, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(at * 8)?.to_ne_bytes());
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(plain(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?)))
}

fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn is_of_user(pid: i32, uid: u32) -> bool {
    fs::metadata(format!("/proc/{pid}")).is_ok_and(|found| found.uid() == uid)
}

fn holds(pid: i32, socket: &str) -> bool {
    fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target.to_str() == Some(socket)))
}

/// Whether a process is one of `roots`, or was started by one, straight or by others; one that ended meanwhile is taken for one.
fn is_below(pid: i32, roots: &[i32]) -> bool {
    let mut at = pid;
    for _ in 0..MOST_STEPS {
        if roots.contains(&at) {
            return true;
        }
        match Stat::of(at) {
            Some(stat) if stat.parent <= 1 => return roots.contains(&stat.parent),
            Some(stat) => at = stat.parent,
            None if at == pid => return true,
            // It ended on the way up, and what it had started has another parent now.
            None => at = pid,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A program in the place of a runner, with a line from it once it has connected.
    fn runner(script: &str, port: u16) -> Child {
        let head = "import os, socket, sys, threading, time\nport = int(sys.argv[1])\n";
        let mut child = Command::new("python3")
            .args([
                "-c",
                &format!("{head}{script}\nprint('there', flush=True)\nsys.stdin.read()"),
            ])
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        assert_eq!(line, "there\n", "{script}");
        child
    }

    #[test]
    fn a_job_does_not_pass_for_the_owner_whatever_it_does_with_its_socket() {
        for script in [
            "s = socket.create_connection(('127.0.0.1', port))",
            // Of a process that it started.
            "if os.fork() == 0: s = socket.create_connection(('127.0.0.1', port))",
            // Closed at once.
            "s = socket.create_connection(('127.0.0.1', port)); s.send(b'x'); s.close()",
            // On its way to nobody.
            "s = socket.create_connection(('127.0.0.1', port)); a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [s.fileno()]); s.close()",
            // In the table of a thread alone.
            "import ctypes\ndef run():\n    ctypes.CDLL(None).unshare(0x400)\n    s = socket.create_connection(('127.0.0.1', port)); time.sleep(60)\nthreading.Thread(target=run, daemon=True).start(); time.sleep(0.5)",
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let local = listener.local_addr().expect("bound");
            let mut child = runner(script, local.port());
            let (_stream, peer) = listener.accept().expect("it connects");
            let pid = i32::try_from(child.id()).expect("process ids fit");
            assert!(is_of(&[pid], peer, local), "{script}");
            drop(child.stdin.take());
            child.wait().expect("it ends");
        }
    }

    #[test]
    fn somebody_else_is_no_job_also_while_a_job_runs() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let local = listener.local_addr().expect("bound");
        let mut child = runner("pass", local.port());
        let pid = i32::try_from(child.id()).expect("process ids fit");
        let mut stream = TcpStream::connect(local).expect("connects");
        let (_there, peer) = listener.accept().expect("it connects");
        stream.write_all(b"x").expect("sent");
        assert!(!is_of(&[pid], peer, local));
        assert!(!is_of(&[], peer, local));
        drop(child.stdin.take());
        child.wait().expect("it ends");
    }

    #[test]
    fn the_same_port_at_another_address_is_another_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let local = listener.local_addr().expect("bound");
        let stream = TcpStream::connect(local).expect("connects");
        let (_own, peer) = listener.accept().expect("it connects");
        let script = format!(
            "s = socket.socket(); s.bind(('127.0.0.2', {})); s.connect(('127.0.0.1', port))",
            peer.port()
        );
        let mut child = runner(&script, local.port());
        let (_other, other) = listener.accept().expect("it connects");
        let pid = i32::try_from(child.id()).expect("process ids fit");
        assert_eq!(other.port(), peer.port());
        assert!(is_of(&[pid], other, local));
        assert!(!is_of(&[pid], peer, local));
        drop((stream, child.stdin.take()));
        child.wait().expect("it ends");
    }

    #[test]
    fn an_address_of_this_machine_is_told_from_those_of_others() {
        let here = |text: &str| is_of_this_machine(text.parse().expect("an address"));
        assert!(here("127.0.0.1") && here("127.9.9.9") && here("::1"));
        assert!(!here("192.0.2.1") && !here("2001:db8::1"));
        // The one by which others know this machine, where it is in a network.
        let own = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
            socket.connect("192.0.2.1:9")?;
            socket.local_addr()
        });
        if let Ok(own) = own {
            assert!(is_of_this_machine(own.ip()), "{own}");
        }
    }

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let read = |text: &str| address(text).map(|address| address.to_string());
        if cfg!(target_endian = "little") {
            assert_eq!(read("0100007F:1F90").as_deref(), Some("127.0.0.1:8080"));
            assert_eq!(
                read("0000000000000000FFFF00000100007F:1F90").as_deref(),
                Some("127.0.0.1:8080")
            );
            assert_eq!(
                read("00000000000000000000000001000000:0050").as_deref(),
                Some("[::1]:80")
            );
        }
        for odd in ["", ":", "0100007F", "01:50", "0100007F:x", "é000007F:0050"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
