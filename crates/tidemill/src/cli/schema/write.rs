//! `tidemill schema write`.

use std::path::PathBuf;

use clap::Args;

use crate::error::{Error, Result};

/// Write a JSON Schema for each YAML kind
///
/// Editors use them through a first line such as `# yaml-language-server: $schema=schemas/commandJob.schema.json`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill schema write\n  tidemill schema write --dir .vscode/schemas")]
pub struct Write {
    /// Folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "schemas")]
    dir: PathBuf,
}

impl Write {
    pub(super) fn run(self) -> Result<()> {
        let Self { dir } = self;
        std::fs::create_dir_all(&dir).map_err(|error| Error::file("make the folder", &dir, error))?;
        let schemas = tidemill_spec::schemas();
        for (name, schema) in &schemas {
            let path = dir.join(name);
            let text = serde_json::to_string_pretty(schema)
                .map_err(|error| Error::failed(format!("failed to write the schema {name}: {error}")))?;
            std::fs::write(&path, text + "\n").map_err(|error| Error::file("write", &path, error))?;
        }
        anstream::eprintln!("Wrote {} schemas to {}.", schemas.len(), dir.display());
        Ok(())
    }
}
