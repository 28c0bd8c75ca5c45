//! Triton's folders of models: `NAME/config.pbtxt` and `NAME/VERSION/model.onnx`, the configuration optional.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::pbtxt::Message;
use super::{Batching, Problem};

/// A model as it lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: String,
    /// Its versions that are served, each with its file; or why there are none.
    pub(crate) versions: Result<BTreeMap<u64, PathBuf>, String>,
    /// Rows that one request may have; 0 for no limit.
    pub(crate) max_batch: i64,
    /// How requests are put together, where its configuration has `dynamic_batching`.
    pub(crate) batching: Option<Batching>,
    /// Names of inputs and outputs that the configuration has.
    pub(crate) named: Vec<String>,
}

/// What a request to load a model wants otherwise than its folder says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Override {
    max_batch: Option<i64>,
    /// The delay of `dynamic_batching`, or that there is none.
    batching: Option<Option<Duration>>,
}

impl Override {
    /// Of the parameter `config`, which is a configuration as JSON, and the names of all parameters.
    ///
    /// # Errors
    /// What cannot be done.
    pub(crate) fn read<'a>(
        config: Option<&str>,
        mut names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Problem> {
        if let Some(file) = names.find(|name| name.starts_with("file:")) {
            return Err(Problem::invalid(format!(
                "failed to take `{file}`: models are loaded from the repository's folder; put the file there"
            )));
        }
        let Some(config) = config else {
            return Ok(Self::default());
        };
        let config: serde_json::Value = serde_json::from_str(config)
            .map_err(|error| Problem::invalid(format!("failed to parse the parameter `config`: {error}")))?;
        // JSON of these messages has names of two kinds.
        let field = |names: [&str; 2]| names.iter().find_map(|name| config.get(name));
        let whole = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        };
        let wants = config.get("backend").or_else(|| config.get("platform"));
        if let Some(wants) = wants.and_then(|wants| wants.as_str())
            && !matches!(wants, "onnxruntime" | "onnxruntime_onnx" | "")
        {
            return Err(Problem::invalid(format!(
                "failed to load for `{wants}`: ONNX models alone are served here"
            )));
        }
        let max_batch = field(["max_batch_size", "maxBatchSize"]).and_then(whole);
        let dynamic = field(["dynamic_batching", "dynamicBatching"]);
        let delay = |dynamic: &serde_json::Value| {
            let names = ["max_queue_delay_microseconds", "maxQueueDelayMicroseconds"];
            let delay = names.iter().find_map(|name| dynamic.get(name)).and_then(whole);
            delay.and_then(|us| u64::try_from(us).ok()).unwrap_or(0)
        };
        let batching =
            dynamic.map(|dynamic| (!dynamic.is_null()).then(|| Duration::from_micros(delay(dynamic))));
        Ok(Self { max_batch, batching })
    }

    /// What lies in the folder, with this instead.
    pub(crate) fn of(self, mut found: Found) -> Found {
        if let Some(most) = self.max_batch {
            found.max_batch = most;
        }
        if let Some(delay) = self.batching {
            let max_size = usize::try_from(found.max_batch).ok().filter(|rows| *rows > 1);
            found.batching = delay
                .zip(max_size)
                .map(|(max_time, max_size)| Batching { max_size, max_time });
        }
        found
    }
}

/// The models of a folder: a repository, a folder `models` in it, or one model alone.
pub(crate) fn find(folder: &Path) -> Vec<Found> {
    let inner = folder.join("models");
    let root = if inner.is_dir() { &inner } else { folder };
    if is_model(root) {
        return vec![read(root)];
    }
    let mut found: Vec<Found> = folders(root)
        .into_iter()
        .filter(|path| is_model(path))
        .map(|path| read(&path))
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn is_model(folder: &Path) -> bool {
    folder.join("config.pbtxt").is_file() || folders(folder).iter().any(|path| number(path).is_some())
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?
        .to_str()?
        .parse()
        .ok()
        .filter(|number| *number > 0)
}

fn read(folder: &Path) -> Found {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut found = Found {
        name,
        versions: Err(String::new()),
        max_batch: 0,
        batching: None,
        named: Vec::new(),
    };
    let file = folder.join("config.pbtxt");
    let config = match std::fs::read_to_string(&file) {
        Ok(text) => {
            Message::parse(&text).map_err(|problem| format!("failed to read {}: {problem}", file.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Message::default()),
        Err(error) => Err(format!("failed to read {}: {error}", file.display())),
    };
    let config = match config {
        Ok(config) => config,
        Err(problem) => {
            found.versions = Err(problem);
            return found;
        }
    };
    if let Some(name) = config.scalar("name").filter(|name| !name.is_empty()) {
        found.name = name.to_owned();
    }
    found.max_batch = config
        .scalar("max_batch_size")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    found.batching = batching(&config, found.max_batch);
    for message in config
        .messages("input")
        .into_iter()
        .chain(config.messages("output"))
    {
        found.named.extend(message.scalar("name").map(str::to_owned));
    }
    found.versions = versions(folder, &config);
    found
}

/// `dynamic_batching`, which is nothing where a request may not have two rows.
fn batching(config: &Message, max_batch: i64) -> Option<Batching> {
    let dynamic = config.messages("dynamic_batching").last().copied()?;
    let delay_us = dynamic
        .scalar("max_queue_delay_microseconds")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    Some(Batching {
        max_size: usize::try_from(max_batch).ok().filter(|rows| *rows > 1)?,
        max_time: Duration::from_micros(delay_us),
    })
}

fn versions(folder: &Path, config: &Message) -> Result<BTreeMap<u64, PathBuf>, String> {
    let runs = config
        .scalar("backend")
        .or_else(|| config.scalar("platform"))
        .unwrap_or("onnxruntime");
    if !matches!(runs, "onnxruntime" | "onnxruntime_onnx" | "") {
        return Err(format!(
            "its configuration wants `{runs}`; ONNX models alone are served here"
        ));
    }
    let file = config
        .scalar("default_model_filename")
        .filter(|name| !name.is_empty())
        .unwrap_or("model.onnx");
    if Path::new(file).components().count() != 1 || file.starts_with("..") {
        return Err(format!("`{file}` is no name of a file"));
    }
    let there: BTreeMap<u64, PathBuf> = folders(folder)
        .into_iter()
        .filter_map(|path| Some((number(&path)?, path.join(file))))
        .filter(|(_, path)| path.exists())
        .collect();
    if there.is_empty() {
        return Err(format!("there is no {}/<version>/{file}", folder.display()));
    }
    let policies = config.messages("version_policy");
    let policy = policies.last();
    if policy.is_some_and(|policy| !policy.messages("all").is_empty()) {
        return Ok(there);
    }
    if let Some(specific) = policy.and_then(|policy| policy.messages("specific").last().copied()) {
        let wanted: Vec<u64> = specific
            .scalars("versions")
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
        let missing = wanted.iter().find(|version| !there.contains_key(version));
        return match missing {
            Some(version) => Err(format!("version {version}, which its policy names, is not there")),
            None => Ok(there
                .into_iter()
                .filter(|(version, _)| wanted.contains(version))
                .collect()),
        };
    }
    let latest = policy.and_then(|policy| {
        policy
            .messages("latest")
            .last()?
            .scalar("num_versions")?
            .parse()
            .ok()
    });
    Ok(there.into_iter().rev().take(latest.unwrap_or(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("a file");
        }
        dir
    }

    fn served(dir: &tempfile::TempDir) -> Vec<(String, Result<Vec<u64>, String>)> {
        let told = |found: Found| {
            (
                found.name,
                found.versions.map(|versions| versions.into_keys().collect()),
            )
        };
        find(dir.path()).into_iter().map(told).collect()
    }

    #[test]
    fn the_newest_version_is_served_where_nothing_else_is_said() {
        let dir = folder(&[
            ("a/1/model.onnx", ""),
            ("a/10/model.onnx", ""),
            ("a/9/model.onnx", ""),
            ("notes/readme", ""),
        ]);
        assert_eq!(served(&dir), [(String::from("a"), Ok(vec![10]))]);
        let dir = folder(&[
            ("models/a/config.pbtxt", "version_policy { all { } }"),
            ("models/a/1/model.onnx", ""),
            ("models/a/2/model.onnx", ""),
        ]);
        assert_eq!(served(&dir), [(String::from("a"), Ok(vec![1, 2]))]);
    }

    #[test]
    fn dynamic_batching_is_read() {
        let of = |config: &str| {
            let dir = folder(&[("a/config.pbtxt", config), ("a/1/model.onnx", "")]);
            find(dir.path())[0].batching
        };
        let delayed = "max_batch_size: 8 dynamic_batching { preferred_batch_size: [ 4 ] max_queue_delay_microseconds: 500 }";
        let expected = Batching {
            max_size: 8,
            max_time: Duration::from_micros(500),
        };
        assert_eq!(of(delayed), Some(expected));
        assert_eq!(
            of("max_batch_size: 8 dynamic_batching { }").map(|batching| batching.max_time),
            Some(Duration::ZERO)
        );
        assert_eq!(of("max_batch_size: 8"), None);
        assert_eq!(of("dynamic_batching { }"), None);
    }

    #[test]
    fn what_cannot_be_served_says_why() {
        let why = |config: &str| {
            let dir = folder(&[("a/config.pbtxt", config), ("a/1/model.onnx", "")]);
            served(&dir)[0].1.clone().expect_err("a reason")
        };
        assert!(why("backend: \"python\"").contains("wants `python`"));
        assert!(why("version_policy { specific { versions: 3 } }").contains("version 3"));
        assert!(why("name: {").contains("line 1"));
        assert!(why("default_model_filename: \"../x\"").contains("no name of a file"));
        assert!(why("default_model_filename: \"other.onnx\"").contains("there is no"));
    }
}
