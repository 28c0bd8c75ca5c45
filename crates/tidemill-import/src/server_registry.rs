//! The registry of a running server: models, versions, aliases, tags. Prompts are models with a tag, and a search gives
//! them only when it asks for them.

use std::collections::BTreeMap;

use serde_json::Value;
use tidemill_api::import::{ImportModel, ImportModelVersion};

use crate::Result;
use crate::server_call::Server;
use crate::server_store::{number, opt_text, pairs, text};

const MODELS: &str = "";
const PROMPTS: &str = "tags.`mlflow.prompt.is_prompt` = 'true'";

/// All registered models and prompts.
pub(crate) async fn models(server: &Server) -> Result<Vec<ImportModel>> {
    let mut found: BTreeMap<String, ImportModel> = BTreeMap::new();
    for filter in [MODELS, PROMPTS] {
        let query = query(filter, "100");
        let all = server
            .all_got("registered-models/search", "registered_models", &query)
            .await?;
        for one in &all {
            found.insert(text(one, "name"), model(one));
        }
    }
    for filter in [MODELS, PROMPTS] {
        let query = query(filter, "1000");
        let all = server
            .all_got("model-versions/search", "model_versions", &query)
            .await?;
        for one in &all {
            if let Some(model) = found.get_mut(&text(one, "name")) {
                model.versions.push(version(one));
            }
        }
    }
    for model in found.values_mut() {
        model.versions.sort_by_key(|version| version.version);
        model.versions.dedup_by_key(|version| version.version);
    }
    Ok(found.into_values().collect())
}

fn query<'q>(filter: &'q str, most: &'q str) -> Vec<(&'q str, &'q str)> {
    let mut query = vec![("max_results", most)];
    if !filter.is_empty() {
        query.push(("filter", filter));
    }
    query
}

fn model(one: &Value) -> ImportModel {
    let aliases = one["aliases"].as_array().into_iter().flatten();
    ImportModel {
        name: text(one, "name"),
        description: opt_text(one, "description"),
        created_at: number(one, "creation_timestamp").unwrap_or(0),
        updated_at: number(one, "last_updated_timestamp").unwrap_or(0),
        tags: pairs(&one["tags"]),
        aliases: aliases
            .filter_map(|alias| Some((text(alias, "alias"), number(alias, "version")?)))
            .collect(),
        versions: Vec::new(),
    }
}

fn version(one: &Value) -> ImportModelVersion {
    ImportModelVersion {
        version: number(one, "version").unwrap_or(0),
        description: opt_text(one, "description"),
        user: opt_text(one, "user_id"),
        stage: text(one, "current_stage"),
        source: text(one, "source"),
        storage_location: None,
        run_id: opt_text(one, "run_id"),
        run_link: opt_text(one, "run_link"),
        model_id: opt_text(one, "model_id"),
        status: text(one, "status"),
        status_message: opt_text(one, "status_message"),
        created_at: number(one, "creation_timestamp").unwrap_or(0),
        updated_at: number(one, "last_updated_timestamp").unwrap_or(0),
        tags: pairs(&one["tags"]),
    }
}
