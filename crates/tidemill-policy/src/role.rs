//! Roles: what people write, in Azure's form, and the set of actions that it comes to.

use serde::{Deserialize, Serialize};

use crate::action::{ALL, JOB_RUN};
use crate::place::{Place, PlaceError};
use crate::{Action, ActionSet, azure};

/// A role as it is written. Azure's own spellings, `Actions` and `actions`, `roleName` and `Name`, are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleDefinition {
    /// Its name, unique on a server.
    #[serde(alias = "Name", alias = "roleName", alias = "RoleName")]
    pub name: String,
    /// What it is for.
    #[serde(default, alias = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it lets do; `*` stands for any text.
    #[serde(default, alias = "Actions")]
    pub actions: Vec<String>,
    /// What of `actions` it does not let do. Another role may still.
    #[serde(default, rename = "notActions", alias = "NotActions", alias = "not_actions")]
    pub not_actions: Vec<String>,
    /// What it lets do with bytes.
    #[serde(
        default,
        rename = "dataActions",
        alias = "DataActions",
        alias = "data_actions"
    )]
    pub data_actions: Vec<String>,
    /// What of `dataActions` it does not let do.
    #[serde(
        default,
        rename = "notDataActions",
        alias = "NotDataActions",
        alias = "not_data_actions"
    )]
    pub not_data_actions: Vec<String>,
    /// Where it may be given; `/` when nothing is said.
    #[serde(
        default,
        rename = "assignableScopes",
        alias = "AssignableScopes",
        alias = "assignable_scopes"
    )]
    pub assignable_scopes: Vec<String>,
    /// Azure's mark of a custom role: every written one is.
    #[serde(default, rename = "isCustom", alias = "IsCustom", skip_serializing)]
    pub is_custom: Option<bool>,
    /// Azure's id, which has no meaning here.
    #[serde(default, alias = "Id", skip_serializing)]
    pub id: Option<String>,
}

/// A role that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it lets do.
    pub set: ActionSet,
    /// What its `notActions` and `notDataActions` took away.
    pub taken: ActionSet,
    /// Where it may be given.
    pub places: Vec<Place>,
    /// Patterns that fit no action of this server, as Azure has many.
    pub unknown: Vec<String>,
}

/// A definition that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// A scope can't be read.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A pattern holds what actions don't have.
    #[error(
        "failed to read the action `{0}`: an action is words with `/` between them, and `*` for any text"
    )]
    Pattern(String),
    /// An action stands in the wrong list.
    #[error("failed to use `{pattern}` in {list}: it moves bytes, so it belongs in {other}")]
    Plane {
        /// What was written.
        pattern: String,
        /// Where it stands.
        list: &'static str,
        /// Where it belongs.
        other: &'static str,
    },
    /// Nothing is left.
    #[error("failed to use role `{0}`: it lets nothing be done on this server")]
    Empty(String),
}

impl RoleDefinition {
    /// Reads it.
    ///
    /// # Errors
    /// Scopes and patterns that can't be read, and a role that lets nothing be done.
    pub fn read(&self) -> Result<Role, RoleError> {
        let mut unknown = Vec::new();
        let mut fit = |patterns: &[String], data: bool| -> Result<ActionSet, RoleError> {
            let mut set = ActionSet::NONE;
            for pattern in patterns {
                let found = matching(pattern)?;
                if found.is_empty() {
                    unknown.push(pattern.clone());
                }
                let own: ActionSet = found.iter().filter(|action| action.is_data() == data).collect();
                let exact = !pattern.contains('*') && !azure::is_azure(pattern);
                if own.is_empty() && !found.is_empty() && exact {
                    return Err(plane(pattern, data));
                }
                set = set | own;
            }
            Ok(set)
        };
        let (actions, not) = (fit(&self.actions, false)?, fit(&self.not_actions, false)?);
        let (data, not_data) = (fit(&self.data_actions, true)?, fit(&self.not_data_actions, true)?);
        let (given, taken) = (actions | data, not | not_data);
        if given.without(taken).is_empty() {
            return Err(RoleError::Empty(self.name.clone()));
        }
        let places = self.assignable_scopes.iter().map(|scope| Place::parse(scope));
        let mut places = places.collect::<Result<Vec<_>, _>>()?;
        if places.is_empty() {
            places.push(Place::Server);
        }
        Ok(Role {
            name: self.name.clone(),
            set: given.without(taken),
            taken: given & taken,
            places,
            unknown,
        })
    }
}

fn plane(pattern: &str, data: bool) -> RoleError {
    let (list, other) = match data {
        true => ("dataActions", "actions"),
        false => ("actions", "dataActions"),
    };
    RoleError::Plane {
        pattern: pattern.to_owned(),
        list,
        other,
    }
}

/// The actions that fit a pattern of a role; what only runners of jobs do is never among them.
pub fn matching(pattern: &str) -> Result<ActionSet, RoleError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '*' | '.' | '-' | '_');
    let odd =
        pattern.is_empty() || pattern.contains("..") || pattern.contains("//") || pattern.starts_with('/');
    if odd || !pattern.chars().all(fine) {
        return Err(RoleError::Pattern(pattern.to_owned()));
    }
    let folded = pattern.to_ascii_lowercase();
    let fits = |action: &Action| match azure::is_azure(&folded) {
        true => azure::fits(&folded, *action),
        false => wild(&folded, action.as_str()),
    };
    Ok(ALL
        .iter()
        .filter(|action| **action != JOB_RUN && fits(action))
        .copied()
        .collect())
}

/// Whether a text fits a pattern in which `*` stands for any text, `/` included.
pub(crate) fn wild(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action;

    fn role(actions: &[&str], not: &[&str]) -> Result<Role, RoleError> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (actions, not_actions) = (texts(actions), texts(not));
        RoleDefinition {
            name: "r".into(),
            actions,
            not_actions,
            ..RoleDefinition::default()
        }
        .read()
    }

    #[test]
    fn wildcards_fit_and_not_actions_take_away() {
        let role = role(&["*/read", "jobs/*"], &["audit/*"]).expect("a role");
        assert!(role.set.has(action::MODEL_READ) && role.set.has(action::JOB_WRITE));
        assert!(!role.set.has(action::AUDIT_READ) && role.taken.has(action::AUDIT_READ));
        assert!(!role.set.has(action::MODEL_WRITE));
        assert!(!role.set.has(action::JOB_RUN), "runners alone do this");
        assert!(
            !role.set.has(action::DATASTORE_FILE_READ),
            "bytes are for dataActions"
        );
    }

    #[test]
    fn a_custom_role_of_azure_is_understood_and_what_has_no_counterpart_is_said() {
        let role = role(
            &[
                "Microsoft.MachineLearningServices/workspaces/*",
                "Microsoft.Insights/alertRules/*",
            ],
            &[
                "Microsoft.MachineLearningServices/workspaces/computes/*",
                "Microsoft.MachineLearningServices/workspaces/write",
            ],
        )
        .expect("a role");
        assert!(role.set.has(action::RUN_WRITE) && !role.set.has(action::COMPUTE_READ));
        assert!(!role.set.has(action::WORKSPACE_WRITE) && !role.set.has(action::ASSIGNMENT_WRITE));
        assert_eq!(role.unknown, ["Microsoft.Insights/alertRules/*"]);
    }

    #[test]
    fn what_is_no_role_is_refused() {
        assert!(matches!(role(&["jobs/../read"], &[]), Err(RoleError::Pattern(_))));
        assert!(matches!(role(&["/jobs/read"], &[]), Err(RoleError::Pattern(_))));
        assert!(matches!(
            role(&["datastores/files/read"], &[]),
            Err(RoleError::Plane { .. })
        ));
        assert!(matches!(role(&["nothing/here"], &[]), Err(RoleError::Empty(_))));
        assert!(matches!(role(&["*"], &["*"]), Err(RoleError::Empty(_))));
        let scopes = vec!["/workspaces/*".to_owned()];
        let definition = RoleDefinition {
            name: "r".into(),
            actions: vec!["*".into()],
            assignable_scopes: scopes,
            ..RoleDefinition::default()
        };
        assert!(matches!(definition.read(), Err(RoleError::Place(_))));
    }
}
