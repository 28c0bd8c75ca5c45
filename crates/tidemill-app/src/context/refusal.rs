//! Whether somebody may: the decision with what the server knows around it, and the words of a refusal.

use serde_json::json;
use tidemill_policy::{Action, Decision, Grants, Subject, action, decide, explain};
use tidemill_store::audit;

use super::{Limits, OpContext};
use crate::access::Snapshot;
use crate::{Error, Kind, Principal, Result, Scope};

/// What a workspace that plans change alone shuts to everybody else.
const BY_ROLLOUT: [Action; 9] = [
    action::WORKSPACE_WRITE,
    action::WORKSPACE_DELETE,
    action::DATASTORE_WRITE,
    action::DATASTORE_DELETE,
    action::COMPUTE_WRITE,
    action::COMPUTE_DELETE,
    action::POLICY_WRITE,
    action::ASSIGNMENT_WRITE,
    action::ASSIGNMENT_DELETE,
];

/// What is still done in an archived workspace, besides reading.
const STILL: [Action; 6] = [
    action::ENDPOINT_SCORE,
    action::SECRET_LIST,
    action::WORKSPACE_DELETE,
    action::ASSIGNMENT_WRITE,
    action::ASSIGNMENT_DELETE,
    action::ENDPOINT_KEYS,
];

impl OpContext {
    /// The first line of every use case: may they?
    ///
    /// # Errors
    /// Forbidden, naming the action, the place and the rule. The refusal is in the audit log.
    pub async fn authorize(&self, action: Action, scope: &Scope) -> Result<()> {
        let Some(refusal) = self.refusal(action, scope) else {
            return Ok(());
        };
        if self.unheard {
            return Err(refusal.error);
        }
        let row = self.audit_row(action, scope, "refused", json!({ "why": refusal.why }));
        self.app
            .store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(audit::append(tx, row).await?) }))
            .await?;
        Err(refusal.error)
    }

    /// Whether they may, without a word about it: for lists that show only what may be seen.
    pub fn may(&self, action: Action, scope: &Scope) -> bool {
        self.refusal(action, scope).is_none()
    }

    /// Whether they still may, for what goes on for as long as somebody listens: roles, the token and the session may have been taken away
    /// since.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) async fn still_may(&self, action: Action, scope: &Scope) -> Result<bool> {
        if !self.may(action, scope) {
            return Ok(false);
        }
        let Some(id) = &self.credential else {
            return Ok(true);
        };
        let now = self.now_ms();
        let row = tidemill_store::credential::get(self.app.store.read(), id).await?;
        Ok(row.is_some_and(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|until| now < until)))
    }

    /// Notes a refusal that a rule made after the roles had allowed it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn refused(&self, action: Action, scope: &Scope, why: &str) -> Result<()> {
        if self.unheard {
            return Ok(());
        }
        let row = self.audit_row(action, scope, "refused", json!({ "why": why }));
        self.app
            .store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(audit::append(tx, row).await?) }))
            .await
    }

    fn refusal(&self, action: Action, scope: &Scope) -> Option<Refusal> {
        let current = self.app.access.current();
        if self.principal == Principal::System {
            let subject = self.behind.as_ref().filter(|_| action.is_file())?;
            let grants = current.grants(subject);
            return (!grants.allow(action, scope))
                .then(|| Refusal::of(&current, &grants, subject, action, scope));
        }
        if let Some(workspace) = scope
            .workspace
            .as_deref()
            .filter(|name| current.is_deleted(&crate::name::same_workspace(name)) && !self.at_rest)
        {
            let sees = self.behind.as_ref().is_some_and(|who| {
                current
                    .grants(who)
                    .allow_within(action::WORKSPACE_READ, workspace)
            });
            let error = Error::not_found("workspace", workspace);
            return Some(Refusal {
                why: "the workspace was deleted".into(),
                error: match sees {
                    true => error.hint(format!(
                        "it was deleted: `tidemill workspace recover --name {workspace}` brings it back"
                    )),
                    false => error,
                },
            });
        }
        if self.subject().is_none() {
            if let Decision::Deny { why } = decide(&self.principal, action, scope) {
                return Some(Refusal::forbidden(action, scope, why));
            }
            // A job runs on this machine; its token comes from elsewhere only when somebody took it along.
            if let Some(workspace) = scope.workspace.as_deref()
                && !self.is_here()
                && let Some(refusal) = self.from_elsewhere(workspace, action, scope, &current)
            {
                return Some(refusal);
            }
            // What only a runner does is not given by roles.
            let behind = self.behind.as_ref().filter(|_| action != action::JOB_RUN)?;
            return (!current.grants(behind).allow(action, scope)).then(|| {
                let why = format!("{behind}, who submitted the job, may not do it");
                Refusal::forbidden(action, scope, why)
            });
        }
        let subject = self.behind.as_ref()?;
        let grants = current.grants(subject);
        let limited = self
            .limits()
            .and_then(|limits| limits.why_not(action, scope, &current));
        if !grants.allow(action, scope) {
            return Some(Refusal::of(&current, &grants, subject, action, scope));
        }
        if let Some(why) = limited {
            return Some(Refusal::forbidden(action, scope, why));
        }
        self.closed(action, scope, &current)
    }

    /// What a workspace shuts to everybody: other networks, and changes by hand where plans change it alone.
    fn closed(&self, action: Action, scope: &Scope, current: &Snapshot) -> Option<Refusal> {
        // However the name is written, it is the same workspace.
        let workspace = crate::name::same_workspace(scope.workspace.as_deref()?);
        let workspace = workspace.as_ref();
        if let Some(refusal) = self.from_elsewhere(workspace, action, scope, current) {
            return Some(refusal);
        }
        let still = action.as_str().ends_with("/read") || STILL.contains(&action);
        if current.is_archived(workspace) && !still && !self.at_rest {
            let why = format!(
                "workspace `{workspace}` is archived: it is read alone until `tidemill workspace restore --name {workspace}`"
            );
            return Some(Refusal::forbidden(action, scope, why));
        }
        if !self.rolling_out && BY_ROLLOUT.contains(&action) && current.is_by_rollout(workspace) {
            let why = format!(
                "workspace `{workspace}` is changed by `tidemill infra apply` alone, as its group says for its stage (by_hand: false)"
            );
            return Some(Refusal::forbidden(action, scope, why));
        }
        None
    }

    /// Refuses an address that is in no network of the workspace.
    fn from_elsewhere(
        &self,
        workspace: &str,
        action: Action,
        scope: &Scope,
        current: &Snapshot,
    ) -> Option<Refusal> {
        let peer = self
            .origin
            .peer
            .filter(|peer| !current.reaches(workspace, *peer))?;
        let why =
            format!("workspace `{workspace}` is not reached from {peer}: its allowed_networks don't hold it");
        Some(Refusal::forbidden(action, scope, why))
    }

    /// Whether the request comes from this machine: over loopback, or over another address of its own, as when a server on all addresses is
    /// called by the name of its machine.
    fn is_here(&self) -> bool {
        self.peer().is_none_or(crate::peer::is_of_this_machine)
    }
}

/// Why not, for the audit log and for the one who asked.
struct Refusal {
    why: String,
    error: Error,
}

impl Refusal {
    fn forbidden(action: Action, scope: &Scope, why: String) -> Self {
        let error = Error::new(
            Kind::Forbidden,
            format!("failed to do {action} at `{scope}`: {why}"),
        );
        Self { why, error }
    }

    /// Of somebody whose roles don't give it. What they may not see is not there for them.
    fn of(current: &Snapshot, grants: &Grants, subject: &Subject, action: Action, scope: &Scope) -> Self {
        let explained = explain::explain(&current.access, subject, action, scope);
        let hidden = match (&scope.workspace, &scope.group) {
            (Some(workspace), _) if !grants.allow_within(action::WORKSPACE_READ, workspace) => {
                Some(("workspace", workspace.as_str()))
            }
            // Whoever names files that are not theirs is told the rule.
            (Some(_), _) if action.as_str().ends_with("/read") && !action.is_file() => scope
                .resource
                .as_deref()
                .and_then(|resource| resource.split_once('/'))
                .map(|(noun, name)| (noun.trim_end_matches('s'), name)),
            (None, Some(group)) if !grants.allow(action::GROUP_READ, scope) => {
                Some(("group", group.as_str()))
            }
            _ => None,
        };
        match hidden {
            Some((noun, name)) => Self {
                error: Error::not_found(noun, name),
                why: explained.why,
            },
            None => Self::forbidden(action, scope, explained.why),
        }
    }
}

impl Limits {
    fn why_not(&self, action: Action, scope: &Scope, current: &Snapshot) -> Option<String> {
        let group = scope
            .workspace
            .as_deref()
            .and_then(|workspace| current.access.group_of(workspace));
        match self {
            Self {
                place: Some(place), ..
            } if !place.covers(scope, group) => Some(format!("the token counts at `{place}` alone")),
            Self {
                actions: Some(actions),
                ..
            } if !actions.has(action) => Some(format!("the token was not made for {action}")),
            _ => None,
        }
    }
}
