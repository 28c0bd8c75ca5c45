//! The model of a release that answers in a stage is a version in the registry of that stage's workspace, too: the same bytes, with the
//! release that brought them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;
use tidemill_api::endpoint::LOCAL_NAME;
use tidemill_api::runner::Source;
use tidemill_spec::kinds::{Model, ModelType};
use tidemill_spec::refs::DataPath;
use tidemill_store::asset::Archived;
use tidemill_store::model as model_row;
use tidemill_store::page::PageRequest;

use super::{Release, Stage, carried};
use crate::job::PlannedInput;
use crate::{App, Result};

/// The property that names the release, as in `dev/flights:3`.
pub(crate) const RELEASE: &str = "tidemill.release";
/// The property with the hash of what the release carries.
const DIGEST: &str = "tidemill.release.digest";
/// The property that names the version that was released, as in `dev/models/delay/7`.
const FROM: &str = "tidemill.release.model";
/// So many versions are looked at for the one of the release.
const LOOKED_AT: u64 = 200;

/// Registers the model of a release in the workspace of a stage, once; gives `models/{name}/{version}`. None where it carries no model.
pub(crate) async fn register(app: &Arc<App>, row: &Release, stage: &Stage) -> Result<Option<String>> {
    let Some(planned) = carried(row)?.plan.instance.model else {
        return Ok(None);
    };
    let PlannedInput::Data {
        r#type,
        source: Source::Tree { tree, path },
        asset,
        ..
    } = planned.input
    else {
        return Ok(None);
    };
    let registered = asset
        .as_deref()
        .and_then(|asset| asset.strip_prefix("models/"))
        .and_then(|rest| rest.rsplit_once('/'));
    let name = registered.map_or(row.name.as_str(), |(name, _)| name).to_owned();
    let of = format!("{}/{}:{}", row.workspace, row.name, row.number);
    let db = app.store.read();
    let page = PageRequest {
        limit: LOOKED_AT,
        after: None,
    };
    for there in model_row::versions(db, &stage.target, &name, Archived::Include, &page)
        .await?
        .items
    {
        let properties: Value = serde_json::from_str(&there.properties).unwrap_or_default();
        if properties[RELEASE] == of {
            return Ok(Some(format!("models/{name}/{}", there.version)));
        }
    }
    let mut properties = IndexMap::from([
        (RELEASE.to_owned(), Value::from(of.clone())),
        (DIGEST.to_owned(), row.digest.clone().into()),
        (LOCAL_NAME.to_owned(), planned.name.into()),
    ]);
    if let Some(asset) = &asset {
        properties.insert(FROM.to_owned(), format!("{}/{asset}", row.workspace).into());
    }
    let spec = Model {
        name: name.clone(),
        model_type: [ModelType::MlflowModel, ModelType::TritonModel]
            .into_iter()
            .find(|one| one.word() == r#type),
        path: Some(DataPath::Tree { digest: tree, path }),
        version: None,
        description: Some(format!("Came with release {of}")),
        properties,
        tags: IndexMap::from([("release".to_owned(), of)]),
        stage: None,
        flavors: IndexMap::new(),
        datastore: None,
        system_metadata: IndexMap::new(),
        default_deployment_template: None,
        allowed_deployment_templates: Vec::new(),
    };
    let made = crate::model::create(
        &app.system(),
        &stage.target,
        &name,
        None,
        spec,
        &tidemill_objects::Silent,
    )
    .await?;
    Ok(Some(format!("models/{name}/{}", made.version)))
}
