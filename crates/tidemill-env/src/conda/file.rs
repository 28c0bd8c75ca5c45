//! A conda file: channels, dependencies, pip requirements, variables.

use std::collections::BTreeMap;

use serde_json::Value;

use super::spec::CondaSpec;
use crate::error::EnvError;
use crate::pip;

/// A conda file, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CondaFile {
    /// `name`.
    pub name: Option<String>,
    /// `channels`, in order of preference.
    pub channels: Vec<String>,
    /// Conda packages, without `python`.
    pub packages: Vec<CondaSpec>,
    /// `python`, where it is asked for.
    pub python: Option<CondaSpec>,
    /// Lines below `pip:`.
    pub pip: Vec<String>,
    /// `variables`.
    pub variables: BTreeMap<String, String>,
    /// Keys that have no effect here.
    pub ignored: Vec<String>,
}

const WHAT: &str = "the conda file";

impl CondaFile {
    /// Reads a mapping, or text that holds one.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse(content: &Value) -> Result<Self, EnvError> {
        match content {
            Value::String(text) => Self::parse_text(text),
            Value::Object(_) => Self::from_mapping(content),
            other => Err(EnvError::invalid(
                WHAT,
                format!("it is {}; expected a mapping with `dependencies`", kind(other)),
            )),
        }
    }

    /// Reads YAML text.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse_text(text: &str) -> Result<Self, EnvError> {
        if text.len() > pip::LIMIT_BYTES {
            return Err(EnvError::TooLarge {
                what: WHAT.into(),
                size_bytes: text.len() as u64,
                limit_bytes: pip::LIMIT_BYTES as u64,
            });
        }
        let value: Value = serde_yaml_ng::from_str(text).map_err(|e| EnvError::invalid(WHAT, e))?;
        match value {
            Value::Object(_) => Self::from_mapping(&value),
            other => Err(EnvError::invalid(
                WHAT,
                format!("it is {}; expected a mapping with `dependencies`", kind(&other)),
            )),
        }
    }

    fn from_mapping(content: &Value) -> Result<Self, EnvError> {
        let mut file = Self::default();
        let entries = content.as_object().into_iter().flatten();
        for (key, value) in entries {
            match key.as_str() {
                "name" => file.name = text_of(value),
                "channels" => file.channels = strings(value, "channels")?,
                "dependencies" => file.dependencies(value)?,
                "variables" => file.variables(value)?,
                "prefix" => {} // Where somebody else once had it.
                other => file
                    .ignored
                    .push(format!("`{other}` in the conda file has no effect")),
            }
        }
        Ok(file)
    }

    fn dependencies(&mut self, value: &Value) -> Result<(), EnvError> {
        let items = match value {
            Value::Null => return Ok(()),
            Value::Array(items) => items,
            other => {
                return Err(EnvError::invalid(
                    WHAT,
                    format!("`dependencies` is {}; expected a list", kind(other)),
                ));
            }
        };
        for (index, item) in items.iter().enumerate() {
            let place = format!("{WHAT}, dependencies[{index}]");
            match item {
                Value::String(text) => {
                    let spec = CondaSpec::parse(text).map_err(|e| EnvError::invalid(&place, e))?;
                    spec.pep440().map_err(|e| EnvError::invalid(&place, e))?;
                    if spec.name == "python" {
                        self.python = Some(spec)
                    } else {
                        self.packages.push(spec)
                    }
                }
                Value::Object(map) => {
                    for (key, value) in map {
                        if key != "pip" {
                            return Err(EnvError::invalid(
                                &place,
                                format!("`{key}:` is not known; expected `pip:`"),
                            ));
                        }
                        if !value.is_null() {
                            self.pip.extend(strings(value, "pip")?);
                        }
                    }
                }
                Value::Null => {}
                other => {
                    let message = format!("it is {}; expected such as `numpy=1.26`", kind(other));
                    return Err(EnvError::invalid(place, message));
                }
            }
        }
        Ok(())
    }

    fn variables(&mut self, value: &Value) -> Result<(), EnvError> {
        let Value::Object(map) = value else {
            return Err(EnvError::invalid(
                WHAT,
                format!("`variables` is {}; expected a mapping", kind(value)),
            ));
        };
        for (name, value) in map {
            let value = text_of(value).ok_or_else(|| {
                EnvError::invalid(
                    WHAT,
                    format!("variables.{name} is {}; expected text", kind(value)),
                )
            })?;
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(EnvError::invalid(
                    WHAT,
                    format!("variables.{name} is no environment variable"),
                ));
            }
            self.variables.insert(name.clone(), value);
        }
        Ok(())
    }
}

fn strings(value: &Value, what: &str) -> Result<Vec<String>, EnvError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::String(one) => Ok(vec![one.clone()]),
        Value::Array(items) => items
            .iter()
            .filter(|item| !item.is_null())
            .map(|item| {
                text_of(item).ok_or_else(|| {
                    EnvError::invalid(
                        WHAT,
                        format!("an item of `{what}` is {}; expected text", kind(item)),
                    )
                })
            })
            .collect(),
        other => Err(EnvError::invalid(
            WHAT,
            format!("`{what}` is {}; expected a list", kind(other)),
        )),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conda_file_is_read() {
        let file = CondaFile::parse_text(
            "name: model-env\nchannels: [conda-forge]\ndependencies:\n  - python=3.10\n  - numpy=1.22\n  - pip\n  - pip:\n    - mlflow-skinny<=3.9\n    - -f ./wheels\nvariables:\n  OMP_NUM_THREADS: 1\nprefix: /home/x\nextra: 1\n",
        )
        .unwrap();
        assert_eq!(file.name.as_deref(), Some("model-env"));
        assert_eq!(file.python.unwrap().version, "=3.10");
        assert_eq!(
            file.packages.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
            ["numpy", "pip"]
        );
        assert_eq!(file.pip, ["mlflow-skinny<=3.9", "-f ./wheels"]);
        assert_eq!(file.variables["OMP_NUM_THREADS"], "1");
        assert_eq!(file.ignored, ["`extra` in the conda file has no effect"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("- a\n- b", "a list"),
            ("dependencies: numpy", "expected a list"),
            ("dependencies: [1]", "dependencies[0]"),
            ("dependencies: [numpy=>1]", "`=>`"),
            ("dependencies: [{pipp: [a]}]", "`pipp:`"),
            ("dependencies: [{pip: {a: b}}]", "a mapping"),
            ("channels: [[a]]", "a list"),
            ("a: [", "did not find"),
            ("variables: {'a=b': c}", "no environment variable"),
        ] {
            let error = CondaFile::parse_text(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_huge_file_is_refused() {
        let text = format!("# {}", "x".repeat(2 << 20));
        assert!(matches!(
            CondaFile::parse_text(&text),
            Err(EnvError::TooLarge { .. })
        ));
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(text in "(?s).{0,200}") {
            let _ = CondaFile::parse_text(&text);
        }
    }
}
