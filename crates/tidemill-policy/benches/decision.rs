//! How long a decision takes on a server with 10,000 assignments: made new from them, and by what is kept of it.

use criterion::Criterion;
use std::hint::black_box;
use tidemill_policy::access::Kind;
use tidemill_policy::{Access, Assignment, Place, Scope, Subject, action, builtin, explain};

/// 1,000 users in 100 teams; 10,000 assignments over 500 workspaces in 20 groups.
fn large() -> Access {
    let roles = ["Reader", "Data Scientist", "ML Engineer", "Contributor"];
    let team = |n: usize| Subject {
        kind: Kind::Team,
        name: format!("team-{n}"),
    };
    let assignments = (0..10_000_usize).map(|n| Assignment {
        id: n.to_string(),
        subject: if n % 2 == 0 {
            Subject::user(&format!("user-{}", n % 1000))
        } else {
            team(n % 100)
        },
        role: roles[n % roles.len()].to_owned(),
        place: match n % 3 {
            0 => Place::Group(format!("group-{}", n % 20)),
            1 => Place::Workspace(format!("workspace-{}", n % 500)),
            _ => Place::Resource {
                workspace: format!("workspace-{}", n % 500),
                resource: format!("models/model-{n}"),
            },
        },
    });
    let members = (0..1000_usize).map(|n| (Subject::user(&format!("user-{n}")), team(n % 100)));
    let groups = (0..500_usize).map(|n| (format!("workspace-{n}"), format!("group-{}", n % 20)));
    Access::new(builtin::roles(), assignments, members, groups.collect())
}

fn decision(criterion: &mut Criterion) {
    let access = large();
    let user = Subject::user("user-7");
    let scope = Scope::run("workspace-107", "run-1", None);
    criterion.bench_function("a decision from 10,000 assignments, explained", |bench| {
        bench.iter(|| explain::explain(&access, black_box(&user), action::RUN_WRITE, black_box(&scope)));
    });
    criterion.bench_function("a decision from 10,000 assignments", |bench| {
        bench.iter(|| access.decide(black_box(&user), action::RUN_WRITE, black_box(&scope)));
    });
    let grants = access.grants(&user);
    criterion.bench_function("a kept decision", |bench| {
        bench.iter(|| grants.allow(black_box(action::RUN_WRITE), black_box(&scope)));
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decision(&mut criterion);
    criterion.final_summary();
}
