//! `tidemill infra show`.

use clap::Args;

use super::render;
use crate::client::path;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const STACKS: &[Column] = &[
    Column::text("stack", "name"),
    Column::text("resources", "count"),
    Column::text("state", "state"),
    Column::text("plan", "plan"),
    Column::text("applied by", "applied_by"),
];

/// Show a plan by its id, a stack by its name, or every stack
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra show
  tidemill infra show flights
  tidemill infra show 01JD8W3Q8Y4V7T2N6M5K0R9XZA -o json")]
pub struct Show {
    /// Id of a plan, or name of a stack
    #[arg(value_name = "PLAN|STACK")]
    which: Option<String>,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self.which.as_deref() {
            None => {
                let mut rows = session.client.list("/infra/stacks", &[], None).await?;
                for row in &mut rows {
                    row["count"] = row["resources"].as_array().map_or(0, Vec::len).into();
                }
                session.output.list(rows, STACKS)
            }
            Some(id) if is_plan(id) => {
                let plan = session.client.get(&path(&["infra", "plans", id])).await?;
                render::show(session, plan, "show")
            }
            Some(name) => {
                let stack = session.client.get(&path(&["infra", "stacks", name])).await?;
                render::stack(session, stack)
            }
        }
    }
}

/// A ULID: no stack is called so by chance.
fn is_plan(text: &str) -> bool {
    text.len() == 26 && text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}
