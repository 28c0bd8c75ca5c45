//! The data that a schedule brings in: as its owner, in the background, taken up again by the next server when this one is killed.

use std::sync::Arc;

use tidemill_api::data_import::DataImportSpec;
use tidemill_objects::Silent;
use tidemill_spec::kinds::DataImport;
use tidemill_store::schedule_run::{FAILED, IMPORTED};

use super::{Row, Run, fire};
use crate::asset::{self, Kind};
use crate::{App, Error, OpContext, Result, action, data_import};

/// What the owner could not do when it falls due is refused now.
pub(super) async fn check(owner: &OpContext, workspace: &str, import: &DataImport) -> Result<()> {
    owner
        .authorize(
            action::DATA_WRITE,
            &asset::scope(Kind::Data, workspace, &import.name),
        )
        .await?;
    asset::check_new(owner, Kind::Data, workspace, &import.name, None).await?;
    spec_of(import).map(drop)
}

/// Brings the data of a time in that was taken up; what came of it is written down when it has ended.
pub(super) fn start(app: &Arc<App>, row: &Row, run: Run, import: DataImport) {
    let (app, row) = (app.clone(), row.clone());
    tokio::spawn(async move {
        let (state, reason) = match bring_in(&app, &row, &run, &import).await {
            Ok(version) => (IMPORTED, format!("azureml:{}:{version}", import.name)),
            Err(error) => {
                tracing::warn!(workspace = run.workspace, schedule = run.schedule, %error, "failed to bring in the data of a schedule");
                let hint = error
                    .hint
                    .as_ref()
                    .map(|hint| format!(" ({hint})"))
                    .unwrap_or_default();
                (FAILED, format!("{}{hint}", error.message))
            }
        };
        if let Err(error) = fire::end(&app, run, state, Some(reason)).await {
            tracing::error!(%error, "failed to write down what came of a schedule");
        }
    });
}

async fn bring_in(app: &Arc<App>, row: &Row, run: &Run, import: &DataImport) -> Result<String> {
    let owner = fire::owner(app, row, "the data are not brought in")?;
    let made = data_import::run(&owner, &run.workspace, spec_of(import)?, &Silent).await?;
    Ok(made.version)
}

fn spec_of(import: &DataImport) -> Result<DataImportSpec> {
    let value = serde_json::to_value(import).map_err(Error::internal)?;
    serde_json::from_value(value).map_err(Error::internal)
}
