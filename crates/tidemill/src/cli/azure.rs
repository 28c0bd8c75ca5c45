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
        Some("configure") => configure(program, &rest[1..]),
        None | Some("--help" | "-h" | "help") => Ok(vec![program, "--help".into()]),
        Some("--version" | "-v" | "version") => Ok(vec![program, "version".into()]),
        Some(other) => Err(Error::usage(format!(
            "failed to run `az {other}`: this is Tidemill, which answers `az ml`"
        ))
        .with_hint("run `az ml --help`, or call Azure's own program by its full path")),
    }
}

/// `az configure --defaults group=g workspace=w` is a context.
fn configure(program: OsString, words: &[OsString]) -> Result<Vec<OsString>> {
    let mut line: Vec<OsString> = vec![
        program,
        "context".into(),
        "set".into(),
        "az".into(),
        "--use".into(),
    ];
    for word in words {
        let word = word.to_string_lossy();
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
        ] {
            assert_eq!(translated(az).expect(az), ours);
        }
        assert!(translated("az vm list").is_err());
        assert!(is_az(&"/usr/bin/az".into()) && !is_az(&"tidemill".into()));
    }
}
