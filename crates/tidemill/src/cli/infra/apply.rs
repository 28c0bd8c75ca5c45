//! `tidemill infra apply`.

use clap::Args;
use serde_json::Value;

use super::folder::Folder;
use super::{detailed, plan, render, test};
use crate::cli::confirm;
use crate::client::path;
use crate::error::{Error, Result};
use crate::session::Session;

/// Do what a plan says: one that was made before, by its id, or one of the files, after it was shown
///
/// When something has moved since the plan was made, nothing is done and what moved is named. An apply that broke off goes on
/// where it was when the same plan is applied again. Nobody is asked with --yes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra apply 01JD8W3Q8Y4V7T2N6M5K0R9XZA
  tidemill infra apply -f infrastructure/ --parameters dev.yaml
  tidemill infra apply -f infrastructure/ --parameters test.yaml --yes")]
pub struct Apply {
    /// Id of a plan
    #[arg(value_name = "PLAN")]
    plan: Option<String>,
    #[command(flatten)]
    folder: Folder,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// End with 2 when something was changed, 0 when nothing had to be, and 1 on every error
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Apply {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        detailed(self.detailed_exitcode, self.applied(session).await)
    }

    async fn applied(&self, session: &Session) -> Result<bool> {
        match &self.plan {
            Some(_) if self.folder.is_given() => Err(Error::usage(
                "failed to apply: give the id of a plan or files, not both",
            )),
            Some(id) => {
                let before = session.client.get(&path(&["infra", "plans", id])).await?;
                if before["state"] == "applied" {
                    session.note(&format!("Plan {id} was applied already; nothing was done."));
                    render::show(session, before, "apply")?;
                    return Ok(false);
                }
                finish(session, id).await
            }
            None => {
                let plan = plan::make(session, &self.folder.request(session).await?).await?;
                confirmed(session, &plan, self.yes).await
            }
        }
    }
}

/// Shows a plan, asks, and applies it. Says whether anything was done.
///
/// # Errors
/// When the answer is no, and what the server says.
pub(super) async fn confirmed(session: &Session, plan: &Value, yes: bool) -> Result<bool> {
    session.note(render::text(plan)?.trim_end());
    let tests = plan["tests"].as_array().is_some_and(|tests| !tests.is_empty());
    if !plan["has_changes"].as_bool().unwrap_or(false) && !tests {
        if !session.output.is_text() {
            render::show(session, plan.clone(), "apply")?;
        }
        return Ok(false);
    }
    let problems = ["blocked", "lacking"]
        .iter()
        .any(|field| plan[field].as_array().is_some_and(|list| !list.is_empty()));
    let changes = plan["has_changes"].as_bool().unwrap_or(false);
    let open = plan["gates"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|gate| gate["verdict"] != "passed");
    if open {
        // The server says what is missing, and writes down who tried.
        return finish(session, plan["id"].as_str().unwrap_or_default()).await;
    }
    if !problems && changes {
        confirm::ask("Apply this plan", "apply it", yes)?;
    }
    finish(session, plan["id"].as_str().unwrap_or_default()).await
}

async fn finish(session: &Session, id: &str) -> Result<bool> {
    let route = path(&["infra", "plans", id]);
    let done = session
        .client
        .post(&format!("{route}:apply"), &Value::Null)
        .await?;
    let changed = done["has_changes"].as_bool().unwrap_or(false);
    if done["tests"].as_array().is_none_or(Vec::is_empty) {
        render::show(session, done, "apply")?;
        return Ok(changed);
    }
    let done = test::wait(session, id).await?;
    let failed = test::failures(&done);
    render::show(session, done, "apply")?;
    failed.map(|()| changed)
}
