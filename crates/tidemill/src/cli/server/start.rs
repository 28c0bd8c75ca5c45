//! `tidemill server start`.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tidemill_app::query::QueryOptions;
use tidemill_app::vault::{Key, MasterKey};
use tidemill_app::webhook::WebhookOptions;

use crate::cli::args::Policy;
use crate::cli::globals::Globals;
use crate::error::{Error, Result};
use crate::folders;
use crate::server::{IsolationLevel, LogFormat, Options, run};

const PORT: u16 = 5757;

/// Start a server, and keep it running until Ctrl-C
///
/// It needs nothing but a folder. The first start makes the workspace `default`, the token of its owner and the master key of
/// the vault, keys/master.key; with TIDEMILL_MASTER_KEY in the environment, that one is used, and no file is written.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill server start
  tidemill server start --data-dir /srv/tidemill --listen 0.0.0.0:5757
  tidemill server start --database postgresql://tidemill@db/tidemill --allowed-host mill.example.org")]
pub struct Start {
    /// Folder for everything that the server keeps [default: tidemill in the XDG data home]
    #[arg(
        long,
        short,
        env = "TIDEMILL_DATA_DIR",
        hide_env_values = true,
        value_name = "FOLDER"
    )]
    data_dir: Option<PathBuf>,
    /// Address and port to listen at; port 0 takes a free one
    #[arg(long, short, value_name = "ADDRESS", default_value = "127.0.0.1:5757", value_parser = address)]
    listen: SocketAddr,
    /// PostgreSQL database instead of SQLite in the data folder
    #[arg(long, env = "TIDEMILL_DATABASE", hide_env_values = true, value_name = "URL", value_parser = database)]
    database: Option<String>,
    /// Host name that requests may carry besides those of this machine; may be given several times
    #[arg(long = "allowed-host", value_name = "NAME")]
    allowed_hosts: Vec<String>,
    /// Where an environment cannot be had exactly: exact fails, relaxed takes the nearest
    ///
    /// It holds for jobs that say nothing themselves.
    #[arg(long, value_name = "POLICY", default_value = "exact")]
    environment_policy: Policy,
    /// Graphics cards that jobs may use, by index, such as 0,1 [default: all of this machine]
    #[arg(long, value_name = "INDICES", value_delimiter = ',')]
    gpus: Option<Vec<u32>>,
    /// How jobs are kept from what is not theirs
    ///
    /// auto takes the strongest that this machine gives, and says which. A level by name that it does not give is refused.
    #[arg(long, value_name = "LEVEL", default_value = "auto")]
    isolation: IsolationLevel,
    /// Folder of this machine that every job may read and write besides its own; may be given several times
    #[arg(long = "job-folder", value_name = "FOLDER")]
    job_folders: Vec<PathBuf>,
    /// How long a job goes on when the server and its data folder are gone
    ///
    /// While the data folder is there, a job waits for a day.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    runner_patience: Duration,
    /// Let webhooks lead to http:// too, not only to https://
    #[arg(long)]
    webhook_allow_http: bool,
    /// Let webhooks lead to addresses that are not public: this machine, the local network
    #[arg(long)]
    webhook_allow_private: bool,
    /// Remove deleted runs and experiments for good after this time, such as 30d [default: never]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    retention: Option<Duration>,
    /// How long a deleted workspace can be recovered before it is gone for good, files too
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = humantime::parse_duration)]
    keep_deleted_workspaces: Duration,
    /// How often versions of data go that their retention lets go
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = a_second_at_least)]
    data_retention_every: Duration,
    /// Memory of a query over data before it goes to disk, in MB
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(u64).range(16..))]
    query_memory: u64,
    /// How long a query over data may take
    #[arg(long, value_name = "TIME", default_value = "1min", value_parser = humantime::parse_duration)]
    query_time: Duration,
    /// Rows that a query over data may give
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    query_rows: u64,
    /// Format of the log on standard error
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    log_format: LogFormat,
}

impl Start {
    pub(super) fn run(self, globals: &Globals) -> Result<()> {
        let Self {
            data_dir,
            listen,
            database,
            allowed_hosts,
            environment_policy,
            gpus,
            isolation,
            job_folders,
            runner_patience,
            webhook_allow_http,
            webhook_allow_private,
            retention,
            keep_deleted_workspaces,
            data_retention_every,
            query_memory,
            query_time,
            query_rows,
            log_format,
        } = self;
        let data_dir = match data_dir {
            Some(folder) => folder,
            None => folders::data_dir()?,
        };
        let environment_policy = environment_policy.word().to_owned();
        run(Options {
            data_dir,
            listen,
            database,
            allowed_hosts,
            environment_policy,
            gpus,
            isolation,
            job_folders,
            runner_patience,
            webhooks: WebhookOptions {
                allow_http: webhook_allow_http,
                allow_private: webhook_allow_private,
            },
            retention,
            keep_deleted: keep_deleted_workspaces,
            data_retention_every,
            query: QueryOptions {
                memory_bytes: query_memory << 20,
                time: query_time,
                rows: query_rows,
                ..QueryOptions::default()
            },
            master_key: master_key()?,
            log_format,
            debug: globals.debug,
        })
    }
}

/// The master key of the vault: from the environment, never from the command line, or else from its file.
fn master_key() -> Result<MasterKey> {
    let key = |name: &str| match std::env::var(name) {
        Ok(text) if !text.trim().is_empty() => Key::parse(&text).map(Some).ok_or_else(|| {
            Error::usage(format!("failed to read {name}: it holds no key of 32 bytes"))
                .with_hint("write it as 64 hex digits or in base64, for example with `openssl rand -hex 32`")
        }),
        _ => Ok(None),
    };
    let before = key("TIDEMILL_MASTER_KEY_BEFORE")?;
    Ok(match key("TIDEMILL_MASTER_KEY")? {
        Some(key) => MasterKey::Given { key, before },
        None => MasterKey::File,
    })
}

/// `127.0.0.1:5757`, `localhost:5757`, `127.0.0.1`, `:5757` and `5757`.
fn address(text: &str) -> Result<SocketAddr, String> {
    let bare = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
    if let Ok(ip) = bare.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, PORT));
    }
    if let Ok(port) = bare.strip_prefix(':').unwrap_or(bare).parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let found = match bare.contains(':') {
        true => bare.to_socket_addrs(),
        false => (bare, PORT).to_socket_addrs(),
    };
    let mut found: Vec<SocketAddr> = found
        .map_err(|error| format!("no address of this machine: {error}"))?
        .collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found
        .first()
        .copied()
        .ok_or_else(|| "no address of this machine; write 127.0.0.1:5757".to_owned())
}

pub(super) fn database(text: &str) -> Result<String, String> {
    match text.split_once("://") {
        Some(("postgresql" | "postgres", _)) => Ok(text.to_owned()),
        _ => Err(
            "write it as postgresql://user@host:5432/database; without it, SQLite in the data folder is used"
                .to_owned(),
        ),
    }
}

/// A time that a loop can wait.
fn a_second_at_least(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match time >= Duration::from_secs(1) {
        true => Ok(time),
        false => Err("a second is the least".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, read) in [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("8080", "127.0.0.1:8080"),
            (":8080", "127.0.0.1:8080"),
            ("0.0.0.0", "0.0.0.0:5757"),
            ("[::1]:1", "[::1]:1"),
            ("::1", "[::1]:5757"),
            ("localhost:7", "127.0.0.1:7"),
            ("http://127.0.0.1:9/", "127.0.0.1:9"),
        ] {
            assert_eq!(address(text).expect(text).to_string(), read);
        }
        assert!(a_second_at_least("10s").is_ok() && a_second_at_least("0s").is_err());
        assert!(address("127.0.0.1:99999").is_err() && database("mysql://x").is_err());
    }
}
