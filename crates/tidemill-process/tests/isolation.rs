//! What a command under each level of isolation reaches, and what it does not. A level that this machine lacks is named and
//! left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use tidemill_process::isolation::{Isolation, Places, restrict, wrap};

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
            Isolation::Bubblewrap => start(wrap(&self.places, &folder, shell)),
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
