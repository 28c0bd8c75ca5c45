//! The application: what every use case stands on.

use std::path::PathBuf;
use std::sync::Arc;

use tidemill_store::{Store, StoreOptions};

use crate::token::TokenCache;
use crate::{Clock, DataDir, Error, Kind, OpContext, Principal, Result, SystemClock, token, workspace};

/// How to open the application.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// The data folder.
    pub data_dir: PathBuf,
    /// `postgresql://…`, or `None` for SQLite in the data folder.
    pub database: Option<String>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl AppOptions {
    /// SQLite in the folder, and the clock of the machine.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), database: None, clock: Arc::new(SystemClock::default()) }
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
                format!("failed to open the data folder {}: {error}", options.data_dir.display()),
            )
            .hint("choose another with --data-dir")
        })?;
        let store_options = match options.database {
            Some(url) => StoreOptions { url, connections: 16 },
            None => StoreOptions::sqlite(&dir.database()),
        };
        let store = Store::open(&store_options).await.map_err(|error| {
            Error::new(Kind::Unavailable, error.to_string()).source(error)
        })?;
        let clock = options.clock;
        token::ensure_owner(&store, &dir.owner_token(), token::text(clock.secret()), clock.now_ms()).await?;
        let app = Arc::new(Self { store, dir, clock, tokens: TokenCache::default() });
        workspace::ensure_default(&app.system()).await?;
        Ok(app)
    }

    /// The process ids of the runners that this server has started on its own machine and that are still there.
    pub fn runners(&self) -> Vec<u32> {
        Vec::new()
    }

    /// A context for what the server does by itself.
    pub fn system(self: &Arc<Self>) -> OpContext {
        OpContext::new(self.clone(), Principal::System, self.clock.ulid())
    }
}
