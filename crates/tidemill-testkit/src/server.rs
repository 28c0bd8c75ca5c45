//! A whole server on a free port of loopback, over a data folder that goes with it.

use std::net::SocketAddr;
use std::sync::Arc;

use tempfile::TempDir;
use tidemill_app::{App, AppOptions};
use tidemill_http::{HttpOptions, Server, router};
use tidemill_testdb::TestDatabase;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::Client;

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct TestServer {
    /// The application, for looking behind the API.
    pub app: Arc<App>,
    /// Where it listens.
    pub address: SocketAddr,
    /// The data folder.
    pub dir: TempDir,
    task: JoinHandle<()>,
    _database: Option<TestDatabase>,
}

impl TestServer {
    /// Starts one on SQLite; on PostgreSQL when `TIDEMILL_TEST_DATABASE` says `postgresql`.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts one on this database, which has to outlive it.
    pub async fn start_on(database: &TestDatabase) -> Self {
        Self::start_with(|options| options.database = Some(database.url.clone())).await
    }

    /// Starts one with other options.
    pub async fn start_with(change: impl FnOnce(&mut AppOptions)) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder can be made");
        let database = match std::env::var("TIDEMILL_TEST_DATABASE").as_deref() {
            Ok("postgresql") => tidemill_testdb::postgres(),
            _ => None,
        };
        let mut options = AppOptions::new(dir.path());
        options.database = database.as_ref().map(|database| database.url.clone());
        change(&mut options);
        let app = App::open(options)
            .await
            .expect("the application opens on an empty folder");
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let server = Server::new(
            app.clone(),
            HttpOptions {
                listen: address,
                allowed_hosts: Vec::new(),
            },
        );
        let service = router(server).into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            axum::serve(listener, service)
                .await
                .expect("the server runs until the test ends");
        });
        app.serve_at(format!("http://{address}"))
            .await
            .expect("the loops start");
        Self {
            app,
            address,
            dir,
            task,
            _database: database,
        }
    }

    /// A client without a token, as a person on the same machine.
    pub fn client(&self) -> Client {
        Client::new(&format!("http://{}", self.address), None)
    }

    /// A client with a token.
    pub fn client_with(&self, token: &str) -> Client {
        Client::new(&format!("http://{}", self.address), Some(token))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
