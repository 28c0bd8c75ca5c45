//! A server in a test, and raw HTTP to it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;
use tidemill_serve::azure::Settings;
use tidemill_serve::{Bound, Config, Log, Model, Python, StartError};
use tokio::sync::oneshot;

/// A folder with a script, and how to serve it.
pub struct Setup {
    pub dir: TempDir,
    pub config: Config,
    pub settings: Settings,
}

impl Setup {
    pub fn script(text: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let script = dir.path().join("score.py");
        std::fs::write(&script, text).expect("a file can be written");
        Self::of(dir, script)
    }

    pub fn of(dir: TempDir, entry_script: PathBuf) -> Self {
        let app_root = dir.path().to_path_buf();
        let config = Config {
            name: "test".into(),
            model: Model::Script { entry_script },
            model_dir: Some("/models".into()),
            work_dir: app_root.clone(),
            app_root,
            python: Python {
                program: "python3".into(),
                set: Vec::new(),
                unset: Vec::new(),
            },
            workers: 1,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            grpc_listen: None,
            health_listen: None,
            batching: None,
            max_queue: 100,
            request_timeout: Duration::from_secs(30),
            start_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(10),
            max_body_bytes: 10 << 20,
            max_answer_bytes: 10 << 20,
            reload: false,
            plain_log: false,
        };
        Self {
            dir,
            config,
            settings: Settings::read(|_| None),
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Serves it; the error where it does not become ready.
    pub fn try_serve(self) -> Result<Server, StartError> {
        let Self {
            dir,
            config,
            settings,
        } = self;
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            let ready = tell.clone();
            let served = runtime.block_on(tidemill_serve::serve(
                config,
                settings,
                Log::new(),
                |_| {},
                move |bound| drop(ready.send(Ok(bound))),
                async move { drop(stopped.await) },
            ));
            if let Err(error) = served {
                drop(tell.send(Err(error)));
            }
        });
        let Bound { http, grpc } = told.recv().expect("the server says how it is")?;
        Ok(Server {
            http,
            grpc,
            dir,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    #[track_caller]
    pub fn serve(self) -> Server {
        self.try_serve().expect("the model becomes ready")
    }

    #[track_caller]
    pub fn fails(self) -> String {
        match self.try_serve() {
            Ok(_) => panic!("the model must not become ready"),
            Err(error) => error.to_string(),
        }
    }
}

/// A server that runs.
pub struct Server {
    pub http: SocketAddr,
    pub grpc: Option<SocketAddr>,
    pub dir: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.http).expect("the server listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a timeout");
        stream
    }

    /// Sends bytes as they are, and reads one answer.
    pub fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("bytes can be sent");
        Answer::read(&mut stream)
    }

    pub fn score(&self, body: &str) -> Answer {
        self.raw(score(body).as_bytes())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.raw(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes())
    }

    /// Tells it to stop, and does not wait.
    pub fn tell_stop(&mut self) {
        drop(self.stop.take());
    }

    pub fn wait(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends well");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tell_stop();
        if !std::thread::panicking() {
            self.wait();
        }
    }
}

pub fn score(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /score HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let mut part = [0; 65536];
        loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                let length: usize = length.map_or(0, |text| text.trim().parse().expect("a number"));
                if bytes.len() >= end + 4 + length {
                    let status = head
                        .split(' ')
                        .nth(1)
                        .expect("a status")
                        .parse()
                        .expect("a number");
                    let body = bytes[end + 4..end + 4 + length].to_vec();
                    return Self { status, head, body };
                }
            }
            match stream.read(&mut part).expect("an answer in time") {
                0 => {
                    return Self {
                        status: 0,
                        head: "closed".into(),
                        body: bytes,
                    };
                }
                count => bytes.extend_from_slice(&part[..count]),
            }
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub fn contract(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/contract")
        .join(name)
}

/// A Python of a virtual environment that `scripts/test-tools.sh` installs.
pub fn tool(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let done = std::process::Command::new(script)
        .arg(name)
        .output()
        .expect("the script runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let root = std::env::var_os("TIDEMILL_TEST_TOOLS")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
            cache.unwrap_or_else(home).join("tidemill/test-tools")
        });
    root.join(name).join("bin/python")
}
