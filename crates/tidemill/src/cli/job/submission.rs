//! A job as it is sent: what the file and the options say, the git commit of its code, a name.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use tidemill_spec::kinds::{Family, Job, Spec};
use tidemill_spec::load::Loaded;

use crate::cli::args::{Policy, Set};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::{document, git, job_name};

/// The options that say what a job is.
#[derive(Debug, Clone, Args)]
pub struct Submission {
    /// YAML file of the job; - for standard input
    #[arg(long, short, value_name = "FILE")]
    file: PathBuf,
    /// Name, unique in the workspace [default: that of the file, else made up]
    #[arg(long, short)]
    name: Option<String>,
    /// Experiment that the run belongs to [default: that of the file]
    #[arg(long, value_name = "NAME")]
    experiment_name: Option<String>,
    #[command(flatten)]
    set: Set,
    /// Where an environment cannot be had exactly: exact fails, relaxed takes the nearest [default: the server's]
    #[arg(long, value_name = "POLICY", hide_possible_values = true)]
    environment_policy: Option<Policy>,
}

impl Submission {
    /// Reads the job.
    ///
    /// # Errors
    /// A file that is wrong.
    pub fn load(&self, session: &Session) -> Result<Loaded> {
        let mut changes = self.set.overrides()?;
        let fields = [("name", &self.name), ("experiment_name", &self.experiment_name)];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value.as_deref()?))),
        );
        let loaded = document::load(Some(&self.file), &changes, Family::Job)?;
        document::tell(session, &loaded);
        Ok(loaded)
    }

    /// The name, made up where none is given, and the body of the request.
    ///
    /// # Errors
    /// What is no job.
    pub fn request(&self, spec: Spec, code: Option<&Path>) -> Result<(String, Value)> {
        let Spec::Job(mut job) = spec else {
            return Err(Error::usage(format!(
                "failed to read {}: it is no job",
                self.file.display()
            )));
        };
        let name = match &mut job {
            Job::Command(job) => &mut job.name,
            Job::Pipeline(job) => &mut job.name,
        };
        let name = name.get_or_insert_with(|| job_name::make(rand::random)).clone();
        let folder = code
            .or(self.file.parent())
            .filter(|path| !path.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let body = json!({
            "spec": job,
            "environment_policy": self.environment_policy.map(Policy::word),
            "properties": git::facts(folder),
        });
        Ok((name, body))
    }
}
