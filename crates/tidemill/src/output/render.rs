//! Values as text, in each format.

use serde_json::Value;

use super::{Format, table};
use crate::error::{Error, Result};

/// A value as text that ends in a line feed, or nothing.
pub fn value(format: Format, value: &Value) -> Result<String> {
    Ok(match format {
        Format::Json => json(value)?,
        Format::Jsonc => paint(&json(value)?),
        Format::Yaml => yaml(value)?,
        Format::Yamlc => paint(&yaml(value)?),
        Format::Tsv => tsv(value),
        Format::Table => table::any(value),
        Format::None => String::new(),
    })
}

fn json(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n")
        .map_err(|error| Error::failed(format!("failed to write JSON: {error}")))
}

fn yaml(value: &Value) -> Result<String> {
    serde_yaml_ng::to_string(value).map_err(|error| Error::failed(format!("failed to write YAML: {error}")))
}

/// One line for each item of a list; a map is the line of its values. Tabs and line feeds in values become spaces.
fn tsv(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| line(item) + "\n").collect(),
        other => line(other) + "\n",
    }
}

fn line(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("\t"),
        Value::Object(fields) => fields.values().map(cell).collect::<Vec<_>>().join("\t"),
        other => cell(other),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\t', '\n', '\r'], " "),
        Value::Array(_) | Value::Object(_) => value.to_string(),
        other => other.to_string(),
    }
}

/// Colours the keys of JSON or YAML, line by line.
fn paint(text: &str) -> String {
    let key = anstyle::AnsiColor::Cyan.on_default();
    let mut out = String::new();
    for line in text.lines() {
        let body = line.trim_start_matches([' ', '-']);
        let indent = &line[..line.len() - body.len()];
        let end = match body.strip_prefix('"') {
            Some(rest) => rest.find("\":").map(|at| at + 2),
            None => body
                .find(": ")
                .or_else(|| body.ends_with(':').then(|| body.len() - 1)),
        };
        match end {
            Some(end) => {
                let (name, rest) = body.split_at(end);
                out.push_str(&format!("{indent}{key}{name}{key:#}{rest}\n"));
            }
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bare_values_are_one_a_line() {
        for (given, text) in [
            (json!("a"), "a\n"),
            (json!(["a", 1, null]), "a\n1\n\n"),
            (json!([{"a": "x\ty", "b": {"c": 1}}]), "x y\t{\"c\":1}\n"),
            (json!([]), ""),
        ] {
            assert_eq!(tsv(&given), text);
        }
    }

    #[test]
    fn colour_changes_no_text() {
        let value = json!({"a": [{"b": "c: d"}], "e": null});
        for format in [Format::Jsonc, Format::Yamlc] {
            let painted = super::value(format, &value).expect("renders");
            let plain = if format == Format::Jsonc {
                Format::Json
            } else {
                Format::Yaml
            };
            assert_eq!(
                anstream::adapter::strip_str(&painted).to_string(),
                super::value(plain, &value).expect("renders")
            );
        }
    }
}
