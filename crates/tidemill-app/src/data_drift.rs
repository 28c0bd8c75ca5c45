//! How a version of data differs from another one: from what their profiles keep, so that bytes are read once for each content.

use tidemill_profile::drift::{Drift, DriftOptions, compare, concept, multivariate};
use tidemill_spec::refs::AssetRef;
use tidemill_store::asset::{Key, Kind};
use tidemill_store::asset_label;

use crate::validation::LABEL;
use crate::{Error, OpContext, Result, action, asset, profile};

/// What is asked of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The version to compare with, as `azureml:flights:1`; the one that the label `baseline` names where it is not said.
    pub baseline: Option<String>,
    /// Where the table lies in data of several tables.
    pub path: Option<String>,
    /// Thresholds.
    pub options: DriftOptions,
    /// Look at all columns together, too.
    pub multivariate: bool,
    /// The column that a model is to learn.
    pub target: Option<String>,
    /// The column with the predictions of a model.
    pub prediction: Option<String>,
}

/// How a version differs from its baseline.
///
/// # Errors
/// NotFound, also where no baseline is named; Invalid where one is no table, or has no such target.
pub async fn of_version(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    asked: Asked,
) -> Result<Drift> {
    ctx.authorize(action::DATA_READ, &asset::scope(Kind::Data, workspace, name))
        .await?;
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let row = asset::find_version(ctx, key, version).await?;
    let baseline = match &asked.baseline {
        Some(reference) => {
            let wanted: AssetRef = reference
                .parse()
                .map_err(|error| Error::invalid(format!("failed to read the baseline: {error}")))?;
            let scope = asset::scope(Kind::Data, workspace, wanted.name());
            ctx.authorize(action::DATA_READ, &scope).await?;
            asset::resolve(ctx, Kind::Data, workspace, &wanted).await?
        }
        None => {
            let labelled = asset_label::get(ctx.app().store.read(), key, LABEL).await?;
            let labelled = labelled.ok_or_else(|| {
                Error::not_found("baseline of data", name).hint(format!(
                    "name one with --baseline, or set it: `tidemill data baseline set --name {name} --version 1`"
                ))
            })?;
            asset::find_version(ctx, key, &labelled).await?
        }
    };
    let path = asked.path.as_deref().unwrap_or_default();
    let before = profile::known(ctx, workspace, &baseline, path).await?;
    let after = profile::known(ctx, workspace, &row, path).await?;
    // Trees are grown for it: that takes seconds of a processor.
    let work = move || -> Result<Drift> {
        let mut drift = compare(&before, &after, &asked.options);
        if asked.multivariate {
            drift.multivariate = Some(multivariate(&before, &after, &asked.options));
        }
        if let Some(target) = &asked.target {
            let found = concept(
                &before,
                &after,
                target,
                asked.prediction.as_deref(),
                &asked.options,
            );
            drift.concept = Some(found.map_err(|error| Error::invalid(error.to_string()))?);
        }
        Ok(drift)
    };
    // One after the other: whoever else asks for something finds a processor and a thread free.
    let _turn = GROWING.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// Held while trees are grown.
static GROWING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);
