//! Versions and version constraints as conda and PEP 440 write them, as far as choosing a Python needs.

use std::fmt;

/// A release such as `3.10.13`; anything behind the numbers is not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub Vec<u64>);

impl Version {
    /// Reads the leading numbers of `text`; `None` where there are none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let mut parts = Vec::new();
        for piece in text.split('.') {
            let digits: String = piece.chars().take_while(char::is_ascii_digit).collect();
            if digits.is_empty() {
                break;
            }
            parts.push(digits.parse().ok()?);
            if digits.len() != piece.len() {
                break;
            }
        }
        if parts.is_empty() { None } else { Some(Self(parts)) }
    }

    /// Major and minor, the minor being 0 where it is not written.
    #[must_use]
    pub fn minor(&self) -> (u64, u64) {
        (self.part(0), self.part(1))
    }

    fn part(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }

    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let length = self.0.len().max(other.0.len());
        (0..length)
            .map(|i| self.part(i).cmp(&other.part(i)))
            .find(|o| o.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }

    fn starts_with(&self, prefix: &Self) -> bool {
        prefix.0.iter().enumerate().all(|(i, part)| self.part(i) == *part)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Clause {
    Prefix(Version),
    NotPrefix(Version),
    Equal(Version),
    NotEqual(Version),
    AtLeast(Version),
    Above(Version),
    AtMost(Version),
    Below(Version),
}

/// A PEP 440 specifier set such as `>=3.8,<3.12`; empty allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraint {
    clauses: Vec<Clause>,
    text: String,
}

impl Constraint {
    /// Reads a PEP 440 specifier set.
    ///
    /// # Errors
    /// The clause that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut clauses = Vec::new();
        for clause in text.split(',').map(str::trim).filter(|c| !c.is_empty()) {
            let split = clause
                .find(|c: char| c.is_ascii_digit())
                .ok_or_else(|| format!("`{clause}` names no version"))?;
            let (operator, version_text) = clause.split_at(split);
            let version =
                Version::parse(version_text).ok_or_else(|| format!("`{clause}` names no version"))?;
            let starred = version_text.trim_end().ends_with(".*");
            match (operator.trim(), starred) {
                ("==", true) => clauses.push(Clause::Prefix(version)),
                ("==" | "===", false) => clauses.push(Clause::Equal(version)),
                ("!=", true) => clauses.push(Clause::NotPrefix(version)),
                ("!=", false) => clauses.push(Clause::NotEqual(version)),
                (">=", _) => clauses.push(Clause::AtLeast(version)),
                (">", _) => clauses.push(Clause::Above(version)),
                ("<=", _) => clauses.push(Clause::AtMost(version)),
                ("<", _) => clauses.push(Clause::Below(version)),
                ("~=", _) => {
                    let mut prefix = version.clone();
                    if prefix.0.len() < 2 {
                        return Err(format!("`{clause}` needs two numbers, such as `~=1.2`"));
                    }
                    prefix.0.pop();
                    clauses.push(Clause::AtLeast(version));
                    clauses.push(Clause::Prefix(prefix));
                }
                (other, _) => return Err(format!("`{other}` in `{clause}` is no comparison")),
            }
        }
        Ok(Self {
            clauses,
            text: text.trim().to_owned(),
        })
    }

    /// Whether `version` is allowed.
    #[must_use]
    pub fn allows(&self, version: &Version) -> bool {
        self.clauses.iter().all(|clause| match clause {
            Clause::Prefix(wanted) => version.starts_with(wanted),
            Clause::NotPrefix(wanted) => !version.starts_with(wanted),
            Clause::Equal(wanted) => version.compare(wanted).is_eq(),
            Clause::NotEqual(wanted) => version.compare(wanted).is_ne(),
            Clause::AtLeast(wanted) => version.compare(wanted).is_ge(),
            Clause::Above(wanted) => version.compare(wanted).is_gt(),
            Clause::AtMost(wanted) => version.compare(wanted).is_le(),
            Clause::Below(wanted) => version.compare(wanted).is_lt(),
        })
    }

    /// A version that this constraint is about: what it pins, or else its lower or upper bound.
    #[must_use]
    pub fn anchor(&self) -> Option<&Version> {
        let pick = |wanted: fn(&Clause) -> Option<&Version>| self.clauses.iter().find_map(wanted);
        pick(|c| match c {
            Clause::Prefix(v) | Clause::Equal(v) => Some(v),
            _ => None,
        })
        .or_else(|| {
            pick(|c| {
                if let Clause::AtMost(v) | Clause::Below(v) = c {
                    Some(v)
                } else {
                    None
                }
            })
        })
        .or_else(|| {
            pick(|c| {
                if let Clause::AtLeast(v) | Clause::Above(v) = c {
                    Some(v)
                } else {
                    None
                }
            })
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_allow_what_pep_440_allows() {
        let table = [
            ("==3.10.*", "3.10.13", true),
            ("==3.10.*", "3.1.0", false),
            ("==3.10", "3.10.0", true),
            ("==3.10", "3.10.1", false),
            (">=3.8,<3.12", "3.11.7", true),
            (">=3.8,<3.12", "3.12.0", false),
            ("~=3.8", "3.13.0", true),
            ("~=3.8.1", "3.9.0", false),
            ("~=3.8.1", "3.8.18", true),
            ("!=3.9.*,>3.8.18", "3.9.1", false),
            ("!=3.9.1", "3.9.2", true),
            ("<=3.9", "3.9.0", true),
            ("", "3.7.1", true),
        ];
        for (constraint, version, expected) in table {
            let constraint = Constraint::parse(constraint).unwrap();
            assert_eq!(
                constraint.allows(&Version::parse(version).unwrap()),
                expected,
                "{constraint:?} {version}"
            );
        }
    }

    #[test]
    fn a_constraint_without_a_version_is_refused() {
        for text in ["==", "foo", "~=3", "=>3.1", "3.1"] {
            assert!(Constraint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_anchor_is_the_pin_or_a_bound() {
        assert_eq!(
            Constraint::parse("==3.10.*").unwrap().anchor().unwrap().minor(),
            (3, 10)
        );
        assert_eq!(
            Constraint::parse(">=3.8,<3.11")
                .unwrap()
                .anchor()
                .unwrap()
                .minor(),
            (3, 11)
        );
        assert_eq!(Constraint::default().anchor(), None);
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,40}") {
            let _ = Version::parse(&text);
            let _ = Constraint::parse(&text);
        }
    }
}
