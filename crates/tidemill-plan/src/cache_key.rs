//! Cache keys: two steps with the same key would do the same work on the same bytes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Changes whenever what a key is made of changes, so that old results are not taken for new ones.
const VERSION: &str = "tidemill-cache-key-1";

/// One input of a step, as far as its result can depend on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKey {
    /// The text of a literal.
    Literal(String),
    /// The digest of the bytes, and the way in which they are given.
    Bytes {
        /// Digest of the manifest, in hex.
        digest: String,
        /// Path inside it.
        path: String,
        /// `uri_file`, `uri_folder`, …
        r#type: String,
    },
}

/// All that the result of a step can depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepKey {
    /// The command, as written.
    pub command: String,
    /// Digest of the code tree.
    pub code: Option<String>,
    /// The environment's request, canonical.
    pub environment: String,
    /// Variables that the user set.
    pub variables: BTreeMap<String, String>,
    /// Inputs by name.
    pub inputs: BTreeMap<String, InputKey>,
    /// Types of the outputs by name.
    pub outputs: BTreeMap<String, String>,
    /// Distribution and instance count, canonical.
    pub distribution: String,
}

/// The key itself: BLAKE3, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CacheKey(String);

impl CacheKey {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StepKey {
    /// The key of this step.
    pub fn key(&self) -> CacheKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(VERSION.as_bytes());
        // JSON of structs and sorted maps of strings is canonical, and cannot fail.
        hasher.update(&serde_json::to_vec(self).expect("strings and sorted maps always serialise"));
        CacheKey(hasher.finalize().to_hex().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step() -> StepKey {
        StepKey {
            command: "echo".into(),
            code: Some("c0de".into()),
            environment: "{}".into(),
            variables: BTreeMap::new(),
            inputs: BTreeMap::from([("x".into(), InputKey::Literal("1".into()))]),
            outputs: BTreeMap::from([("y".into(), "uri_folder".into())]),
            distribution: String::new(),
        }
    }

    #[test]
    fn the_same_step_has_the_same_key() {
        assert_eq!(step().key(), step().key());
    }

    #[test]
    fn one_change_anywhere_is_another_key() {
        let changes: [fn(&mut StepKey); 6] = [
            |step| step.command.push('x'),
            |step| step.code = None,
            |step| step.environment.push(' '),
            |step| drop(step.variables.insert("A".into(), "1".into())),
            |step| drop(step.inputs.insert("x".into(), InputKey::Literal("2".into()))),
            |step| drop(step.outputs.insert("z".into(), "uri_file".into())),
        ];
        for change in changes {
            let mut other = step();
            change(&mut other);
            assert_ne!(other.key(), step().key(), "{other:?}");
        }
    }
}
