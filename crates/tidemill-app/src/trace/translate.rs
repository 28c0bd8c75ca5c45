//! What other conventions of OpenTelemetry call what MLflow's pages look for: inputs, outputs, tokens, the model.

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Value, json};

/// One convention: the attributes that mean the same as MLflow's.
struct Convention {
    kind: &'static str,
    kinds: &'static [(&'static str, &'static str)],
    inputs: &'static [&'static str],
    outputs: &'static [&'static str],
    /// Input, output and total.
    tokens: [&'static str; 3],
    model: &'static [&'static str],
    provider: &'static str,
}

const CONVENTIONS: &[Convention] = &[
    // OpenTelemetry's own, for generative models.
    Convention {
        kind: "gen_ai.operation.name",
        kinds: &[
            ("chat", "CHAT_MODEL"),
            ("create_agent", "AGENT"),
            ("embeddings", "EMBEDDING"),
            ("execute_tool", "TOOL"),
            ("generate_content", "LLM"),
            ("invoke_agent", "AGENT"),
            ("text_completion", "LLM"),
            ("response", "LLM"),
        ],
        inputs: &["gen_ai.input.messages", "gen_ai.tool.call.arguments"],
        outputs: &["gen_ai.output.messages", "gen_ai.tool.call.result"],
        tokens: ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", ""],
        model: &["gen_ai.response.model", "gen_ai.request.model"],
        provider: "gen_ai.provider.name",
    },
    // OpenInference.
    Convention {
        kind: "openinference.span.kind",
        kinds: &[
            ("TOOL", "TOOL"),
            ("CHAIN", "CHAIN"),
            ("LLM", "LLM"),
            ("RETRIEVER", "RETRIEVER"),
            ("EMBEDDING", "EMBEDDING"),
            ("AGENT", "AGENT"),
            ("RERANKER", "RERANKER"),
            ("GUARDRAIL", "GUARDRAIL"),
            ("EVALUATOR", "EVALUATOR"),
        ],
        inputs: &["input.value"],
        outputs: &["output.value"],
        tokens: [
            "llm.token_count.prompt",
            "llm.token_count.completion",
            "llm.token_count.total",
        ],
        model: &["llm.model_name", "embedding.model_name"],
        provider: "llm.provider",
    },
    // OpenLLMetry.
    Convention {
        kind: "traceloop.span.kind",
        kinds: &[
            ("workflow", "WORKFLOW"),
            ("task", "TASK"),
            ("agent", "AGENT"),
            ("tool", "TOOL"),
        ],
        inputs: &["traceloop.entity.input"],
        outputs: &["traceloop.entity.output"],
        tokens: [
            "gen_ai.usage.prompt_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.usage.total_tokens",
        ],
        model: &["gen_ai.response.model", "gen_ai.request.model"],
        provider: "gen_ai.system",
    },
];

/// Adds MLflow's attributes to those of another convention. Values are texts of JSON.
pub(super) fn add(attributes: &mut Map<String, Value>) {
    let text = |attributes: &Map<String, Value>, key: &str| -> Option<String> {
        let value = attributes.get(key)?.as_str()?;
        Some(serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned()))
    };
    let unknown = text(attributes, "mlflow.spanType").is_none_or(|kind| kind == "UNKNOWN");
    for convention in CONVENTIONS {
        if unknown && let Some(kind) = text(attributes, convention.kind) {
            let known = convention.kinds.iter().find(|(name, _)| *name == kind);
            if let Some((_, kind)) = known {
                attributes.insert("mlflow.spanType".into(), python_json(&json!(kind)).into());
            }
        }
        for (ours, theirs) in [
            ("mlflow.spanInputs", convention.inputs),
            ("mlflow.spanOutputs", convention.outputs),
            ("mlflow.llm.model", convention.model),
            ("mlflow.llm.provider", &[convention.provider]),
        ] {
            let found = theirs.iter().find_map(|key| attributes.get(*key).cloned());
            if let (false, Some(found)) = (attributes.contains_key(ours), found) {
                attributes.insert(ours.into(), found);
            }
        }
        if !attributes.contains_key(USAGE) {
            let count = |key: &str| -> Option<i64> { text(attributes, key)?.parse().ok() };
            let [input, output, total] = convention.tokens.map(count);
            let total = total.or_else(|| Some(input? + output?));
            let mut usage = Map::new();
            for (name, count) in [
                ("input_tokens", input),
                ("output_tokens", output),
                ("total_tokens", total),
            ] {
                if let Some(count) = count {
                    usage.insert(name.into(), count.into());
                }
            }
            if !usage.is_empty() {
                attributes.insert(USAGE.into(), python_json(&usage.into()).into());
            }
        }
    }
}

/// The attribute with the tokens that a span used.
pub(super) const USAGE: &str = "mlflow.chat.tokenUsage";
/// The attribute with what a span cost.
pub(super) const COST: &str = "mlflow.llm.cost";

/// Sums what spans used, without counting twice what a span says of those within it: `(span, parent, figures)`.
pub(super) fn sum(
    spans: &[(String, Option<String>, Option<Value>)],
    keys: &[&str],
    whole: bool,
) -> Option<Value> {
    use std::collections::HashMap;
    let by_id: HashMap<&str, usize> = spans
        .iter()
        .enumerate()
        .map(|(at, span)| (span.0.as_str(), at))
        .collect();
    let mut totals: Map<String, Value> = Map::new();
    let mut any = false;
    'spans: for (_, parent, figures) in spans {
        let Some(figures) = figures.as_ref().and_then(Value::as_object) else {
            continue;
        };
        let mut above = parent.as_deref();
        // No trace is deeper than it has spans; more steps would mean that it goes round in circles.
        for _ in 0..spans.len() {
            let Some(at) = above.and_then(|id| by_id.get(id)) else {
                break;
            };
            if spans[*at].2.as_ref().is_some_and(Value::is_object) {
                continue 'spans;
            }
            above = spans[*at].1.as_deref();
        }
        any = true;
        for (key, value) in figures {
            if let Some(value) = value.as_f64() {
                let before = totals.get(key).and_then(Value::as_f64).unwrap_or(0.0);
                totals.insert(key.clone(), json!(before + value));
            }
        }
    }
    if !any {
        return None;
    }
    for key in keys {
        totals.entry(*key).or_insert_with(|| json!(0.0));
    }
    if whole {
        for value in totals.values_mut() {
            *value = json!(value.as_f64().unwrap_or(0.0) as i64);
        }
    }
    Some(totals.into())
}

/// The beginning of what was asked or answered: the last message of a chat, or all of it.
pub(super) fn preview(text: &str, role: &str) -> String {
    const MOST: usize = 1000;
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let is_message = |item: &&Value| item.get("role").is_some() && item.get("content").is_some();
    let messages: Vec<&Value> = ["messages", "input", "output", "request"]
        .iter()
        .find_map(|name| value.get(*name)?.as_array())
        .map(|items| items.iter().filter(is_message).collect())
        .or_else(|| {
            value
                .pointer("/choices/0/message")
                .filter(|item| is_message(item))
                .map(|item| vec![item])
        })
        .unwrap_or_default();
    let message = messages
        .iter()
        .rev()
        .find(|message| message["role"] == role)
        .or(messages.last());
    let content = message.and_then(|message| match &message["content"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts.iter().find_map(|part| {
            let text = part.as_str().or_else(|| part["text"].as_str())?;
            Some(text.to_owned())
        }),
        _ => None,
    });
    let text = super::no_nul(
        content
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| text.to_owned()),
    );
    match text.char_indices().nth(MOST) {
        Some(_) => text.chars().take(MOST - 3).chain("...".chars()).collect(),
        None => text,
    }
}

/// JSON with a blank after commas and colons, as Python writes it and searches over spans expect it.
pub(crate) fn python_json(value: &Value) -> String {
    struct Spaced;
    impl Formatter for Spaced {
        fn begin_array_value<W: ?Sized + std::io::Write>(
            &mut self,
            to: &mut W,
            first: bool,
        ) -> std::io::Result<()> {
            if first { Ok(()) } else { to.write_all(b", ") }
        }
        fn begin_object_key<W: ?Sized + std::io::Write>(
            &mut self,
            to: &mut W,
            first: bool,
        ) -> std::io::Result<()> {
            if first { Ok(()) } else { to.write_all(b", ") }
        }
        fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, to: &mut W) -> std::io::Result<()> {
            to.write_all(b": ")
        }
    }
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, Spaced);
    value
        .serialize(&mut writer)
        .expect("a JSON value is written to memory");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_spaced_as_python_spaces_it() {
        assert_eq!(
            python_json(&json!({"a": [1, 2], "b": "ü"})),
            r#"{"a": [1, 2], "b": "ü"}"#
        );
    }

    #[test]
    fn other_conventions_are_understood() {
        let mut attributes = Map::new();
        attributes.insert("gen_ai.operation.name".into(), "\"chat\"".into());
        attributes.insert("gen_ai.usage.input_tokens".into(), "3".into());
        attributes.insert("gen_ai.usage.output_tokens".into(), "4".into());
        attributes.insert("input.value".into(), "\"hi\"".into());
        add(&mut attributes);
        assert_eq!(attributes["mlflow.spanType"], "\"CHAT_MODEL\"");
        assert_eq!(
            attributes[USAGE],
            r#"{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}"#
        );
        assert_eq!(attributes["mlflow.spanInputs"], "\"hi\"");
    }

    #[test]
    fn what_a_parent_sums_is_not_counted_again() {
        let span = |id: &str, parent: Option<&str>, tokens: Option<i64>| {
            (
                id.to_owned(),
                parent.map(str::to_owned),
                tokens.map(|n| json!({"total_tokens": n})),
            )
        };
        let spans = [
            span("a", None, None),
            span("b", Some("a"), Some(5)),
            span("c", Some("b"), Some(5)),
            span("d", Some("a"), Some(1)),
        ];
        let total = sum(&spans, &["input_tokens"], true).expect("there are figures");
        assert_eq!(total, json!({"total_tokens": 6, "input_tokens": 0}));
        let circle = [span("a", Some("b"), None), span("b", Some("a"), None)];
        assert_eq!(sum(&circle, &[], true), None);
    }

    #[test]
    fn a_preview_is_the_last_message() {
        let chat =
            r#"{"messages": [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]}"#;
        assert_eq!(preview(chat, "user"), "two");
        assert_eq!(preview(&"x".repeat(2000), "user").len(), 1000);
    }
}
