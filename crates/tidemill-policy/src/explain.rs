//! The decision in words: which assignment and role allowed it, or what each of them lacks.

use std::sync::Arc;

use crate::access::{Access, Assignment, Given, Subject};
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
    asked: Asked,
}

/// What was asked, as far as the words of a step need it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    subject: Subject,
    scope: Scope,
    /// The datastore whose folders alone decide.
    by_folder: Option<String>,
}

/// One assignment that was looked at. Its words are made when somebody reads them: a refusal on a busy server looks at hundreds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The assignment.
    pub assignment: Arc<Assignment>,
    came: Came,
}

impl Step {
    /// Whether it allows it by itself.
    pub fn allows(&self) -> bool {
        self.came == Came::Has
    }
}

/// What came of an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Its role is not there any more.
    Gone,
    /// Its place does not hold the scope.
    Elsewhere,
    /// Its place is around a datastore that gives access by folder.
    Around,
    /// Its role has the action.
    Has,
    /// Its role takes the action away.
    Taken,
    /// Its role does not have the action.
    Lacks,
}

impl Explanation {
    /// What came of an assignment, in words.
    pub fn why(&self, step: &Step) -> String {
        let Assignment {
            subject, role, place, ..
        } = step.assignment.as_ref();
        let Asked {
            subject: asked,
            scope,
            by_folder,
        } = &self.asked;
        let through = match subject == asked {
            true => String::new(),
            false => format!(", through {subject}"),
        };
        match step.came {
            Came::Gone => format!("role `{role}` is not there any more"),
            Came::Elsewhere => {
                format!("role `{role}` is given at `{place}`{through}, which does not hold `{scope}`")
            }
            Came::Around => format!(
                "role `{role}`, given at `{place}`{through}, does not count for its files: datastore `{}` gives access by folder",
                by_folder.as_deref().unwrap_or_default()
            ),
            Came::Has => format!("role `{role}`, given at `{place}`{through}, has it"),
            Came::Taken => {
                format!("role `{role}`, given at `{place}`{through}, takes it away with notActions")
            }
            Came::Lacks => format!("role `{role}`, given at `{place}`{through}, does not have it"),
        }
    }
}

/// Explains whether a principal may do something somewhere. It says the same as [`crate::Grants::allow`].
pub fn explain(access: &Access, subject: &Subject, action: Action, scope: &Scope) -> Explanation {
    let workspace = scope.workspace.as_deref();
    let group = workspace.and_then(|workspace| access.group_of(workspace));
    let by_folder = access.by_folder().decides(action, scope);
    let steps: Vec<Step> = access
        .given(subject)
        .into_iter()
        .map(|given| Step {
            assignment: given.assignment.clone(),
            came: came(given, action, scope, group, by_folder.is_some()),
        })
        .collect();
    let mut explanation = Explanation {
        allowed: steps.iter().any(Step::allows),
        why: String::new(),
        steps,
        asked: Asked {
            subject: subject.clone(),
            scope: scope.clone(),
            by_folder: by_folder.map(str::to_owned),
        },
    };
    explanation.why = sentence(&explanation, action);
    explanation
}

fn sentence(explanation: &Explanation, action: Action) -> String {
    let Asked {
        subject,
        scope,
        by_folder,
    } = &explanation.asked;
    let steps = explanation.steps.as_slice();
    let first = steps.iter().find(|step| step.allows());
    let may_not = format!("{subject} may not do {action} at `{scope}`");
    match (first, by_folder, steps) {
        (Some(step), ..) => format!(
            "{subject} may do {action} at `{scope}`: {}",
            explanation.why(step)
        ),
        (None, Some(datastore), _) => {
            let rules = steps.iter().map(|step| &step.assignment);
            let rules: Vec<_> = rules
                .filter(|given| is_rule(given, scope, datastore))
                .map(|given| format!("`{}` at `{}`", given.role, given.place))
                .collect();
            let has = match rules.as_slice() {
                [] => "none of its rules names it".to_owned(),
                rules => format!("its rules for it are {}", rules.join(", ")),
            };
            format!("{may_not}: datastore `{datastore}` gives access by folder, and {has}")
        }
        (None, None, []) => format!("{may_not}: it has no role anywhere"),
        (None, None, [one]) => format!("{may_not}: {}", explanation.why(one)),
        (None, None, many) => format!("{may_not}: none of its {} assignments gives it", many.len()),
    }
}

fn came(given: &Given, action: Action, scope: &Scope, group: Option<&str>, by_folder: bool) -> Came {
    let place = &given.assignment.place;
    match &given.role {
        None => Came::Gone,
        Some(_) if !place.covers(scope, group) => Came::Elsewhere,
        // At a place around a datastore that gives access by folder, a role does not count for its files.
        Some(_) if by_folder && !matches!(place, Place::Resource { .. }) => Came::Around,
        Some(role) if role.set.has(action) => Came::Has,
        Some(role) if role.taken.has(action) => Came::Taken,
        Some(_) => Came::Lacks,
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
                .any(|step| explained.why(step).contains("takes it away with notActions")),
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
