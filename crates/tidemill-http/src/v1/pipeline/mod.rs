//! Published pipelines over REST.

mod act;
mod delete;
mod get;
mod list;
mod publish;

use serde_json::Value;
use tidemill_api::pipeline::{PipelineCandidate, PublishedPipeline, PublishedVersion};
use tidemill_app::published_pipeline::{Candidate, Row, Shown};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(
        publish::publish,
        get::get,
        delete::delete,
        act::act
    ))
}

fn view(shown: Shown) -> PublishedPipeline {
    let Shown { versions, candidates } = shown;
    let default = versions.iter().find(|row| row.is_default).or(versions.first());
    PublishedPipeline {
        name: default.map(|row| row.name.clone()).unwrap_or_default(),
        default_version: default.map(|row| row.version).unwrap_or_default(),
        spec: default.map_or(Value::Null, |row| {
            serde_json::from_str(&row.spec).unwrap_or_default()
        }),
        versions: versions.into_iter().map(version).collect(),
        candidates: candidates.into_iter().map(candidate).collect(),
    }
}

fn version(row: Row) -> PublishedVersion {
    PublishedVersion {
        version: row.version,
        publisher: row.publisher,
        created_at: row.created_at,
    }
}

fn candidate(row: Candidate) -> PipelineCandidate {
    let Candidate {
        workspace: _,
        job,
        pipeline: _,
        version,
        target,
        endpoint: _,
        deployment,
        model,
        release,
        state,
        reason,
        created_at,
        updated_at,
    } = row;
    PipelineCandidate {
        job,
        version,
        state,
        model,
        workspace: target,
        deployment,
        release,
        reason,
        created_at,
        updated_at,
    }
}
