//! `tidemill run import` from what MLflow itself wrote: its client fills a store, the import carries it, and the client
//! reads both sides back and compares everything.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Home, Mill, World};

/// The Python of the test tools, with `mlflow` 3.18 and what its server and database need; installed when it isn't there.
fn python() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let done = Command::new("sh").arg(&script).arg("mlflow-server").status();
    assert!(
        done.expect("scripts/test-tools.sh can be run").success(),
        "its output says why"
    );
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache =
        variable("XDG_CACHE_HOME").unwrap_or_else(|| variable("HOME").expect("HOME is set").join(".cache"));
    let tools = variable("TIDEMILL_TEST_TOOLS").unwrap_or_else(|| cache.join("tidemill/test-tools"));
    tools.join("mlflow/bin/python")
}

fn mlflow(folder: &Path) -> Command {
    let mut command = Command::new(python());
    command.args(["-W", "ignore"]).current_dir(folder);
    command
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        .env("MLFLOW_ALLOW_FILE_STORE", "true")
        .env("GIT_PYTHON_REFRESH", "quiet")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("MLFLOW_TRACKING_TOKEN")
        .stdin(Stdio::null());
    command
}

/// Runs a script next to this file, and gives what it says.
#[track_caller]
pub fn script(folder: &Path, name: &str, args: &[&str]) -> String {
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(name);
    let done = mlflow(folder).arg(at).args(args).output().expect("Python starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    said
}

/// A running `mlflow server` over a database and artifacts in a folder.
struct Live {
    child: Child,
    url: String,
}

impl Live {
    fn start(folder: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port().to_string();
        let log = std::fs::File::create(folder.join("server.log")).expect("a log");
        let child = mlflow(folder)
            .args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", &port])
            .args(["--workers", "1", "--backend-store-uri", "sqlite:///mlflow.db"])
            .args(["--artifacts-destination", "./mlartifacts"])
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("mlflow starts");
        let live = Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        };
        let until = Instant::now() + Duration::from_secs(90);
        while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            let log = || std::fs::read_to_string(folder.join("server.log"));
            assert!(
                Instant::now() < until,
                "mlflow server does not start: {:?}",
                log()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        live
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Its workers end with it on this signal alone.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Imports twice: the first time everything, the second time nothing.
#[track_caller]
fn import(world: &World, args: &[&str]) -> Value {
    let args = [&["run", "import", "-o", "json", "--from"], args].concat();
    let first = world.run(&args).json();
    let again = world.run(&args).json();
    assert_eq!(again["runs"], json!({"there_already": first["runs"]["added"]}));
    assert_eq!(
        again["logged_models"],
        json!({"there_already": first["logged_models"]["added"]})
    );
    assert_eq!(
        again["traces"],
        json!({"there_already": first["traces"]["added"]})
    );
    assert_eq!(
        (&again["points"], &again["files"]),
        (&Value::Null, &Value::Null),
        "nothing comes twice"
    );
    first
}

#[track_caller]
fn same(world: &World, source: &str) {
    let said = script(world.home.path(), "import_compare.py", &[source, &world.mill.url]);
    assert!(said.contains("16 runs, 26613 points compared"), "{said}");
    assert!(said.contains("2 traces compared"), "{said}");
}

#[test]
fn a_database_of_mlflow_arrives_whole_and_once() {
    let world = World::new();
    let folder = world.home.path();
    let uri = format!("sqlite:///{}", folder.join("mlflow.db").display());
    script(folder, "import_fill.py", &[&uri]);
    let before = std::fs::read(folder.join("mlflow.db")).expect("the database");
    let told = import(&world, &["mlflow.db"]);
    assert_eq!(told["runs"], json!({"added": 16}));
    assert_eq!(told["left_out"], json!([]));
    same(&world, &uri);
    let after = std::fs::read(folder.join("mlflow.db")).expect("the database");
    assert!(before == after, "the source is not touched");
}

#[test]
fn a_live_server_and_its_database_arrive_whole_and_once() {
    let (from_server, from_file) = (World::new(), World::new());
    let folder = from_server.home.path();
    let live = Live::start(folder);
    script(folder, "import_fill.py", &[&live.url]);
    let told = import(&from_server, &[&live.url]);
    assert_eq!(told["left_out"], json!([]));
    same(&from_server, &live.url);

    // Its artifacts are behind `mlflow-artifacts:`, which only the server can tell where it is.
    let database = folder.join("mlflow.db").display().to_string();
    let artifacts = folder.join("mlartifacts").display().to_string();
    let told = import(&from_file, &[&database, "--artifacts-destination", &artifacts]);
    assert_eq!(told["left_out"], json!([]));
    same(&from_file, &live.url);
}

#[test]
fn an_import_that_was_killed_goes_on() {
    let world = World::new();
    let folder = world.home.path();
    let uri = format!("sqlite:///{}", folder.join("mlflow.db").display());
    script(folder, "import_fill.py", &[&uri]);
    let args = ["run", "import", "--from", "mlflow.db", "-o", "json"];
    for wait in [150, 300, 450] {
        let mut killed = world
            .command()
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(wait));
        // It may have ended already.
        let _ = killed.kill();
        let _ = killed.wait();
    }
    world.run(&args).ok();
    same(&world, &uri);
}

#[test]
fn a_server_that_wants_a_login_is_asked_with_that_of_mlflow() {
    // Another Tidemill stands for it: its MLflow surface checks both kinds of login.
    let (world, home) = (World::new(), Home::new());
    let source = Mill::start(&home, "127.0.0.1:0");
    let token = std::fs::read_to_string(home.data().join("keys/owner.token")).expect("the owner's token");
    let import = |variables: &[(&str, &str)]| {
        let mut command = world.command();
        command.args(["run", "import", "--from", &source.url, "-o", "json"]);
        crate::support::done(command.envs(variables.iter().copied()))
    };
    let said = import(&[("MLFLOW_TRACKING_TOKEN", "wrong")]).fails(1);
    assert!(said.contains("MLFLOW_TRACKING_USERNAME"), "{said}");
    let token = token.trim();
    import(&[("MLFLOW_TRACKING_TOKEN", token)]).ok();
    let basic = [
        ("MLFLOW_TRACKING_USERNAME", "ada"),
        ("MLFLOW_TRACKING_PASSWORD", token),
    ];
    import(&basic).ok();
    let wrong = [
        ("MLFLOW_TRACKING_USERNAME", "ada"),
        ("MLFLOW_TRACKING_PASSWORD", "wrong"),
    ];
    import(&wrong).fails(1);
}

#[test]
fn what_is_no_source_is_refused_with_the_next_step() {
    let world = World::new();
    world.home.write("notes.db", "text");
    let refused = |from: &str| world.run(&["run", "import", "--from", from]).fails(1);
    let said = refused("notes.db");
    assert!(
        said.contains("notes.db") && said.contains("not a database"),
        "{said}"
    );
    let said = refused("sqlite:///missing.db");
    assert!(said.contains("no such file"), "{said}");
    let said = refused("postgresql://host/mlflow");
    assert!(said.contains("mlflow server"), "{said}");
}
