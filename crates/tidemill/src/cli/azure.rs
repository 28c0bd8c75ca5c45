//! Answering as `az`: the same words after `az ml`, and the few beside it that scripts of teams start with.

use std::ffi::OsString;
use std::path::Path;

use crate::error::{Error, Result};

/// True where the program was called by the name `az`.
pub fn is_az(program: &OsString) -> bool {
    Path::new(program).file_stem().is_some_and(|name| name == "az")
}

/// The command line in Tidemill's words.
///
/// # Errors
/// Commands of `az` that have nothing to do with machine learning.
pub fn translate(args: Vec<OsString>) -> Result<Vec<OsString>> {
    let mut words = args.into_iter();
    let program = words.next().unwrap_or_else(|| "az".into());
    let rest: Vec<OsString> = words.collect();
    match rest.first().and_then(|word| word.to_str()) {
        Some("ml") => Ok(std::iter::once(program).chain(rest.into_iter().skip(1)).collect()),
        Some("configure" | "config" | "account" | "login" | "logout" | "extension" | "group") => {
            let line = around(&rest).ok_or_else(|| refused(&rest))??;
            Ok(std::iter::once(program).chain(line).collect())
        }
        None | Some("--help" | "-h" | "help") => Ok(vec![program, "--help".into()]),
        Some("--version" | "-v" | "version") => Ok(vec![program, "version".into()]),
        Some(_) => Err(refused(&rest)),
    }
}

fn refused(words: &[OsString]) -> Error {
    let said: Vec<_> = words
        .iter()
        .map(|word| word.to_string_lossy())
        .take_while(|word| !word.starts_with('-'))
        .take(2)
        .collect();
    Error::usage(format!(
        "failed to run `az {}`: this is Tidemill, which answers `az ml`",
        said.join(" ")
    ))
    .with_hint("run `az ml --help`, or call Azure's own program by its full path")
}

/// What scripts do around `az ml`; `None` for what they cannot do here.
fn around(words: &[OsString]) -> Option<Result<Vec<OsString>>> {
    let verb = words.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    let asks = |word: &str, options: &[OsString]| {
        let mut line: Vec<OsString> = vec!["cloud".into(), word.into()];
        line.extend_from_slice(options);
        Some(Ok(line))
    };
    match (words[0].to_str()?, verb) {
        ("configure", "-l" | "--list-defaults") => asks("defaults", &words[2..]),
        ("configure", _) => Some(defaults(&words[1..])),
        ("config", "get") => asks("config", &words[2..]),
        ("config", "set")
            if words
                .iter()
                .any(|word| word.to_string_lossy().starts_with("defaults.")) =>
        {
            let plain = |word: &OsString| OsString::from(word.to_string_lossy().replace("defaults.", ""));
            Some(defaults(&words[2..].iter().map(plain).collect::<Vec<_>>()))
        }
        ("account", "show") => asks("account", &words[2..]),
        ("account", "set" | "clear") | ("login" | "logout" | "extension", _) => {
            let said = words.iter().map(|word| word.to_string_lossy());
            let said: Vec<_> = said.take_while(|word| !word.starts_with('-')).take(2).collect();
            asks("passed", &[said.join(" ").into()])
        }
        // A group comes with its first workspace.
        ("group", "create") => asks("passed", &["group create".into()]),
        ("config", "set") => asks("passed", &["config set".into()]),
        _ => None,
    }
}

/// `az configure --defaults group=g workspace=w` is a context.
fn defaults(words: &[OsString]) -> Result<Vec<OsString>> {
    let mut line: Vec<OsString> = vec!["context".into(), "set".into(), "az".into(), "--use".into()];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        // Where a default is kept is no question here.
        if matches!(&*word, "--scope" | "-s" | "--local") {
            if word != "--local" {
                words.next();
            }
            continue;
        }
        match word.split_once('=') {
            Some(("workspace", value)) => line.extend(["--workspace".into(), value.into()]),
            Some(("group", value)) => line.extend(["--group".into(), value.into()]),
            // A region means nothing here.
            Some(("location", _)) => {}
            _ if matches!(&*word, "--defaults" | "-d") => {}
            _ => {
                return Err(Error::usage(format!("failed to read `{word}` of `az configure`"))
                    .with_hint("write `az configure --defaults group=default workspace=default`"));
            }
        }
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(line: &str) -> Result<String> {
        let words = translate(line.split(' ').map(OsString::from).collect())?;
        Ok(words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" "))
    }

    #[test]
    fn az_words_become_ours() {
        for (az, ours) in [
            ("az ml job list -o table", "az job list -o table"),
            ("az ml", "az"),
            ("az", "az --help"),
            (
                "az configure --defaults group=g workspace=w location=eu",
                "az context set az --use --group g --workspace w",
            ),
            (
                "az configure --scope local -d workspace=w",
                "az context set az --use --workspace w",
            ),
            (
                "az config set defaults.group=g defaults.workspace=w",
                "az context set az --use --group g --workspace w",
            ),
            ("az account set --subscription x", "az cloud passed account set"),
            ("az login --use-device-code", "az cloud passed login"),
            ("az extension add -n ml -y", "az cloud passed extension add"),
            (
                "az account show --query id -o tsv",
                "az cloud account --query id -o tsv",
            ),
            ("az configure -l -o table", "az cloud defaults -o table"),
            ("az config get defaults.group", "az cloud config defaults.group"),
        ] {
            assert_eq!(translated(az).expect(az), ours);
        }
        for foreign in ["az vm list", "az account list-locations", "az group delete -n g"] {
            assert!(translated(foreign).is_err(), "{foreign}");
        }
        assert!(is_az(&"/usr/bin/az".into()) && !is_az(&"tidemill".into()));
    }
}
