//! A server from its start to its stop: listens, makes the model ready, answers, lets requests finish.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::azure;
use crate::config::Config;
use crate::error::StartError;
use crate::http::{App, Ready, router};
use crate::log::{Level, Log};
use crate::reload;
use crate::worker::Pool;

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// HTTP.
    pub http: SocketAddr,
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
    let at = Bound { http: address };
    bound(at);
    let app = App::new(Arc::clone(&config), azure, log.clone());
    let (stopping, mut stopped) = watch::channel(false);
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    // Answers are small: they must not wait for a full packet.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let http = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stopping| *stopping).await;
    });
    let http = tokio::spawn(http.into_future());
    tokio::pin!(stop);
    let pool = tokio::select! {
        pool = Pool::start(Arc::clone(&config), log.clone()) => pool?,
        () = &mut stop => return Err(StartError::Stopped),
    };
    app.set_ready(Ready { pool: pool.clone() });
    ready(at);
    let reloading = config.reload.then(|| {
        let (pool, log) = (pool.clone(), log.clone());
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
    if tokio::time::timeout(config.drain_timeout, http).await.is_err() {
        let seconds = config.drain_timeout.as_secs();
        let message = format_args!("Requests were cut off that were not done after {seconds} s");
        log.line(Level::Warning, None, message);
    }
    pool.close().await;
    log.line(Level::Info, None, format_args!("Stopped"));
    Ok(())
}

async fn listen(address: SocketAddr, option: &'static str) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Listen {
        address,
        option,
        source,
    };
    TcpListener::bind(address).await.map_err(failed)
}
