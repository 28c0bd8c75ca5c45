//! A lineage as events of OpenLineage, as its specification 2-0-2 has them (<https://openlineage.io/spec/2-0-2/OpenLineage.json>):
//! for every job that started a START, and for every one that ended a COMPLETE, FAIL or ABORT. Deployments, endpoints and
//! releases are no runs and have no events.
//!
//! Names follow <https://openlineage.io/docs/spec/naming>: a dataset is named by the place of its bytes (`s3://bucket` and the
//! path), so that what other tools tell of the same place joins; what this server keeps itself is named by asset. The version is
//! in the facet `version`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tidemill_api::lineage::LineageDirection;
use tidemill_objects::DatastoreConfig;
use tidemill_policy::action;
use tidemill_spec::refs::DataPath;
use tidemill_store::asset::{Key, Kind};
use tidemill_store::lineage::Model as Edge;
use tidemill_store::{asset_version, job, model_version};

use super::{Start, Step, Walk, parts, walk};
use crate::job::Job;
use crate::{OpContext, Result, Scope, bytes, datastore_access, profile};

/// Who says so.
const PRODUCER: &str = concat!("urn:tidemill:", env!("CARGO_PKG_VERSION"));
const RUN_EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";

/// The events of all jobs in the lineage of a version, the oldest first. `namespace` is that of the jobs;
/// `tidemill://{workspace}` where there is none.
///
/// # Errors
/// NotFound.
pub async fn events(
    ctx: &OpContext,
    workspace: &str,
    start: Start<'_>,
    direction: LineageDirection,
    namespace: Option<String>,
) -> Result<Vec<Value>> {
    let found = walk(ctx, workspace, start, direction).await?;
    let namespace = namespace.unwrap_or_else(|| own(workspace));
    let mut events: Vec<(i64, Value)> = Vec::new();
    for id in found
        .graph
        .nodes()
        .filter(|node| node.kind == "job")
        .map(|node| &node.id)
    {
        let name = id.strip_prefix("jobs/").unwrap_or(id);
        if let Some(Some(step)) = found.steps.get(name) {
            events.extend(of_step(&found, step, &namespace).await?);
        }
    }
    events.sort_by_key(|(at, _)| *at);
    Ok(events.into_iter().map(|(_, event)| event).collect())
}

fn own(workspace: &str) -> String {
    format!("tidemill://{workspace}")
}

/// The events of one job, each with its moment.
async fn of_step(found: &Walk<'_>, step: &Step, namespace: &str) -> Result<Vec<(i64, Value)>> {
    let row = &step.row;
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for edge in &step.edges {
        // What the graph hides from the one who asks has no name here either.
        let Some(seen) = dataset(found, edge).await? else {
            continue;
        };
        match edge.direction.as_str() {
            "in" => inputs.push(seen),
            _ => outputs.push(seen),
        }
    }
    let mut run = json!({ "runId": run_id(row), "facets": {} });
    if let Some(parent) = &row.parent
        && found
            .ctx
            .may(action::JOB_READ, &Scope::job(found.workspace, parent))
        && let Some(parent) = job::get(found.ctx.app().store.read(), found.workspace, parent).await?
    {
        run["facets"]["parent"] = facet(
            "facets/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet",
            json!({
                "run": { "runId": run_id(&parent) },
                "job": { "namespace": namespace, "name": job_name(&parent) },
            }),
        );
    }
    let job = json!({ "namespace": namespace, "name": job_name(row), "facets": job_facets(row) });
    let event = |kind: &str, at: i64, outputs: &[Value]| {
        let event = json!({
            "eventType": kind, "eventTime": time(at), "producer": PRODUCER, "schemaURL": RUN_EVENT,
            "run": run, "job": job, "inputs": inputs, "outputs": outputs,
        });
        (at, event)
    };
    // What was taken over from another job was never started; it then starts and ends at once.
    let Some(started) = row.started_at.or(row.ended_at) else {
        return Ok(Vec::new());
    };
    let mut events = vec![event("START", started, &[])];
    let end = match row.status.as_str() {
        "Completed" => Some("COMPLETE"),
        "Failed" => Some("FAIL"),
        "Canceled" => Some("ABORT"),
        _ => None,
    };
    if let (Some(kind), Some(ended)) = (end, row.ended_at) {
        events.push(event(kind, ended.max(started), &outputs));
    }
    Ok(events)
}

fn time(at_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{moment:.3}")
}

/// A job recurs, and its own name does not: a step is `{experiment}.{step}`, another job its experiment with the name that people
/// gave it.
fn job_name(row: &Job) -> String {
    let given = row
        .display_name
        .as_deref()
        .filter(|name| !name.is_empty() && *name != row.name);
    match (&row.node, given) {
        (Some(node), _) => format!("{}.{node}", row.experiment_name),
        (None, Some(name)) => format!("{}.{name}", row.experiment_name),
        (None, None) => row.experiment_name.clone(),
    }
}

/// The UUID of a run (RFC 9562, version 8): always the same for the same try of the same job.
fn run_id(row: &Job) -> String {
    let hash = blake3::hash(format!("{}\n{}\n{}", row.workspace, row.name, row.id).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn job_facets(row: &Job) -> Value {
    let mut facets = Map::new();
    let kind =
        json!({ "processingType": "BATCH", "integration": "TIDEMILL", "jobType": row.kind.to_uppercase() });
    facets.insert(
        "jobType".into(),
        facet("facets/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet", kind),
    );
    let properties: Value = serde_json::from_str(&row.properties).unwrap_or_default();
    let url = properties["mlflow.source.git.repoURL"]
        .as_str()
        .filter(|url| url.contains("://"));
    if let (Some(url), Some(commit)) = (url, properties["mlflow.source.git.commit"].as_str()) {
        let place = json!({ "type": "git", "url": url, "repoUrl": url, "version": commit });
        let name = "facets/1-1-0/SourceCodeLocationJobFacet.json#/$defs/SourceCodeLocationJobFacet";
        facets.insert("sourceCodeLocation".into(), facet(name, place));
    }
    Value::Object(facets)
}

fn facet(schema: &str, mut fields: Value) -> Value {
    fields["_producer"] = PRODUCER.into();
    fields["_schemaURL"] = format!("https://openlineage.io/spec/{schema}").into();
    fields
}

/// What a job read or wrote, with what is known of it; `None` for an asset that whoever asks may not see. Where they may see it and not
/// the folder that it lies in, its place and its columns are not told.
async fn dataset(found: &Walk<'_>, edge: &Edge) -> Result<Option<Value>> {
    let (ctx, workspace) = (found.ctx, found.workspace);
    let asset = edge.asset.as_deref().and_then(parts);
    if asset.is_some_and(|(kind, name, _)| !found.may_see(kind, name)) {
        return Ok(None);
    }
    let may_read = may_read(ctx, workspace, &edge.uri);
    let place = match may_read {
        true => place(ctx, workspace, &edge.uri).await,
        false => None,
    };
    let by_asset = asset.map(|(kind, name, _)| (own(workspace), format!("{kind}/{name}")));
    let (namespace, name) = place
        .clone()
        .or_else(|| by_asset.clone())
        .unwrap_or_else(|| (own(workspace), edge.uri.clone()));
    let mut facets = Map::new();
    let mut figures = None;
    if let Some((kind, asset_name, version)) = asset {
        let known = json!({ "datasetVersion": version });
        let schema = "facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet";
        facets.insert("version".into(), facet(schema, known));
        if kind == "data" {
            let key = Key {
                workspace,
                kind: Kind::Data,
                name: asset_name,
            };
            if let Some(row) = asset_version::get(ctx.app().store.read(), key, version).await? {
                figures = Some((row.size_bytes, row.files));
                if may_read && let Some(fields) = profile::known_columns(ctx, &row).await {
                    let fields: Vec<Value> = fields
                        .into_iter()
                        .map(|(name, kind)| json!({ "name": name, "type": kind }))
                        .collect();
                    let schema = "facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet";
                    facets.insert("schema".into(), facet(schema, json!({ "fields": fields })));
                }
            }
        } else if let Ok(number) = version.parse() {
            let row = model_version::get(ctx.app().store.read(), workspace, asset_name, number).await?;
            figures = row.map(|_| (None, None));
        }
        if let (Some(_), Some((namespace, name))) = (&place, by_asset) {
            let also = json!({ "identifiers": [{ "namespace": namespace, "name": name, "type": kind }] });
            let schema = "facets/1-0-1/SymlinksDatasetFacet.json#/$defs/SymlinksDatasetFacet";
            facets.insert("symlinks".into(), facet(schema, also));
        }
    }
    let mut dataset = json!({ "namespace": namespace, "name": name, "facets": facets });
    if edge.direction == "out" {
        let mut told = Map::new();
        if let Some((size, files)) = figures {
            told.extend(size.map(|size| ("size".to_owned(), json!(size))));
            told.extend(files.map(|files| ("fileCount".to_owned(), json!(files))));
        }
        dataset["outputFacets"] = match told.is_empty() {
            true => json!({}),
            false => {
                let schema = "facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet";
                json!({ "outputStatistics": facet(schema, Value::Object(told)) })
            }
        };
    }
    Ok(Some(dataset))
}

/// Whether whoever asks may read the folder that bytes lie in.
fn may_read(ctx: &OpContext, workspace: &str, uri: &str) -> bool {
    match uri.parse() {
        Ok(DataPath::Datastore { datastore, path, .. }) => {
            datastore_access::may(ctx, workspace, &datastore, &path, action::DATASTORE_FILE_READ)
        }
        _ => true,
    }
}

/// The datasource and the path in it, for bytes that lie outside of what this server keeps itself.
async fn place(ctx: &OpContext, workspace: &str, uri: &str) -> Option<(String, String)> {
    let (datastore, path) = match uri.parse().ok()? {
        DataPath::Datastore { datastore, path, .. } => (datastore, path),
        DataPath::Url(url) => return at_url(&url),
        _ => return None,
    };
    // A datastore that is gone, or that may not be read, leaves the asset's own name.
    let row = crate::datastore::find(ctx, workspace, &datastore).await.ok()?;
    if row.kind == bytes::OWN {
        return None;
    }
    let config = bytes::config_of_row(ctx.app(), &row).await.ok()?;
    in_datastore(&config, &path)
}

fn at_url(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    // Who signs in does so after a question mark or before an at.
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let host = match scheme {
        "http" | "https" => host.rsplit('@').next().unwrap_or(host),
        _ => host,
    };
    Some((format!("{scheme}://{host}"), path.to_owned()))
}

fn in_datastore(config: &DatastoreConfig, path: &str) -> Option<(String, String)> {
    let under = |prefix: &str| match prefix.trim_matches('/') {
        "" => path.trim_matches('/').to_owned(),
        prefix => format!("{prefix}/{}", path.trim_matches('/')),
    };
    Some(match config {
        DatastoreConfig::LocalFolder { path: root, .. } => (
            "file".to_owned(),
            format!("{}/{}", root.display(), path.trim_matches('/')),
        ),
        DatastoreConfig::AzureBlob {
            account_name,
            container_name,
            prefix,
            ..
        } => {
            let namespace = format!("wasbs://{container_name}@{account_name}.dfs.core.windows.net");
            (namespace, under(prefix))
        }
        DatastoreConfig::S3 { bucket, prefix, .. } => (format!("s3://{bucket}"), under(prefix)),
        DatastoreConfig::Gcs { bucket, prefix, .. } => (format!("gs://{bucket}"), under(prefix)),
        DatastoreConfig::Http { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_the_names_that_the_specification_gives_them() {
        let s3 = DatastoreConfig::S3 {
            bucket: "lake".into(),
            region: None,
            endpoint: None,
            prefix: "raw/".into(),
            access_key_id: None,
            secret_access_key: None,
            session_token: None,
            allow_http: false,
        };
        let text =
            |pair: Option<(String, String)>| pair.map(|(namespace, name)| format!("{namespace} {name}"));
        assert_eq!(
            text(in_datastore(&s3, "flights/")).as_deref(),
            Some("s3://lake raw/flights")
        );
        let local = DatastoreConfig::local_folder("/srv/lake");
        assert_eq!(
            text(in_datastore(&local, "flights/")).as_deref(),
            Some("file /srv/lake/flights")
        );
        let blob = DatastoreConfig::AzureBlob {
            account_name: "acc".into(),
            container_name: "c".into(),
            endpoint: None,
            protocol: None,
            credentials: tidemill_objects::AzureCredentials::None,
            prefix: String::new(),
        };
        assert_eq!(
            text(in_datastore(&blob, "a/b.csv")).as_deref(),
            Some("wasbs://c@acc.dfs.core.windows.net a/b.csv")
        );
        assert_eq!(
            text(at_url("https://host/a/b.csv?sig=secret")).as_deref(),
            Some("https://host a/b.csv")
        );
        assert_eq!(
            text(at_url("https://me:pw@host/a")).as_deref(),
            Some("https://host a")
        );
        assert_eq!(
            text(at_url("abfss://fs@acc.dfs.core.windows.net/a")).as_deref(),
            Some("abfss://fs@acc.dfs.core.windows.net a")
        );
    }

    #[test]
    fn moments_are_written_as_the_specification_has_them() {
        assert_eq!(time(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
    }
}
