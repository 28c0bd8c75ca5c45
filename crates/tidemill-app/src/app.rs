//! The application: what every use case stands on.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tidemill_compute::{Inventory, LocalDriver};
use tidemill_objects::{Kept, Manifest, TreeStore};
use tidemill_store::alone::Alone;
use tidemill_store::{Store, StoreError, StoreOptions, job as job_row};

use crate::access::AccessCache;
use crate::gateway::Gateway;
use crate::hub::Hub;
use crate::isolation::{Isolation, Keeping};
use crate::job::{Ending, Job, Status, end};
use crate::loops::{self, Candidates, Deployments, Pipelines, Releases, Scheduler, Schedules};
use crate::query::QueryOptions;
use crate::run_door::RunDoors;
use crate::seal::Seal;
use crate::session::Attempts;
use crate::token::TokenCache;
use crate::vault::{MasterKey, Vault};
use crate::webhook::WebhookOptions;
use crate::{Clock, DataDir, Error, Kind, OpContext, Principal, Result, SystemClock, token, workspace};

/// The most files of manifests that are held in memory: about 20 MB.
const KEPT_FILES: usize = 150_000;
/// Contracts over data whose check is remembered.
const KEPT_CHECKS: usize = 256;

/// How to open the application.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// The data folder.
    pub data_dir: PathBuf,
    /// `postgresql://…`, or `None` for SQLite in the data folder.
    pub database: Option<String>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The program that runs jobs: `<program> runner …`, usually this very binary.
    pub runner_program: PathBuf,
    /// What holds for environments of jobs that say nothing: `exact` or `relaxed`.
    pub environment_policy: String,
    /// Graphics cards that jobs may use, by index; `None` means all of this machine.
    pub gpus: Option<Vec<u32>>,
    /// How far the processes of jobs are kept apart.
    pub keeping: Keeping,
    /// How long a runner waits for a server that is away when its data folder is gone too.
    pub patience: Duration,
    /// Folders of this machine that every job may write.
    pub job_folders: Vec<PathBuf>,
    /// Where webhooks may lead.
    pub webhooks: WebhookOptions,
    /// How long deleted runs and experiments can be restored; `None` means for ever.
    pub retention: Option<Duration>,
    /// How long deleted workspaces can be recovered.
    pub keep_deleted: Duration,
    /// How often the rules of retention of data are applied.
    pub data_retention_every: Duration,
    /// Where the master key of the vault is.
    pub master_key: MasterKey,
    /// What queries over data may use.
    pub query: QueryOptions,
}

/// How long deleted workspaces can be recovered where nothing else is said.
pub const KEEP_DELETED: Duration = Duration::from_secs(7 * 24 * 3600);

/// How often the rules of retention of data are applied where nothing else is said: they count in days.
pub const DATA_RETENTION_EVERY: Duration = Duration::from_secs(3600);

impl AppOptions {
    /// SQLite in the folder, the clock of the machine, this program as runner, and exact environments.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            database: None,
            clock: Arc::new(SystemClock::default()),
            runner_program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("tidemill")),
            environment_policy: "exact".into(),
            gpus: None,
            keeping: Keeping::alone(Isolation::None),
            patience: Duration::from_secs(3600),
            job_folders: Vec::new(),
            webhooks: WebhookOptions::default(),
            retention: None,
            keep_deleted: KEEP_DELETED,
            data_retention_every: DATA_RETENTION_EVERY,
            master_key: MasterKey::File,
            query: QueryOptions::default(),
        }
    }
}

/// The open application.
#[derive(Debug)]
pub struct App {
    /// Metadata.
    pub store: Store,
    /// The data folder.
    pub dir: DataDir,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Tokens that were looked up.
    pub tokens: TokenCache,
    /// Who may do what.
    pub access: AccessCache,
    /// Who tried to sign in too often.
    pub(crate) attempts: Attempts,
    /// Who signs tokens that count here.
    pub(crate) issuers: crate::oidc::Issuers,
    /// Plans of infrastructure that are being applied.
    pub(crate) infra: crate::infra::Running,
    /// Plans whose tests run.
    pub(crate) testing: crate::infra::Testing,
    /// What happens while it happens.
    pub hub: Hub,
    /// Who runs where and when.
    pub scheduler: Scheduler,
    /// The way of requests to instances.
    pub gateway: Gateway,
    pub(crate) deployments: Deployments,
    pub(crate) releases: Releases,
    pub(crate) schedules: Schedules,
    pub(crate) candidates: Candidates,
    pub(crate) run_doors: RunDoors,
    pub(crate) pipelines: Pipelines,
    pub(crate) driver: LocalDriver,
    pub(crate) runner_program: PathBuf,
    pub(crate) keeping: Keeping,
    pub(crate) patience: Duration,
    pub(crate) job_folders: Vec<PathBuf>,
    /// What this machine has.
    pub inventory: Inventory,
    /// Signs links, and opens what was sealed before the vault.
    pub(crate) seal: Seal,
    /// Keeps secrets.
    pub(crate) vault: Vault,
    /// Manifests of data that lies elsewhere, as they were read last.
    pub(crate) manifests: Kept<String, Manifest>,
    pub(crate) contract_checks: Kept<String, tidemill_api::data_contract::ContractCheck>,
    pub(crate) trees: OnceLock<TreeStore>,
    pub(crate) webhooks: WebhookOptions,
    /// Tells the loop of webhooks that there is something to tell.
    pub(crate) webhook_news: Arc<tokio::sync::Notify>,
    pub(crate) retention: Option<Duration>,
    pub(crate) data_retention_every: Duration,
    keep_deleted: Duration,
    pub(crate) query: QueryOptions,
    /// Turns of queries.
    pub(crate) queries: tokio::sync::Semaphore,
    environment_policy: String,
    address: OnceLock<String>,
    alone: Alone,
}

impl App {
    /// Opens the data folder and the database, and makes what the first start makes: the owner's token, and the
    /// workspace `default` in the group `default`.
    ///
    /// # Errors
    /// When the folder or the database cannot be used.
    pub async fn open(options: AppOptions) -> Result<Arc<Self>> {
        let dir = DataDir::open(&options.data_dir).map_err(|error| {
            Error::new(
                Kind::Unavailable,
                format!(
                    "failed to open the data folder {}: {error}",
                    options.data_dir.display()
                ),
            )
            .hint("choose another with --data-dir")
        })?;
        let store_options = match options.database {
            Some(url) => StoreOptions { url, connections: 16 },
            None => StoreOptions::sqlite(&dir.database()),
        };
        let unavailable = |error: StoreError| Error::new(Kind::Unavailable, error.to_string()).source(error);
        let alone = Alone::take(&store_options.url).await.map_err(unavailable)?;
        let store = Store::open(&store_options).await.map_err(unavailable)?;
        let clock = options.clock;
        let vault = Vault::open(&store, &dir, &clock, options.master_key).await?;
        token::ensure_owner(
            &store,
            &dir.owner_token(),
            token::text(clock.secret()),
            clock.now_ms(),
        )
        .await?;
        let seal = Seal::open(&dir.seal_key(), clock.secret()).map_err(|error| {
            Error::new(
                Kind::Unavailable,
                format!("failed to use the key {}: {error}", dir.seal_key().display()),
            )
        })?;
        let inventory = Inventory::of_this_machine();
        let found = || inventory.gpus.iter().map(|gpu| gpu.index).collect();
        let gpus = options.gpus.unwrap_or_else(found);
        let app = Arc::new(Self {
            store,
            dir,
            clock,
            tokens: TokenCache::default(),
            access: AccessCache::default(),
            attempts: Attempts::default(),
            issuers: crate::oidc::Issuers::default(),
            infra: crate::infra::Running::default(),
            testing: crate::infra::Testing::default(),
            hub: Hub::default(),
            scheduler: Scheduler::new(gpus),
            gateway: Gateway::default(),
            deployments: Deployments::default(),
            releases: Releases::default(),
            schedules: Schedules::default(),
            candidates: Candidates::default(),
            run_doors: RunDoors::default(),
            pipelines: Pipelines::default(),
            driver: LocalDriver::new(),
            runner_program: options.runner_program,
            keeping: options.keeping,
            patience: options.patience,
            job_folders: options.job_folders,
            inventory,
            seal,
            vault,
            manifests: Kept::new(KEPT_FILES),
            contract_checks: Kept::new(KEPT_CHECKS),
            trees: OnceLock::new(),
            webhooks: options.webhooks,
            webhook_news: Arc::default(),
            retention: options.retention,
            keep_deleted: options.keep_deleted,
            data_retention_every: options.data_retention_every,
            queries: tokio::sync::Semaphore::new(options.query.at_once.max(1)),
            query: options.query,
            environment_policy: options.environment_policy,
            address: OnceLock::new(),
            alone,
        });
        app.access.reload(&app.store).await?;
        workspace::ensure_default(&app.system()).await?;
        crate::vault::take_in(&app).await?;
        Ok(app)
    }

    /// Says where the server is reached, such as `http://127.0.0.1:5757`, takes up what an earlier server left running,
    /// and begins to start jobs. Call it once the server listens.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn serve_at(self: &Arc<Self>, address: String) -> Result<()> {
        self.address.get_or_init(|| address);
        loops::start(self).await
    }

    /// Removes for good what was deleted longer ago than the retention time; the server does so by itself now and then.
    /// Gives how many runs are gone.
    ///
    /// # Errors
    /// When the store or the artifacts cannot be changed.
    pub async fn purge(self: &Arc<Self>) -> Result<u64> {
        loops::purge(self).await
    }

    /// Starts no more jobs; those that run go on, and are found again by the next start.
    pub fn stop_loops(&self) {
        self.scheduler.stop();
        self.deployments.stop();
    }

    /// Whether the server is about to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.deployments.is_stopping()
    }

    /// Comes back when another server has taken the database, while it could not be reached from here.
    pub async fn superseded(&self) {
        self.alone.lost().await;
    }

    /// How long deleted workspaces can be recovered, in milliseconds.
    pub(crate) fn keep_deleted_ms(&self) -> i64 {
        i64::try_from(self.keep_deleted.as_millis()).unwrap_or(i64::MAX)
    }

    /// Where the server is reached.
    pub(crate) fn address(&self) -> Result<String> {
        self.address.get().cloned().ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                "failed to start a job: the server is not listening yet",
            )
        })
    }

    /// The environment policy of a job: its own, or the server's.
    pub(crate) fn environment_policy(&self, given: Option<&str>) -> Result<String> {
        match given.unwrap_or(&self.environment_policy) {
            policy @ ("exact" | "relaxed") => Ok(policy.to_owned()),
            other => Err(Error::invalid(format!(
                "failed to use environment policy `{other}`: expected `exact` or `relaxed`"
            ))),
        }
    }

    /// Hands a job to the loop that it belongs to: a command to its compute's queue, a pipeline to a task of its own.
    pub(crate) async fn start_job(self: &Arc<Self>, row: &Job) {
        let ctx = self.system();
        if row.kind == "pipeline" {
            loops::start_pipeline(&ctx, row);
            return;
        }
        match loops::ask(&ctx, row).await {
            Ok(ask) => self.scheduler.enqueue(ask),
            Err(error) => {
                let ending = Ending::bare(Status::Failed, format!("failed to queue it: {error}"));
                if let Err(error) = end(&ctx, row, ending).await {
                    tracing::error!(workspace = row.workspace, job = row.name, %error, "failed to end a job");
                }
            }
        }
    }

    /// Tells the pipeline of a step that the step has ended.
    pub(crate) fn tell_parent(&self, row: &Job, status: Status) {
        self.pipelines.step_ended(row, status);
    }

    /// Tells a pipeline to stop. Says whether it runs in this process.
    pub(crate) fn cancel_pipeline(&self, row: &Job) -> bool {
        self.pipelines.cancel(row)
    }

    /// Tells the runner of a job to stop it.
    pub(crate) fn stop_runner(self: &Arc<Self>, row: &job_row::Model) {
        loops::stop_runner(self, row);
    }

    /// The process ids of the runners that this server has started on its own machine and that are still there.
    pub fn runners(&self) -> Vec<i32> {
        self.scheduler
            .handles()
            .iter()
            .filter_map(LocalDriver::pid)
            .chain(self.deployments.runners())
            .collect()
    }

    /// A context for what the server does by itself.
    pub fn system(self: &Arc<Self>) -> OpContext {
        OpContext::new(self.clone(), Principal::System, self.clock.ulid())
    }
}
