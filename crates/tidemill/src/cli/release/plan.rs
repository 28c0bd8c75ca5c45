//! `tidemill release plan`.

use clap::Args;
use serde_json::Value;

use crate::error::Result;
use crate::output::{self, text};
use crate::session::Session;

/// Show what would happen to a release in each stage, how its gates stand, and who must act
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill release plan flights\n  tidemill release plan flights:3 -o json"
)]
pub struct Plan {
    #[command(flatten)]
    which: super::Which,
}

impl Plan {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[super::NOUN, self.which.text(), "plan"]);
        let plan = session.client.get(&path).await?;
        if session.output.is_asked() {
            return session.show(plan);
        }
        output::write_out(&lines(&plan))
    }
}

/// A line a stage, and one for each of its gates.
fn lines(plan: &Value) -> String {
    let mut out = format!("{}\n", text(plan, "release").unwrap_or_default());
    for step in plan["steps"].as_array().into_iter().flatten() {
        let said = |field: &str| text(step, field).unwrap_or_default();
        let who: Vec<&str> = step["who"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let by = if who.is_empty() {
            String::new()
        } else {
            format!(": {}", who.join(", "))
        };
        out += &format!(
            "{:<6} {:<11} {}{by}\n",
            said("stage"),
            said("state"),
            said("says")
        );
        for gate in step["gates"].as_array().into_iter().flatten() {
            let said = |field: &str| text(gate, field).unwrap_or_default();
            let sign = match said("verdict") {
                "passed" => "✓",
                "waiting" => "…",
                _ => "✗",
            };
            out += &format!("       {sign} {}: {}\n", said("gate"), said("says"));
        }
    }
    out
}
