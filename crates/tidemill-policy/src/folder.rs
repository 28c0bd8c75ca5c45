//! Access to the files of a datastore by folder. As soon as a role that gives files is given on a datastore, or on a folder in it, these
//! files are for those alone who have such a role there: what is given around the datastore, at its workspace or at `/`, no longer counts.

use std::collections::{BTreeSet, HashMap};

use crate::access::Assignment;
use crate::{Action, Place, Role, Scope};

/// The datastores that give access by folder: their names, by workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByFolder(HashMap<String, BTreeSet<String>>);

impl ByFolder {
    /// Takes an assignment into account, with its role; of a role that is not there any more nobody knows what it gave, and so it closes.
    pub(crate) fn add(&mut self, given: &Assignment, role: Option<&Role>) {
        let Place::Resource { workspace, resource } = &given.place else {
            return;
        };
        let gives_files = role.is_none_or(|role| role.set.iter().any(Action::is_file));
        if let Some(name) = datastore_of(resource).filter(|_| gives_files) {
            self.0
                .entry(workspace.clone())
                .or_default()
                .insert(name.to_owned());
        }
    }

    /// Whether a datastore gives access by folder.
    pub fn has(&self, workspace: &str, datastore: &str) -> bool {
        self.0
            .get(workspace)
            .is_some_and(|names| names.contains(datastore))
    }

    /// Whether there is none, on the whole server.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The datastores, as workspace and name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(workspace, names)| pairs(workspace, names))
    }

    /// The datastore whose folders alone decide on this action there; none where roles decide as everywhere.
    pub fn decides<'s>(&self, action: Action, scope: &'s Scope) -> Option<&'s str> {
        if !action.is_file() {
            return None;
        }
        let name = datastore_of(scope.resource.as_deref()?)?;
        self.has(scope.workspace.as_deref()?, name).then_some(name)
    }
}

fn pairs<'a>(workspace: &'a str, names: &'a BTreeSet<String>) -> impl Iterator<Item = (&'a str, &'a str)> {
    names.iter().map(move |name| (workspace, name.as_str()))
}

/// The datastore that a resource is or lies in.
fn datastore_of(resource: &str) -> Option<&str> {
    let name = resource.strip_prefix("datastores/")?.split('/').next()?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use crate::access::Kind;
    use crate::{Access, Assignment, Place, Scope, Subject, action, builtin, explain::explain};

    fn given(subject: &str, role: &str, place: &str) -> Assignment {
        Assignment {
            id: format!("{subject} {role} {place}"),
            subject: Subject::parse(subject).expect("a principal"),
            role: role.into(),
            place: Place::parse(place).expect("a place"),
        }
    }

    fn access(rules: &[(&str, &str, &str)]) -> Access {
        let around = [
            given("owner", "Owner", "/"),
            given("eng", "ML Engineer", "/workspaces/dev"),
            given("ada", "Data Scientist", "/workspaces/dev"),
        ];
        let rules = rules.iter().map(|(subject, role, folder)| {
            given(subject, role, &format!("/workspaces/dev/datastores/lake{folder}"))
        });
        let members = [(
            Subject::user("ada"),
            Subject {
                kind: Kind::Team,
                name: "analysts".into(),
            },
        )];
        Access::new(
            builtin::roles(),
            around.into_iter().chain(rules),
            members,
            Default::default(),
        )
    }

    fn at(path: &str) -> Scope {
        Scope::resource("dev", "datastores", path)
    }

    #[test]
    fn without_a_rule_roles_decide_and_with_one_only_rules_do() {
        let open = access(&[]);
        for who in ["owner", "eng", "ada"].map(Subject::user) {
            assert!(
                open.grants(&who)
                    .allow(action::DATASTORE_FILE_READ, &at("lake/silver/a.csv")),
                "{who}"
            );
        }
        let closed = access(&[
            ("team:analysts", "Datastore Reader", "/silver"),
            ("ada", "Datastore Writer", "/gold"),
        ]);
        let cases = [
            ("ada", "lake/silver/a.csv", true, false),
            ("ada", "lake/silver", true, false),
            ("ada", "lake/gold/b/c.csv", true, true),
            ("ada", "lake", false, false),
            ("ada", "lake/silverware/x", false, false),
            ("ada", "lake/bronze/x", false, false),
            ("eng", "lake/silver/a.csv", false, false),
            ("owner", "lake/silver/a.csv", false, false),
            ("owner", "other/silver/a.csv", true, true),
            ("eng", "lakehouse/a.csv", true, true),
            ("nobody", "lake/silver/a.csv", false, false),
        ];
        for (who, path, reads, writes) in cases {
            let subject = Subject::user(who);
            let grants = closed.grants(&subject);
            for (action, allowed) in [
                (action::DATASTORE_FILE_READ, reads),
                (action::DATASTORE_FILE_WRITE, writes),
            ] {
                let explained = explain(&closed, &subject, action, &at(path));
                assert_eq!(grants.allow(action, &at(path)), allowed, "{}", explained.why);
                assert_eq!(explained.allowed, allowed, "{}", explained.why);
                assert_eq!(
                    closed.decide(&subject, action, &at(path)),
                    allowed,
                    "{}",
                    explained.why
                );
            }
        }
    }

    #[test]
    fn what_is_no_file_is_decided_by_roles_as_before() {
        let closed = access(&[("ada", "Datastore Reader", "/silver")]);
        let owner = closed.grants(&Subject::user("owner"));
        for action in [
            action::DATASTORE_WRITE,
            action::ASSIGNMENT_WRITE,
            action::DATASTORE_READ,
        ] {
            assert!(owner.allow(action, &at("lake")), "{action}");
        }
        // Who shares gives what the rules keep from themselves.
        assert!(owner.at(&at("lake/gold")).has(action::DATASTORE_FILE_WRITE));
    }

    #[test]
    fn a_role_without_files_closes_nothing_and_one_that_is_gone_does() {
        let open = access(&[("bob", "Reader", "")]);
        assert!(open.by_folder().is_empty());
        let gone = access(&[("bob", "Lake Keeper", "/silver")]);
        assert!(gone.by_folder().has("dev", "lake"));
        let eng = Subject::user("eng");
        assert!(
            !gone
                .grants(&eng)
                .allow(action::DATASTORE_FILE_READ, &at("lake/silver/x"))
        );
        assert_eq!(gone.by_folder().iter().collect::<Vec<_>>(), [("dev", "lake")]);
    }

    #[test]
    fn the_words_name_the_rule() {
        let closed = access(&[("ada", "Datastore Reader", "/silver")]);
        let eng = explain(
            &closed,
            &Subject::user("eng"),
            action::DATASTORE_FILE_READ,
            &at("lake/silver/x"),
        );
        assert!(
            eng.why.contains("datastore `lake` gives access by folder"),
            "{}",
            eng.why
        );
        assert!(
            eng.why(&eng.steps[0]).contains("does not count for its files"),
            "{:?}",
            eng.steps
        );
        let ada = explain(
            &closed,
            &Subject::user("ada"),
            action::DATASTORE_FILE_WRITE,
            &at("lake/silver/x"),
        );
        assert!(
            ada.why
                .contains("`Datastore Reader` at `/workspaces/dev/datastores/lake/silver`"),
            "{}",
            ada.why
        );
        let reads = explain(
            &closed,
            &Subject::user("ada"),
            action::DATASTORE_FILE_READ,
            &at("lake/silver/x"),
        );
        assert!(
            reads.allowed && reads.why.contains("datastores/lake/silver`, has it"),
            "{}",
            reads.why
        );
    }
}
