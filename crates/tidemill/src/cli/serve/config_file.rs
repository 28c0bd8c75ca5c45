//! `config.json`: what Azure's inference server reads from a file where no environment variable says it, and what it refuses of both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidemill_serve::azure::whole_number;

use crate::error::{Error, Result};

/// What a setting must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Whole,
    Truth,
}

/// The settings that may stand in the file, by the names of their environment variables.
const SETTINGS: &[(&str, Kind)] = &[
    ("AML_APP_ROOT", Kind::Text),
    ("AML_APP_INSIGHTS_ENABLED", Kind::Truth),
    ("AML_APP_INSIGHTS_KEY", Kind::Text),
    ("AML_CORS_ORIGINS", Kind::Text),
    ("AML_MODEL_DC_STORAGE_ENABLED", Kind::Text),
    ("APP_INSIGHTS_LOG_RESPONSE_ENABLED", Kind::Truth),
    ("AZUREML_DEBUG_PORT", Kind::Whole),
    ("AZUREML_ENTRY_SCRIPT", Kind::Text),
    ("AZUREML_LOG_LEVEL", Kind::Text),
    ("AZUREML_MODEL_DIR", Kind::Text),
    ("AZUREML_SOURCE_DIRECTORY", Kind::Text),
    ("HOSTNAME", Kind::Text),
    ("SCORING_TIMEOUT_MS", Kind::Whole),
    ("SERVICE_NAME", Kind::Text),
    ("SERVICE_PATH_PREFIX", Kind::Text),
    ("SERVICE_VERSION", Kind::Text),
    ("WORKSPACE_NAME", Kind::Text),
];

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// By the names of environment variables; those that are set go before.
    pub(super) said: BTreeMap<String, String>,
    /// Keys that mean nothing here.
    pub(super) unknown: Vec<String>,
}

/// Reads the file that is named, or else the `config.json` of the code's folder or of the script's. Environment variables
/// (`var`) are held against the same rules.
///
/// # Errors
/// Failed for a file that is no JSON object, and for a setting that is not what it must be.
pub(super) fn read(
    named: Option<PathBuf>,
    app_root: &Path,
    script: Option<&Path>,
    var: impl Fn(&str) -> Option<String>,
) -> Result<Settings> {
    let beside = script
        .and_then(Path::parent)
        .map(|folder| folder.join("config.json"));
    let is_there =
        |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0);
    let found = [named, Some(app_root.join("config.json")), beside]
        .into_iter()
        .flatten()
        .find(is_there);
    let mut content = match &found {
        Some(path) => object(path)?,
        None => serde_json::Map::new(),
    };
    let mut settings = Settings::default();
    for (name, kind) in SETTINGS {
        let own = var(name);
        let given = content.remove(*name).filter(|value| !value.is_null());
        let value = match (&own, given) {
            (Some(text), _) => Value::String(text.clone()),
            (None, Some(value)) => value,
            (None, None) => continue,
        };
        let text = checked(*kind, &value).and_then(|text| match *name {
            // Azure's server fails each request with one.
            "SCORING_TIMEOUT_MS" if text.starts_with('-') => Err("Input should not be below 0"),
            _ => Ok(text),
        });
        let text = text.map_err(|why| {
            Error::failed(format!("{name}: {why} (environment variable: {name})")).with_hint(format!(
                "set {name} right, in the environment or in the file of settings"
            ))
        })?;
        if own.is_none() {
            settings.said.insert((*name).to_owned(), text);
        }
    }
    settings.unknown = content.into_iter().map(|(name, _)| name).collect();
    Ok(settings)
}

fn object(path: &Path) -> Result<serde_json::Map<String, Value>> {
    let failed = |why: String| {
        Error::failed(format!("failed to read {}: {why}", path.display()))
            .with_hint("expected a JSON object of settings, such as {\"SCORING_TIMEOUT_MS\": 60000}")
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
}

/// A value as text, or why it cannot be one of this kind, in the words of Azure's server.
fn checked(kind: Kind, value: &Value) -> std::result::Result<String, &'static str> {
    const TRUTHS: &[&str] = &[
        "true", "false", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n",
    ];
    match (kind, value) {
        (Kind::Text, Value::String(text)) => Ok(text.clone()),
        (Kind::Text, _) => Err("Input should be a valid string"),
        (Kind::Whole, Value::String(text)) => whole_number(text)
            .map(|number| number.to_string())
            .ok_or("Input should be a valid integer, unable to parse string as an integer"),
        (Kind::Whole, Value::Bool(truth)) => Ok(u8::from(*truth).to_string()),
        (Kind::Whole, Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(whole.to_string()),
            (None, Some(float)) if float.fract() == 0.0 => Ok(format!("{float:.0}")),
            _ => Err("Input should be a valid integer, got a number with a fractional part"),
        },
        (Kind::Whole, _) => Err("Input should be a valid integer"),
        (Kind::Truth, Value::Bool(truth)) => Ok(truth.to_string()),
        (Kind::Truth, Value::String(text)) if TRUTHS.contains(&text.to_lowercase().as_str()) => {
            Ok(text.clone())
        }
        (Kind::Truth, Value::Number(number)) if matches!(number.as_i64(), Some(0 | 1)) => {
            Ok(number.to_string())
        }
        (Kind::Truth, _) => Err("Input should be a valid boolean, unable to interpret input"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Settings> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("config.json"), text).expect("the file is written");
        read(None, folder.path(), None, |_| None)
    }

    #[test]
    fn settings_are_taken_and_the_rest_is_named() {
        let found = of(r#"{"SCORING_TIMEOUT_MS": 300, "SERVICE_NAME": "s", "subscription_id": "x"}"#)
            .expect("it is JSON");
        let pairs: Vec<_> = found
            .said
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(pairs, [("SCORING_TIMEOUT_MS", "300"), ("SERVICE_NAME", "s")]);
        assert_eq!(found.unknown, ["subscription_id"]);
        assert!(of("[1]").is_err());
        let none = read(None, Path::new("/nowhere"), None, |_| None).expect("no file");
        assert_eq!(none, Settings::default());
    }

    #[test]
    fn what_a_setting_cannot_be_is_said_as_azure_says_it() {
        for (text, told) in [
            (
                r#"{"SCORING_TIMEOUT_MS": "abc"}"#,
                "SCORING_TIMEOUT_MS: Input should be a valid integer, unable to parse string as an integer (environment variable: SCORING_TIMEOUT_MS)",
            ),
            (
                r#"{"SCORING_TIMEOUT_MS": 500.5}"#,
                "got a number with a fractional part",
            ),
            (
                r#"{"SERVICE_NAME": 5}"#,
                "SERVICE_NAME: Input should be a valid string",
            ),
            (
                r#"{"APP_INSIGHTS_LOG_RESPONSE_ENABLED": "nah"}"#,
                "unable to interpret input",
            ),
        ] {
            let error = of(text).expect_err(text).to_string();
            assert!(error.contains(told), "{error}");
        }
        let written = of(r#"{"SCORING_TIMEOUT_MS": " 60_000.0 "}"#).expect("pydantic reads it");
        assert_eq!(written.said["SCORING_TIMEOUT_MS"], "60000");
        for text in ["1e3", "1__0", "5.", "-5"] {
            assert!(
                of(&format!(r#"{{"SCORING_TIMEOUT_MS": "{text}"}}"#)).is_err(),
                "{text}"
            );
        }
        let var = |name: &str| (name == "SCORING_TIMEOUT_MS").then(String::new);
        assert!(read(None, Path::new("/nowhere"), None, var).is_err());
    }
}
