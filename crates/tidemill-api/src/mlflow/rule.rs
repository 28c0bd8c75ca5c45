//! The limits on names, texts and batches, with MLflow's words for each. Lengths count characters.

use serde_json::Value;

use super::schema::invalid_value;

/// A rule that was broken: the text for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub String);

type Rule = Result<(), Violation>;

fn violated<T>(text: impl Into<String>) -> Result<T, Violation> {
    Err(Violation(text.into()))
}

/// Refuses a text that is longer than `limit` characters.
pub fn length(name: &str, limit: usize, text: &str) -> Rule {
    if text.len() > limit && text.chars().count() > limit {
        return violated(format!(
            "'{name}' exceeds the maximum length of {limit} characters"
        ));
    }
    Ok(())
}

/// The key of a metric, parameter or tag: `path` is where it stands in the request.
pub fn key(path: &str, key: &str) -> Rule {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | ' ' | ':');
    if !key.chars().all(fits) {
        return violated(invalid_value(
            path,
            &Value::from(key),
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) \
             and slashes (/).",
        ));
    }
    resolves_to_itself(path, key)
}

/// A name that may become a path must not name another place.
fn resolves_to_itself(path: &str, name: &str) -> Rule {
    let normal = normal_path(name);
    if normal == name && normal != "." && !normal.starts_with("..") && !normal.starts_with('/') {
        return Ok(());
    }
    violated(invalid_value(
        path,
        &Value::from(name),
        &format!(
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. \
             This name would resolve to '{normal}'"
        ),
    ))
}

/// `a/./b//c/..` is `a/b`.
fn normal_path(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// A metric's key.
pub fn metric_key(path: &str, name: &str) -> Rule {
    key(path, name)?;
    length("Metric name", 250, name)
}

/// A metric's time: milliseconds since 1970, not before.
pub fn metric_time(path: &str, name: &str, value: f64, timestamp: i64) -> Rule {
    if timestamp >= 0 {
        return Ok(());
    }
    let why =
        format!("metric '{name}' (value={value:?}). Timestamp must be a nonnegative long (64-bit integer) ");
    violated(invalid_value(path, &Value::from(timestamp), &why))
}

/// The most characters of a parameter's value; the rest is cut off.
pub const PARAM_VALUE: usize = 6000;
/// The most characters of a run's tag; the rest is cut off.
pub const RUN_TAG_VALUE: usize = 8000;

/// A parameter's key: 250 characters.
pub fn param(path: &str, name: &str) -> Rule {
    key(path, name)?;
    length("Param key", 250, name)
}

/// The key of a run's tag: 250 characters.
pub fn run_tag(path: &str, name: &str) -> Rule {
    let at = |field: &str| {
        if path.is_empty() {
            field.to_owned()
        } else {
            format!("{path}.{field}")
        }
    };
    key(&at("key"), name)?;
    length(&at("key"), 250, name)
}

/// The key of a tag that a run starts with: MLflow takes any text there, as long as it fits and is no control character.
pub fn first_run_tag(path: &str, name: &str) -> Rule {
    if name.is_empty() || name.chars().any(char::is_control) {
        return run_tag(path, name);
    }
    length(&format!("{path}.key"), 250, name)
}

/// An experiment's tag: 250 and 20,000 characters.
pub fn experiment_tag(name: &str, value: &str) -> Rule {
    key("key", name)?;
    length("key", 250, name)?;
    length("value", 20_000, value)
}

/// A tag of a registered model or version: 250 and 100,000 characters.
pub fn registry_tag(name: &str, value: &str) -> Rule {
    key("key", name)?;
    length("key", 250, name)?;
    length("value", 100_000, value)
}

/// An experiment's name: not blank, 500 characters.
pub fn experiment_name(name: &str) -> Rule {
    if name.trim().is_empty() {
        return violated(format!("Invalid experiment name: '{name}'"));
    }
    length("name", 500, name)
}

/// An experiment's id on the wire is a number in a text.
pub fn experiment_id(id: &str) -> Result<i64, Violation> {
    match id.trim().parse() {
        Ok(id) => Ok(id),
        Err(_) => violated(format!(
            "Invalid experiment ID '{id}'. Experiment ID must be a valid integer."
        )),
    }
}

/// A run's id: `^[a-zA-Z0-9][\w\-]{0,255}$`.
pub fn run_id(id: &str) -> Rule {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(word)
        && id.chars().count() <= 256
    {
        return Ok(());
    }
    violated(invalid_value("run_id", &Value::from(id), ""))
}

/// A registered model's name: not blank, no `/` and `:`.
pub fn model_name(name: &str) -> Rule {
    named_model("name", name)
}

/// The name that a registered model is to have, as the parameter gives it: 256 characters at most.
pub fn new_model_name(parameter: &str, name: &str) -> Rule {
    named_model(parameter, name)?;
    length(parameter, 256, name)
}

fn named_model(parameter: &str, name: &str) -> Rule {
    if name.trim().is_empty() {
        return violated(format!("Missing value for required parameter '{parameter}'."));
    }
    if name.contains(['/', ':']) {
        return violated(format!(
            "Invalid model name '{name}'. Names cannot contain '/' or ':'."
        ));
    }
    resolves_to_itself(parameter, name)
}

/// A logged model's name.
pub fn logged_model_name(name: &str) -> Rule {
    if name.is_empty() || name.contains(['/', ':', '.', '%', '"', '\'']) {
        return violated(format!(
            "Invalid model name ('{name}') provided. Model name must be a non-empty string and cannot contain the \
             following characters: ('/', ':', '.', '%', '\"', \"'\")"
        ));
    }
    Ok(())
}

/// A model version on the wire is a number in a text.
pub fn model_version(version: &str) -> Result<i64, Violation> {
    match version.trim().parse() {
        Ok(version) => Ok(version),
        Err(_) => violated(format!(
            "Parameter 'version' must be an integer, got '{version}'."
        )),
    }
}

/// An alias: `^[\w\-]*$`, 255 characters.
pub fn alias(alias: &str) -> Rule {
    if alias.is_empty() {
        return violated("Registered model alias name cannot be empty.");
    }
    if !alias
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    {
        return violated(format!(
            "Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        ));
    }
    length("Registered model alias name", 255, alias)
}

/// An alias that may be set: `latest` and `v7` mean something already.
pub fn settable_alias(name: &str) -> Rule {
    alias(name)?;
    if name.eq_ignore_ascii_case("latest") {
        return violated("'latest' alias name (case insensitive) is reserved.");
    }
    let digits = name.strip_prefix(['v', 'V']).unwrap_or_default();
    if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) {
        return violated(format!("Version alias name '{name}' is reserved."));
    }
    Ok(())
}

/// How much fits into one batch.
pub fn batch_limit(what: &str, limit: usize, found: usize) -> Rule {
    if found <= limit {
        return Ok(());
    }
    violated(format!(
        "A batch logging request can contain at most {limit} {what}. Got {found} {what}. Please split up {what} across \
         multiple requests and try again."
    ))
}

/// The stage as MLflow spells it.
pub fn stage(stage: &str) -> Result<&'static str, Violation> {
    const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];
    match STAGES.iter().find(|s| s.eq_ignore_ascii_case(stage)) {
        Some(stage) => Ok(stage),
        None => violated(format!(
            "Invalid Model Version stage: {stage}. Value must be one of {}.",
            STAGES.join(", ")
        )),
    }
}

/// A path below an artifact root: decoded, no `..`, no `#`, not absolute. Gives the decoded path.
pub fn artifact_path(path: &str) -> Result<String, Violation> {
    let mut path = path.to_owned();
    // A path may have been encoded more than once to smuggle `..` past a single look.
    for _ in 0..10 {
        let Some(decoded) = decode(&path) else {
            return violated("Invalid path");
        };
        if decoded == path {
            break;
        }
        path = decoded;
    }
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    let bad = path.contains(['#', '\\', '\0'])
        || path.starts_with('/')
        || path.split('/').any(|part| part == "..")
        || drive
        || path.to_ascii_lowercase().starts_with("file:");
    if bad {
        return violated("Invalid path");
    }
    Ok(path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect::<Vec<_>>()
        .join("/"))
}

/// Undoes one round of percent-encoding; `None` when the result is no text.
fn decode(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let hex = |b: u8| (b as char).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (
            bytes.get(at + 1).and_then(|b| hex(*b)),
            bytes.get(at + 2).and_then(|b| hex(*b)),
        );
        if let (b'%', (Some(high), Some(low))) = (bytes[at], pair) {
            decoded.push(high * 16 + low);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_be_paths_but_not_climb() {
        for good in ["loss", "train/loss", "a b", "a:b", "a.b-c_d", "größe", ".hidden"] {
            assert_eq!(key("key", good), Ok(()), "{good}");
        }
        for bad in ["", "../x", "/x", "a//b", "a/./b", "a/", ".", "a\nb", "a,b", "a@b"] {
            assert!(key("key", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn artifact_paths_stay_below_their_root() {
        assert_eq!(artifact_path("a/b%20c.txt").as_deref(), Ok("a/b c.txt"));
        assert_eq!(artifact_path("a//b/./c").as_deref(), Ok("a/b/c"));
        for bad in [
            "../a",
            "a/../b",
            "/a",
            "%2e%2e/a",
            "%252e%252e/a",
            "a#b",
            "C:/x",
            "a\\b",
            "file:///etc",
            "a%00b",
        ] {
            assert!(artifact_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reserved_aliases_are_refused() {
        for bad in ["latest", "LATEST", "v1", "V23", "a b", ""] {
            assert!(settable_alias(bad).is_err(), "{bad}");
        }
        for good in ["champion", "v1a", "v", "a-b_c"] {
            assert_eq!(settable_alias(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn stages_come_back_in_their_own_spelling() {
        assert_eq!(stage("production"), Ok("Production"));
        assert!(stage("prod").is_err());
    }

    #[test]
    fn run_ids_are_words() {
        assert_eq!(run_id("busy_whale-7"), Ok(()));
        for bad in ["", "-a", "a/b", "..", "a b"] {
            assert!(run_id(bad).is_err(), "{bad}");
        }
    }
}
