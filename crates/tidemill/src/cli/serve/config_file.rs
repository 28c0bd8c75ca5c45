//! `config.json`: what Azure's inference server reads from a file where no environment variable says it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The settings that may stand in the file, by the names of their environment variables. Other keys are for others.
const NAMES: &[&str] = &[
    "AML_CORS_ORIGINS",
    "AZUREML_LOG_LEVEL",
    "SCORING_TIMEOUT_MS",
    "SERVICE_NAME",
    "SERVICE_PATH_PREFIX",
    "SERVICE_VERSION",
];

/// Reads the file that is named, or else the `config.json` of the code's folder or of the script's.
///
/// # Errors
/// Failed for a file that is no JSON object.
pub(super) fn read(
    named: Option<PathBuf>,
    app_root: &Path,
    script: Option<&Path>,
) -> Result<BTreeMap<String, String>> {
    let beside = script
        .and_then(Path::parent)
        .map(|folder| folder.join("config.json"));
    let is_there =
        |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0);
    let found = [named, Some(app_root.join("config.json")), beside]
        .into_iter()
        .flatten()
        .find(is_there);
    let Some(path) = found else {
        return Ok(BTreeMap::new());
    };
    let failed = |why: String| {
        Error::failed(format!("failed to read {}: {why}", path.display()))
            .with_hint("expected a JSON object of settings, such as {\"SCORING_TIMEOUT_MS\": 60000}")
    };
    let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
    let content: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(content
        .into_iter()
        .filter(|(name, value)| NAMES.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name, text(value)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_and_the_rest_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("config.json");
        std::fs::write(
            &path,
            r#"{"SCORING_TIMEOUT_MS": 300, "SERVICE_NAME": "s", "subscription_id": "x"}"#,
        )
        .expect("the file is written");
        let found = read(None, folder.path(), None).expect("it is JSON");
        let pairs: Vec<_> = found
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(pairs, [("SCORING_TIMEOUT_MS", "300"), ("SERVICE_NAME", "s")]);
        std::fs::write(&path, "[1]").expect("the file is written");
        assert!(read(None, folder.path(), None).is_err());
        assert!(
            read(None, &folder.path().join("none"), None)
                .expect("no file")
                .is_empty()
        );
    }
}
