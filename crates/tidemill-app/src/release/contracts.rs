//! The gate `contracts`: whether the newest data of a stage keep what the model, the endpoint and the pipelines of a release live by.

use std::collections::BTreeSet;
use std::sync::Arc;

use tidemill_policy::gate::ContractKept;
use tidemill_store::asset::{Key, Kind};
use tidemill_store::asset_version;

use super::{Release, Stage, carried};
use crate::job::PlannedInput;
use crate::{App, Result, contract};

/// Each contract that counts: of the workspace of the stage, and of the release's own where the stage has none of that name.
pub(super) async fn kept(
    app: &Arc<App>,
    row: &Release,
    stage: &Stage,
    consumers: &BTreeSet<String>,
) -> Result<Vec<ContractKept>> {
    let mut counting = consumers.clone();
    counting.insert(format!("endpoint:{}", stage.endpoint));
    let model = carried(row)?.plan.instance.model;
    if let Some(PlannedInput::Data {
        asset: Some(asset), ..
    }) = model.map(|model| model.input)
        && let Some(name) = asset
            .strip_prefix("models/")
            .and_then(|rest| rest.split('/').next())
    {
        counting.insert(format!("model:{name}"));
    }
    let ctx = app.system();
    let mut found: Vec<ContractKept> = Vec::new();
    let mut workspaces = vec![stage.target.as_str()];
    if row.workspace != stage.target {
        workspaces.push(&row.workspace);
    }
    for workspace in workspaces {
        for one in contract::of_consumers(app, workspace, &counting).await? {
            if found.iter().any(|known| known.contract == one.name) {
                continue;
            }
            let key = Key {
                workspace: &stage.target,
                kind: Kind::Data,
                name: &one.data,
            };
            let newest = asset_version::latest(app.store.read(), key).await?;
            let checked = match &newest {
                // What cannot be read now can be later: the release waits, as for data that break it.
                Some(version) => match contract::kept_by(&ctx, one.clone(), version).await {
                    Ok(checked) => Some(checked),
                    Err(error) => {
                        found.push(ContractKept {
                            consumer: one.consumer.clone(),
                            contract: one.name.clone(),
                            data: format!("{}:{}", one.data, version.version),
                            only_warns: false,
                            broken: vec![format!("it cannot be checked now: {}", error.message)],
                        });
                        continue;
                    }
                },
                None => None,
            };
            let missing = || vec![format!("workspace {} has no version of it", stage.target)];
            found.push(ContractKept {
                consumer: one.consumer.clone(),
                contract: one.name.clone(),
                data: newest.map_or_else(
                    || one.data.clone(),
                    |version| format!("{}:{}", one.data, version.version),
                ),
                only_warns: checked.as_ref().is_some_and(contract::only_warns),
                broken: match checked {
                    Some(checked) if checked.passed => Vec::new(),
                    Some(checked) => checked.broken,
                    None => missing(),
                },
            });
        }
    }
    Ok(found)
}
