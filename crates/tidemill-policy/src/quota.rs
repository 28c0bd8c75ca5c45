//! Quotas and budgets: whether there is room for one more job, in numbers that a person can check.

use std::fmt;

/// How much may be in use at once. What is not said is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Jobs that wait or run, in the whole workspace.
    pub jobs: Option<u64>,
    /// Jobs that wait or run, of one user.
    pub user_jobs: Option<u64>,
    /// Nodes that those jobs take, in the whole workspace.
    pub nodes: Option<u64>,
    /// Nodes that those jobs take, of one user.
    pub user_nodes: Option<u64>,
}

/// How much may be spent in a month. What is not said is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// In the whole workspace.
    pub month: Option<f64>,
    /// By one user.
    pub user_month: Option<f64>,
}

/// What is in use, and what has been spent this month.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    /// Jobs that wait or run.
    pub jobs: u64,
    /// Nodes that they take.
    pub nodes: u64,
    /// Since the month began.
    pub spent: f64,
}

/// What one more job would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Its nodes.
    pub nodes: u64,
    /// What an hour of it costs.
    pub hour: f64,
}

/// Why there is no room.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// Too much at once.
    Quota {
        /// `the workspace` or `a user`.
        whose: &'static str,
        /// `active jobs` or `active nodes`.
        what: &'static str,
        /// In use.
        have: u64,
        /// The limit.
        of: u64,
        /// How much more was asked for.
        asked: u64,
    },
    /// Too much in this month.
    Budget {
        /// `the workspace` or `a user`.
        whose: &'static str,
        /// Spent.
        spent: f64,
        /// The limit.
        of: f64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Quota {
                whose,
                what,
                have,
                of,
                asked,
            } => write!(
                f,
                "you have {have} of {of} {what} that {whose} may have, and ask for {asked} more"
            ),
            Refusal::Budget { whose, spent, of } => {
                write!(
                    f,
                    "you have spent {spent:.2} of {of:.2} that {whose} may spend this month"
                )
            }
        }
    }
}

/// Decides whether there is room for what is asked. What costs nothing is not stopped by a budget that is spent.
pub fn check(
    quota: &Quota,
    budget: &Budget,
    workspace: &Used,
    user: &Used,
    asked: &Asked,
) -> Option<Refusal> {
    let at_once = [
        ("the workspace", "active jobs", workspace.jobs, quota.jobs, 1),
        ("a user", "active jobs", user.jobs, quota.user_jobs, 1),
        (
            "the workspace",
            "active nodes",
            workspace.nodes,
            quota.nodes,
            asked.nodes,
        ),
        (
            "a user",
            "active nodes",
            user.nodes,
            quota.user_nodes,
            asked.nodes,
        ),
    ];
    for (whose, what, have, of, asked) in at_once {
        if let Some(of) = of.filter(|of| have + asked > *of) {
            return Some(Refusal::Quota {
                whose,
                what,
                have,
                of,
                asked,
            });
        }
    }
    let in_month = [
        ("the workspace", workspace.spent, budget.month),
        ("a user", user.spent, budget.user_month),
    ];
    let over = in_month
        .into_iter()
        .filter(|_| asked.hour > 0.0)
        .find_map(|(whose, spent, of)| of.filter(|of| spent >= *of).map(|of| (whose, spent, of)));
    over.map(|(whose, spent, of)| Refusal::Budget { whose, spent, of })
}

/// Whether one of the patterns fits a text; in a pattern, `*` stands for any text. No pattern at all allows everything.
pub fn allows(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, text))
}

/// Whether a pattern fits a whole text.
pub fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Used = Used {
        jobs: 0,
        nodes: 0,
        spent: 0.0,
    };

    fn said(quota: Quota, budget: Budget, workspace: Used, user: Used, asked: Asked) -> Option<String> {
        check(&quota, &budget, &workspace, &user, &asked).map(|refusal| refusal.to_string())
    }

    #[test]
    fn what_is_not_limited_is_not_refused() {
        let much = Used {
            jobs: 1000,
            nodes: 1000,
            spent: 1e9,
        };
        let asked = Asked { nodes: 9, hour: 5.0 };
        assert_eq!(said(Quota::default(), Budget::default(), much, much, asked), None);
    }

    #[test]
    fn a_refusal_says_how_much_of_how_much() {
        let quota = Quota {
            jobs: Some(3),
            user_jobs: Some(2),
            nodes: Some(8),
            user_nodes: None,
        };
        let used = |jobs, nodes| Used {
            jobs,
            nodes,
            spent: 0.0,
        };
        let one = Asked { nodes: 1, hour: 1.0 };
        let free = Budget::default();
        assert_eq!(said(quota, free, used(2, 7), used(1, 1), one), None);
        assert_eq!(
            said(quota, free, used(3, 3), NOTHING, one).as_deref(),
            Some("you have 3 of 3 active jobs that the workspace may have, and ask for 1 more")
        );
        assert_eq!(
            said(quota, free, used(2, 2), used(2, 2), one).as_deref(),
            Some("you have 2 of 2 active jobs that a user may have, and ask for 1 more")
        );
        assert_eq!(
            said(quota, free, used(1, 6), NOTHING, Asked { nodes: 4, hour: 1.0 }).as_deref(),
            Some("you have 6 of 8 active nodes that the workspace may have, and ask for 4 more")
        );
    }

    #[test]
    fn a_budget_that_is_spent_stops_what_costs_something() {
        let budget = Budget {
            month: Some(10.0),
            user_month: Some(4.0),
        };
        let spent = |spent| Used { spent, ..NOTHING };
        let (paid, free) = (Asked { nodes: 1, hour: 0.4 }, Asked { nodes: 1, hour: 0.0 });
        let quota = Quota::default();
        assert_eq!(said(quota, budget, spent(9.99), spent(3.0), paid), None);
        assert_eq!(
            said(quota, budget, spent(10.4), spent(3.0), paid).as_deref(),
            Some("you have spent 10.40 of 10.00 that the workspace may spend this month")
        );
        assert_eq!(
            said(quota, budget, spent(5.0), spent(4.0), paid).as_deref(),
            Some("you have spent 4.00 of 4.00 that a user may spend this month")
        );
        assert_eq!(said(quota, budget, spent(99.0), spent(99.0), free), None);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, fit) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "", true),
            ("*-cpu*", "sklearn-cpu:2", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("ab*ba", "aba", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
        assert!(allows(&[], "x") && !allows(&["y".into()], "x"));
    }
}
