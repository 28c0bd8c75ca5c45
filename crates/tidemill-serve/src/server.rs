//! A server from its start to its stop: listens, makes the model ready, answers, lets requests finish.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::ServiceExt as _;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::server::TcpIncoming;

use crate::azure;
use crate::config::{Config, Model};
use crate::error::StartError;
use crate::http::{App, Ready, paths, router};
use crate::log::{Level, Log};
use crate::oip::{Repository, Served, grpc};
use crate::onnx::{OnnxLoader, Place};
use crate::reload;
use crate::worker::Pool;

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// HTTP.
    pub http: SocketAddr,
    /// gRPC.
    pub grpc: Option<SocketAddr>,
}

/// Serves until `stop` is done; then no new request is taken, and those on their way have `drain_timeout` to finish.
///
/// `bound` is called when the address is taken, and `ready` when the model answers. Until then requests get 503.
///
/// # Errors
/// When the address cannot be had or the model cannot be made ready.
pub async fn serve(
    config: Config,
    azure: azure::Settings,
    log: Log,
    bound: impl FnOnce(Bound),
    ready: impl FnOnce(Bound),
    stop: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let config = Arc::new(config);
    let listener = listen(config.listen, "--listen").await?;
    let address = listener.local_addr().unwrap_or(config.listen);
    let grpc = match config.grpc_listen {
        Some(address) => Some(listen(address, "--grpc-listen").await?),
        None => None,
    };
    let probes = match config.health_listen {
        Some(address) => Some(listen(address, "--health_port").await?),
        None => None,
    };
    let at = Bound {
        http: address,
        grpc: grpc.as_ref().and_then(|listener| listener.local_addr().ok()),
    };
    bound(at);
    if let Some(origins) = &azure.origins {
        let message = format_args!("Enabling CORS for the following origins: {}", origins.told());
        log.line(Level::Info, None, message);
    }
    let app = App::new(Arc::clone(&config), azure, log.clone());
    let stopping = watch::Sender::new(false);
    let mut answering = Vec::new();
    for listener in [Some(listener), probes].into_iter().flatten() {
        let service = paths::one_slash(router(app.clone()));
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        // Answers are small: they must not wait for a full packet.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let http = axum::serve(listener, service).with_graceful_shutdown(told(stopping.subscribe()));
        answering.push(tokio::spawn(async move { drop(http.await) }));
    }
    if let Some(listener) = grpc {
        let (service, told) = (grpc::Service::new(app.clone()), told(stopping.subscribe()));
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let serving =
            tonic::transport::Server::builder().serve_with_incoming_shutdown(service, incoming, told);
        answering.push(tokio::spawn(async move { drop(serving.await) }));
    }
    tokio::pin!(stop);
    let made = tokio::select! {
        made = make_ready(&config, &log) => made?,
        () = &mut stop => return Err(StartError::Stopped),
    };
    let pool = made.pool.clone();
    app.set_ready(made);
    ready(at);
    let reloading = pool.clone().filter(|_| config.reload).map(|pool| {
        let log = log.clone();
        tokio::spawn(reload::watch(config.app_root.clone(), move || {
            log.line(
                Level::Info,
                None,
                format_args!("The code changed: workers are started anew"),
            );
            pool.renew();
        }))
    });
    stop.await;
    if let Some(reloading) = reloading {
        reloading.abort();
    }
    log.line(
        Level::Info,
        None,
        format_args!("Stopping: requests on their way finish first"),
    );
    stopping.send_replace(true);
    let done = futures::future::join_all(answering);
    if tokio::time::timeout(config.drain_timeout, done).await.is_err() {
        let seconds = config.drain_timeout.as_secs();
        let message = format_args!("Requests were cut off that were not done after {seconds} s");
        log.line(Level::Warning, None, message);
    }
    if let Some(pool) = pool {
        pool.close().await;
    }
    log.line(Level::Info, None, format_args!("Stopped"));
    Ok(())
}

/// Returns when the server is told to stop.
async fn told(mut stopping: watch::Receiver<bool>) {
    // An error means that the server is gone, and that is the same.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Makes the model ready: in workers, or in this process.
async fn make_ready(config: &Arc<Config>, log: &Log) -> Result<Ready, StartError> {
    let place = match &config.model {
        Model::Script { .. } | Model::Mlflow => return in_workers(config, log).await,
        Model::Onnx { path } => Place::One {
            name: config.name.clone(),
            path: path.clone(),
        },
        Model::Triton { folder } => Place::Triton {
            folder: folder.clone(),
        },
    };
    let (python, sessions, batching) = (config.python.clone(), config.workers, config.batching);
    let loading = tokio::task::spawn_blocking(move || {
        let loader = OnnxLoader::new(&python, place, sessions, batching)?;
        let repository = Repository::load_all(Arc::new(loader));
        match repository.not_ready() {
            Some(why) => Err(why),
            None if repository.is_empty() => Err(String::from(
                "there is no model in the folder; expected NAME/1/model.onnx",
            )),
            None => Ok(repository),
        }
    });
    let loaded = tokio::time::timeout(config.start_timeout, loading).await;
    let loaded = loaded.map_err(|_| StartError::Slow {
        seconds: config.start_timeout.as_secs(),
    })?;
    let repository = loaded
        .unwrap_or_else(|error| Err(error.to_string()))
        .map_err(|reason| StartError::Model { reason })?;
    for line in repository.index() {
        let (name, version) = (line.name, line.version);
        log.line(
            Level::Info,
            None,
            format_args!("Model {name} version {version} is ready"),
        );
    }
    Ok(Ready {
        pool: None,
        repository,
        mlflow: None,
    })
}

async fn in_workers(config: &Arc<Config>, log: &Log) -> Result<Ready, StartError> {
    let pool = Pool::start(Arc::clone(config), log.clone()).await?;
    let mlflow = pool.facts().mlflow;
    let repository = match config.model {
        Model::Mlflow => Repository::of(Served::of_workers(
            config.name.clone(),
            pool.clone(),
            config.batching,
        )),
        _ => Repository::default(),
    };
    Ok(Ready {
        pool: Some(pool),
        repository,
        mlflow,
    })
}

async fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Listen {
        address,
        option,
        source,
    };
    TcpListener::bind(address).await.map_err(failed)
}
