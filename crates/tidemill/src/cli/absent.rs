//! Nouns, verbs and options of `az ml` that are not here yet: they are refused by their name, and never taken for a misspelt other one.

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::error::Error;

const ABSENT: &[(&str, &str)] = &[
    ("batch-endpoint", "batch endpoints are"),
    ("batch-deployment", "batch deployments are"),
    ("serverless-endpoint", "serverless endpoints are"),
    ("registry", "registries are"),
    ("connection", "connections are"),
    ("feature-set", "feature sets are"),
    ("feature-store", "feature stores are"),
    ("feature-store-entity", "feature stores are"),
    ("marketplace-subscription", "subscriptions of a marketplace are"),
    ("index", "data indexes are"),
    ("capability-host", "capability hosts are"),
    ("deployment-template", "templates of deployments are"),
];

/// Verbs of `az ml` that are not here yet, by noun.
const VERBS: &[(&str, &[&str])] = &[
    (
        "compute",
        &[
            "connect-ssh",
            "enable-sso",
            "resize",
            "list-usage",
            "update-schedules",
        ],
    ),
    ("component", &["share"]),
    ("data", &["list-materialization-status", "share"]),
    ("datastore", &["mount"]),
    ("environment", &["share"]),
    ("job", &["connect-ssh"]),
    ("model", &["package", "share"]),
    (
        "workspace",
        &[
            "diagnose",
            "list-keys",
            "outbound-rule",
            "provision-network",
            "sync-keys",
        ],
    ),
];

/// The error for a noun that is not here yet; `None` when the command line is wrong in another way.
pub(super) fn refused(error: &clap::Error) -> Option<Error> {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && option == "--registry-name"
    {
        return Some(Error::Usage {
            message: "registries are not supported yet, so that `--registry-name` has no meaning".into(),
            hint: Some("leave it out: assets are kept in the workspace".into()),
        });
    }
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    // A word after a noun, as in `job schedule`, is a verb that this noun does not have.
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else {
        return None;
    };
    let usage = usage.to_string();
    let nouns = Cli::command();
    let noun = nouns
        .get_subcommands()
        .find(|noun| usage.split_whitespace().any(|word| word == noun.get_name()));
    if let Some(noun) = noun {
        let noun = noun.get_name();
        let (_, verbs) = VERBS.iter().find(|(of, _)| *of == noun)?;
        return verbs.contains(&word.as_str()).then(|| Error::Usage {
            message: format!("`{noun} {word}` is not supported yet"),
            hint: Some(format!("`tidemill {noun} --help` lists the verbs that are here")),
        });
    }
    let (_, what) = ABSENT.iter().find(|(noun, _)| noun == word)?;
    Some(Error::Usage {
        message: format!("{what} not supported yet"),
        hint: Some("`tidemill --help` lists the nouns that are here".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_that_is_not_here_yet_is_refused_by_its_name() {
        let said = |words: &str| {
            let args = ["tidemill"].into_iter().chain(words.split(' '));
            let error =
                super::super::parse(args.map(Into::into).collect(), false).expect_err("not a command");
            refused(&error).map(|error| error.to_string())
        };
        assert_eq!(
            said("registry create -f x.yml").as_deref(),
            Some("registries are not supported yet")
        );
        assert_eq!(
            said("-w a batch-endpoint list").as_deref(),
            Some("batch endpoints are not supported yet")
        );
        assert_eq!(
            said("component show -n x --registry-name azureml").as_deref(),
            Some("registries are not supported yet, so that `--registry-name` has no meaning")
        );
        assert_eq!(said("component show -n x --regisry-name azureml"), None);
        assert_eq!(said("jobs list"), None);
        assert_eq!(said("job registry"), None, "only a noun is meant");
        assert_eq!(
            said("compute resize -n x").as_deref(),
            Some("`compute resize` is not supported yet")
        );
        assert_eq!(said("compute rezise -n x"), None);
    }
}
