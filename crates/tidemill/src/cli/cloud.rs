//! What scripts of `az` ask of the cloud around machine learning: answered where there is an answer, passed over where
//! there is nothing to do.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::globals::Globals;
use crate::context::Contexts;
use crate::error::{Error, Result};
use crate::session::DEFAULT_WORKSPACE;

/// As jobs hear it in `AZUREML_ARM_SUBSCRIPTION`: there are no subscriptions here.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Questions that have nothing to do with machine learning
#[derive(Debug, Args)]
pub struct Cloud {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// `az account show`
    Account {
        #[arg(long, short = 'n', short_alias = 's', alias = "name")]
        subscription_name: Option<String>,
    },
    /// `az configure --list-defaults`
    Defaults,
    /// `az config get`
    Config {
        /// Such as `defaults.group`
        key: Option<String>,
    },
    /// What needs nothing here
    Passed { what: String },
}

impl Cloud {
    /// Answers.
    ///
    /// # Errors
    /// Contexts that cannot be read, a key of the configuration that is not set.
    pub fn run(self, globals: &Globals) -> Result<()> {
        match self.verb {
            Verb::Account { subscription_name: _ } => globals.output()?.show(json!({
                "id": NOBODY, "name": "tidemill", "tenantId": NOBODY, "state": "Enabled", "isDefault": true,
                "environmentName": "AzureCloud", "user": {"name": "owner", "type": "user"},
            })),
            Verb::Defaults => globals.output()?.show(Value::Array(defaults(globals)?)),
            Verb::Config { key } => {
                let defaults = defaults(globals)?;
                let Some(key) = key else {
                    return globals.output()?.show(json!({ "defaults": defaults }));
                };
                let (section, name) = key.split_once('.').unwrap_or((&key, ""));
                let known = defaults
                    .iter()
                    .find(|entry| section == "defaults" && entry["name"] == name);
                match known {
                    Some(entry) => globals.output()?.show(entry.clone()),
                    None if key == "defaults" => globals.output()?.show(Value::Array(defaults)),
                    None => Err(Error::failed(format!("failed to get `{key}`: it is not set"))
                        .with_hint("defaults.group and defaults.workspace are what there is")),
                }
            }
            Verb::Passed { what } => {
                if !globals.only_show_errors {
                    anstream::eprintln!(
                        "`az {what}` needs nothing here: Tidemill has no subscriptions, extensions and cloud accounts"
                    );
                }
                Ok(())
            }
        }
    }
}

fn defaults(globals: &Globals) -> Result<Vec<Value>> {
    let path = Contexts::path()?;
    let context = Contexts::read(&path)?.chosen(globals.context.as_deref())?;
    let entry = |name: &str, given: Option<String>, context: Option<String>, otherwise: &str| {
        let value = given.or(context).unwrap_or_else(|| otherwise.to_owned());
        json!({ "name": name, "source": path, "value": value })
    };
    Ok(vec![
        entry("group", globals.group.clone(), context.group, "default"),
        entry(
            "workspace",
            globals.workspace.clone(),
            context.workspace,
            DEFAULT_WORKSPACE,
        ),
    ])
}
