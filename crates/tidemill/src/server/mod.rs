//! Running a server: the wiring of the application and its surfaces, from the lock on the data folder to the last byte.

mod announce;
mod isolation;
mod listen;
pub mod lock;
mod log;
mod signals;
pub mod state;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tidemill_app::query::QueryOptions;
use tidemill_app::vault::MasterKey;
use tidemill_app::webhook::WebhookOptions;
use tidemill_app::{App, AppOptions};
use tidemill_http::{HttpOptions, Server, router};

pub use isolation::IsolationLevel;
pub use log::LogFormat;
pub use signals::Stop;

use crate::error::{Error, Result};

/// How long open requests may go on after the server was told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to run a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything that it keeps.
    pub data_dir: PathBuf,
    /// Where it listens.
    pub listen: SocketAddr,
    /// `postgresql://…`, or `None` for SQLite in the data folder.
    pub database: Option<String>,
    /// Host names that requests may carry besides its own.
    pub allowed_hosts: Vec<String>,
    /// What holds for environments of jobs that say nothing: `exact` or `relaxed`.
    pub environment_policy: String,
    /// Graphics cards that jobs may use, by index; `None` means all of this machine.
    pub gpus: Option<Vec<u32>>,
    /// How far jobs are kept apart.
    pub isolation: IsolationLevel,
    /// Folders that every job may write.
    pub job_folders: Vec<PathBuf>,
    /// How long a runner waits for a server that is away when its data folder is gone too.
    pub runner_patience: Duration,
    /// Where webhooks may lead.
    pub webhooks: WebhookOptions,
    /// How long deleted runs and experiments can be restored; `None` means for ever.
    pub retention: Option<Duration>,
    /// How long deleted workspaces can be recovered.
    pub keep_deleted: Duration,
    /// How often the rules of retention of data are applied.
    pub data_retention_every: Duration,
    /// What queries over data may use.
    pub query: QueryOptions,
    /// Where the master key of the vault is.
    pub master_key: MasterKey,
    /// How its log looks.
    pub log_format: LogFormat,
    /// The log goes into detail.
    pub debug: bool,
}

/// Runs a server until it is told to stop.
///
/// # Errors
/// When the data folder, the database or the address cannot be used.
pub fn run(options: Options) -> Result<()> {
    log::set_up(options.log_format, options.debug);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed(format!("failed to start: {error}")))?;
    let ended = runtime.block_on(serve(options));
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

async fn serve(options: Options) -> Result<()> {
    let Options {
        data_dir,
        listen,
        database,
        allowed_hosts,
        environment_policy,
        gpus,
        isolation,
        job_folders,
        runner_patience,
        webhooks,
        retention,
        keep_deleted,
        data_retention_every,
        query,
        master_key,
        log_format: _,
        debug: _,
    } = options;
    std::fs::create_dir_all(&data_dir)
        .map_err(|error| Error::file("make the data folder", &data_dir, error))?;
    // A data folder has one server, and so has a database: one on PostgreSQL is locked when it is opened.
    let lock = lock::take(&data_dir)?;
    let mut stop = signals::Stop::listen()?;
    let listener = listen::on(listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Error::failed(format!("failed to learn the address that was bound: {error}")))?;
    let keeping = isolation::chosen(isolation, address)?;
    let job_folders = isolation::job_folders(&job_folders, &data_dir)?;
    let app_options = AppOptions {
        keeping,
        patience: runner_patience,
        job_folders,
        database,
        environment_policy,
        gpus,
        webhooks,
        retention,
        keep_deleted,
        data_retention_every,
        query,
        master_key,
        ..AppOptions::new(&data_dir)
    };
    let app = App::open(app_options).await.map_err(refused)?;
    let dir = app.dir.clone();
    let http = HttpOptions {
        listen: address,
        allowed_hosts,
    };
    let service = router(Server::new(app.clone(), http)).into_make_service_with_connect_info::<SocketAddr>();
    let written = state::write(dir.root(), address)?;

    let (told, mut hears) = tokio::sync::watch::channel(false);
    // Answers are small: they must not wait for a full packet.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let served = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that the sender is gone, which is a stop as well.
        let _ = hears.wait_for(|stop| *stop).await;
    });
    let mut served = tokio::spawn(served.into_future());
    app.serve_at(format!("http://{}", announce::reached_at(address)))
        .await
        .map_err(refused)?;
    announce::ready(address, &dir, keeping)?;
    tracing::info!(%address, data_dir = %dir.root().display(), version = env!("CARGO_PKG_VERSION"), "ready");
    tokio::task::spawn_blocking(release_pages);
    tokio::select! {
        ended = &mut served => {
            let reason = match ended {
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
                Ok(Ok(())) => "it ended by itself".to_owned(),
            };
            return Err(Error::failed(format!("failed to serve at {address}: {reason}")));
        }
        () = app.superseded() => {
            return Err(Error::failed("failed to go on: another server has taken the database while it was away")
                .with_hint("stop one of the two; what runs is found again by the other only on the same machine"));
        }
        signal = stop.next() => tracing::info!(signal, "stopping: open requests may end within {} s", PATIENCE.as_secs()),
    }
    app.stop_loops();
    // An error means that serving has ended by itself.
    let _ = told.send(true);
    tokio::select! {
        _ = &mut served => {}
        () = tokio::time::sleep(PATIENCE) => tracing::warn!("requests were still open, such as streams of logs: cut off"),
        signal = stop.next() => tracing::warn!(signal, "stopping at once"),
    }
    drop(written);
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

/// What only the start needed does not stay in memory.
fn release_pages() {
    match tidemill_process::release_program_pages() {
        Ok(bytes) => tracing::debug!(bytes, "pages of the program were given back"),
        Err(error) => tracing::debug!("pages of the program stay: {error}"),
    }
}

/// What the application says, as an error of a command.
fn refused(error: tidemill_app::Error) -> Error {
    let failed = Error::failed(match &error.source {
        Some(source) if !error.message.contains(&source.to_string()) => {
            format!("{}: {source}", error.message)
        }
        _ => error.message,
    });
    match error.hint {
        Some(hint) => failed.with_hint(hint),
        None => failed,
    }
}
