//! The secrets that a job names, put where it names them: only those, and only when its runner asks.

use std::collections::BTreeMap;

use serde_json::json;
use tidemill_policy::action;
use tidemill_spec::expr::{replace_secrets, secrets};
use tidemill_store::job;

use super::{CommandPlan, Job};
use crate::secret::LEAST_MASKED;
use crate::{Error, OpContext, Result, Scope, secret, vault};

/// Fills in `${{secrets.NAME}}`: in a variable its value, in the command a reference to a variable that holds it, so that
/// no list of processes shows it and no shell reads it as code. Gives the values, for the runner to keep out of logs.
///
/// # Errors
/// Forbidden for a secret that was not seen when the job was submitted; NotFound for one that is gone by now.
pub(super) async fn fill_in(ctx: &OpContext, row: &Job, plan: &mut CommandPlan) -> Result<Vec<String>> {
    let variables = plan.variables.values().flat_map(|value| secrets(value));
    let names: Vec<String> = secrets(&plan.command).into_iter().chain(variables).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    check_seen(ctx, row, &names).await?;
    let app = ctx.app();
    let group = vault::group_of(app, &row.workspace).await?;
    let mut values = BTreeMap::new();
    for name in names {
        if values.contains_key(&name) {
            continue;
        }
        let found = secret::value_of(app, &group, &name).await.map_err(|error| Error {
            message: format!("failed to start job `{}`: {}", row.name, error.message),
            ..error
        });
        let (version, value) = found?;
        let told = json!({ "job": row.name, "workspace": row.workspace, "version": version });
        ctx.note(action::SECRET_GET, &Scope::secret(&group, &name), told)
            .await?;
        values.insert(name, value);
    }
    let value = |name: &str| values.get(name).cloned().unwrap_or_default();
    for variable in plan.variables.values_mut() {
        *variable = replace_secrets(variable, value);
    }
    for name in secrets(&plan.command) {
        let (variable, value) = (variable_of(&name), value(&name));
        if plan.variables.get(&variable).is_some_and(|there| *there != value) {
            return Err(Error::invalid(format!(
                "failed to start job `{}`: another secret or variable of it is called {variable} too",
                row.name
            ))
            .hint("rename one of them"));
        }
        plan.variables.insert(variable, value);
    }
    plan.command = replace_secrets(&plan.command, |name| format!("${{{}}}", variable_of(name)));
    Ok(values
        .into_values()
        .filter(|value| value.len() >= LEAST_MASKED)
        .collect())
}

/// Only what its submitter was allowed to give away: the plan of the job that was submitted names it.
async fn check_seen(ctx: &OpContext, row: &Job, names: &[String]) -> Result<()> {
    let root = match row.root == row.name {
        true => None,
        false => job::get(ctx.app().store.read(), &row.workspace, &row.root).await?,
    };
    let seen = secrets(root.as_ref().map_or(&row.plan, |root| &root.plan));
    match names.iter().find(|name| !seen.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::forbidden(format!(
            "failed to start job `{}`: it names the secret `{name}`, which was not seen when `{}` was submitted",
            row.name, row.root
        ))
        .hint("a component within a component that is only named cannot bring secrets; name it in the outer one too")),
    }
}

/// The variable that holds a secret which a command names.
fn variable_of(name: &str) -> String {
    format!("TIDEMILL_SECRET_{}", name.replace('-', "__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_a_name_that_shells_take() {
        assert_eq!(variable_of("API-key_1"), "TIDEMILL_SECRET_API__key_1");
    }
}
