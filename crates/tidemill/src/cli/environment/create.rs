//! `tidemill environment create`.

use clap::Args;
use serde_json::Value;

use crate::cli::args::{NoWait, SkipValidation, Tags, Written};
use crate::cli::asset::create;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Make a version of an environment
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill environment create -f environment.yml
  tidemill environment create --name training --image python:3.11 --conda-file conda.yml
  tidemill environment create --name custom --build-context ./docker --dockerfile-path Dockerfile")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Version [default: counted up]
    #[arg(long, short)]
    version: Option<String>,
    /// Image
    #[arg(long, short)]
    image: Option<String>,
    /// Conda file, on top of the image
    #[arg(long, short, value_name = "FILE")]
    conda_file: Option<String>,
    /// Folder with a Dockerfile
    #[arg(long, short, value_name = "FOLDER")]
    build_context: Option<String>,
    /// Dockerfile in the folder
    #[arg(long, short, value_name = "FILE")]
    dockerfile_path: Option<String>,
    /// Operating system of the image
    #[arg(long)]
    os_type: Option<String>,
    /// Datastore that a build context is uploaded to
    #[arg(long)]
    datastore: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    tags: Tags,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    no_wait: NoWait,
    #[command(flatten)]
    skip_validation: SkipValidation,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("version", self.version),
            ("description", self.description),
            ("image", self.image),
            ("build.dockerfile_path", self.dockerfile_path),
            ("os_type", self.os_type),
            ("datastore", self.datastore),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        for (field, path) in [
            ("conda_file", self.conda_file),
            ("build.path", self.build_context),
        ] {
            changes.extend(path.map(|path| document::place(field, &path)).transpose()?);
        }
        changes.extend(
            self.tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        create::create(session, super::KIND, self.written.file.as_deref(), &changes).await
    }
}
