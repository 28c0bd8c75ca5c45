//! Which commit code is from, as Azure ML notes it on a job.

use std::path::Path;
use std::process::{Command, Stdio};

use indexmap::IndexMap;

/// The facts of the folder's repository; none where it is not in one, or git is not there. Variables named
/// `AZUREML_GIT_*` win, for builds that run without a repository.
pub fn facts(folder: &Path) -> IndexMap<String, String> {
    let git = |args: &[&str]| git(folder, args);
    let commit = git(&["rev-parse", "HEAD"]);
    let found = Facts {
        repository: git(&["remote", "get-url", "origin"]).map(|url| without_password(&url)),
        branch: git(&["symbolic-ref", "--short", "HEAD"]),
        dirty: commit.is_some().then(|| {
            git(&["status", "--porcelain", "--untracked-files=no"])
                .is_some()
                .to_string()
        }),
        commit,
    };
    properties(found, &|name| {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    })
}

#[derive(Debug, Clone, Default)]
struct Facts {
    repository: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    dirty: Option<String>,
}

fn properties(found: Facts, variable: &dyn Fn(&str) -> Option<String>) -> IndexMap<String, String> {
    let given = |name: &str, found: Option<String>| variable(&format!("AZUREML_GIT_{name}")).or(found);
    let repository = given("REPOSITORY_URI", found.repository).map(|url| without_password(&url));
    let branch = given("BRANCH", found.branch);
    let commit = given("COMMIT", found.commit);
    let pairs = [
        ("azureml.git.repository_uri", repository.clone()),
        ("mlflow.source.git.repoURL", repository),
        ("azureml.git.branch", branch.clone()),
        ("mlflow.source.git.branch", branch),
        ("azureml.git.commit", commit.clone()),
        ("mlflow.source.git.commit", commit),
        ("azureml.git.dirty", given("DIRTY", found.dirty)),
        ("azureml.git.build_id", given("BUILD_ID", None)),
        ("azureml.git.build_uri", given("BUILD_URI", None)),
    ];
    pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// The output of git, if it succeeds and says anything.
fn git(folder: &Path, args: &[&str]) -> Option<String> {
    let folder = if folder.is_file() {
        folder.parent()?
    } else {
        folder
    };
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(args)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// An address without the user and password that it may hold: a token in it must not become a fact for all to read.
fn without_password(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut url) if url.has_host() && matches!(url.scheme(), "http" | "https") => {
            // These fail only for addresses that can have neither.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_becomes_a_fact() {
        for (given, kept) in [
            ("https://me:secret@example.org/r.git", "https://example.org/r.git"),
            ("git@example.org:team/r.git", "git@example.org:team/r.git"),
            ("/srv/r.git", "/srv/r.git"),
        ] {
            assert_eq!(without_password(given), kept);
        }
        let found = Facts {
            commit: Some("abc".into()),
            branch: Some("main".into()),
            ..Facts::default()
        };
        let facts = properties(found, &|name| {
            (name == "AZUREML_GIT_REPOSITORY_URI").then(|| "https://t:k@h/r".to_owned())
        });
        assert_eq!(
            facts.get("mlflow.source.git.repoURL").map(String::as_str),
            Some("https://h/r")
        );
        assert_eq!(
            facts.get("azureml.git.commit"),
            facts.get("mlflow.source.git.commit")
        );
        assert_eq!(facts.get("azureml.git.dirty"), None);
    }

    #[test]
    fn a_repository_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = |args: &[&str]| {
            let done = Command::new("git")
                .arg("-C")
                .arg(folder.path())
                .args(args)
                .output()
                .expect("git runs");
            assert!(done.status.success(), "{args:?}");
        };
        run(&["init", "-q", "-b", "trunk"]);
        std::fs::write(folder.path().join("a"), "1").expect("writes");
        run(&["add", "a"]);
        run(&[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "commit",
            "-q",
            "-m",
            "one",
        ]);
        let clean = facts(folder.path());
        assert_eq!(clean.get("azureml.git.branch").map(String::as_str), Some("trunk"));
        assert_eq!(clean.get("azureml.git.dirty").map(String::as_str), Some("false"));
        assert_eq!(clean.get("azureml.git.commit").map(String::len), Some(40));
        std::fs::write(folder.path().join("a"), "2").expect("writes");
        assert_eq!(
            facts(folder.path()).get("azureml.git.dirty").map(String::as_str),
            Some("true")
        );
    }
}
