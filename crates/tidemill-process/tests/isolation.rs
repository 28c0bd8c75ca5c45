//! What a command under each level of isolation reaches, and what it does not. A level that this machine lacks is named and
//! left out.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use tidemill_process::isolation::{Isolation, Places, Relay, restrict, wrap};

/// A data folder with a key, a database, another job, and an environment and an input of this one.
struct Bench {
    dir: TempDir,
    places: Places,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let data = dir.path().join("data");
        for (file, text) in [
            ("keys/owner.token", "the owner's"),
            ("tidemill.db", "SQLite format 3"),
            ("work/w/other/1/code/notes", "another's"),
            ("envs/e/lib/module.py", "x = 1"),
            ("work/w/mine/1/inputs/table.csv", "a,b"),
            ("work/w/mine/1/code/run.sh", "true"),
            ("work/w/mine/1/tmp/mine", ""),
        ] {
            let path = data.join(file);
            fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let mine = data.join("work/w/mine/1");
        let places = Places {
            read: vec![data.join("envs/e"), mine.join("inputs")],
            write: vec![mine.join("code"), mine.join("tmp")],
            temp: mine.join("tmp"),
            shared_memory: None,
            relay: None,
            data_dir: data,
        };
        Self { dir, places }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("data").join(name)
    }

    fn run(&self, level: Isolation, script: &str) -> Output {
        let shell = Path::new("/bin/bash");
        let folder = self.path("work/w/mine/1/code");
        let start = |mut command: Command| {
            command
                .args(["-c", script])
                .current_dir(&folder)
                .env("TMPDIR", &self.places.temp)
                .stdin(Stdio::null())
                .output()
                .expect("it starts")
        };
        match level {
            Isolation::Bubblewrap => {
                let (command, _filter) = wrap(&self.places, &folder, shell).expect("a filter");
                start(command)
            }
            Isolation::None => start(Command::new(shell)),
            Isolation::Landlock => std::thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    restrict(&self.places).expect("the kernel keeps the rules");
                    start(Command::new(shell))
                });
                thread.join().expect("it ends")
            }),
        }
    }

    #[track_caller]
    fn may(&self, level: Isolation, script: &str) -> String {
        let done = self.run(level, script);
        let text = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{level}: {script}: {text}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    #[track_caller]
    fn may_not(&self, level: Isolation, script: &str) {
        // The same command without isolation succeeds, so that a test which cannot fail is noticed.
        assert!(
            self.run(Isolation::None, script).status.success(),
            "without isolation: {script}"
        );
        let done = self.run(level, script);
        assert!(!done.status.success(), "{level} lets it: {script}");
    }
}

/// The levels that this machine gives.
fn levels() -> Vec<Isolation> {
    let mut given = Vec::new();
    for level in [Isolation::Bubblewrap, Isolation::Landlock] {
        match level.lacks() {
            None => given.push(level),
            Some(why) => eprintln!("{level} is not tested: {why}"),
        }
    }
    given
}

#[test]
fn keys_the_database_and_other_jobs_are_not_read() {
    for level in levels() {
        let bench = Bench::new();
        for file in ["keys/owner.token", "tidemill.db", "work/w/other/1/code/notes"] {
            bench.may_not(level, &format!("cat {}", bench.path(file).display()));
        }
        bench.may_not(level, &format!("ls {}", bench.path("keys").display()));
        let database = bench.path("tidemill.db");
        bench.run(level, &format!("echo x >> {}", database.display()));
        let text = fs::read_to_string(database).expect("it is there");
        assert_eq!(text, "SQLite format 3", "{level} lets the database be written");
    }
}

#[test]
fn environment_and_inputs_are_read_and_not_written() {
    for level in levels() {
        let bench = Bench::new();
        for file in ["envs/e/lib/module.py", "work/w/mine/1/inputs/table.csv"] {
            let path = bench.path(file);
            let path = path.display();
            bench.may(level, &format!("cat {path}"));
            bench.may_not(level, &format!("touch {path}.more && rm {path}.more"));
            bench.may_not(level, &format!(": >> {path}"));
            bench.may_not(
                level,
                &format!("mv {path} {path}.moved && mv {path}.moved {path}"),
            );
        }
    }
}

#[test]
fn its_own_folders_are_written_and_programs_run() {
    for level in levels() {
        let bench = Bench::new();
        bench.may(
            level,
            "mkdir made && echo x > made/file && mv made/file moved && cat moved",
        );
        bench.may(level, "echo x > $TMPDIR/file && echo y > /dev/null");
        let own = bench.path("work/w/mine/1/code/moved");
        assert_eq!(fs::read_to_string(own).expect("it was written"), "x\n");
        assert_eq!(bench.may(level, "ls $TMPDIR").lines().count(), 2);
    }
}

#[test]
fn the_machines_tmp_is_not_there() {
    for level in levels() {
        let bench = Bench::new();
        let shared = tempfile::NamedTempFile::new().expect("a file in /tmp");
        bench.may_not(level, &format!("cat {}", shared.path().display()));
    }
    for level in levels()
        .into_iter()
        .filter(|level| *level == Isolation::Bubblewrap)
    {
        let bench = Bench::new();
        bench.may(level, "echo x > /tmp/private");
        assert!(bench.path("work/w/mine/1/tmp/private").is_file());
    }
}

#[test]
fn other_processes_keep_their_variables_and_memory() {
    let mut other = Command::new("/bin/sleep")
        .arg("60")
        .env("SECRET", "s")
        .spawn()
        .expect("it starts");
    for level in levels() {
        let bench = Bench::new();
        let pid = other.id();
        bench.may_not(level, &format!("cat /proc/{pid}/environ"));
        bench.may_not(level, &format!("ls /proc/{pid}/root/ /proc/{pid}/fd/"));
        bench.may_not(level, &format!("head -c 0 /proc/{pid}/mem"));
        bench.may_not(level, &format!("kill -0 {pid}"));
    }
    other.kill().expect("it can be killed");
    other.wait().expect("it ends");
}

#[test]
fn exit_codes_come_through() {
    for level in levels() {
        assert_eq!(
            Bench::new().run(level, "exit 7").status.code(),
            Some(7),
            "{level}"
        );
    }
}

#[test]
fn a_folder_to_read_that_is_not_there_is_passed_over() {
    for level in levels() {
        let mut bench = Bench::new();
        bench.places.read.push("/nowhere/bin".into());
        bench.may(level, "true");
    }
}

#[test]
fn settings_of_the_kernel_are_not_written() {
    // The value that it has: nothing changes when this is allowed.
    let writes = "value=$(cat /proc/sys/vm/swappiness); echo $value > /proc/sys/vm/swappiness";
    for level in levels() {
        let bench = Bench::new();
        if bench.run(Isolation::None, writes).status.success() {
            bench.may_not(level, writes);
        }
    }
}

#[test]
fn nothing_is_mounted_and_no_namespace_is_made() {
    for level in levels() {
        let bench = Bench::new();
        bench.may_not(
            level,
            "unshare --user --map-root-user --mount mount -t tmpfs none /mnt",
        );
        bench.may_not(level, "unshare --user true");
        let done = bench.run(level, "mount -t tmpfs none /mnt");
        assert!(!done.status.success(), "{level} lets it mount");
        assert!(
            !fs::read_to_string("/proc/mounts")
                .expect("Linux")
                .contains(" /mnt tmpfs")
        );
    }
}

#[test]
fn calls_that_no_job_needs_are_refused_and_threads_and_programs_start() {
    // keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1), by its number.
    let number = if cfg!(target_arch = "x86_64") { 250 } else { 219 };
    let keys = format!(
        "/usr/bin/python3 -c 'import ctypes; l = ctypes.CDLL(None, use_errno=True); \
         r = l.syscall({number}, 0, -3, 1); print(ctypes.get_errno()); exit(r < 0)'"
    );
    for level in levels() {
        let bench = Bench::new();
        let done = bench.run(level, &keys);
        assert_eq!(
            String::from_utf8_lossy(&done.stdout).trim(),
            "1",
            "{level}: refused by the filter"
        );
        bench.may(
            level,
            "/usr/bin/python3 -c 'import threading, subprocess, multiprocessing as m; \
             t = threading.Thread(target=print); t.start(); t.join(); subprocess.run([\"true\"], check=True); \
             p = m.get_context(\"fork\").Process(target=print); p.start(); p.join(); exit(p.exitcode)'",
        );
    }
}

#[test]
fn with_its_network_closed_it_reaches_its_own_loopback_alone() {
    if Isolation::Bubblewrap.lacks().is_some() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let connects = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
    let mut bench = Bench::new();
    bench.may(Isolation::Bubblewrap, &connects);
    // In place of the program that listens inside: what it is told, and then the command.
    let program = bench.path("relay.sh");
    fs::write(
        &program,
        "#!/bin/bash\ntold=\"$1 $2 $3 $4 $5\"; shift 6; export told; exec \"$@\"\n",
    )
    .expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let socket = bench.path("socket");
    fs::write(&socket, "").expect("a file");
    bench.places.relay = Some(Relay {
        program,
        socket,
        port: 5000,
    });
    bench.may_not(Isolation::Bubblewrap, &connects);
    let told = bench.may(
        Isolation::Bubblewrap,
        "echo $told; ls /sys/class/net /proc/sys/net/ipv4/conf",
    );
    assert!(
        told.starts_with("relay --socket /run/tidemill-relay --port 5000\n"),
        "{told}"
    );
    bench.may(
        Isolation::Bubblewrap,
        "/usr/bin/python3 -c 'import socket as s; l = s.create_server((\"127.0.0.1\", 0)); s.create_connection(l.getsockname())'",
    );
}

#[test]
fn landlock_does_not_pretend_to_close_the_network() {
    if Isolation::Landlock.lacks().is_some() {
        return;
    }
    let mut bench = Bench::new();
    bench.places.relay = Some(Relay {
        program: "/bin/true".into(),
        socket: "/nowhere".into(),
        port: 5000,
    });
    let refused = std::thread::spawn(move || restrict(&bench.places))
        .join()
        .expect("it ends");
    assert!(refused.expect_err("it cannot").contains("bubblewrap"));
}
