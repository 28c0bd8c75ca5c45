//! The decision in words: which assignment and role allowed it, or what each of them lacks.

use crate::access::{Access, Assignment, Subject};
use crate::{Action, Place, Scope};

/// A decision, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// In one sentence.
    pub why: String,
    /// Every assignment that was looked at, and what came of it.
    pub steps: Vec<Step>,
}

/// One assignment that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The assignment.
    pub assignment: Assignment,
    /// Whether it allows it by itself.
    pub allows: bool,
    /// Why, or why not.
    pub why: String,
}

/// Explains whether a principal may do something somewhere. It says the same as [`crate::Grants::allow`].
pub fn explain(access: &Access, subject: &Subject, action: Action, scope: &Scope) -> Explanation {
    let assignments = access.assignments(subject);
    let steps: Vec<Step> = assignments
        .iter()
        .map(|given| step(access, subject, given, action, scope))
        .collect();
    let first = steps.iter().find(|step| step.allows);
    let by_folder = access.by_folder().decides(action, scope);
    let why = match (first, by_folder, steps.as_slice()) {
        (Some(step), ..) => format!("{subject} may do {action} at `{scope}`: {}", step.why),
        (None, Some(datastore), _) => {
            let rules = assignments
                .iter()
                .filter(|given| is_rule(given, scope, datastore));
            let rules: Vec<_> = rules
                .map(|given| format!("`{}` at `{}`", given.role, given.place))
                .collect();
            let has = match rules.as_slice() {
                [] => "none of its rules names it".to_owned(),
                rules => format!("its rules for it are {}", rules.join(", ")),
            };
            format!(
                "{subject} may not do {action} at `{scope}`: datastore `{datastore}` gives access by folder, and {has}"
            )
        }
        (None, None, []) => format!("{subject} may not do {action} at `{scope}`: it has no role anywhere"),
        (None, None, [one]) => format!("{subject} may not do {action} at `{scope}`: {}", one.why),
        (None, None, many) => {
            format!(
                "{subject} may not do {action} at `{scope}`: none of its {} assignments gives it",
                many.len()
            )
        }
    };
    Explanation {
        allowed: first.is_some(),
        why,
        steps,
    }
}

fn step(access: &Access, subject: &Subject, given: &Assignment, action: Action, scope: &Scope) -> Step {
    let Assignment {
        subject: holder,
        role,
        place,
        ..
    } = given;
    let through = match holder == subject {
        true => String::new(),
        false => format!(", through {holder}"),
    };
    let group = scope
        .workspace
        .as_deref()
        .and_then(|workspace| access.group_of(workspace));
    // At a place around a datastore that gives access by folder, a role does not count for its files.
    let around = access
        .by_folder()
        .decides(action, scope)
        .filter(|_| !matches!(place, Place::Resource { .. }));
    let (allows, why) = match access.role(role) {
        None => (false, format!("role `{role}` is not there any more")),
        Some(_) if !place.covers(scope, group) => (
            false,
            format!("role `{role}` is given at `{place}`{through}, which does not hold `{scope}`"),
        ),
        Some(_) if around.is_some() => (
            false,
            format!(
                "role `{role}`, given at `{place}`{through}, does not count for its files: datastore `{}` gives access by folder",
                around.unwrap_or_default()
            ),
        ),
        Some(found) if found.set.has(action) => (
            true,
            format!("role `{role}`, given at `{place}`{through}, has it"),
        ),
        Some(found) if found.taken.has(action) => (
            false,
            format!("role `{role}`, given at `{place}`{through}, takes it away with notActions"),
        ),
        Some(_) => (
            false,
            format!("role `{role}`, given at `{place}`{through}, does not have it"),
        ),
    };
    Step {
        assignment: given.clone(),
        allows,
        why,
    }
}

/// Whether an assignment is one of the rules of a datastore.
fn is_rule(given: &Assignment, scope: &Scope, datastore: &str) -> bool {
    let whole = Place::Resource {
        workspace: scope.workspace.clone().unwrap_or_default(),
        resource: format!("datastores/{datastore}"),
    };
    matches!(given.place, Place::Resource { .. }) && whole.covers(&given.place.scope(), None)
}

/// Who may do something somewhere, each with the reason, by name. `subjects` are those to ask about.
pub fn who_can<'a>(
    access: &Access,
    subjects: impl IntoIterator<Item = &'a Subject>,
    action: Action,
    scope: &Scope,
) -> Vec<(Subject, Explanation)> {
    let mut able: Vec<_> = subjects
        .into_iter()
        .map(|subject| (subject.clone(), explain(access, subject, action, scope)))
        .filter(|(_, explanation)| explanation.allowed)
        .collect();
    able.sort_by(|(a, _), (b, _)| a.cmp(b));
    able
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;
    use crate::{action, builtin};

    fn access() -> Access {
        let given = |subject: &str, role: &str, place: &str| Assignment {
            id: role.into(),
            subject: Subject::parse(subject).expect("a principal"),
            role: role.into(),
            place: Place::parse(place).expect("a place"),
        };
        let assignments = [
            given("ada", "Reader", "/workspaces/dev"),
            given("ada", "Contributor", "/workspaces/lab"),
            given("team:all", "ML Engineer", "/workspaces/dev"),
        ];
        let members = [(Subject::user("bob"), Subject::parse("team:all").expect("a team"))];
        Access::new(builtin::roles(), assignments, members, Default::default())
    }

    #[test]
    fn the_words_say_what_the_decision_says() {
        let access = access();
        let scopes = [
            Scope::server(),
            Scope::group("eu"),
            Scope::workspace("dev"),
            Scope::resource("lab", "models", "m"),
        ];
        for subject in [Subject::user("ada"), Subject::user("bob"), Subject::user("eve")] {
            let grants = access.grants(&subject);
            for (action, scope) in action::ALL
                .iter()
                .flat_map(|action| scopes.iter().map(move |scope| (action, scope)))
            {
                let explained = explain(&access, &subject, *action, scope);
                assert_eq!(
                    explained.allowed,
                    grants.allow(*action, scope),
                    "{}",
                    explained.why
                );
            }
        }
    }

    #[test]
    fn a_refusal_names_the_rule() {
        let access = access();
        let explained = explain(
            &access,
            &Subject::user("ada"),
            action::ASSIGNMENT_WRITE,
            &Scope::workspace("lab"),
        );
        assert!(
            explained
                .steps
                .iter()
                .any(|step| step.why.contains("takes it away with notActions")),
            "{explained:?}"
        );
        let bob = explain(
            &access,
            &Subject::user("bob"),
            action::MODEL_WRITE,
            &Scope::workspace("dev"),
        );
        assert!(bob.allowed && bob.why.contains("through team:all"), "{}", bob.why);
    }

    #[test]
    fn who_can_lists_everyone_with_the_reason() {
        let access = access();
        let all = ["ada", "bob", "eve"].map(Subject::user);
        let able = who_can(&access, &all, action::MODEL_READ, &Scope::workspace("dev"));
        assert_eq!(
            able.iter().map(|(who, _)| who.name.as_str()).collect::<Vec<_>>(),
            ["ada", "bob"]
        );
    }
}
