//! `tidemill model validate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tidemill_spec::kinds::Family;

use super::report::save;
use crate::cli::args::Set;
use crate::error::{Error, INTERRUPTED, Result};
use crate::output::text;
use crate::session::Session;
use crate::{document, upload};

/// How often the server is asked.
const EVERY: Duration = Duration::from_millis(300);

/// Hold a version of a model against a validation.yml: metrics, champion, slices, tests, budgets
///
/// Exit codes: 0 when all that was asked holds, 1 when something does not or it could not be done.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill model validate --name flights-delay --version 3 --validation validation.yml --data azureml:flights:7
  tidemill model validate --name flights-delay --label champion --validation validation.yml --data azureml:flights@latest --report report.html")]
pub struct Validate {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Version [default: the newest]
    #[arg(long, short, conflicts_with = "label")]
    version: Option<String>,
    /// Alias, instead of the version
    #[arg(long, short)]
    label: Option<String>,
    /// YAML file of what is asked
    #[arg(long, value_name = "FILE")]
    validation: PathBuf,
    /// Data to score, as azureml:NAME:VERSION
    #[arg(long, value_name = "DATA")]
    data: String,
    /// Champion to hold it against, as azureml:NAME@ALIAS, azureml:NAME:VERSION or stage:STAGE [default: what the file says]
    #[arg(long, value_name = "MODEL")]
    champion: Option<String>,
    #[command(flatten)]
    set: Set,
    /// Write the report as a page into this file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Do not wait for its end
    #[arg(long)]
    no_wait: bool,
}

impl Validate {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let loaded = document::load(Some(&self.validation), &self.set.overrides()?, Family::Validation)?;
        document::tell(session, &loaded);
        let mut spec = loaded.spec;
        upload::upload(session, &mut spec).await?;
        let version = match (&self.version, &self.label) {
            (Some(version), _) => version.clone(),
            (None, label) => format!("@{}", label.as_deref().unwrap_or("latest")),
        };
        let body = json!({ "spec": document::body(&spec)?, "data": self.data, "champion": self.champion });
        let path = session.path(&["models", &self.name, "versions", &version, "validations"]);
        let begun = session.client.post(&path, &body).await?;
        session.note(&format!(
            "Validating {}:{} on {} as job {}",
            self.name,
            text(&begun, "version").unwrap_or_default(),
            text(&begun, "data").unwrap_or_default(),
            text(&begun, "job").unwrap_or_default()
        ));
        if self.no_wait {
            return session.show(begun);
        }
        let ended = tokio::select! {
            ended = self.until_it_ends(session, begun) => ended?,
            _ = tokio::signal::ctrl_c() => {
                session.note("\nIt goes on. Look at it with `tidemill model metrics`.");
                return Err(Error::Ended(INTERRUPTED));
            }
        };
        let state = text(&ended, "state").unwrap_or_default().to_owned();
        if let (Some(file), "Passed" | "Failed") = (&self.report, state.as_str()) {
            save(session, &self.name, text(&ended, "id").unwrap_or_default(), file).await?;
        }
        let why = text(&ended, "reason").unwrap_or("it did not say why").to_owned();
        let (job, shown) = (
            text(&ended, "job").unwrap_or_default().to_owned(),
            format!("{}:{}", self.name, text(&ended, "version").unwrap_or_default()),
        );
        for check in ended["checks"].as_array().into_iter().flatten() {
            let sign = if check["passed"] == true { "✓" } else { "✗" };
            session.note(&format!(
                "{sign} {}: {}",
                text(check, "check").unwrap_or_default(),
                text(check, "says").unwrap_or_default()
            ));
        }
        session.show(without_result(ended))?;
        match state.as_str() {
            "Passed" => Ok(()),
            "Failed" => Err(
                Error::failed(format!("model {shown} failed its validation: {why}")).with_hint(format!(
                    "`tidemill model report --name {}` writes the report as a page",
                    self.name
                )),
            ),
            _ => Err(Error::failed(format!("failed to validate model {shown}: {why}"))
                .with_hint(format!("its log: `tidemill job stream --name {job}`"))),
        }
    }

    async fn until_it_ends(&self, session: &Session, mut view: Value) -> Result<Value> {
        let path = session.path(&[
            "models",
            &self.name,
            "validations",
            text(&view, "id").unwrap_or_default(),
        ]);
        while view["state"] == "Running" {
            tokio::time::sleep(EVERY).await;
            view = session.client.get(&path).await?;
        }
        Ok(view)
    }
}

/// What people look at: the whole is long, and `-o json` of `model metrics` or the report have it.
fn without_result(mut view: Value) -> Value {
    if let Value::Object(map) = &mut view {
        map.shift_remove("result");
        map.shift_remove("spec");
    }
    view
}
