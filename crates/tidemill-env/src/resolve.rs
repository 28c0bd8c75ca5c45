//! From what is wanted to a lock: which Python, and which exact packages, with their hashes.

use std::collections::BTreeSet;
use std::path::Path;

use crate::compile::{Compiler, Failure};
use crate::conda::{Equivalent, equivalent};
use crate::error::EnvError;
use crate::event::EnvEvent;
use crate::lock::{ChannelPackage, LOCK_FORMAT, Lock, LockedPython, Package, Platform, Source, normalize};
use crate::loosen::{Loosened, loosen, without_local_version};
use crate::process::Journal;
use crate::python::{Interpreter, bundled_wheels, nearest};
use crate::request::Policy;
use crate::uv::Uv;
use crate::version::{Constraint, Version};
use crate::wanted::{Wanted, requirement_name};

/// Resolves the Python packages of `wanted`; writes what had to be changed into it.
pub(crate) fn resolve(
    wanted: &mut Wanted,
    policy: Policy,
    pythons: &[Interpreter],
    data_dir: &Path,
    journal: &Journal<'_>,
) -> Result<Lock, EnvError> {
    let (order, allowed) = nearest(pythons, &wanted.python, &wanted.python_suggested);
    let missing = || EnvError::PythonMissing {
        wanted: wanted.python.as_str().to_owned(),
        present: pythons.iter().map(|python| python.version.clone()).collect(),
    };
    let first = order.first().ok_or_else(missing)?;
    if allowed == 0 && policy == Policy::Exact {
        return Err(missing());
    }
    let needs_pip = !bundled_wheels(first).iter().any(|(name, ..)| name == "pip");
    if wanted.pip.is_empty() && !needs_pip {
        tell_python(wanted, first, allowed > 0, "");
        return lock_of(wanted, first, Vec::new());
    }
    let mut requirements = wanted.pip.clone();
    if needs_pip {
        requirements.push("pip".into());
    }
    let solved = solve(
        wanted,
        policy,
        (&order, allowed),
        requirements,
        Vec::new(),
        (pythons, data_dir, journal),
    )?;
    tell_python(wanted, &solved.python, allowed > 0, &solved.why_python);
    wanted.changes.extend(solved.changes);
    lock_of(wanted, &solved.python, solved.packages)
}

/// Resolves the Python packages of `wanted` over conda packages that are settled already.
pub(crate) fn resolve_over(
    channel_packages: Vec<ChannelPackage>,
    wanted: &mut Wanted,
    policy: Policy,
    pythons: &[Interpreter],
    data_dir: &Path,
    journal: &Journal<'_>,
) -> Result<Lock, EnvError> {
    let Some(version) = channel_packages
        .iter()
        .find(|p| p.name == "python")
        .map(|p| p.version.clone())
    else {
        // No Python among them: one of this machine's shares the prefix with them.
        let lock = resolve(wanted, policy, pythons, data_dir, journal)?;
        return Ok(Lock {
            channel_packages,
            ..lock
        });
    };
    let mut packages = Vec::new();
    if !wanted.pip.is_empty() {
        let minor = Version::parse(&version).map(|v| v.minor()).unwrap_or_default();
        let close = Constraint::parse(&format!("=={}.{}.*", minor.0, minor.1)).unwrap_or_default();
        let (near, _) = nearest(pythons, &close, &Constraint::default());
        let speaker = near.first().ok_or_else(|| EnvError::PythonMissing {
            wanted: "any, to resolve `pip:` with".into(),
            present: Vec::new(),
        })?;
        let order = [Interpreter {
            version: version.clone(),
            ..speaker.clone()
        }];
        let provided: Vec<(String, String)> = channel_packages
            .iter()
            .filter_map(|package| {
                let name = match equivalent(&package.name) {
                    Equivalent::Same => package.name.clone(),
                    Equivalent::Package(name) => name.to_owned(),
                    Equivalent::Nothing(_) | Equivalent::Impossible(_) => return None,
                };
                Some((normalize(&name), package.version.clone()))
            })
            .collect();
        let given = provided
            .iter()
            .map(|(name, version)| format!("{name}=={version}"))
            .collect();
        let requirements = wanted.pip.clone();
        let solved = solve(
            wanted,
            policy,
            (&order, 1),
            requirements,
            given,
            (pythons, data_dir, journal),
        )?;
        wanted.changes.extend(solved.changes);
        packages = solved.packages;
        packages.retain(|package| provided.iter().all(|(name, _)| *name != package.name));
    }
    Ok(Lock {
        format: LOCK_FORMAT,
        python: LockedPython {
            version,
            implementation: "cpython".into(),
        },
        platform: Platform::here(),
        packages,
        channel_packages,
        variables: wanted.variables.clone(),
    })
}

/// Solves, leaving out indexes that do not answer where the policy lets it.
fn solve(
    wanted: &mut Wanted,
    policy: Policy,
    (order, allowed): (&[Interpreter], usize),
    requirements: Vec<String>,
    given: Vec<String>,
    (pythons, data_dir, journal): (&[Interpreter], &Path, &Journal<'_>),
) -> Result<Solved, EnvError> {
    (journal.progress)(EnvEvent::Resolving {
        requirements: requirements.len(),
    });
    let uv = Uv::get(data_dir, pythons, journal)?;
    let mut compiler = Compiler {
        uv,
        index: wanted.index.clone(),
        journal,
        given,
    };
    loop {
        let search = Search {
            compiler: &compiler,
            policy,
            order,
            allowed,
        };
        match search.run(requirements.clone()) {
            Err(EnvError::IndexUnreachable { message }) if policy == Policy::Relaxed => {
                let silent = compiler.index.silent_hosts(&message);
                if silent.is_empty() {
                    return Err(EnvError::IndexUnreachable { message });
                }
                for host in silent {
                    wanted.changes.push(format!(
                        "packages are not looked for at {host}: it cannot be reached"
                    ));
                    compiler.index.leave_out(&host);
                    wanted.silent_hosts.push(host);
                }
            }
            other => return other,
        }
    }
}

/// Writes the line that says which Python was taken, where it is not the one asked for.
fn tell_python(wanted: &mut Wanted, python: &Interpreter, one_fits: bool, why: &str) {
    if !wanted.python.allows(&python.release()) {
        let reason = if one_fits {
            why.to_owned()
        } else {
            "it is not on this machine".to_owned()
        };
        wanted.changes.push(format!(
            "Python {} taken for `python{}`: {reason}",
            python.version,
            wanted.python.as_str()
        ));
    } else if !wanted.python_suggested.allows(&python.release()) && wanted.python.as_str().is_empty() {
        let asked = wanted
            .python_suggested
            .as_str()
            .trim_start_matches('=')
            .trim_end_matches(".*")
            .to_owned();
        let reason = if why.is_empty() {
            "that one is not on this machine"
        } else {
            why
        };
        wanted.changes.push(format!(
            "Python {} taken for the image's Python {asked}: {reason}",
            python.version
        ));
    }
}

struct Solved {
    python: Interpreter,
    packages: Vec<Package>,
    changes: Vec<String>,
    why_python: String,
}

/// The order in which ways are tried: as asked, building what has no wheels anywhere, another Python, looser pins.
struct Search<'a> {
    compiler: &'a Compiler<'a>,
    policy: Policy,
    order: &'a [Interpreter],
    allowed: usize,
}

impl Search<'_> {
    fn run(&self, mut requirements: Vec<String>) -> Result<Solved, EnvError> {
        let first = &self.order[0];
        let mut build: BTreeSet<String> = requirements
            .iter()
            .filter(|line| line.contains(" @ "))
            .map(|line| requirement_name(line))
            .collect();
        let mut changes = Vec::new();
        let mut first_failure: Option<Failure> = None;
        // Each round removes one obstacle; a specification has no more obstacles than packages.
        for _ in 0..24 {
            let failure = match self.compiler.compile(first, &requirements, &build)? {
                Ok(packages) => {
                    return Ok(Solved {
                        python: first.clone(),
                        packages,
                        changes,
                        why_python: String::new(),
                    });
                }
                Err(failure) => failure,
            };
            let lacking: BTreeSet<String> = failure.without_wheels.difference(&build).cloned().collect();
            let python_matters = !lacking.is_empty() || failure.about_python || self.allowed == 0;
            first_failure.get_or_insert_with(|| failure.clone());
            if self.policy == Policy::Exact {
                if lacking.is_empty() {
                    break;
                }
                build.extend(lacking);
                continue;
            }
            let Loosened {
                requirements: looser,
                changes: lines,
            } = without_local_version(&requirements, &failure.conflict);
            if !lines.is_empty() {
                requirements = looser;
                changes.extend(lines);
                continue;
            }
            let sources_only = self.compiler.never_as_wheel(&lacking, &requirements, first)?;
            if !sources_only.is_empty() {
                build.extend(sources_only);
                continue;
            }
            if python_matters
                && let Some(solved) = self.another_python(&requirements, &build, &failure, &changes)?
            {
                return Ok(solved);
            }
            let looser = loosen(&requirements, &lacking, first);
            if !looser.changes.is_empty() {
                requirements = looser.requirements;
                changes.extend(looser.changes);
                continue;
            }
            if lacking.is_empty() {
                first_failure = Some(failure);
                break;
            }
            build.extend(lacking);
        }
        let failure = first_failure.unwrap_or_default();
        Err(EnvError::Unsatisfiable {
            conflict: failure.conflict,
            log: self.compiler.journal.text(),
        })
    }

    fn another_python(
        &self,
        requirements: &[String],
        build: &BTreeSet<String>,
        failure: &Failure,
        changes: &[String],
    ) -> Result<Option<Solved>, EnvError> {
        for python in self.order.iter().skip(1) {
            self.compiler
                .journal
                .line(&format!("trying Python {}", python.version));
            if let Ok(packages) = self.compiler.compile(python, requirements, build)? {
                let names: Vec<&str> = failure.without_wheels.iter().map(String::as_str).collect();
                let first = &self.order[0].version;
                let why_python = if names.is_empty() {
                    format!("the packages do not support Python {first}")
                } else {
                    format!(
                        "`{}` as asked has no build for Python {first}",
                        names.join("`, `")
                    )
                };
                let changes = changes.to_vec();
                return Ok(Some(Solved {
                    python: python.clone(),
                    packages,
                    changes,
                    why_python,
                }));
            }
        }
        Ok(None)
    }
}

fn lock_of(wanted: &Wanted, python: &Interpreter, mut packages: Vec<Package>) -> Result<Lock, EnvError> {
    for (name, version, path) in bundled_wheels(python) {
        if packages.iter().all(|package| package.name != name) {
            let hashes = vec![crate::files::sha256(&path).map_err(EnvError::io("read", &path))?];
            packages.push(Package {
                name,
                version,
                hashes,
                source: Source::Bundled,
            });
        }
    }
    packages.sort();
    Ok(Lock {
        format: LOCK_FORMAT,
        python: LockedPython {
            version: python.version.clone(),
            implementation: python.implementation.clone(),
        },
        platform: Platform::here(),
        packages,
        channel_packages: Vec::new(),
        variables: wanted.variables.clone(),
    })
}
