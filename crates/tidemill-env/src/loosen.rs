//! Loosens pins for which no build exists for a Python; each by the least that could help, with a line that says so.

use std::collections::BTreeSet;

use crate::python::Interpreter;
use crate::version::Version;
use crate::wanted::requirement_name;

/// Requirements after one step of loosening.
pub(crate) struct Loosened {
    pub requirements: Vec<String>,
    /// Empty where nothing could be loosened.
    pub changes: Vec<String>,
}

/// `numpy==1.22.*` becomes `numpy>=1.22,<2`, and that `numpy>=1.22`, for packages in `lacking`.
pub(crate) fn loosen(requirements: &[String], lacking: &BTreeSet<String>, python: &Interpreter) -> Loosened {
    let mut changes = Vec::new();
    let requirements = requirements
        .iter()
        .map(|line| {
            if !lacking.contains(&requirement_name(line)) {
                return line.clone();
            }
            let Some(looser) = looser(line) else {
                return line.clone();
            };
            changes.push(format!(
                "`{line}` loosened to `{looser}`: it has no build for Python {}",
                python.version
            ));
            looser
        })
        .collect();
    Loosened {
        requirements,
        changes,
    }
}

fn looser(line: &str) -> Option<String> {
    let (requirement, marker) = line.split_once(';').map_or((line, ""), |(r, m)| (r, m));
    let at = requirement.find(['=', '<', '>', '~', '!'])?;
    let (name, constraint) = requirement.split_at(at);
    let floor = constraint
        .split(',')
        .map(str::trim)
        .filter(|clause| !clause.starts_with('<') && !clause.starts_with("!="))
        .find_map(|clause| Version::parse(clause.trim_start_matches(['=', '~', '>'])));
    let ceiling = constraint
        .split(',')
        .map(str::trim)
        .find(|clause| clause.starts_with('<'));
    let next_major = floor
        .as_ref()
        .and_then(|floor| floor.0.first())
        .map(|major| major + 1);
    let pinned = !constraint.contains(['<', '>']);
    let looser = match (floor, next_major) {
        (Some(floor), Some(next)) if pinned => format!("{}>={floor},<{next}", name.trim()),
        (Some(floor), _) if ceiling.is_some() => format!("{}>={floor}", name.trim()),
        (Some(_), _) => name.trim().to_owned(),
        (None, _) => name.trim().to_owned(),
    };
    Some(if marker.is_empty() {
        looser
    } else {
        format!("{looser} ;{marker}")
    })
}

/// `torch==2.0.1+cu118` is `torch==2.0.1` where the index that had the former is out of reach.
pub(crate) fn without_local_version(requirements: &[String], conflict: &str) -> Loosened {
    let mut changes = Vec::new();
    let requirements = requirements
        .iter()
        .map(|line| {
            let Some((public, local)) = line.split_once('+').filter(|_| !line.contains("://")) else {
                return line.clone();
            };
            let end = local
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
                .unwrap_or(local.len());
            let exact: String = line.chars().filter(|c| !c.is_whitespace()).collect();
            let named = exact.split([';', ',']).next().unwrap_or_default();
            if !conflict.contains(named) {
                return line.clone();
            }
            let looser = format!("{public}{}", &local[end..]);
            changes.push(format!(
                "`{line}` loosened to `{looser}`: no index here has that build"
            ));
            looser
        })
        .collect();
    Loosened {
        requirements,
        changes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_loosened_step_by_step_until_nothing_is_left_of_it() {
        for (line, expected) in [
            ("numpy==1.22.*", Some("numpy>=1.22,<2")),
            ("numpy==1.22.4", Some("numpy>=1.22.4,<2")),
            ("numpy~=1.22.4", Some("numpy>=1.22.4,<2")),
            ("numpy>=1.22,<2", Some("numpy>=1.22")),
            ("numpy>=1.22", Some("numpy")),
            ("numpy<1.22", Some("numpy")),
            (
                "ray[default]==2.1 ; python_version<'4'",
                Some("ray[default]>=2.1,<3 ; python_version<'4'"),
            ),
            ("numpy", None),
        ] {
            assert_eq!(looser(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_local_version_that_no_index_has_is_dropped() {
        let lines = [
            "torch==2.0.1+cu118".to_owned(),
            "six==1.0+x".to_owned(),
            "a @ git+https://h/a".to_owned(),
        ];
        let conflict = "Because there is no version of torch==2.0.1+cu118 and you require torch==2.0.1+cu118";
        let loosened = without_local_version(&lines, conflict);
        assert_eq!(
            loosened.requirements,
            ["torch==2.0.1", "six==1.0+x", "a @ git+https://h/a"]
        );
        assert_eq!(loosened.changes.len(), 1);
    }

    #[test]
    fn only_what_lacks_a_build_is_touched() {
        let python = Interpreter {
            path: "/p".into(),
            version: "3.12.1".into(),
            implementation: "cpython".into(),
            stdlib: "/p".into(),
        };
        let lines = ["numpy==1.22".to_owned(), "six==1.0".to_owned()];
        let loosened = loosen(&lines, &BTreeSet::from(["numpy".to_owned()]), &python);
        assert_eq!(loosened.requirements, ["numpy>=1.22,<2", "six==1.0"]);
        assert_eq!(
            loosened.changes,
            ["`numpy==1.22` loosened to `numpy>=1.22,<2`: it has no build for Python 3.12.1"]
        );
    }
}
