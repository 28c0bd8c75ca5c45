//! What every driver must do. A driver is admitted by passing this.

use crate::{Attempt, ComputeError, Driver, End, Handle, Launch, Observation, Stop};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the whole suite against drivers from `make`. The compute must share this machine's files and have `/bin/sh`.
///
/// # Panics
/// With what the driver did not do.
pub async fn check(make: impl Fn() -> Box<dyn Driver>) {
    let folder = Folder::new();
    let bench = Bench {
        make: &make,
        folder: &folder,
    };
    bench.inventory_is_plausible().await;
    bench.a_program_runs_and_tells_its_exit_code().await;
    bench.a_program_gets_its_variables_and_its_log().await;
    bench.a_missing_program_is_a_clear_error().await;
    bench.term_may_be_answered_and_kill_may_not().await;
    bench.a_new_driver_finds_what_an_earlier_one_started().await;
    bench.an_end_is_told_at_once().await;
    bench.a_sweep_leaves_nothing().await;
    bench.a_foreign_handle_is_refused().await;
}

struct Bench<'a> {
    make: &'a dyn Fn() -> Box<dyn Driver>,
    folder: &'a Folder,
}

impl Bench<'_> {
    fn shell(&self, job: &str, script: &str) -> Launch {
        Launch {
            attempt: Attempt {
                workspace: "conformance".into(),
                job: format!("{job}-{}", std::process::id()),
                number: 1,
            },
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: BTreeMap::from([("TIDEMILL_TEST".into(), "tide".into())]),
            work_dir: self.folder.0.join(job),
        }
    }

    async fn inventory_is_plausible(&self) {
        let inventory = (self.make)().inventory().await.expect("an inventory");
        assert!(inventory.cores > 0 && inventory.memory_bytes > 0, "{inventory:?}");
    }

    async fn a_program_runs_and_tells_its_exit_code(&self) {
        let driver = (self.make)();
        let handle = driver.start(&self.shell("exit", "exit 7")).await.expect("starts");
        let end = wait(driver.as_ref(), &handle).await;
        assert_eq!(end, Observation::Exited(End::Code(7)));
        assert_ne!(
            driver.observe(&handle).await.expect("observed"),
            Observation::Running
        );
        driver
            .stop(&handle, Stop::Kill)
            .await
            .expect("stopping what has ended is no error");
    }

    async fn a_program_gets_its_variables_and_its_log(&self) {
        let driver = (self.make)();
        let script = "echo \"$TIDEMILL_TEST $TIDEMILL_ATTEMPT\"; echo also >&2; cat";
        let launch = self.shell("log", script);
        let handle = driver.start(&launch).await.expect("starts");
        assert_eq!(
            wait(driver.as_ref(), &handle).await,
            Observation::Exited(End::Code(0))
        );
        let log = std::fs::read_to_string(launch.work_dir.join("runner.log")).expect("a log");
        assert_eq!(log, format!("tide {}\nalso\n", launch.attempt));
    }

    async fn a_missing_program_is_a_clear_error(&self) {
        let launch = Launch {
            program: "/nowhere/tidemill".into(),
            ..self.shell("missing", "")
        };
        let error = (self.make)()
            .start(&launch)
            .await
            .expect_err("there is no such program");
        assert!(matches!(error, ComputeError::Start { .. }), "{error:?}");
        assert!(error.to_string().contains("/nowhere/tidemill"), "{error}");
    }

    async fn term_may_be_answered_and_kill_may_not(&self) {
        let driver = (self.make)();
        let script = "trap 'exit 3' TERM; : > ready; while :; do sleep 0.02; done";
        let launch = self.shell("term", script);
        let handle = driver.start(&launch).await.expect("starts");
        file(&launch.work_dir.join("ready")).await;
        assert_eq!(
            driver.observe(&handle).await.expect("observed"),
            Observation::Running
        );
        driver.stop(&handle, Stop::Term).await.expect("asked");
        assert_eq!(
            wait(driver.as_ref(), &handle).await,
            Observation::Exited(End::Code(3))
        );

        let launch = self.shell("kill", "trap '' TERM; : > ready; while :; do sleep 0.02; done");
        let handle = driver.start(&launch).await.expect("starts");
        file(&launch.work_dir.join("ready")).await;
        driver.stop(&handle, Stop::Kill).await.expect("killed");
        assert_eq!(
            wait(driver.as_ref(), &handle).await,
            Observation::Exited(End::Signal(9))
        );
    }

    async fn a_new_driver_finds_what_an_earlier_one_started(&self) {
        let launch = self.shell("again", "while :; do sleep 0.02; done");
        let kept = {
            let handle = (self.make)().start(&launch).await.expect("starts");
            serde_json::to_string(&handle).expect("a handle is kept as text")
        };
        let handle: Handle = serde_json::from_str(&kept).expect("and read again");
        let driver = (self.make)();
        assert_eq!(
            driver.observe(&handle).await.expect("observed"),
            Observation::Running
        );
        driver.stop(&handle, Stop::Kill).await.expect("killed");
        let end = wait(driver.as_ref(), &handle).await;
        assert!(
            matches!(end, Observation::Exited(End::Signal(9)) | Observation::Gone),
            "{end:?}"
        );
    }

    async fn an_end_is_told_at_once(&self) {
        let driver = (self.make)();
        let launch = self.shell("prompt", "read -r line < gate");
        std::fs::create_dir_all(&launch.work_dir).expect("a folder");
        let gate = launch.work_dir.join("gate");
        let status = std::process::Command::new("mkfifo")
            .arg(&gate)
            .status()
            .expect("mkfifo is there");
        assert!(status.success());
        let handle = driver.start(&launch).await.expect("starts");
        let waiting = wait(driver.as_ref(), &handle);
        let opening = async {
            // Returns when the program has the other side open, so the clock starts beside its end.
            tokio::fs::write(&gate, "go\n").await.expect("the program reads");
            Instant::now()
        };
        let (end, opened) = tokio::join!(waiting, opening);
        assert_eq!(end, Observation::Exited(End::Code(0)));
        assert!(
            opened.elapsed() < Duration::from_secs(2),
            "told after {:?}",
            opened.elapsed()
        );
    }

    async fn a_sweep_leaves_nothing(&self) {
        let driver = (self.make)();
        let script = "sleep 300 & setsid sleep 301 & (setsid sh -c 'echo $$ > orphan; exec sleep 302' &) ; \
                      while ! [ -s orphan ]; do sleep 0.02; done; : > ready; wait";
        let launch = self.shell("sweep", script);
        let handle = driver.start(&launch).await.expect("starts");
        file(&launch.work_dir.join("ready")).await;
        driver.stop(&handle, Stop::Kill).await.expect("killed");
        wait(driver.as_ref(), &handle).await;
        let swept = driver.sweep(&handle).await.expect("swept");
        assert!(swept.left.is_empty(), "{swept:?}");
        assert_eq!(swept.killed.len(), 3, "{swept:?}");
        assert_eq!(
            driver.sweep(&handle).await.expect("swept again"),
            crate::Swept::default()
        );
    }

    async fn a_foreign_handle_is_refused(&self) {
        let driver = (self.make)();
        let handle = Handle {
            driver: "elsewhere".into(),
            attempt: self.shell("foreign", "").attempt,
            at: serde_json::Value::Null,
        };
        let error = driver.observe(&handle).await.expect_err("it is not ours");
        assert!(matches!(error, ComputeError::Handle { .. }), "{error:?}");
    }
}

async fn wait(driver: &dyn Driver, handle: &Handle) -> Observation {
    let end = tokio::time::timeout(PATIENCE, driver.wait(handle)).await;
    end.expect("the end is told in time").expect("the driver answers")
}

async fn file(path: &Path) {
    let started = Instant::now();
    while !path.exists() {
        assert!(
            started.elapsed() < PATIENCE,
            "the program never wrote {}",
            path.display()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tidemill-conformance-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
