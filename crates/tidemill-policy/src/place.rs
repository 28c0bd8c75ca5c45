//! Where a role is given: the server, a group, a workspace, or one thing in it, and what lies within.

use std::fmt;

use crate::Scope;

/// A place, from wide to narrow. It holds names alone: never a wildcard, never `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// `/`
    Server,
    /// `/groups/{group}`, with every workspace in it.
    Group(String),
    /// `/workspaces/{workspace}`
    Workspace(String),
    /// `/workspaces/{workspace}/{noun}/{name}`
    Resource {
        /// The workspace.
        workspace: String,
        /// `noun/name`, and for a datastore the folder behind it.
        resource: String,
    },
}

/// A text that is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the scope `{text}`: {why}")]
pub struct PlaceError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Place {
    /// Reads a place. Azure's ids are understood: a subscription is the server, a resource group is a group.
    ///
    /// # Errors
    /// What is no place, and what holds a wildcard or steps out of itself.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let fail = |why| PlaceError {
            text: text.to_owned(),
            why,
        };
        if !text.starts_with('/') {
            return Err(fail(
                "it begins with `/`, as in `/`, `/groups/eu`, `/workspaces/dev` or `/workspaces/dev/datastores/lake`",
            ));
        }
        if text.contains('*') || text.contains('?') {
            return Err(fail(
                "a scope names places one by one; wildcards belong in actions",
            ));
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| matches!(*part, "." | "..")) {
            return Err(fail("it steps out of itself with `..`"));
        }
        if parts
            .iter()
            .any(|part| part.contains('%') || part.contains('\\') || part.chars().any(char::is_control))
        {
            return Err(fail("a name holds a character that names don't have"));
        }
        let folded: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
        match folded.as_slice() {
            [] | ["subscriptions", _] => Ok(Self::Server),
            ["groups", group] | ["subscriptions", _, "resourcegroups", group] => {
                Ok(Self::Group((*group).to_owned()))
            }
            ["workspaces", workspace]
            | [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.machinelearningservices",
                "workspaces",
                workspace,
            ] => Ok(Self::Workspace(workspace.replace('_', "-"))),
            ["workspaces", workspace, _, _, ..] => Ok(Self::Resource {
                workspace: workspace.replace('_', "-"),
                resource: parts[2..].join("/"),
            }),
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.machinelearningservices",
                "workspaces",
                workspace,
                _,
                _,
                ..,
            ] => Ok(Self::Resource {
                workspace: workspace.replace('_', "-"),
                resource: parts[8..].join("/"),
            }),
            _ => Err(fail(
                "it is none of `/`, `/groups/{group}`, `/workspaces/{workspace}` and `/workspaces/{workspace}/{noun}/{name}`",
            )),
        }
    }

    /// Whether all of `scope` lies in this place; `group` is the group of its workspace.
    pub fn covers(&self, scope: &Scope, group: Option<&str>) -> bool {
        match self {
            Self::Server => true,
            Self::Group(name) => scope.group.as_deref().or(group) == Some(name),
            Self::Workspace(name) => scope.workspace.as_deref() == Some(name),
            Self::Resource { workspace, resource } => {
                scope.workspace.as_deref() == Some(workspace)
                    && scope
                        .resource
                        .as_deref()
                        .is_some_and(|inner| within(inner, resource))
            }
        }
    }

    /// The place as the scope of an action.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Server => Scope::server(),
            Self::Group(group) => Scope::group(group),
            Self::Workspace(workspace) => Scope::workspace(workspace),
            Self::Resource { workspace, resource } => Scope {
                resource: Some(resource.clone()),
                ..Scope::workspace(workspace)
            },
        }
    }
}

/// Whether a resource is another one or lies below it: `datastores/lake/silver` is within `datastores/lake`.
fn within(inner: &str, outer: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("/"),
            Self::Group(group) => write!(f, "/groups/{group}"),
            Self::Workspace(workspace) => write!(f, "/workspaces/{workspace}"),
            Self::Resource { workspace, resource } => write!(f, "/workspaces/{workspace}/{resource}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_back_as_they_were_written() {
        for text in [
            "/",
            "/groups/eu",
            "/workspaces/dev",
            "/workspaces/dev/datastores/lake",
        ] {
            assert_eq!(Place::parse(text).expect("a place").to_string(), text);
        }
        let azure = "/subscriptions/1/resourceGroups/EU/providers/Microsoft.MachineLearningServices/workspaces/My_Dev";
        assert_eq!(
            Place::parse(azure).expect("a place").to_string(),
            "/workspaces/my-dev"
        );
        assert_eq!(Place::parse("/subscriptions/1").expect("a place"), Place::Server);
    }

    #[test]
    fn a_wildcard_does_not_escape_its_scope() {
        for text in [
            "/workspaces/*",
            "/workspaces/dev/../prd",
            "/workspaces/dev/%2e%2e/prd",
            "/workspaces/d?v",
            "workspaces/dev",
            "/workspaces",
            "/workspaces/dev/models",
            "/groups/eu/workspaces/dev",
            "/workspaces/dev/models/a\\b",
        ] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_place_covers_what_lies_in_it_and_no_more() {
        let lake = Place::parse("/workspaces/dev/datastores/lake").expect("a place");
        let cases = [
            (Scope::resource("dev", "datastores", "lake"), true),
            (Scope::resource("dev", "datastores", "lake/silver/a.csv"), true),
            (Scope::resource("dev", "datastores", "lakehouse"), false),
            (Scope::resource("prd", "datastores", "lake"), false),
            (Scope::workspace("dev"), false),
            (Scope::server(), false),
        ];
        for (scope, covered) in cases {
            assert_eq!(lake.covers(&scope, None), covered, "{scope}");
        }
        let eu = Place::Group("eu".into());
        assert!(eu.covers(&Scope::workspace("dev"), Some("eu")));
        assert!(!eu.covers(&Scope::workspace("dev"), Some("us")) && !eu.covers(&Scope::server(), None));
    }
}
