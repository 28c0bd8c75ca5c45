//! The gates of a stage: what must hold before a release enters it, decided from facts alone.
//!
//! ```
//! use tidemill_policy::gate::{ApprovalRule, Facts, Gates, Verdict, decide};
//!
//! let rule = ApprovalRule { count: 1, team: None, valid_ms: 1000 };
//! let gates = Gates { approvals: vec![rule], ..Gates::default() };
//! let facts = Facts { author: "user:ada".into(), ..Facts::default() };
//! assert_eq!(decide(&gates, &facts)[0].verdict, Verdict::Waiting);
//! ```

use std::collections::{BTreeMap, BTreeSet};

/// What must hold before a stage is entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gates {
    /// Each of these must have its approvals.
    pub approvals: Vec<ApprovalRule>,
    /// In none of these may it happen.
    pub freezes: Vec<Freeze>,
    /// The least number of system tests.
    pub tests: usize,
    /// The promoter must be in each of these lists.
    pub promoters: Vec<Vec<String>>,
}

/// Who must agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRule {
    /// How many.
    pub count: usize,
    /// The team that they must be in.
    pub team: Option<String>,
    /// How long an approval counts, in milliseconds.
    pub valid_ms: i64,
}

/// A time in which nothing is released: UTC milliseconds, the end not included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// The first moment.
    pub from_ms: i64,
    /// The first moment after it.
    pub until_ms: i64,
    /// Why.
    pub reason: String,
}

impl Gates {
    /// What holds when both are asked for: the stricter of each.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.approvals.extend(other.approvals);
        self.freezes.extend(other.freezes);
        self.tests = self.tests.max(other.tests);
        self.promoters.extend(other.promoters);
        self
    }
}

/// What somebody said of a release that wants to enter a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Who: `user:NAME`.
    pub by: String,
    /// When: UTC milliseconds.
    pub at_ms: i64,
    /// Yes or no.
    pub agrees: bool,
}

/// What the decision is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// UTC milliseconds.
    pub now_ms: i64,
    /// Who made the release.
    pub author: String,
    /// Who wants it in the stage.
    pub promoter: String,
    /// What people said of it, oldest first.
    pub votes: Vec<Vote>,
    /// Who is in each team that a gate names, now.
    pub members: BTreeMap<String, BTreeSet<String>>,
    /// How many system tests the release has.
    pub tests: usize,
}

/// How a gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It may hold later: somebody must act, or time must pass.
    Waiting,
    /// It will not hold for this release.
    Refused,
}

impl Verdict {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
        }
    }
}

/// One gate, how it stands and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `approvals`, `freeze`, `tests` or `promoters`.
    pub gate: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// Why, for people.
    pub says: String,
}

/// How each gate stands.
pub fn decide(gates: &Gates, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |gate, verdict, says: String| findings.push(Finding { gate, verdict, says });
    for allowed in &gates.promoters {
        match allowed.contains(&facts.promoter) {
            true => found("promoters", Verdict::Passed, format!("{} may", facts.promoter)),
            false => found(
                "promoters",
                Verdict::Refused,
                format!("{} is not among {}", facts.promoter, allowed.join(", ")),
            ),
        }
    }
    if gates.tests > 0 {
        let says = format!("{} of {} system tests that it must have", facts.tests, gates.tests);
        let verdict = if facts.tests >= gates.tests { Verdict::Passed } else { Verdict::Refused };
        found("tests", verdict, says);
    }
    for freeze in &gates.freezes {
        if (freeze.from_ms..freeze.until_ms).contains(&facts.now_ms) {
            found("freeze", Verdict::Waiting, format!("nothing is released now: {}", freeze.reason));
        }
    }
    for rule in &gates.approvals {
        let (verdict, says) = approvals(rule, facts);
        found("approvals", verdict, says);
    }
    findings
}

/// The last word of each who may agree and whose word still counts: never the author's.
fn approvals(rule: &ApprovalRule, facts: &Facts) -> (Verdict, String) {
    let none = BTreeSet::new();
    let members = rule.team.as_ref().map(|team| facts.members.get(team).unwrap_or(&none));
    let mut last: BTreeMap<&str, &Vote> = BTreeMap::new();
    for vote in &facts.votes {
        let counts = vote.by != facts.author
            && members.is_none_or(|members| members.contains(&vote.by))
            && facts.now_ms.saturating_sub(vote.at_ms) < rule.valid_ms;
        if counts {
            last.insert(&vote.by, vote);
        }
    }
    if let Some(no) = last.values().find(|vote| !vote.agrees) {
        return (Verdict::Refused, format!("{} rejected it", no.by));
    }
    let agreed: Vec<&str> = last.keys().copied().collect();
    let of = rule.team.as_ref().map_or(String::new(), |team| format!(" of team {team}"));
    let by = match agreed.is_empty() {
        true => String::new(),
        false => format!(": {}", agreed.join(", ")),
    };
    let says = format!("{} of {} approvals{of}{by}", agreed.len(), rule.count);
    match agreed.len() >= rule.count {
        true => (Verdict::Passed, says),
        false => (Verdict::Waiting, says),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(by: &str, at_ms: i64, agrees: bool) -> Vote {
        Vote {
            by: by.into(),
            at_ms,
            agrees,
        }
    }

    fn board(count: usize) -> Gates {
        Gates {
            approvals: vec![ApprovalRule {
                count,
                team: Some("board".into()),
                valid_ms: 100,
            }],
            ..Gates::default()
        }
    }

    fn facts(votes: Vec<Vote>) -> Facts {
        let members = ["user:ada", "user:bob", "user:cyd"].map(str::to_owned);
        Facts {
            now_ms: 1000,
            author: "user:ada".into(),
            promoter: "user:ada".into(),
            votes,
            members: [("board".to_owned(), BTreeSet::from(members))].into(),
            tests: 0,
        }
    }

    fn verdict(gates: &Gates, votes: Vec<Vote>) -> Verdict {
        decide(gates, &facts(votes))[0].verdict
    }

    #[test]
    fn the_author_a_stranger_and_an_old_word_do_not_count() {
        let bob = vote("user:bob", 950, true);
        assert_eq!(verdict(&board(1), vec![bob.clone()]), Verdict::Passed);
        assert_eq!(verdict(&board(2), vec![bob.clone(), bob.clone()]), Verdict::Waiting, "one, twice");
        for other in [vote("user:ada", 950, true), vote("user:eve", 950, true), vote("user:cyd", 900, true)] {
            assert_eq!(verdict(&board(2), vec![bob.clone(), other]), Verdict::Waiting);
        }
        assert_eq!(verdict(&board(2), vec![bob, vote("user:cyd", 901, true)]), Verdict::Passed);
    }

    #[test]
    fn the_last_word_counts_and_a_no_refuses() {
        let (yes, no) = (vote("user:bob", 950, true), vote("user:bob", 960, false));
        assert_eq!(verdict(&board(1), vec![yes.clone(), no.clone()]), Verdict::Refused);
        assert_eq!(verdict(&board(1), vec![no, vote("user:bob", 970, true)]), Verdict::Passed);
        assert_eq!(verdict(&board(1), vec![yes, vote("user:eve", 970, false)]), Verdict::Passed);
    }

    #[test]
    fn one_who_has_left_the_team_does_not_count() {
        let mut now = facts(vec![vote("user:bob", 950, true)]);
        now.members.clear();
        assert_eq!(decide(&board(1), &now)[0].verdict, Verdict::Waiting);
    }

    #[test]
    fn of_project_and_group_both_hold() {
        let project = Gates {
            tests: 1,
            ..board(1)
        };
        let group = Gates {
            tests: 2,
            promoters: vec![vec!["service-principal:ci".into()]],
            freezes: vec![Freeze {
                from_ms: 1000,
                until_ms: 1001,
                reason: "holidays".into(),
            }],
            ..board(2)
        };
        let mut now = facts(vec![vote("user:bob", 950, true)]);
        now.tests = 1;
        let both = decide(&project.clone().and(group.clone()), &now);
        let shown: Vec<_> = both.iter().map(|finding| (finding.gate, finding.verdict)).collect();
        assert_eq!(
            shown,
            [
                ("promoters", Verdict::Refused),
                ("tests", Verdict::Refused),
                ("freeze", Verdict::Waiting),
                ("approvals", Verdict::Passed),
                ("approvals", Verdict::Waiting),
            ]
        );
        let turned: BTreeSet<_> = decide(&group.and(project), &now).into_iter().map(|one| one.says).collect();
        assert_eq!(turned, both.into_iter().map(|one| one.says).collect(), "the order says nothing");
    }
}
