//! A folder of its own for each test, the program in it, and a server where a test wants one.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tidemill");

/// What a command left.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self.out
    }

    #[track_caller]
    pub fn json(self) -> Value {
        serde_json::from_str(&self.ok()).expect("JSON")
    }

    #[track_caller]
    pub fn fails(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self.err
    }
}

/// A folder with a home of its own.
pub struct Home {
    pub dir: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary folder can be made"),
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("folders can be made");
        std::fs::write(path, text).expect("files can be written");
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("TIDEMILL_") || name.starts_with("XDG_"))
        {
            command.env_remove(name);
        }
        command
            .env("HOME", self.path())
            .env("TIDEMILL_DATA_DIR", self.data())
            .env("COLUMNS", "100");
        command.current_dir(self.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Done {
        done(self.command().args(args))
    }

    /// Starts a server in this home; it is killed with what this gives.
    pub fn server(&self) -> Mill {
        Mill::start(self, "127.0.0.1:0")
    }
}

pub fn done(command: &mut Command) -> Done {
    let output = command.output().expect("the program runs");
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A running server.
pub struct Mill {
    pub child: Child,
    pub url: String,
    pub said: String,
}

impl Mill {
    /// Starts one at an address; port 0 takes a free one.
    pub fn start(home: &Home, listen: &str) -> Self {
        Self::starting(home, listen, &[])
    }

    /// Starts one with more options.
    pub fn start_with(home: &Home, options: &[&str]) -> Self {
        Self::starting(home, "127.0.0.1:0", options)
    }

    fn starting(home: &Home, listen: &str, options: &[&str]) -> Self {
        let mut command = home.command();
        command
            .args(["server", "start", "--listen", listen])
            .args(options);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            let mut line = String::new();
            if lines.read_line(&mut line).expect("text") == 0 {
                let mut err = String::new();
                child
                    .stderr
                    .take()
                    .expect("piped")
                    .read_to_string(&mut err)
                    .expect("text");
                panic!("the server ended: {said}{err}");
            }
            said.push_str(&line);
        }
        let url = said
            .lines()
            .next()
            .and_then(|line| line.rsplit(' ').next())
            .expect("an address")
            .to_owned();
        Self { child, url, said }
    }

    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(done.success());
    }

    /// Waits for its end, and gives its exit code and its log.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let until = Instant::now() + Duration::from_secs(30);
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status.code();
            }
            assert!(Instant::now() < until, "the server does not end");
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .expect("piped")
            .read_to_string(&mut log)
            .expect("text");
        (code, log)
    }
}

impl Drop for Mill {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A home with its server, and the program pointed at it.
pub struct World {
    pub home: Home,
    pub mill: Mill,
}

impl World {
    pub fn new() -> Self {
        let home = Home::new();
        let mill = home.server();
        Self { home, mill }
    }

    pub fn command(&self) -> Command {
        let mut command = self.home.command();
        command.env("TIDEMILL_URL", &self.mill.url);
        command
    }

    pub fn run(&self, args: &[&str]) -> Done {
        done(self.command().args(args))
    }
}

/// What differs from run to run, replaced.
pub fn settled(text: &str, home: &Home) -> String {
    text.replace(&home.path().display().to_string(), "[home]")
}
