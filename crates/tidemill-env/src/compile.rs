//! One run of the solver for one Python, and what its failure means.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::error::EnvError;
use crate::lock::{Package, normalize, read_compiled};
use crate::process::{Journal, run};
use crate::python::Interpreter;
use crate::request::IndexOptions;
use crate::uv::Uv;
use crate::wanted::requirement_name;

/// Why no set of packages was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure {
    /// The solver's explanation, without its own advice.
    pub conflict: String,
    /// Packages that exist, but not as wheels for this Python.
    pub without_wheels: BTreeSet<String>,
    /// Whether the Python itself is what does not fit.
    pub about_python: bool,
}

pub(crate) struct Compiler<'a> {
    pub uv: Uv,
    pub index: IndexOptions,
    pub journal: &'a Journal<'a>,
    /// Packages that are there already, as `name==version`: whatever needs them gets them as they are.
    pub given: Vec<String>,
}

/// Python versions of which any package that is published as wheels has one.
const MINORS: &[&str] = &["3.12", "3.10", "3.8", "3.6"];

impl Compiler<'_> {
    /// Solves for `python`; wheels only, other than for the packages in `build`.
    pub(crate) fn compile(
        &self,
        python: &Interpreter,
        requirements: &[String],
        build: &BTreeSet<String>,
    ) -> Result<Result<Vec<Package>, Failure>, EnvError> {
        let path = python.path.display().to_string();
        // An interpreter that is yet to be laid has one of this machine's to speak for it.
        let version = &python.version;
        self.journal.keep(&format!(
            "resolving for Python {}:\n  {}",
            python.version,
            requirements.join("\n  ")
        ));
        let ended = self.solve(
            &[
                "--python",
                &path,
                "--python-version",
                version,
                "--generate-hashes",
            ],
            requirements,
            build,
            self.journal,
        )?;
        if ended.success {
            let packages =
                read_compiled(&ended.stdout).map_err(|e| EnvError::invalid("what the solver wrote", e))?;
            return Ok(Ok(packages));
        }
        failure(&ended.stderr, self.journal).map(Err)
    }

    /// Those of `names` that are published as sources alone, for whichever Python.
    pub(crate) fn never_as_wheel(
        &self,
        names: &BTreeSet<String>,
        requirements: &[String],
        python: &Interpreter,
    ) -> Result<BTreeSet<String>, EnvError> {
        let mut never = BTreeSet::new();
        let unheard = self.journal.unheard();
        let path = python.path.display().to_string();
        for name in names {
            let mut lines: Vec<String> = requirements
                .iter()
                .filter(|line| requirement_name(line) == *name)
                .cloned()
                .collect();
            if lines.is_empty() {
                lines.push(name.clone());
            }
            let mut has_wheel = false;
            for minor in MINORS {
                let options = [
                    "--quiet",
                    "--no-deps",
                    "--python",
                    &path,
                    "--python-version",
                    minor,
                ];
                has_wheel = self.solve(&options, &lines, &BTreeSet::new(), &unheard)?.success;
                if has_wheel {
                    break;
                }
            }
            let from_source = BTreeSet::from([name.clone()]);
            let options = ["--quiet", "--no-deps", "--python", &path];
            if !has_wheel && self.solve(&options, &lines, &from_source, &unheard)?.success {
                self.journal.line(&format!(
                    "`{name}` is published as sources alone: it is built here"
                ));
                never.insert(name.clone());
            }
        }
        Ok(never)
    }

    fn solve(
        &self,
        options: &[&str],
        requirements: &[String],
        build: &BTreeSet<String>,
        journal: &Journal<'_>,
    ) -> Result<crate::process::Ended, EnvError> {
        let folder = tempfile::tempdir().map_err(EnvError::io("create", &std::env::temp_dir()))?;
        let input = folder.path().join("requirements.in");
        std::fs::write(&input, requirements.join("\n") + "\n").map_err(EnvError::io("write", &input))?;
        let mut command = self.uv.command(&["pip", "compile"], &self.index);
        command
            .args([
                "--no-header",
                "--no-annotate",
                "--color",
                "never",
                "--only-binary",
                ":all:",
            ])
            .args(options)
            .current_dir(folder.path());
        // What a URL without a name will be called, and whether it needs building, is known too late to make exceptions.
        let nameless = |line: &String| line.contains("://") && !line.contains(" @ ");
        if !requirements.iter().any(nameless) {
            command.args(["--only-binary", ":all:"]);
        }
        if !self.given.is_empty() {
            let given = folder.path().join("given.txt");
            std::fs::write(&given, self.given.join("\n") + "\n").map_err(EnvError::io("write", &given))?;
            command.args(["--constraint", "given.txt"]);
        }
        for name in build {
            command.args(["--no-binary", name]);
        }
        command.arg("requirements.in");
        run(command, journal, &|| ())
    }
}

/// What the solver's message means: a conflict is for the user, the rest is an error of another kind.
fn failure(stderr: &str, journal: &Journal<'_>) -> Result<Failure, EnvError> {
    static WHEELS: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?:Wheels are required for|only found wheels for) `([^`]+)`|([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?:[=<>!~]\S*)? ha(?:s|ve) no (?:usable wheels|wheels with a matching)";
        Regex::new(pattern).expect("the pattern is a constant")
    });
    let unreachable = [
        "error sending request",
        "client error (Connect)",
        "dns error",
        "operation timed out",
    ];
    if unreachable.iter().any(|sign| stderr.contains(sign)) && !stderr.contains("No solution found") {
        return Err(EnvError::IndexUnreachable {
            message: clean(stderr),
        });
    }
    let solved_nothing = stderr.contains("No solution found") || stderr.contains("Failed to build");
    if !solved_nothing {
        let invalid = stderr.contains("Couldn't parse") || stderr.contains("Failed to parse");
        return Err(if invalid {
            EnvError::invalid("the requirements", clean(stderr))
        } else {
            EnvError::BuildFailed {
                message: clean(stderr),
                log: journal.text(),
            }
        });
    }
    let mut without_wheels: BTreeSet<String> = WHEELS
        .captures_iter(stderr)
        .filter_map(|f| f.get(1).or(f.get(2)))
        .map(|m| normalize(m.as_str()))
        .collect();
    without_wheels.remove("");
    let about_python = stderr.contains("does not satisfy Python") || stderr.contains("requires-python");
    Ok(Failure {
        conflict: clean(stderr),
        without_wheels,
        about_python,
    })
}

/// The explanation alone: no `error:`, no advice about options that nobody gave.
pub(crate) fn clean(stderr: &str) -> String {
    let mut lines = Vec::new();
    for line in stderr.lines() {
        let line = line.trim();
        if line.starts_with("hint:") && line.contains("Wheels are required") {
            continue;
        }
        let line = line
            .trim_start_matches("error: ")
            .trim_start_matches("cause: ")
            .trim_start_matches("× ")
            .trim_start_matches("╰─▶ ")
            .trim();
        let noise = line.is_empty()
            || line.starts_with("warning:")
            || line.starts_with("No solution found when resolving")
            || line.starts_with("Using Python");
        if !noise {
            lines.push(line);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn failures_are_told_apart() {
        let cancel = AtomicBool::new(false);
        let journal = Journal::new(&|_| (), &cancel);
        let wheels = "error: No solution found when resolving dependencies\n  cause: Because numpy==1.22 has no usable wheels and you require numpy==1.22, we can conclude that your requirements are unsatisfiable.\n\nhint: Wheels are required for `numpy` because building from source is disabled for all packages (i.e., with `--no-build`)\n";
        let read = failure(wheels, &journal).unwrap();
        assert_eq!(read.without_wheels.into_iter().collect::<Vec<_>>(), ["numpy"]);
        assert!(read.conflict.starts_with("Because numpy==1.22") && !read.conflict.contains("--no-build"));
        let other = "error: No solution found when resolving dependencies\n  cause: Because native==1.0 has no wheels with a matching Python implementation tag (e.g., `cp311`) and you require native==1.0, we can conclude that your requirements are unsatisfiable.";
        assert!(
            failure(other, &journal)
                .unwrap()
                .without_wheels
                .contains("native")
        );
        let offline = "error: Failed to fetch: https://x/\n  cause: error sending request for url (https://x/)\n  cause: client error (Connect)";
        assert!(matches!(
            failure(offline, &journal),
            Err(EnvError::IndexUnreachable { .. })
        ));
        assert!(matches!(
            failure("error: Couldn't parse requirement", &journal),
            Err(EnvError::Invalid { .. })
        ));
        assert!(matches!(
            failure("error: boom", &journal),
            Err(EnvError::BuildFailed { .. })
        ));
    }
}
