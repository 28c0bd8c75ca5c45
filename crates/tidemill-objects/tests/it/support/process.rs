//! A server as a child process on a free loopback port, stopped by its process id when dropped.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Server {
    child: Child,
    pub port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts what `command` makes for a port and a folder of its own, and waits until the port answers.
    pub fn start(name: &str, command: impl FnOnce(u16, &std::path::Path) -> Command) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let output = std::fs::File::create(&log).unwrap();
        let mut command = command(port, folder.path());
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("failed to start {name}: {error}"));
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = child.try_wait().unwrap();
            if ended.is_some() || Instant::now() > deadline {
                let _ = child.kill();
                panic!(
                    "{name} didn't start: {}",
                    std::fs::read_to_string(&log).unwrap_or_default()
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Self {
            child,
            port,
            _folder: folder,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder of the installed test tools; what is missing is installed by `scripts/test-tools.sh`.
pub fn tool(name: &str) -> PathBuf {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let status = Command::new(script)
        .arg(name)
        .status()
        .expect("scripts/test-tools.sh can be run");
    assert!(status.success(), "{name} could not be installed");
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let tools = std::env::var_os("TIDEMILL_TEST_TOOLS").map(PathBuf::from);
    tools
        .unwrap_or_else(|| cache.join("tidemill/test-tools"))
        .join(name)
}
