//! Assignments, and runners that run them.

use crate::server::{Heard, Server, TOKEN};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use tidemill_api::runner::{Assignment, EnvironmentAssignment, Finish, Input, Limits, Output, Source};
use tidemill_objects::{DatastoreConfig, Hash, Silent, TreeBuilder, TreeSink, TreeStore};

/// Folders and an assignment to fill in.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub assignment: Assignment,
}

impl Bench {
    /// A job with this command, one datastore called `store`, and no environment but the machine's.
    pub fn new(command: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = |name: &str| {
            serde_json::to_value(DatastoreConfig::local_folder(folder.path().join(name)))
                .expect("plain fields")
        };
        let assignment = Assignment {
            workspace: "default".into(),
            job: format!("test-{}", std::process::id()),
            attempt: 1,
            command: command.into(),
            code: None,
            inputs: IndexMap::new(),
            outputs: IndexMap::new(),
            environment: EnvironmentAssignment {
                name: None,
                request: serde_json::Value::Null,
                build_context: None,
            },
            environment_variables: IndexMap::from([("MLFLOW_RUN_ID".into(), "test".into())]),
            distribution: None,
            instance_count: 1,
            limits: Limits {
                grace_s: 2,
                ..Limits::default()
            },
            trees: config("trees"),
            datastores: IndexMap::from([("store".into(), config("store"))]),
            artifacts: config("artifacts"),
            gpus: vec![],
            masked: vec![],
        };
        for name in ["trees", "store", "artifacts"] {
            std::fs::create_dir(folder.path().join(name)).expect("made");
        }
        Self { folder, assignment }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the bench.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("below the bench")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn input(&mut self, name: &str, kind: &str, mode: &str, source: Source) {
        let input = Input::Data {
            r#type: kind.into(),
            mode: mode.into(),
            source,
            manifest: None,
        };
        self.assignment.inputs.insert(name.into(), input);
    }

    pub fn output(&mut self, name: &str, kind: &str, mode: &str, path: &str) {
        let datastore = (!path.is_empty()).then(|| "store".to_owned());
        let output = Output {
            r#type: kind.into(),
            mode: mode.into(),
            datastore,
            path: path.into(),
            manifest: true,
        };
        self.assignment.outputs.insert(name.into(), output);
    }

    /// Uploads a folder of the bench as a tree.
    pub async fn tree(&self, name: &str) -> String {
        let store = TreeStore::new(
            tidemill_objects::Datastore::open_folder(self.path("trees")).expect("a local folder"),
        );
        let mut packs = Vec::new();
        let plan = TreeBuilder::data(&self.path(name))
            .expect("a folder")
            .build(
                None,
                None,
                std::time::SystemTime::now(),
                &Silent,
                &mut |id, bytes| {
                    packs.push((id, bytes));
                    Ok(())
                },
            )
            .expect("built");
        for (id, pack) in packs {
            store.put_pack(id, pack).await.expect("stored");
        }
        assert!(plan.blobs.is_empty(), "tests use small files");
        let tree = tidemill_objects::Tree::new(plan.manifest, plan.layout).expect("matches");
        store.put_tree(&tree).await.expect("stored").to_hex()
    }

    pub fn report(&self, heard: &Finish, name: &str) -> Vec<String> {
        use base64::Engine;
        let report = heard
            .outputs
            .get(name)
            .unwrap_or_else(|| panic!("no report of {name}: {heard:?}"));
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&report.manifest)
            .expect("base64");
        let manifest = tidemill_objects::Manifest::decode(&bytes).expect("a manifest");
        assert_eq!(manifest.digest(), report.digest.parse::<Hash>().expect("hex"));
        manifest
            .entries()
            .iter()
            .map(|entry| entry.path.to_string())
            .collect()
    }

    pub async fn start(&self) -> Running {
        let server = Server::start(self.assignment.clone()).await;
        self.start_against(server)
    }

    pub fn start_against(&self, server: Server) -> Running {
        self.start_under(
            Command::new(std::env::current_exe().expect("this program")),
            server,
        )
    }

    /// Starts a runner that waits this long for a server that is away when its data folder is gone too.
    pub async fn start_with_patience(&self, patience_s: u64) -> Running {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.env("TEST_PATIENCE_S", patience_s.to_string());
        self.start_under(command, Server::start(self.assignment.clone()).await)
    }

    /// Starts a runner in a mount namespace of its own, after this script. `None` where that is not allowed.
    pub fn start_after(&self, script: &str, server: Server) -> Option<Running> {
        let allowed = Command::new("unshare")
            .args(["--mount", "true"])
            .stderr(Stdio::null())
            .status();
        if !allowed.is_ok_and(|status| status.success()) {
            return None;
        }
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &format!("{script}; exec \"$@\""), "sh"]);
        command.arg(std::env::current_exe().expect("this program"));
        Some(self.start_under(command, server))
    }

    fn start_under(&self, mut command: Command, server: Server) -> Running {
        let child = command
            .args(["--exact", "as_runner", "--nocapture", "--test-threads=1"])
            .env("TEST_SERVER", &server.url)
            .env("TEST_DATA", self.path("data"))
            .env("TEST_WORK", self.path("work"))
            .env("TIDEMILL_TOKEN", TOKEN)
            .env("SECRET_OF_THE_SERVER", "hush")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("this program starts");
        Running { child, server }
    }

    /// Runs the job to its end.
    pub async fn run(&self) -> Done {
        self.start().await.done().await
    }
}

pub struct Running {
    pub child: Child,
    pub server: Server,
}

impl Running {
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(status.expect("kill is on the machine").success());
    }

    pub async fn exit(mut self) -> (ExitStatus, Server) {
        let status = tokio::task::spawn_blocking(move || self.child.wait())
            .await
            .expect("no panic");
        (status.expect("waited"), self.server)
    }

    pub async fn done(self) -> Done {
        let (status, server) = self.exit().await;
        let finish = server.heard().finish.clone();
        assert!(status.success(), "{status} {finish:?}");
        Done {
            finish: finish.expect("the runner said how it ended"),
            server,
        }
    }
}

pub struct Done {
    pub finish: Finish,
    pub server: Server,
}

impl Done {
    pub fn log(&self) -> String {
        self.server.log("user_logs/std_log.txt")
    }

    pub fn reason(&self) -> &str {
        self.finish.reason.as_deref().unwrap_or_default()
    }

    pub fn calls(&self) -> Vec<String> {
        let heard: std::sync::MutexGuard<'_, Heard> = self.server.heard();
        heard.calls.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Processes whose command line holds this text, besides this one.
pub fn processes_with(text: &str) -> Vec<i32> {
    let me = std::process::id().cast_signed();
    tidemill_process::all()
        .into_iter()
        .map(|process| process.pid)
        .filter(|pid| *pid != me)
        .filter(|pid| {
            let line = std::fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline"));
            String::from_utf8_lossy(&line.unwrap_or_default()).contains(text)
        })
        .collect()
}
