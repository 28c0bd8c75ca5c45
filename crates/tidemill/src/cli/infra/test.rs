//! `tidemill infra test`.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::render;
use crate::client::path;
use crate::error::{Error, Result};
use crate::session::Session;

/// How long one waits before asking again.
const PAUSE: Duration = Duration::from_millis(500);

/// Run the tests of a plan that was applied once more, and wait for what they find
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra test 01JD8W3Q8Y4V7T2N6M5K0R9XZA")]
pub struct Test {
    /// Id of the plan
    #[arg(value_name = "PLAN")]
    plan: String,
}

impl Test {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let route = path(&["infra", "plans", &self.plan]);
        session
            .client
            .post(&format!("{route}:test"), &Value::Null)
            .await?;
        let plan = wait(session, &self.plan).await?;
        let failed = failures(&plan);
        render::show(session, plan, "test")?;
        failed
    }
}

/// Waits until the tests of a plan have ended; says each as it ends.
///
/// # Errors
/// What the server says.
pub(super) async fn wait(session: &Session, id: &str) -> Result<Value> {
    let route = path(&["infra", "plans", id]);
    let mut told = 0;
    loop {
        let plan = session.client.get(&route).await?;
        let tests = plan["tests"].as_array().cloned().unwrap_or_default();
        let ended =
            |test: &&Value| !["running", "planned"].contains(&test["state"].as_str().unwrap_or_default());
        let done: Vec<&Value> = tests.iter().take_while(ended).collect();
        for test in done.iter().skip(told) {
            session.note(render::test_line(test).trim_end());
        }
        told = done.len();
        if told == tests.len() {
            return Ok(plan);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// An error when a test did not pass.
///
/// # Errors
/// With the names of those.
pub(super) fn failures(plan: &Value) -> Result<()> {
    let tests = plan["tests"].as_array().into_iter().flatten();
    let failed: Vec<&str> = tests
        .filter(|test| test["state"] != "passed")
        .filter_map(|test| test["name"].as_str())
        .collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Error::failed(format!("these tests did not pass: {}", failed.join(", "))).with_hint(
            "what was applied stays; repair it and apply again, or run the tests again with `tidemill infra test`",
        )),
    }
}
