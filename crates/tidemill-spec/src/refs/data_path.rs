//! Where data lies: a local path, a tree that was uploaded, a datastore, an asset, a URL.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::local::{climbs, local_text};
use super::{AssetRef, RefError, has_expression, text_reference};

/// The workspace that a long URI names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkspaceScope {
    /// The subscription's id.
    pub subscription: String,
    /// The resource group's name.
    pub resource_group: String,
    /// The workspace's name.
    pub workspace: String,
}

/// Where data lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataPath {
    /// A path on the machine of whoever wrote this.
    Local(PathBuf),
    /// A content-addressed snapshot: `tidemill://trees/{digest}[/path]`.
    Tree {
        /// The digest of its manifest, in hex.
        digest: String,
        /// A path inside, without a leading slash; empty for the whole tree.
        path: String,
    },
    /// A path in a datastore: `azureml://datastores/{datastore}/paths/{path}`, or the long form with a workspace.
    Datastore {
        /// The datastore's name.
        datastore: String,
        /// The path inside, without a leading slash.
        path: String,
        /// The workspace, where the long form names one.
        scope: Option<WorkspaceScope>,
    },
    /// A version of a data or model asset.
    Asset(AssetRef),
    /// An output of a job: `azureml://jobs/{job}/outputs/{output}[/paths/{path}]`, or `azureml:{job}:output…`.
    JobOutput {
        /// The job's name.
        job: String,
        /// The output's name.
        output: String,
        /// A path inside; empty for all of it.
        path: String,
    },
    /// An artifact of a run: `runs:/{run}/{path}`.
    Run {
        /// The run's id.
        run: String,
        /// The artifact's path.
        path: String,
    },
    /// A URL that is read as it stands: http, https, wasbs, abfss, s3, gs, adl and their kin.
    Url(String),
    /// A text with `${{…}}`; render it, then parse it again.
    Expression(String),
}

const URL_SCHEMES: [&str; 12] = [
    "http", "https", "wasbs", "wasb", "abfss", "abfs", "s3", "gs", "gcs", "adl", "az", "hdfs",
];

impl DataPath {
    /// The local path, where this is one.
    pub fn as_local(&self) -> Option<&std::path::Path> {
        match self {
            Self::Local(path) => Some(path),
            _ => None,
        }
    }

    /// The expression, where this is one.
    pub fn as_expression(&self) -> Option<&str> {
        match self {
            Self::Expression(text) => Some(text),
            _ => None,
        }
    }
}

impl FromStr for DataPath {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let text = text.trim();
        if text.is_empty() || text.contains('\0') {
            return Err(RefError::new(
                "the path is empty",
                "name a file, a folder or a URI",
            ));
        }
        if has_expression(text) {
            return Ok(Self::Expression(text.to_owned()));
        }
        if let Some(local) = local_text(text) {
            return Ok(Self::Local(PathBuf::from(local)));
        }
        if let Some(rest) = text.strip_prefix("tidemill://") {
            return tree(text, rest);
        }
        if let Some(rest) = text.strip_prefix("runs:/") {
            return match rest.trim_start_matches('/').split_once('/') {
                Some((run, path)) if !run.is_empty() && !climbs(path) => Ok(Self::Run {
                    run: run.to_owned(),
                    path: path.to_owned(),
                }),
                _ => Err(RefError::new(
                    format!("`{text}` is no artifact of a run"),
                    "write `runs:/<run id>/<path>`",
                )),
            };
        }
        if let Some(rest) = text.strip_prefix("azureml://") {
            return azureml(text, rest);
        }
        if AssetRef::looks_like(text) {
            return text.parse().map(Self::Asset);
        }
        let scheme = text
            .split_once("://")
            .map_or("", |(scheme, _)| scheme)
            .to_lowercase();
        if URL_SCHEMES.contains(&scheme.as_str()) {
            return Ok(Self::Url(text.to_owned()));
        }
        Err(RefError::new(
            format!("`{text}` is no path that can be read: the scheme `{scheme}` is not known"),
            format!(
                "known are local paths, azureml:, azureml://, runs:, tidemill:// and {}",
                URL_SCHEMES.join(", ")
            ),
        ))
    }
}

fn tree(text: &str, rest: &str) -> Result<DataPath, RefError> {
    let bad = || {
        RefError::new(
            format!("`{text}` is no tree"),
            "a tree is `tidemill://trees/<hex digest>[/path]`",
        )
    };
    let rest = rest.strip_prefix("trees/").ok_or_else(bad)?;
    let (digest, path) = rest.split_once('/').unwrap_or((rest, ""));
    if digest.len() < 16 || !digest.chars().all(|c| c.is_ascii_hexdigit()) || climbs(path) {
        return Err(bad());
    }
    Ok(DataPath::Tree {
        digest: digest.to_ascii_lowercase(),
        path: path.trim_end_matches('/').to_owned(),
    })
}

fn azureml(text: &str, rest: &str) -> Result<DataPath, RefError> {
    let parts: Vec<&str> = rest.split('/').collect();
    let word = |index: usize, word: &str| {
        parts
            .get(index)
            .is_some_and(|part| part.eq_ignore_ascii_case(word))
    };
    let found = if word(0, "datastores") {
        datastore(&parts, None)
    } else if word(0, "jobs") && word(2, "outputs") {
        job_output(&parts)
    } else if word(0, "subscriptions") && word(2, "resourcegroups") {
        // Both `…/workspaces/w/…` and `…/providers/Microsoft.MachineLearningServices/workspaces/w/…`.
        let at = if word(4, "workspaces") { 4 } else { 6 };
        let scope = WorkspaceScope {
            subscription: parts[1].to_owned(),
            resource_group: parts.get(3).copied().unwrap_or_default().to_owned(),
            workspace: parts.get(at + 1).copied().unwrap_or_default().to_owned(),
        };
        if word(at, "workspaces") && word(at + 2, "datastores") {
            datastore(&parts[at + 2..], Some(scope))
        } else {
            return text.parse().map(DataPath::Asset);
        }
    } else {
        return text.parse().map(DataPath::Asset);
    };
    found.ok_or_else(|| {
        RefError::new(
            format!("`{text}` is no path in a datastore"),
            "write `azureml://datastores/<datastore>/paths/<path>`, without `..`",
        )
    })
}

fn datastore(parts: &[&str], scope: Option<WorkspaceScope>) -> Option<DataPath> {
    let name = parts.get(1).filter(|name| !name.is_empty())?;
    let path = match parts.get(2) {
        None | Some(&"") if parts.len() <= 3 => String::new(),
        Some(word) if word.eq_ignore_ascii_case("paths") => parts[3..].join("/"),
        _ => return None,
    };
    let path = path.trim_start_matches('/').to_owned();
    (!climbs(&path)).then(|| DataPath::Datastore {
        datastore: (*name).to_owned(),
        path,
        scope,
    })
}

fn job_output(parts: &[&str]) -> Option<DataPath> {
    let path = match parts.get(4) {
        None | Some(&"") => String::new(),
        Some(&"paths") => parts[5..].join("/"),
        Some(_) => return None,
    };
    let (job, output) = (parts.get(1)?, parts.get(3)?);
    (!job.is_empty() && !output.is_empty() && !climbs(&path)).then(|| DataPath::JobOutput {
        job: (*job).to_owned(),
        output: (*output).to_owned(),
        path: path.trim_end_matches('/').to_owned(),
    })
}

impl fmt::Display for DataPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::Tree { digest, path } if path.is_empty() => write!(f, "tidemill://trees/{digest}"),
            Self::Tree { digest, path } => write!(f, "tidemill://trees/{digest}/{path}"),
            Self::Datastore {
                datastore,
                path,
                scope: None,
            } => {
                write!(f, "azureml://datastores/{datastore}/paths/{path}")
            }
            Self::Datastore {
                datastore,
                path,
                scope: Some(scope),
            } => write!(
                f,
                "azureml://subscriptions/{}/resourcegroups/{}/workspaces/{}/datastores/{datastore}/paths/{path}",
                scope.subscription, scope.resource_group, scope.workspace
            ),
            Self::Asset(asset) => write!(f, "{asset}"),
            Self::JobOutput { job, output, path } if path.is_empty() => {
                write!(f, "azureml://jobs/{job}/outputs/{output}")
            }
            Self::JobOutput { job, output, path } => {
                write!(f, "azureml://jobs/{job}/outputs/{output}/paths/{path}")
            }
            Self::Run { run, path } => write!(f, "runs:/{run}/{path}"),
            Self::Url(text) | Self::Expression(text) => f.write_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for DataPath {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::de::with::path_text(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

text_reference!(
    DataPath,
    "A local path, `azureml:name:version`, `azureml://datastores/<datastore>/paths/<path>`, or a URL"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_form_and_writes_it_back() {
        for text in [
            "/data/iris.csv",
            "azureml:iris:1",
            "azureml://datastores/workspaceblobstore/paths/a/b.csv",
            "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/p/",
            "azureml://jobs/j1/outputs/model/paths/x",
            "azureml://registries/r/data/d/versions/1",
            "https://example.org/a.csv?x=1",
            "wasbs://c@account.blob.core.windows.net/p",
            "runs:/abc/model",
            "tidemill://trees/0123456789abcdef0123/sub/file.csv",
            "azureml://datastores/${{default_datastore}}/paths/${{name}}/x",
        ] {
            assert_eq!(text.parse::<DataPath>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn refuses_paths_that_climb_and_strange_schemes() {
        for text in [
            "azureml://datastores/d/paths/../../etc/passwd",
            "azureml://datastores//paths/x",
            "azureml://datastores/d/x/y",
            "tidemill://trees/0123456789abcdef/../x",
            "tidemill://trees/zz",
            "runs:/abc/../../x",
            "ftp://example.org/x",
            "",
        ] {
            assert!(text.parse::<DataPath>().is_err(), "{text}");
        }
    }
}
