//! Where the files of a model version come from: the URIs that may be registered, and what they mean here.
//!
//! A source must be something that the server holds for the run or logged model that is named with it, or a place
//! elsewhere that clients reach by themselves; never a path on the server's own disk.

use tidemill_api::mlflow::rule;
use tidemill_store::{ConnectionTrait, run};

use crate::{Error, Kind, Result, logged_model, model_version, registered_model};

/// A source that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// As it was given.
    pub source: String,
    /// Where the files are.
    pub storage_location: String,
    /// The run that made them.
    pub run_id: Option<String>,
    /// The logged model that they are.
    pub model_id: Option<String>,
}

/// Checks a source against the run and logged model that were named with it.
pub(crate) async fn resolve(
    db: &impl ConnectionTrait,
    workspace: &str,
    source: &str,
    run_id: Option<String>,
    model_id: Option<String>,
) -> Result<Source> {
    let parameter = if model_id.is_some() { "model_id" } else { "run_id" };
    let Some((scheme, rest)) = source.split_once(':').filter(|(scheme, _)| !scheme.contains('/')) else {
        return Err(local(source, parameter));
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme == "file" || scheme.len() == 1 {
        // Beside a run or model, MLflow tells the path that the URI means.
        let path = if scheme == "file" && (run_id.is_some() || model_id.is_some()) {
            rest.trim_start_matches("//")
        } else {
            source
        };
        return Err(local(path, parameter));
    }
    if ["http", "https", "ftp", "sftp"].contains(&scheme.as_str()) {
        return Err(crate::artifact_location::other_host("source", &scheme));
    }
    if climbs(source) || (scheme != "models" && !is_absolute(rest)) {
        return Err(Error::invalid(format!(
            "Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, ftp, \
             objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references \
             present. Please provide an absolute path."
        )));
    }
    let named = |storage_location: String, run_id, model_id| Source {
        source: source.to_owned(),
        storage_location,
        run_id,
        model_id,
    };
    match scheme.as_str() {
        "models" => from_models(db, workspace, source, rest, run_id, model_id).await,
        "runs" => {
            let rest = rest.trim_start_matches('/');
            let (of, path) = rest.split_once('/').unwrap_or((rest, ""));
            if run_id.as_deref() != Some(of) {
                return Err(foreign(source, "run_id"));
            }
            // A run of another server is taken at its word: nothing of it is kept here.
            let location = match run::get(db, workspace, of).await? {
                Some(run) => join(&run.artifact_uri, path),
                None => source.to_owned(),
            };
            Ok(named(location, run_id, model_id))
        }
        "mlflow-artifacts" => {
            let model_id = model_id.or_else(|| model_of(source).map(str::to_owned));
            if let Some(id) = &model_id {
                let model = logged_model::find(db, workspace, id, true).await;
                let model = model.map_err(|_| foreign(source, "model_id"))?;
                if !within(source, &model.artifact_location) {
                    return Err(foreign(source, "model_id"));
                }
                return Ok(named(source.to_owned(), run_id.or(model.source_run_id), model_id));
            }
            let run = match &run_id {
                Some(id) => run::get(db, workspace, id).await?,
                None => None,
            };
            if run.is_some_and(|run| within(source, &run.artifact_uri)) {
                return Ok(named(source.to_owned(), run_id, None));
            }
            Err(foreign(source, "run_id"))
        }
        _ => {
            if let Some(id) = &model_id {
                logged_model::find(db, workspace, id, true).await?;
            }
            Ok(named(source.to_owned(), run_id, model_id))
        }
    }
}

/// `models:/m-…`, `models:/name/3`, `models:/name@alias`, `models:/name/latest`.
async fn from_models(
    db: &impl ConnectionTrait,
    workspace: &str,
    source: &str,
    rest: &str,
    run_id: Option<String>,
    model_id: Option<String>,
) -> Result<Source> {
    let path = rest.strip_prefix('/').filter(|path| !path.starts_with('/'));
    let path = path.ok_or_else(|| foreign(source, "model_id"))?;
    if !path.contains(['/', '@']) {
        if model_id.as_deref() != Some(path) {
            return Err(foreign(source, "model_id"));
        }
        let model = logged_model::find(db, workspace, path, true).await;
        let model = model.map_err(|_| foreign(source, "model_id"))?;
        return Ok(Source {
            source: source.to_owned(),
            storage_location: model.artifact_location,
            run_id: run_id.or(model.source_run_id),
            model_id: Some(model.model_id),
        });
    }
    let (name, _) = path
        .split_once('@')
        .or_else(|| path.rsplit_once('/'))
        .unwrap_or((path, ""));
    registered_model::find(db, workspace, name).await?;
    let version = registered(db, workspace, path).await?;
    Ok(Source {
        source: format!("models:/{}/{}", version.name, version.version),
        storage_location: version.storage_location,
        run_id: run_id.or(version.run_id),
        model_id: model_id.or(version.model_id),
    })
}

/// The version that `name/3`, `name@alias` or `name/latest` names.
async fn registered(
    db: &impl ConnectionTrait,
    workspace: &str,
    path: &str,
) -> Result<tidemill_store::model_version::Model> {
    use tidemill_store::{model_version as versions, registered_model};
    if let Some((name, alias)) = path.split_once('@') {
        let aliases = registered_model::aliases(db, workspace, &[name.to_owned()]).await?;
        let named = aliases.into_iter().find(|row| row.alias == alias);
        let named =
            named.ok_or_else(|| Error::invalid(format!("Registered model alias {alias} not found.")))?;
        return model_version::find(db, workspace, name, named.version).await;
    }
    let (name, version) = path.rsplit_once('/').unwrap_or((path, ""));
    if version.eq_ignore_ascii_case("latest") {
        let newest = versions::newest(db, workspace, name).await?;
        return newest.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("Latest version not found for model {name}."),
            )
        });
    }
    model_version::find(db, workspace, name, rule::model_version(version)?).await
}

/// Whether a URI holds `..` or a NUL, however often it was encoded.
fn climbs(source: &str) -> bool {
    let mut text = source.to_owned();
    for _ in 0..10 {
        if text.contains('\0') || text.split(['/', '\\']).any(|part| part == "..") {
            return true;
        }
        let decoded = text
            .replace("%2e", ".")
            .replace("%2E", ".")
            .replace("%2f", "/")
            .replace("%2F", "/")
            .replace("%5c", "\\")
            .replace("%5C", "\\")
            .replace("%00", "\0")
            .replace("%25", "%");
        if decoded == text {
            return false;
        }
        text = decoded;
    }
    true
}

/// Whether what follows the scheme of a URI holds a path from the root on, without `.` in it: a bucket alone is none.
fn is_absolute(rest: &str) -> bool {
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.find('/').map_or("", |at| &rest[at..]),
        None => rest,
    };
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or(path)
        .trim_end_matches('/');
    path.starts_with('/') && path.split('/').all(|part| part != ".")
}

fn within(source: &str, root: &str) -> bool {
    let parts = |uri: &str| -> Vec<String> {
        let path = uri.split_once(':').map_or(uri, |(_, rest)| rest);
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    parts(source).starts_with(&parts(root))
}

/// The logged model in whose folder a URI points: `mlflow-artifacts:/1/models/m-…/artifacts`.
fn model_of(source: &str) -> Option<&str> {
    let mut parts = source
        .split_once(':')?
        .1
        .split('/')
        .filter(|part| !part.is_empty());
    let (_, models, id) = (parts.next()?, parts.next()?, parts.next()?);
    (models == "models" && id.starts_with("m-")).then_some(id)
}

fn join(root: &str, path: &str) -> String {
    if path.is_empty() {
        root.to_owned()
    } else {
        format!("{root}/{}", path.trim_start_matches('/'))
    }
}

fn local(path: &str, parameter: &str) -> Error {
    Error::invalid(format!(
        "Invalid model version source: '{path}'. To use a local path as a model version source, the {parameter} request \
         parameter has to be specified and the local path has to be contained within the artifact directory of the run \
         specified by the {parameter}."
    ))
}

fn foreign(source: &str, parameter: &str) -> Error {
    Error::invalid(format!(
        "Invalid model version source: '{source}'. The {parameter} request parameter must identify the resource that \
         contains the source."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_climbs_is_seen_through_its_encoding() {
        for bad in [
            "s3://b/../x",
            "http://h/%2e%2e/x",
            "http://h/..%2f",
            "mlflow-artifacts:/a/%252e%252e/b",
            "s3://b/%00",
        ] {
            assert!(climbs(bad), "{bad}");
        }
        for good in ["s3://b/a", "dbfs:/a", "s3://b/a/", "models:/m/1", "runs:/r/"] {
            assert!(is_absolute(good.split_once(':').expect("a scheme").1), "{good}");
        }
        for bad in ["s3://b", "s3://b/", "dbfs:a", "s3://b/./a", "runs:/"] {
            assert!(!is_absolute(bad.split_once(':').expect("a scheme").1), "{bad}");
        }
        for good in ["s3://b/a..b", "http://h/a%20b", "mlflow-artifacts:/1/r/artifacts"] {
            assert!(!climbs(good), "{good}");
        }
    }

    #[test]
    fn within_compares_whole_names() {
        assert!(within(
            "mlflow-artifacts:/1/r/artifacts/model",
            "mlflow-artifacts:/1/r/artifacts"
        ));
        assert!(!within(
            "mlflow-artifacts:/1/r/artifacts2",
            "mlflow-artifacts:/1/r/artifacts"
        ));
        assert_eq!(model_of("mlflow-artifacts:/1/models/m-7/artifacts"), Some("m-7"));
    }
}
