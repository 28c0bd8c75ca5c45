//! The private PostgreSQL cluster that the tests of a machine share: the first starts it, and a script that outlives them
//! stops it when nobody has used it for ten seconds.

use std::fs::File;
use std::io::{Error, Result};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::programs::Programs;

const SCRIPT: &str = include_str!("cluster.sh");
const START_WITHIN: Duration = Duration::from_secs(90);

/// A database of its own in the cluster. Holds the cluster while it lives; is dropped with it.
#[derive(Debug)]
pub(crate) struct Database {
    programs: Programs,
    port: u16,
    name: String,
    _in_use: File,
}

impl Database {
    /// Makes an empty database, and starts the cluster when it is not there.
    pub(crate) fn create(programs: &Programs) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = folder()?;
        let in_use = open(&folder.join("use"))?;
        // Waits while a cluster that nobody used is being taken away.
        in_use.lock_shared()?;
        let port = running_or_started(&folder, programs)?;
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let database = Self {
            programs: programs.clone(),
            port,
            name,
            _in_use: in_use,
        };
        // A database of an earlier process with our id may have been left by a crash.
        database.sql(&format!(
            "DROP DATABASE IF EXISTS {0} WITH (FORCE)",
            database.name
        ))?;
        database.sql(&format!("CREATE DATABASE {} TEMPLATE template0", database.name))?;
        Ok(database)
    }

    /// The address of the database.
    pub(crate) fn url(&self) -> String {
        format!("postgresql://tidemill@127.0.0.1:{}/{}", self.port, self.name)
    }

    fn sql(&self, statement: &str) -> Result<()> {
        let output = self
            .programs
            .command("psql")
            .args([
                "-X",
                "-q",
                "-h",
                "127.0.0.1",
                "-U",
                "tidemill",
                "-d",
                "postgres",
                "-c",
                statement,
            ])
            .args(["-p", &self.port.to_string()])
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::other(format!(
            "`{statement}`: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = self.sql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)) {
            eprintln!("failed to drop a test database: {error}");
        }
    }
}

/// Where the cluster of this user is. The server refuses root, so root's folder is open to the user `postgres`.
fn folder() -> Result<PathBuf> {
    let user = rustix::process::getuid();
    let parent = if user.is_root() {
        PathBuf::from("/tmp")
    } else {
        std::env::temp_dir()
    };
    let folder = parent.join(format!("tidemill-testdb-{}", user.as_raw()));
    std::fs::create_dir_all(&folder)?;
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(folder)
}

fn open(path: &Path) -> Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn running_or_started(folder: &Path, programs: &Programs) -> Result<u16> {
    // Several test processes may come here at once: one starts, the others wait.
    let starting = open(&folder.join("starting"))?;
    starting.lock()?;
    if let Some(port) = running(folder, programs) {
        return Ok(port);
    }
    let script = folder.join("cluster.sh");
    std::fs::write(&script, SCRIPT)?;
    let log = File::create(folder.join("log"))?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let bin = programs.path("");
    let mut keeper = Command::new("sh")
        .args([script.as_path(), folder, Path::new(&port.to_string()), &bin])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()?;
    let deadline = Instant::now() + START_WITHIN;
    loop {
        if let Some(port) = running(folder, programs) {
            return Ok(port);
        }
        // One that ends well has met another one.
        let failed = keeper.try_wait()?.is_some_and(|status| !status.success());
        if failed || Instant::now() > deadline {
            keeper.kill().ok();
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(Error::other(format!(
                "the cluster in {} did not start:\n{log}",
                folder.display()
            )));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The port of the cluster, when it answers.
fn running(folder: &Path, programs: &Programs) -> Option<u16> {
    let port: u16 = std::fs::read_to_string(folder.join("port")).ok()?.parse().ok()?;
    let ready = programs
        .command("pg_isready")
        .args([
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-d",
            "postgres",
            "-U",
            "tidemill",
        ])
        .status()
        .ok()?;
    ready.success().then_some(port)
}
