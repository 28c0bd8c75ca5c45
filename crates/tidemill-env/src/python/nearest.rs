//! Which Python of this machine comes nearest to the one that is asked for.

use std::collections::BTreeSet;

use super::Interpreter;
use crate::version::{Constraint, Version};

/// Minor versions in the order in which they are taken where nothing says which.
const PREFERRED: &[(u64, u64)] = &[(3, 11), (3, 12), (3, 10), (3, 13), (3, 9), (3, 14), (3, 8)];

/// One Python a minor version, nearest first: those that `wanted` allows, then the same minor, then newer
/// ones going up, then older ones going down. The number says how many of them `wanted` allows.
#[must_use]
pub fn nearest(
    present: &[Interpreter],
    wanted: &Constraint,
    suggested: &Constraint,
) -> (Vec<Interpreter>, usize) {
    let (mut allowed, mut others): (Vec<&Interpreter>, Vec<&Interpreter>) = present
        .iter()
        .partition(|interpreter| wanted.allows(&interpreter.release()));
    // `3` alone, as in the image `python:3`, is about no minor version.
    let minor_of = |constraint: &Constraint| {
        constraint
            .anchor()
            .filter(|version| version.0.len() > 1)
            .map(Version::minor)
    };
    // Of several that will do, the one that an image suggests, then the preferred ones; newest patch first.
    allowed.sort_by_key(|interpreter| {
        let minor = interpreter.minor();
        let from_suggestion = minor_of(suggested).map(|anchor| distance(minor, anchor));
        (from_suggestion, preference(minor))
    });
    let anchor = minor_of(wanted).or_else(|| minor_of(suggested));
    others.sort_by_key(|interpreter| {
        let minor = interpreter.minor();
        (anchor.map(|anchor| distance(minor, anchor)), preference(minor))
    });
    let mut minors = BTreeSet::new();
    let mut first_of_minor = |interpreter: &&Interpreter| minors.insert(interpreter.minor());
    let mut order: Vec<Interpreter> = allowed.into_iter().filter(&mut first_of_minor).cloned().collect();
    let allowed_count = order.len();
    order.extend(others.into_iter().filter(&mut first_of_minor).cloned());
    (order, allowed_count)
}

fn preference(minor: (u64, u64)) -> usize {
    PREFERRED
        .iter()
        .position(|preferred| *preferred == minor)
        .unwrap_or(PREFERRED.len())
}

/// Same minor, then newer, then older; within each by how far.
fn distance(minor: (u64, u64), anchor: (u64, u64)) -> (u64, u64) {
    let number = |(major, minor): (u64, u64)| major * 1000 + minor;
    let (here, there) = (number(minor), number(anchor));
    match here.cmp(&there) {
        std::cmp::Ordering::Equal => (0, 0),
        std::cmp::Ordering::Greater => (1, here - there),
        std::cmp::Ordering::Less => (2, there - here),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present() -> Vec<Interpreter> {
        ["3.13.0", "3.12.1", "3.11.7", "3.11.2", "3.9.18", "3.7.16"]
            .map(|version| Interpreter {
                path: format!("/p/{version}").into(),
                version: version.into(),
                implementation: "cpython".into(),
                stdlib: "/p".into(),
            })
            .to_vec()
    }

    #[test]
    fn the_nearest_python_comes_first() {
        let table = [
            ("==3.11.*", "", "3.11.7", 1),
            ("==3.11.2", "", "3.11.2", 1),
            ("==3.11.5", "", "3.11.7", 0),
            ("==3.10.*", "", "3.11.7", 0),
            ("==3.8.*", "", "3.9.18", 0),
            ("==3.14.*", "", "3.13.0", 0),
            (">=3.9,<3.12", "", "3.11.7", 2),
            ("", "", "3.11.7", 5),
            ("", "==3.9.*", "3.9.18", 5),
            ("", "==3.10.*", "3.11.7", 5),
            ("", "==3.*", "3.11.7", 5),
            ("==3.*", "", "3.11.7", 5),
            ("", "==3.12.4.*", "3.12.1", 5),
            (">=3.7", "", "3.11.7", 5),
        ];
        for (wanted, suggested, first, allowed) in table {
            let (wanted, suggested) = (
                Constraint::parse(wanted).unwrap(),
                Constraint::parse(suggested).unwrap(),
            );
            let (order, count) = nearest(&present(), &wanted, &suggested);
            assert_eq!(
                (order[0].version.as_str(), count),
                (first, allowed),
                "{wanted:?} {suggested:?}"
            );
        }
    }
}
