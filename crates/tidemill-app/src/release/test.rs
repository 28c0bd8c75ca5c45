//! A system test: a request to a deployment through its endpoint, and whether the answer is the one that is expected.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tidemill_spec::kinds::{Expected, SystemTest};

use crate::{App, Result, online_endpoint};

/// How long an answer may take at all.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How far numbers may be off where nothing is said.
const TOLERANCE: f64 = 1e-9;

/// Sends the request and compares; gives what was found, for people and programs.
///
/// # Errors
/// When the endpoint is not there. What its deployment answers is no error here.
pub(crate) async fn run(
    app: &App,
    client: &reqwest::Client,
    (workspace, endpoint, deployment): (&str, &str, &str),
    test: &SystemTest,
) -> Result<Value> {
    let key = online_endpoint::own_key(app, workspace, endpoint).await?;
    let url = format!("{}/endpoints/{workspace}/{endpoint}/score", app.address()?);
    let began = Instant::now();
    let sent = client
        .post(url)
        .bearer_auth(key)
        .header("azureml-model-deployment", deployment)
        .timeout(TIMEOUT)
        .json(test.request.as_ref().unwrap_or(&Value::Null))
        .send()
        .await;
    let (says, status, body) = match sent {
        Err(error) => (Some(format!("it was not answered: {error}")), None, None),
        Ok(answer) => {
            let status = answer.status().as_u16();
            match answer.bytes().await {
                Err(error) => (Some(format!("the answer broke off: {error}")), Some(status), None),
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let says = differs(&test.expect, status, &text);
                    (says, Some(status), Some(text))
                }
            }
        }
    };
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let late = test.expect.max_latency_ms.filter(|most| took_ms > *most);
    let says = says.or_else(|| late.map(|most| format!("it took {took_ms} ms, and may take {most} ms")));
    let excerpt: Option<String> = body.map(|body| body.chars().take(2000).collect());
    Ok(
        json!({ "test": test.name, "passed": says.is_none(), "says": says, "status": status, "took_ms": took_ms, "answer": excerpt }),
    )
}

/// How an answer differs from what is expected, if it does.
pub(crate) fn differs(expect: &Expected, status: u16, body: &str) -> Option<String> {
    let wanted = expect.status.unwrap_or(200);
    if status != wanted {
        return Some(format!("it answered with status {status}, expected {wanted}"));
    }
    let json = expect.json.as_ref()?;
    let tolerance = expect.tolerance.unwrap_or(TOLERANCE);
    match serde_json::from_str(body) {
        Ok(actual) => unlike(json, &actual, tolerance, "$"),
        Err(error) => Some(format!("its answer is no JSON: {error}")),
    }
}

/// The first place at which a value is not as expected. Fields that are not expected may be there.
fn unlike(expected: &Value, actual: &Value, tolerance: f64, at: &str) -> Option<String> {
    let other = || Some(format!("at {at}: expected {expected}, got {actual}"));
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().find_map(|(key, value)| {
            let at = format!("{at}.{key}");
            match actual.get(key) {
                Some(found) => unlike(value, found, tolerance, &at),
                None => Some(format!("at {at}: expected {value}, got nothing")),
            }
        }),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => expected
            .iter()
            .zip(actual)
            .enumerate()
            .find_map(|(index, (expected, actual))| {
                unlike(expected, actual, tolerance, &format!("{at}[{index}]"))
            }),
        (Value::Number(expected), Value::Number(actual)) => {
            let near = expected == actual
                || matches!((expected.as_f64(), actual.as_f64()), (Some(a), Some(b)) if (a - b).abs() <= tolerance);
            if near { None } else { other() }
        }
        (expected, actual) if expected == actual => None,
        _ => other(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(json: Value) -> Expected {
        Expected {
            json: Some(json),
            ..Expected::default()
        }
    }

    #[test]
    fn an_answer_is_compared_where_something_is_expected() {
        let near = Expected {
            tolerance: Some(0.1),
            ..expect(json!({"delay": [1.0, 2]}))
        };
        assert_eq!(
            differs(&near, 200, r#"{"delay": [1.05, 2.0], "more": true}"#),
            None
        );
        let says = differs(&near, 200, r#"{"delay": [1.2, 2]}"#).expect("differs");
        assert_eq!(says, "at $.delay[0]: expected 1.0, got 1.2");
        for (body, part) in [
            (r#"{"delay": [1.0]}"#, "$.delay"),
            (r#"{"late": 1}"#, "got nothing"),
            ("late", "no JSON"),
        ] {
            assert!(
                differs(&near, 200, body).expect("differs").contains(part),
                "{body}"
            );
        }
        assert!(differs(&near, 424, "{}").expect("differs").contains("424"));
        assert_eq!(differs(&Expected::default(), 200, "anything"), None);
        assert_eq!(differs(&expect(json!(null)), 200, "null"), None);
    }
}
