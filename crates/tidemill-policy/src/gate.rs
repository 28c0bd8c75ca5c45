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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gates {
    /// Each of these must have its approvals.
    pub approvals: Vec<ApprovalRule>,
    /// In none of these may it happen.
    pub freezes: Vec<Freeze>,
    /// The least number of system tests.
    pub tests: usize,
    /// The promoter must be in each of these lists.
    pub promoters: Vec<Vec<String>>,
    /// Each of these must hold of the validation of the model.
    pub validations: Vec<ValidationRule>,
    /// The stage must have this room for what was measured in the stage before.
    pub capacity: Option<CapacityRule>,
    /// The newest data of the stage must keep the contracts of the release's model and endpoint, and of these consumers.
    pub contracts: Option<BTreeSet<String>>,
}

/// What a validation must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationRule {
    /// Checks that it must have had.
    pub checks: BTreeSet<String>,
    /// How long it counts, in milliseconds; for ever where nothing is said.
    pub valid_ms: Option<i64>,
}

/// How much room there must be.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CapacityRule {
    /// Requests a second that it must bear.
    pub rate: f64,
    /// How much of the compute must stay free, in percent.
    pub headroom_percent: f64,
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
        self.validations.extend(other.validations);
        self.capacity = match (self.capacity, other.capacity) {
            (Some(one), Some(other)) => Some(CapacityRule {
                rate: one.rate.max(other.rate),
                headroom_percent: one.headroom_percent.max(other.headroom_percent),
            }),
            (one, other) => one.or(other),
        };
        self.contracts = match (self.contracts, other.contracts) {
            (Some(mut one), Some(other)) => {
                one.extend(other);
                Some(one)
            }
            (one, other) => one.or(other),
        };
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
#[derive(Debug, Clone, Default, PartialEq)]
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
    /// The release carries a model.
    pub has_model: bool,
    /// The newest validation of that model, by its digest.
    pub validation: Option<Validated>,
    /// What was measured in the stage before; none where it could not be measured yet.
    pub measured: Option<Measured>,
    /// Why it cannot be measured there.
    pub not_measured: Option<String>,
    /// What the compute of the stage has.
    pub room: Option<Room>,
    /// The contracts that count, against the newest data of the stage.
    pub contracts: Vec<ContractKept>,
}

/// A contract, and whether the newest data of the stage keep it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContractKept {
    /// Who lives by it, as `model:delay`.
    pub consumer: String,
    /// Its name.
    pub contract: String,
    /// The newest version of its data, as `flights:7`; the name alone where the stage has none.
    pub data: String,
    /// What the data break, in words.
    pub broken: Vec<String>,
    /// Breaking it is a warning alone.
    pub only_warns: bool,
}

/// A validation of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validated {
    /// Which one.
    pub id: String,
    /// All that was asked held.
    pub passed: bool,
    /// Why not.
    pub reason: String,
    /// What it checked.
    pub checks: BTreeSet<String>,
    /// When it ended: UTC milliseconds.
    pub at_ms: i64,
    /// Where its report is.
    pub report: String,
}

/// What a deployment took in the stage before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// The stage.
    pub stage: String,
    /// Memory of an instance after the load, in bytes.
    pub memory_bytes: u64,
    /// Cores that all instances together took.
    pub cores: f64,
    /// Requests a second that were answered.
    pub rate: f64,
    /// How many failed, in percent.
    pub error_percent: f64,
    /// Instances that there shall be.
    pub instances: u32,
}

/// What the compute of a stage has, and what others take of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Room {
    /// The compute.
    pub compute: String,
    /// Its memory, in bytes.
    pub memory_bytes: u64,
    /// Its cores.
    pub cores: f64,
    /// Memory that other deployments take, in bytes: what answered before stays while the new one comes up.
    pub memory_taken_bytes: u64,
    /// Cores that they take.
    pub cores_taken: f64,
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
    /// `approvals`, `freeze`, `tests`, `promoters`, `validation`, `capacity` or `contracts`.
    pub gate: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// Why, for people.
    pub says: String,
    /// Where the evidence is, where there is some.
    pub evidence: Option<String>,
}

/// How each gate stands.
pub fn decide(gates: &Gates, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |gate, verdict, says: String| {
        findings.push(Finding {
            gate,
            verdict,
            says,
            evidence: None,
        });
    };
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
        let says = format!(
            "{} of {} system tests that it must have",
            facts.tests, gates.tests
        );
        let verdict = if facts.tests >= gates.tests {
            Verdict::Passed
        } else {
            Verdict::Refused
        };
        found("tests", verdict, says);
    }
    for freeze in &gates.freezes {
        if (freeze.from_ms..freeze.until_ms).contains(&facts.now_ms) {
            found(
                "freeze",
                Verdict::Waiting,
                format!("nothing is released now: {}", freeze.reason),
            );
        }
    }
    for rule in &gates.approvals {
        let (verdict, says) = approvals(rule, facts);
        found("approvals", verdict, says);
    }
    for rule in &gates.validations {
        let (verdict, says) = validation(rule, facts);
        findings.push(Finding {
            gate: "validation",
            verdict,
            says,
            evidence: facts
                .validation
                .as_ref()
                .map(|validation| validation.report.clone()),
        });
    }
    if gates.contracts.is_some() {
        let (verdict, says) = contracts(&facts.contracts);
        findings.push(Finding {
            gate: "contracts",
            verdict,
            says,
            evidence: None,
        });
    }
    if let Some(rule) = &gates.capacity {
        let (verdict, says) = capacity(rule, facts);
        findings.push(Finding {
            gate: "capacity",
            verdict,
            says,
            evidence: None,
        });
    }
    findings
}

/// The newest validation of these very bytes: passed, with what was asked for, and not too old.
fn validation(rule: &ValidationRule, facts: &Facts) -> (Verdict, String) {
    if !facts.has_model {
        return (
            Verdict::Refused,
            "it carries no model that could be validated".into(),
        );
    }
    let Some(validated) = &facts.validation else {
        return (
            Verdict::Waiting,
            "the model that it carries has not been validated: `tidemill model validate`".into(),
        );
    };
    let id = &validated.id;
    if !validated.passed {
        return (
            Verdict::Refused,
            format!("validation {id} of its model failed: {}", validated.reason),
        );
    }
    if rule
        .valid_ms
        .is_some_and(|valid| facts.now_ms.saturating_sub(validated.at_ms) >= valid)
    {
        return (
            Verdict::Waiting,
            format!("validation {id} of its model is too old: validate it again"),
        );
    }
    let lacks: Vec<&str> = rule
        .checks
        .difference(&validated.checks)
        .map(String::as_str)
        .collect();
    if validated.checks.is_empty() {
        return (
            Verdict::Waiting,
            format!("validation {id} of its model asks for nothing: write what must hold"),
        );
    }
    match lacks.is_empty() {
        true => (Verdict::Passed, format!("validation {id} of its model passed")),
        false => (
            Verdict::Waiting,
            format!("validation {id} of its model did not check {}", lacks.join(", ")),
        ),
    }
}

/// Whether what was measured, beside what others take, leaves the room that must stay free.
fn capacity(rule: &CapacityRule, facts: &Facts) -> (Verdict, String) {
    if let Some(why) = &facts.not_measured {
        return (
            Verdict::Refused,
            format!("what it takes cannot be measured: {why}"),
        );
    }
    let Some(measured) = &facts.measured else {
        return (
            Verdict::Waiting,
            "what it takes in the stage before has not been measured yet".into(),
        );
    };
    let Some(room) = &facts.room else {
        return (Verdict::Waiting, "the room of the stage is not known yet".into());
    };
    let before = &measured.stage;
    // Below 95 of 100 the rate was not reached: what it takes at the rate is then not known, and does not matter.
    if measured.rate < rule.rate * 0.95 || measured.error_percent > 1.0 {
        let says = format!(
            "in {before} it answered {:.1} of {} requests a second, {:.1}% failed: it does not bear the rate",
            measured.rate, rule.rate, measured.error_percent
        );
        return (Verdict::Refused, says);
    }
    let instances = f64::from(measured.instances.max(1));
    let free = 1.0 - rule.headroom_percent / 100.0;
    let (memory, cores) = (
        measured.memory_bytes as f64 * instances,
        measured.cores * rule.rate / measured.rate,
    );
    let mb = |bytes: f64| format!("{:.0} MB", bytes / 1e6);
    let needs = format!(
        "{} and {cores:.2} cores for {} instance{} at {} requests a second, as measured in {before}",
        mb(memory),
        measured.instances.max(1),
        if measured.instances > 1 { "s" } else { "" },
        rule.rate
    );
    let has = format!(
        "compute `{}` has {} and {} cores, others take {} and {:.2}, and {}% must stay free",
        room.compute,
        mb(room.memory_bytes as f64),
        room.cores,
        mb(room.memory_taken_bytes as f64),
        room.cores_taken,
        rule.headroom_percent
    );
    let short = [
        (
            memory + room.memory_taken_bytes as f64 > room.memory_bytes as f64 * free,
            "memory",
        ),
        (cores + room.cores_taken > room.cores * free, "cores"),
    ];
    let short: Vec<&str> = short.into_iter().filter(|one| one.0).map(|one| one.1).collect();
    match short.is_empty() {
        true => (Verdict::Passed, format!("it fits: it needs {needs}; {has}")),
        false => (
            Verdict::Refused,
            format!(
                "it does not fit ({}): it needs {needs}; {has}",
                short.join(" and ")
            ),
        ),
    }
}

/// The last word of each who may agree and whose word still counts: never the author's.
fn approvals(rule: &ApprovalRule, facts: &Facts) -> (Verdict, String) {
    let none = BTreeSet::new();
    let members = rule
        .team
        .as_ref()
        .map(|team| facts.members.get(team).unwrap_or(&none));
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
    let of = rule
        .team
        .as_ref()
        .map_or(String::new(), |team| format!(" of team {team}"));
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

/// Data that break a contract can be repaired, and so the release waits.
fn contracts(all: &[ContractKept]) -> (Verdict, String) {
    let told = |one: &ContractKept| {
        format!(
            "{} breaks what {} lives by (contract {}): {}",
            one.data,
            one.consumer,
            one.contract,
            one.broken.join(", ")
        )
    };
    let breaking: Vec<&ContractKept> = all.iter().filter(|one| !one.broken.is_empty()).collect();
    let told: Vec<String> = breaking.iter().map(|one| told(one)).collect();
    let refused = breaking.iter().any(|one| !one.only_warns);
    match (refused, told.is_empty(), all.len()) {
        (true, ..) => (Verdict::Waiting, told.join("; ")),
        (false, false, _) => (Verdict::Passed, format!("warnings alone: {}", told.join("; "))),
        (false, true, 0) => (
            Verdict::Passed,
            "nobody who counts here has a contract over data".into(),
        ),
        (false, true, count) => (
            Verdict::Passed,
            format!("the newest data keep all {count} contracts that count here"),
        ),
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
            ..Facts::default()
        }
    }

    fn verdict(gates: &Gates, votes: Vec<Vote>) -> Verdict {
        decide(gates, &facts(votes))[0].verdict
    }

    #[test]
    fn the_author_a_stranger_and_an_old_word_do_not_count() {
        let bob = vote("user:bob", 950, true);
        assert_eq!(verdict(&board(1), vec![bob.clone()]), Verdict::Passed);
        assert_eq!(
            verdict(&board(2), vec![bob.clone(), bob.clone()]),
            Verdict::Waiting,
            "one, twice"
        );
        for other in [
            vote("user:ada", 950, true),
            vote("user:eve", 950, true),
            vote("user:cyd", 900, true),
        ] {
            assert_eq!(verdict(&board(2), vec![bob.clone(), other]), Verdict::Waiting);
        }
        assert_eq!(
            verdict(&board(2), vec![bob, vote("user:cyd", 901, true)]),
            Verdict::Passed
        );
    }

    #[test]
    fn the_last_word_counts_and_a_no_refuses() {
        let (yes, no) = (vote("user:bob", 950, true), vote("user:bob", 960, false));
        assert_eq!(
            verdict(&board(1), vec![yes.clone(), no.clone()]),
            Verdict::Refused
        );
        assert_eq!(
            verdict(&board(1), vec![no, vote("user:bob", 970, true)]),
            Verdict::Passed
        );
        assert_eq!(
            verdict(&board(1), vec![yes, vote("user:eve", 970, false)]),
            Verdict::Passed
        );
    }

    #[test]
    fn one_who_has_left_the_team_does_not_count() {
        let mut now = facts(vec![vote("user:bob", 950, true)]);
        now.members.clear();
        assert_eq!(decide(&board(1), &now)[0].verdict, Verdict::Waiting);
    }

    #[test]
    fn of_project_and_group_both_hold() {
        let project = Gates { tests: 1, ..board(1) };
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
        let shown: Vec<_> = both
            .iter()
            .map(|finding| (finding.gate, finding.verdict))
            .collect();
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
        let turned: BTreeSet<_> = decide(&group.and(project), &now)
            .into_iter()
            .map(|one| one.says)
            .collect();
        assert_eq!(
            turned,
            both.into_iter().map(|one| one.says).collect(),
            "the order says nothing"
        );
    }

    #[test]
    fn a_model_needs_a_validation_that_passed_with_what_is_asked_for() {
        let rule = |checks: &[&str], valid_ms| Gates {
            validations: vec![ValidationRule {
                checks: checks.iter().map(|check| (*check).to_owned()).collect(),
                valid_ms,
            }],
            ..Gates::default()
        };
        let with = |validation: Option<Validated>| Facts {
            now_ms: 1000,
            has_model: true,
            validation,
            ..Facts::default()
        };
        let passed = |checks: &[&str]| {
            Some(Validated {
                passed: true,
                checks: checks.iter().map(|check| (*check).to_owned()).collect(),
                at_ms: 900,
                report: "there".into(),
                ..Validated::default()
            })
        };
        let verdict = |gates: &Gates, facts: &Facts| decide(gates, facts)[0].verdict;
        assert_eq!(
            verdict(&rule(&[], None), &with(passed(&["metrics"]))),
            Verdict::Passed
        );
        assert_eq!(
            decide(&rule(&[], None), &with(passed(&["metrics"])))[0]
                .evidence
                .as_deref(),
            Some("there")
        );
        assert_eq!(
            verdict(&rule(&["slices"], None), &with(passed(&["metrics"]))),
            Verdict::Waiting
        );
        assert_eq!(
            verdict(&rule(&[], None), &with(passed(&[]))),
            Verdict::Waiting,
            "one that asks for nothing"
        );
        assert_eq!(
            verdict(&rule(&[], Some(100)), &with(passed(&["metrics"]))),
            Verdict::Waiting,
            "too old"
        );
        assert_eq!(
            verdict(&rule(&[], Some(101)), &with(passed(&["metrics"]))),
            Verdict::Passed
        );
        assert_eq!(verdict(&rule(&[], None), &with(None)), Verdict::Waiting);
        assert_eq!(
            verdict(&rule(&[], None), &with(Some(Validated::default()))),
            Verdict::Refused
        );
        assert_eq!(
            verdict(&rule(&[], None), &Facts::default()),
            Verdict::Refused,
            "no model"
        );
        let both = rule(&["slices"], None).and(rule(&["metrics"], None));
        assert_eq!(
            decide(&both, &with(passed(&["metrics"]))).len(),
            2,
            "each asks for its own"
        );
    }

    #[test]
    fn what_was_measured_must_fit_beside_what_is_there() {
        let gates = |rate: f64, headroom_percent: f64| Gates {
            capacity: Some(CapacityRule {
                rate,
                headroom_percent,
            }),
            ..Gates::default()
        };
        let facts = Facts {
            measured: Some(Measured {
                stage: "TEST".into(),
                memory_bytes: 200_000_000,
                cores: 0.5,
                rate: 50.0,
                error_percent: 0.0,
                instances: 2,
            }),
            room: Some(Room {
                compute: "local".into(),
                memory_bytes: 1_000_000_000,
                cores: 2.0,
                memory_taken_bytes: 400_000_000,
                cores_taken: 0.5,
            }),
            ..Facts::default()
        };
        let verdict = |gates: &Gates, facts: &Facts| decide(gates, facts)[0].verdict;
        assert_eq!(
            verdict(&gates(50.0, 20.0), &facts),
            Verdict::Passed,
            "800 of 800 MB"
        );
        let short = decide(&gates(50.0, 21.0), &facts);
        assert_eq!(short[0].verdict, Verdict::Refused);
        assert!(
            short[0].says.contains("(memory)") && short[0].says.contains("400 MB"),
            "{}",
            short[0].says
        );
        let slow = decide(&gates(60.0, 0.0), &facts);
        assert!(
            slow[0].says.contains("does not bear the rate"),
            "{}",
            slow[0].says
        );
        let stricter = gates(50.0, 0.0).and(gates(10.0, 50.0)).capacity.expect("a rule");
        assert_eq!((stricter.rate, stricter.headroom_percent), (50.0, 50.0));
        assert_eq!(
            verdict(&gates(50.0, 0.0), &Facts::default()),
            Verdict::Waiting,
            "nothing is known"
        );
    }

    #[test]
    fn data_that_break_a_contract_hold_a_release_up_and_are_named() {
        let gates = Gates {
            contracts: Some(BTreeSet::new()),
            ..Gates::default()
        };
        let found = |contracts: Vec<ContractKept>| {
            let facts = Facts {
                contracts,
                ..Facts::default()
            };
            let finding = decide(&gates, &facts).remove(0);
            (finding.verdict, finding.says)
        };
        let kept = |broken: &[&str], only_warns| ContractKept {
            consumer: "model:delay".into(),
            contract: "carriers".into(),
            data: "flights:7".into(),
            broken: broken.iter().map(ToString::to_string).collect(),
            only_warns,
        };
        assert_eq!(found(Vec::new()).0, Verdict::Passed);
        assert_eq!(found(vec![kept(&[], false)]).0, Verdict::Passed);
        let (verdict, says) = found(vec![kept(&["carrier: only UA, found XX"], false)]);
        assert_eq!(verdict, Verdict::Waiting);
        assert!(
            says.contains("flights:7") && says.contains("model:delay") && says.contains("found XX"),
            "{says}"
        );
        let (verdict, says) = found(vec![kept(&["late"], true)]);
        assert!(
            verdict == Verdict::Passed && says.starts_with("warnings alone"),
            "{says}"
        );
        assert!(decide(&Gates::default(), &Facts::default()).is_empty());
        let both = gates.clone().and(Gates {
            contracts: Some(["pipeline:a".to_owned()].into()),
            ..Gates::default()
        });
        assert_eq!(both.contracts.map(|all| all.len()), Some(1));
    }
}
