//! `tidemill data import`.

use std::path::PathBuf;

use clap::Args;
use reqwest::{Method, header};
use serde_json::{Map, Value, json};

use crate::cli::asset::{create::answer, with_id};
use crate::error::{Error, Result};
use crate::session::Session;

/// Bring data in from a SQL database or a web server, as a version
///
/// Rows of PostgreSQL become Parquet files in a datastore of the workspace, read in batches by the server; a file of a web server is
/// copied. One that broke goes on where it ended when the command is run again: of a database it needs --key, a column that orders the
/// rows and is in each of them once. Passwords come from the vault. docs/data-import.md shows the file.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data import -f import.yml
  tidemill data import --name orders --connection azureml:orders-db --sql 'select * from orders' --key id
  tidemill data import --name taxi --url https://example.org/taxi.parquet")]
pub struct Import {
    /// YAML as Azure has it: name, type, path and source
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Name of the data asset
    #[arg(long, short)]
    name: Option<String>,
    /// Version [default: counted up]
    #[arg(long, short)]
    version: Option<String>,
    /// Folder in a datastore, as in azureml://datastores/lake/paths/orders
    #[arg(long, short)]
    path: Option<String>,
    /// postgresql://user:${{secrets.NAME}}@host/database, or azureml:NAME of a secret that holds it
    #[arg(long, conflicts_with = "url")]
    connection: Option<String>,
    /// One SELECT
    #[arg(long, conflicts_with = "url")]
    sql: Option<String>,
    /// Column that orders the rows and is in each of them once
    #[arg(long, conflicts_with = "url")]
    key: Option<String>,
    /// Address of a file
    #[arg(long)]
    url: Option<String>,
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            file,
            name,
            version,
            path,
            connection,
            sql,
            key,
            url,
        } = self;
        let mut written: Map<String, Value> = match &file {
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| Error::file("read", file, error))?;
                serde_yaml_ng::from_str(&text)
                    .map_err(|error| Error::usage(format!("failed to read {}: {error}", file.display())))?
            }
            None => Map::new(),
        };
        written.remove("$schema");
        for (field, value) in [("name", name), ("version", version), ("path", path)] {
            if let Some(value) = value {
                written.insert(field.to_owned(), value.into());
            }
        }
        if let Some(version) = written.get_mut("version").filter(|version| version.is_number()) {
            *version = version.to_string().into();
        }
        let mut source = match written.remove("source") {
            Some(Value::Object(source)) => source,
            _ => Map::new(),
        };
        let given = [
            ("connection", connection),
            ("query", sql),
            ("key", key),
            ("url", url),
        ];
        for (field, value) in given {
            if let Some(value) = value {
                let kind = if field == "url" { "http" } else { "database" };
                source.insert("type".to_owned(), kind.into());
                source.insert(field.to_owned(), value.into());
            }
        }
        match source.get("type").and_then(Value::as_str) {
            Some("database" | "http") => {}
            Some(other) => {
                return Err(Error::usage(format!("failed to import: a source of type {other} is not supported"))
                    .with_hint("supported are `database` (PostgreSQL) and `http`; files of a datastore are versions by `tidemill data create`"));
            }
            None => {
                return Err(
                    Error::usage("failed to import: nothing says where the data comes from")
                        .with_hint("add --connection and --sql, or --url, or a file with `source:`"),
                );
            }
        }
        written.insert("source".to_owned(), Value::Object(source));
        let Some(name) = written.get("name").and_then(Value::as_str).map(str::to_owned) else {
            return Err(Error::usage("failed to import: the data has no name")
                .with_hint("add --name, or `name:` to the file"));
        };
        let request = session
            .client
            .request(Method::POST, &session.path(&["data-imports"]))
            .header(header::ACCEPT, "text/event-stream, application/json")
            .json(&json!(written));
        let view = answer(session, &name, request).await?;
        for warning in view["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            session.warn(warning);
        }
        session.show(with_id(view))
    }
}
