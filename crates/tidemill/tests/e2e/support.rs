//! A server of its own for each test, from the real binary, and the real command line to talk to it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_tidemill");

/// An environment that any machine with Python has, under the relaxed policy.
pub const ENVIRONMENT: &str = "environment: {image: \"python:3\"}";

/// A server, its data folder, and a folder to write YAML and code in.
pub struct Mill {
    dir: TempDir,
    /// The data folder of the server.
    pub data: PathBuf,
    port: u16,
    server: Option<Child>,
    /// What the server is started with beside the usual.
    pub options: Vec<&'static str>,
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    /// Both streams, for looking for words.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }

    /// Asserts on the exit code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that something was said.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let text = self.text();
        assert!(text.contains(words), "`{words}` is not in:\n{text}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error} in:\n{}\n{}", self.out, self.err))
    }
}

impl Mill {
    /// A server that takes the nearest environment.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let data = dir.path().join("data");
        Self::start_in(dir, data)
    }

    /// The same over another data folder.
    pub fn start_in(dir: TempDir, data: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        drop(listener);
        fs::create_dir_all(dir.path().join("work")).expect("a folder");
        fs::create_dir_all(dir.path().join("shared")).expect("a folder");
        let mut mill = Self {
            dir,
            data,
            port,
            server: None,
            options: Vec::new(),
        };
        mill.start_server();
        mill
    }

    /// Starts the server again on the same port and data folder, and waits until it is ready.
    pub fn start_server(&mut self) {
        assert!(self.server.is_none(), "it runs");
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.path().join("server.log"));
        let mut child = self
            .command()
            .args(["server", "start", "--environment-policy", "relaxed"])
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--data-dir")
            .arg(&self.data)
            .arg("--job-folder")
            .arg(self.dir.path().join("shared"))
            .args(&self.options)
            .stdout(Stdio::piped())
            .stderr(log.expect("a log file"))
            .spawn()
            .expect("the server starts");
        let stdout = child.stdout.take().expect("it is piped");
        let (ready, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { break };
                if line.contains("is ready") && ready.send(()).is_err() {
                    break;
                }
            }
        });
        self.server = Some(child);
        assert!(
            told.recv_timeout(Duration::from_secs(60)).is_ok(),
            "the server is not ready:\n{}",
            self.server_log()
        );
    }

    /// What the server logged.
    pub fn server_log(&self) -> String {
        fs::read_to_string(self.dir.path().join("server.log")).unwrap_or_default()
    }

    /// Kills the server as a power cut would: at once.
    pub fn kill_server(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("it can be killed");
            server.wait().expect("it ends");
        }
    }

    /// The process id of the server.
    pub fn server_pid(&self) -> u32 {
        self.server.as_ref().expect("it runs").id()
    }

    /// Where the server answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `tidemill` as [`Mill::run`] starts it, for a test that starts it itself.
    pub fn command(&self) -> Command {
        self.with_settings(Command::new(BINARY))
    }

    /// Another program with the settings of `tidemill`, which starts it.
    pub fn command_as(&self, program: &str) -> Command {
        self.with_settings(Command::new(program))
    }

    fn with_settings(&self, mut command: Command) -> Command {
        let home = self.dir.path().join("home");
        command
            .current_dir(self.dir.path().join("work"))
            .env("TIDEMILL_URL", self.url())
            .env("TIDEMILL_DATA_DIR", &self.data)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("TIDEMILL_CACHE_DIR", home.join("cache"))
            .env_remove("TIDEMILL_TOKEN")
            .stdin(Stdio::null());
        command
    }

    /// A file or folder beside the YAML.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("work").join(name)
    }

    /// A file that jobs may write besides their own, as a mark or a gate.
    pub fn shared(&self, name: &str) -> PathBuf {
        self.dir.path().join("shared").join(name)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Runs `tidemill …`, with JSON as its output.
    pub fn run(&self, args: &[&str]) -> Done {
        done(
            self.command()
                .args(args)
                .args(["-o", "json"])
                .output()
                .expect("the program starts"),
        )
    }

    /// Runs `az ml …` with this program under that name, with JSON as its output.
    pub fn az(&self, args: &[&str]) -> Done {
        let link = self.dir.path().join("az");
        if !link.exists() {
            std::os::unix::fs::symlink(BINARY, &link).expect("a link");
        }
        let mut command = self.with_settings(Command::new(link));
        done(
            command
                .arg("ml")
                .args(args)
                .args(["-o", "json"])
                .output()
                .expect("the program starts"),
        )
    }

    /// The JSON that a command prints; it must succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> Value {
        self.run(args).ends(0).json()
    }

    /// Writes a job and runs it to its end.
    pub fn stream(&self, name: &str, yaml: &str) -> Done {
        let file = format!("{name}.yml");
        self.write(&file, yaml);
        self.run(&["job", "create", "-f", &file, "--name", name, "--stream"])
    }

    /// Writes a job and submits it.
    #[track_caller]
    pub fn submit(&self, name: &str, yaml: &str) {
        let file = format!("{name}.yml");
        self.write(&file, yaml);
        self.ok(&["job", "create", "-f", &file, "--name", name]);
    }

    /// A job as `job show` prints it.
    #[track_caller]
    pub fn show(&self, name: &str) -> Value {
        self.ok(&["job", "show", "-n", name])
    }

    /// The log of a job that ended.
    pub fn log(&self, name: &str) -> String {
        let folder = self.path(&format!("log of {name}"));
        let _ = fs::remove_dir_all(&folder);
        self.run(&["job", "download", "-n", name, "-p", &folder.to_string_lossy()])
            .ends(0);
        let mut text = String::new();
        for file in files(&folder.join("artifacts/user_logs")) {
            text += &String::from_utf8_lossy(&fs::read(file).expect("it was just written"));
        }
        text
    }

    /// The steps of a pipeline by node: status, and the job whose work was taken over.
    #[track_caller]
    pub fn steps(&self, pipeline: &str) -> std::collections::BTreeMap<String, (String, bool)> {
        let rows = self.ok(&["job", "list", "--parent-job-name", pipeline]);
        let row = |row: &Value| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("node"), (text("status"), !row["reused_from"].is_null()))
        };
        rows.as_array().expect("a list").iter().map(row).collect()
    }

    /// Waits until a job has one of the states.
    #[track_caller]
    pub fn wait(&self, name: &str, states: &[&str]) -> Value {
        self.until(&format!("{name} is one of {states:?}"), || {
            let job = self.run(&["job", "show", "-n", name]);
            if job.code != 0 {
                return None;
            }
            let job = job.json();
            states
                .contains(&job["status"].as_str().unwrap_or_default())
                .then_some(job)
        })
    }

    /// Waits for something, at most a minute.
    #[track_caller]
    pub fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "not within a minute: {what}\n{}",
                self.server_log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A request by hand: the status and the body.
    pub fn http(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> (u16, String) {
        self.try_http(method, path, token, body)
            .expect("the server answers")
    }

    /// The same of a server that may be killed meanwhile.
    pub fn try_http(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let token = token
            .map(|token| format!("Authorization: Bearer {token}\r\n"))
            .unwrap_or_default();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{token}Content-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}",
            self.port
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.map_or(answer.len(), |end| end + 4));
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let body = match head.contains("transfer-encoding: chunked") {
            true => of_chunks(body),
            false => body.to_vec(),
        };
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Processes whose command line or environment names this data folder, without the server.
    pub fn processes(&self) -> Vec<u32> {
        let server = self.server.as_ref().map(Child::id);
        let needle = self.dir.path().as_os_str().as_encoded_bytes().to_vec();
        let names = |pid: u32, file: &str| {
            fs::read(format!("/proc/{pid}/{file}"))
                .is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
        };
        all_processes()
            .filter(|pid| Some(*pid) != server && *pid != std::process::id())
            .filter(|pid| names(*pid, "cmdline") || names(*pid, "environ"))
            .collect()
    }
}

impl Drop for Mill {
    fn drop(&mut self) {
        self.kill_server();
        // Runners outlive a killed server; nothing of a test may outlive the test.
        for pid in self.processes() {
            let _ = Command::new("kill")
                .args(["-KILL", &pid.to_string()])
                .stderr(Stdio::null())
                .status();
        }
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.server_log());
        }
    }
}

/// The body that came in chunks, as far as it came.
fn of_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&rest[..end]);
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        rest = &rest[end + 2..];
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        rest = rest.get(size + 2..).unwrap_or_default();
    }
    body
}

fn done(output: Output) -> Done {
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn all_processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("this is Linux");
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The most memory that a process has held, in bytes; `None` when it is gone.
pub fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

/// The processes of this program that run `tidemill runner` among those given.
pub fn runners(of: &[u32]) -> Vec<u32> {
    let is_runner = |pid: &&u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next().is_some_and(|program| program == BINARY.as_bytes())
            && words.any(|word| word == b"runner")
    };
    of.iter().filter(is_runner).copied().collect()
}

/// The Python of one of the sets of tools that `scripts/test-tools.sh` installs.
pub fn tool(name: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let made = Command::new("sh")
        .arg(script)
        .arg(name)
        .output()
        .expect("the script runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let tools = std::env::var_os("TIDEMILL_TEST_TOOLS")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
            cache.unwrap_or_else(home).join("tidemill/test-tools")
        });
    tools.join(name).join("bin/python")
}

/// All files below a folder, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => found.push(path),
            }
        }
    }
    found.sort();
    found
}
