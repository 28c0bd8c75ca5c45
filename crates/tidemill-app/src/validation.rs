//! A version of data against expectations, and against a baseline: the version that the label `baseline` names, or another one.

use indexmap::IndexMap;
use serde_json::Value;
use tidemill_profile::expect::Expectations;
use tidemill_store::asset::Key;
use tidemill_store::asset_label;
pub use tidemill_table::sql::Validated;
use tidemill_table::sql::{BASELINE, DATA, Task, Validate};
use tokio::io::AsyncReadExt;

use crate::asset::Kind;
use crate::data_validation::{self, Asked};
use crate::query::{self, How};
use crate::{Error, OpContext, Result, action, asset};

/// The label of the version that others are compared with.
pub const LABEL: &str = "baseline";

/// Validates a version. What it finds is added to the history of the asset; gives its id there, and what it is.
///
/// # Errors
/// NotFound; Invalid for expectations that say nothing, or data that is no table.
pub async fn run(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    expectations: Value,
    baseline: Option<String>,
) -> Result<(String, Validated)> {
    ctx.authorize(action::DATA_READ, &asset::scope(Kind::Data, workspace, name))
        .await?;
    let expectations: Expectations = serde_json::from_value(expectations).map_err(|error| {
        Error::invalid(format!("failed to read the expectations: {error}"))
            .hint("docs/data-profile.md shows how they are written")
    })?;
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let row = asset::find_version(ctx, key, version).await?;
    let baseline = match baseline {
        Some(baseline) => Some(baseline),
        None => asset_label::get(ctx.app().store.read(), key, LABEL)
            .await?
            .filter(|labelled| labelled != version)
            .map(|labelled| format!("azureml:{name}:{labelled}")),
    };
    let mut wanted = IndexMap::from([(DATA.to_owned(), format!("azureml:{name}:{version}"))]);
    if let Some(baseline) = &baseline {
        wanted.insert(BASELINE.to_owned(), baseline.clone());
    }
    let path = expectations.path.clone().unwrap_or_default();
    let task = Task::Validate(Box::new(Validate { expectations }));
    let tables = query::mounted_all(ctx, workspace, wanted).await?;
    let mut answer = query::answer(ctx, task, tables, false, How::default()).await?;
    let mut text = Vec::new();
    answer
        .file
        .read_to_end(&mut text)
        .await
        .map_err(Error::internal)?;
    let validated: Validated = serde_json::from_slice(&text).map_err(Error::internal)?;
    let asked = Asked {
        table: path.trim_matches('/').to_owned(),
        baseline: baseline.unwrap_or_default(),
        principal: ctx.principal().to_string(),
        job: None,
    };
    let id = data_validation::record(ctx, &row, asked, &validated).await?;
    Ok((id, validated))
}
