//! What the gates and the tests of a roll-out mean as a whole.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::error::{FieldPath, Problem};
use crate::kinds::{RolloutGates, RolloutTest};

/// The most tests of a roll-out.
const MOST: usize = 100;

pub(super) fn check_gates(
    gates: &IndexMap<String, RolloutGates>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for (stage, gates) in gates {
        let at = at.key(stage);
        if gates
            .approvals
            .as_ref()
            .is_some_and(|approvals| approvals.count == 0)
        {
            problems.push(Problem::new("expected at least 1 approval").at(at.key("approvals").key("count")));
        }
        for (number, branch) in gates.branches.iter().enumerate() {
            let fixed = branch.strip_suffix("/*").unwrap_or(branch);
            if fixed.is_empty() || fixed.contains('*') {
                let problem = Problem::new("expected a branch in full, or one that ends in `/*`");
                problems.push(
                    problem
                        .at(at.key("branches").index(number))
                        .hint("such as `refs/heads/main`"),
                );
            }
        }
        for (number, who) in gates.principals.iter().enumerate() {
            let known = ["service-principal:", "user:"];
            if !known
                .iter()
                .any(|kind| who.strip_prefix(kind).is_some_and(|name| !name.is_empty()))
            {
                let problem = Problem::new("expected `service-principal:NAME` or `user:NAME`");
                problems.push(problem.at(at.key("principals").index(number)));
            }
        }
        if gates.tested_in.as_ref() == Some(stage) {
            problems.push(Problem::new("expected a stage before this one").at(at.key("tested_in")));
        }
    }
}

pub(super) fn check_tests(tests: &[RolloutTest]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let root = FieldPath::field("tests");
    if tests.len() > MOST {
        problems.push(Problem::new(format!("expected {MOST} tests at most")).at(root.clone()));
    }
    let mut names = HashSet::new();
    for (number, test) in tests.iter().enumerate() {
        let at = root.index(number);
        if test.name.trim().is_empty() || !names.insert(&test.name) {
            problems.push(Problem::new("expected a name that no other test has").at(at.key("name")));
        }
        if test.command.is_some() == test.probe.is_some() {
            problems.push(Problem::new("expected either `command` or `probe`").at(at.clone()));
        }
        if test.command.is_some() && test.environment.is_none() {
            problems.push(Problem::new("expected the `environment` that the command runs in").at(at.clone()));
        }
        if let Some(probe) = &test.probe {
            let asked = [&probe.datastore, &probe.endpoint, &probe.url]
                .into_iter()
                .flatten()
                .count();
            if asked != 1 {
                problems.push(
                    Problem::new("expected one of `datastore`, `endpoint` and `url`").at(at.key("probe")),
                );
            }
            if probe.request.is_some() && probe.endpoint.is_none() {
                problems.push(
                    Problem::new("expected no `request`: only an endpoint is sent one").at(at.key("probe")),
                );
            }
        }
        if test
            .timeout_seconds
            .is_some_and(|seconds| seconds == 0 || seconds > 3600)
        {
            problems.push(Problem::new("expected 1 to 3600 seconds").at(at.key("timeout_seconds")));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::RolloutProbe;

    #[test]
    fn a_test_asks_one_thing() {
        let says = |test: RolloutTest| {
            check_tests(&[test])
                .first()
                .map(|problem| problem.path.to_string())
        };
        let named = || RolloutTest {
            name: "t".into(),
            ..RolloutTest::default()
        };
        let probe = |datastore: Option<&str>, url: Option<&str>| RolloutTest {
            probe: Some(RolloutProbe {
                datastore: datastore.map(str::to_owned),
                url: url.map(str::to_owned),
                ..RolloutProbe::default()
            }),
            ..named()
        };
        assert_eq!(says(probe(Some("lake"), None)), None);
        assert_eq!(says(probe(None, None)).as_deref(), Some("tests[0].probe"));
        assert_eq!(
            says(probe(Some("lake"), Some("https://x"))).as_deref(),
            Some("tests[0].probe")
        );
        assert_eq!(says(named()).as_deref(), Some("tests[0]"));
        let command = RolloutTest {
            command: Some("true".into()),
            ..named()
        };
        assert_eq!(says(command).as_deref(), Some("tests[0]"), "no environment");
        let late = RolloutTest {
            timeout_seconds: Some(4000),
            ..probe(Some("lake"), None)
        };
        assert_eq!(says(late).as_deref(), Some("tests[0].timeout_seconds"));
        let twice = check_tests(&[probe(Some("a"), None), probe(Some("b"), None)]);
        assert_eq!(twice.len(), 1);
    }

    #[test]
    fn a_branch_is_named_in_full_or_below_a_folder() {
        let says = |branch: &str| {
            let gates = RolloutGates {
                branches: vec![branch.to_owned()],
                ..RolloutGates::default()
            };
            let mut problems = Vec::new();
            check_gates(
                &[("PRD".to_owned(), gates)].into(),
                &FieldPath::default(),
                &mut problems,
            );
            problems.len()
        };
        assert_eq!(says("refs/heads/main") + says("refs/heads/release/*"), 0);
        for odd in ["*", "/*", "refs/heads/m*", "refs/*/main", ""] {
            assert_eq!(says(odd), 1, "{odd}");
        }
    }
}
