//! What a runner is started with.

use crate::failure::Failure;
use std::path::PathBuf;
use std::time::Duration;
use tidemill_process::isolation::{Isolation, Network};

/// What a runner must be told to find its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerArgs {
    /// Address of the server, such as `http://127.0.0.1:5757`.
    pub server_url: String,
    /// File that holds the token of this attempt (mode 0600), which is removed when it has been read. Without it the
    /// variable `TIDEMILL_TOKEN` is read.
    pub token_file: Option<PathBuf>,
    /// Data folder of the machine: `envs/` and `cache/` in it are shared by all jobs.
    pub data_dir: PathBuf,
    /// Folder of the job, for this attempt to work in.
    pub work_dir: PathBuf,
    /// How far the processes of the job are kept apart.
    pub isolation: Isolation,
    /// What of the network there is for the job.
    pub network: Network,
    /// Folders of the machine that every job may write.
    pub job_folders: Vec<PathBuf>,
    /// How long a server that is away is waited for when its data folder is gone too.
    pub patience: Duration,
}

impl RunnerArgs {
    /// Takes the token: its file is gone before the job's script could look into it. It goes into no other place than
    /// the header of each call.
    pub(crate) fn token(&self) -> Result<String, Failure> {
        let token = match &self.token_file {
            Some(path) => std::fs::read_to_string(path)
                .and_then(|token| std::fs::remove_file(path).map(|()| token))
                .map_err(|error| {
                    Failure::new(format!(
                        "failed to take the token file {}: {error}",
                        path.display()
                    ))
                })?,
            None => std::env::var("TIDEMILL_TOKEN").unwrap_or_default(),
        };
        match token.trim() {
            "" => Err(Failure::new(
                "failed to find the token of this job: give --token-file or set TIDEMILL_TOKEN".into(),
            )),
            token => Ok(token.to_owned()),
        }
    }
}
