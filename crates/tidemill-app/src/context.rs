//! The context of an operation: who asks, where, and under which request id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tidemill_objects::{Hash, Hold};
use tidemill_policy::access::Kind as SubjectKind;
use tidemill_policy::{Action, ActionSet, Decision, Grants, Place, Subject, action, decide, explain};
use tidemill_store::{DatabaseTransaction, audit, event};

use crate::access::{OWNER, Snapshot};
use crate::{App, Error, Kind, Principal, Result, Scope};

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

/// Who asks, and under which request id. The first argument of every use case.
#[derive(Debug, Clone)]
pub struct OpContext {
    app: Arc<App>,
    principal: Principal,
    behind: Option<Subject>,
    limits: Option<Arc<Limits>>,
    claims: Arc<Value>,
    rolling_out: bool,
    at_rest: bool,
    unheard: bool,
    request_id: String,
    origin: Origin,
    /// Trees that do not go until this and its like are gone.
    holds: Arc<Mutex<HashMap<Hash, Hold>>>,
}

/// Who signed in, and what of their rights the token gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who asks.
    pub principal: Principal,
    /// For a job: who submitted it. It may do no more than they.
    pub behind: Option<Subject>,
    /// What the token is limited to.
    pub limits: Option<Arc<Limits>>,
    /// For a federated sign-in: what its signed token claimed.
    pub claims: Arc<Value>,
    /// The id of the credential.
    pub credential: Option<String>,
}

impl From<Principal> for SignedIn {
    fn from(principal: Principal) -> Self {
        Self {
            principal,
            behind: None,
            limits: None,
            claims: Arc::default(),
            credential: None,
        }
    }
}

/// What a token is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Where alone it counts.
    pub place: Option<Place>,
    /// For what alone it counts.
    pub actions: Option<ActionSet>,
}

/// Where a request came from, as the audit log tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The peer's address; none for the server itself.
    pub peer: Option<std::net::IpAddr>,
    /// The address of the peer, and what a proxy says of the one behind it; empty for the server itself.
    pub address: String,
    /// The program, as it calls itself.
    pub agent: String,
    /// The surface: `rest`, `mlflow`, `server`.
    pub surface: String,
}

/// One change, as the audit log and the outbox tell it.
#[derive(Debug, Clone)]
pub struct Change {
    /// The action that was allowed.
    pub action: Action,
    /// Where.
    pub scope: Scope,
    /// What it was before; `Null` when it is new. Never with secrets.
    pub before: Value,
    /// What it is now; `Null` when it is gone. Never with secrets.
    pub after: Value,
}

impl OpContext {
    /// A context.
    pub fn new(app: Arc<App>, principal: Principal, request_id: String) -> Self {
        let behind = subject(&principal);
        Self {
            app,
            principal,
            behind,
            limits: None,
            claims: Arc::default(),
            rolling_out: false,
            at_rest: false,
            unheard: false,
            request_id,
            origin: Origin {
                surface: "server".into(),
                ..Origin::default()
            },
            holds: Arc::default(),
        }
    }

    /// A context of somebody who signed in.
    pub fn signed_in(app: Arc<App>, who: SignedIn, request_id: String) -> Self {
        let SignedIn {
            principal,
            behind,
            limits,
            claims,
            credential: _,
        } = who;
        Self {
            behind: behind.or_else(|| subject(&principal)),
            limits,
            claims,
            ..Self::new(app, principal, request_id)
        }
    }

    /// The user or service principal that asks.
    pub fn subject(&self) -> Option<Subject> {
        subject(&self.principal)
    }

    /// What the token is limited to.
    pub fn limits(&self) -> Option<&Limits> {
        self.limits.as_deref()
    }

    /// What the signed token claims with which the one who asks came: issuer, audience, subject, and `claims`. Null for everybody
    /// who signed in otherwise.
    pub fn signed_claims(&self) -> &Value {
        &self.claims
    }

    /// What the one who asks has at a place, with the limits of the token.
    pub fn has_at(&self, scope: &Scope) -> ActionSet {
        if self.principal == Principal::System {
            return ActionSet::all();
        }
        let Some(subject) = self.subject() else {
            return ActionSet::NONE;
        };
        let current = self.app.access.current();
        let all = current.grants(&subject).at(scope);
        let workspace = scope.workspace.as_deref();
        let group = workspace.and_then(|workspace| current.access.group_of(workspace));
        match self.limits() {
            Some(Limits {
                place: Some(place), ..
            }) if !place.covers(scope, group) => ActionSet::NONE,
            Some(Limits {
                actions: Some(actions),
                ..
            }) => all & *actions,
            _ => all,
        }
    }

    /// Says where it came from.
    #[must_use]
    pub fn coming_from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Whether a plan of infrastructure is being applied that has passed its gates.
    pub(crate) fn is_rolling_out(&self) -> bool {
        self.rolling_out
    }

    /// The same one, while a plan of infrastructure is applied that has passed its gates.
    #[must_use]
    pub(crate) fn rolling_out(&self) -> Self {
        Self {
            rolling_out: true,
            ..self.clone()
        }
    }

    /// The same one, who may reach what is archived or deleted: to bring it back, or to remove it for good.
    #[must_use]
    pub(crate) fn at_rest(&self) -> Self {
        Self {
            at_rest: true,
            ..self.clone()
        }
    }

    /// The same one, whose refusals are not in the audit log: for looking at what may be shown.
    #[must_use]
    pub(crate) fn unheard(&self) -> Self {
        Self {
            unheard: true,
            ..self.clone()
        }
    }

    /// Holds a tree that this operation is about to name: it does not go before the operation has ended.
    ///
    /// # Errors
    /// NotFound where it goes just now, or went a moment ago.
    pub(crate) fn hold(&self, tree: &str) -> Result<()> {
        let digest: Hash = tree.parse()?;
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Vacant(place) = holds.entry(digest) {
            let hold = crate::bytes::tree_store(&self.app)?.hold(digest);
            place.insert(hold.ok_or_else(|| {
                Error::not_found("tree", tree)
                    .hint("nothing named it any more, and its bytes were removed; upload it again")
            })?);
        }
        Ok(())
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// The name of the person or program that signed in; a job speaks in its own. The owner of the server is nobody by
    /// name, as whoever asks a server of MLflow without sign-in.
    pub(crate) fn person(&self) -> Option<String> {
        match &self.principal {
            Principal::User { name } | Principal::ServicePrincipal { name } => Some(name.clone()),
            Principal::Job { .. } => Some(self.principal.to_string()),
            _ => None,
        }
    }

    /// For whom something is done: who asks, whoever submitted the job that asks, or the one for whom the server does it.
    pub(crate) fn for_whom(&self) -> Option<&Subject> {
        self.behind.as_ref()
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The address that the request came from.
    pub fn peer(&self) -> Option<std::net::IpAddr> {
        self.origin.peer.map(|peer| peer.to_canonical())
    }

    /// UTC milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.app.clock.now_ms()
    }

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

    /// The same one for somebody: what the server does for a job reaches no files that its submitter may not reach.
    #[must_use]
    pub(crate) fn on_behalf_of(&self, submitter: &str) -> Self {
        Self {
            behind: crate::token::submitter(submitter),
            ..self.clone()
        }
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

    /// Whether the request comes from this machine: over loopback, or from the address at which the server is.
    fn is_here(&self) -> bool {
        let Some(peer) = self.peer() else { return true };
        let own = self.app.address().unwrap_or_default();
        let own = own.rsplit_once("://").map_or("", |(_, host)| host);
        peer.is_loopback()
            || own
                .parse::<std::net::SocketAddr>()
                .is_ok_and(|own| own.ip() == peer)
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

    /// Notes in the audit log what was allowed and changes nothing, such as reading a secret.
    ///
    /// # Errors
    /// When it cannot be written; then it must not be done.
    pub async fn note(&self, action: Action, scope: &Scope, detail: Value) -> Result<()> {
        let row = self.audit_row(action, scope, "allowed", detail);
        self.app
            .store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(audit::append(tx, row).await?) }))
            .await
    }

    /// Runs a change of the control plane, with its audit row and its event in the same transaction.
    ///
    /// # Errors
    /// What the work says; then nothing of it stands.
    pub async fn change<T, F>(&self, change: Change, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, T> + Send + 'static,
    {
        let after = change.after.clone();
        let done = self
            .change_as(change, move |tx| {
                Box::pin(async move { Ok(Some((work(tx).await?, after))) })
            })
            .await?;
        done.ok_or_else(|| Error::internal("a change that says what it did has done something"))
    }

    /// Like [`OpContext::change`], for a change that only finds out in its transaction what it makes: the work says what
    /// is there now, or `None` when all is as it was, and then nothing is written to the audit log.
    ///
    /// # Errors
    /// What the work says; then nothing of it stands.
    pub async fn change_as<T, F>(&self, change: Change, work: F) -> Result<Option<T>>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, Option<(T, Value)>> + Send + 'static,
    {
        let Change {
            action,
            scope,
            before,
            after: _,
        } = change;
        let mut audit_row = self.audit_row(action, &scope, "allowed", Value::Null);
        let mut event_row = event::Model {
            id: self.app.clock.ulid(),
            at: audit_row.at,
            workspace: scope.workspace.clone(),
            kind: action.to_string(),
            subject: scope.to_string(),
            detail: String::new(),
        };
        self.app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let Some((value, after)) = work(tx).await? else {
                        return Ok(None);
                    };
                    event_row.detail = after.to_string();
                    audit_row.detail = json!({ "before": before, "after": after }).to_string();
                    event::append(tx, event_row).await?;
                    audit::append(tx, audit_row).await?;
                    Ok(Some(value))
                })
            })
            .await
    }

    /// Several changes that stand or fall together, each with its audit row and its event.
    ///
    /// # Errors
    /// What the work says; then nothing of it stands.
    pub async fn changes<T, F>(&self, changes: Vec<Change>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, T> + Send + 'static,
    {
        let told = |change: Change| {
            let Change {
                action,
                scope,
                before,
                after,
            } = change;
            let detail = json!({ "before": before, "after": after });
            let audit_row = self.audit_row(action, &scope, "allowed", detail);
            let event_row = event::Model {
                id: self.app.clock.ulid(),
                at: audit_row.at,
                workspace: scope.workspace.clone(),
                kind: action.to_string(),
                subject: scope.to_string(),
                detail: after.to_string(),
            };
            (audit_row, event_row)
        };
        let told: Vec<_> = changes.into_iter().map(told).collect();
        self.app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let value = work(tx).await?;
                    for (audit_row, event_row) in told {
                        event::append(tx, event_row).await?;
                        audit::append(tx, audit_row).await?;
                    }
                    Ok(value)
                })
            })
            .await
    }

    fn audit_row(&self, action: Action, scope: &Scope, outcome: &str, detail: Value) -> audit::Entry {
        let Origin {
            address,
            agent,
            surface,
            peer: _,
        } = self.origin.clone();
        audit::Entry {
            id: self.app.clock.ulid(),
            at: self.now_ms(),
            principal: self.principal.to_string(),
            action: action.to_string(),
            scope: scope.to_string(),
            outcome: outcome.to_owned(),
            request_id: self.request_id.clone(),
            address,
            agent,
            surface,
            detail: detail.to_string(),
        }
    }
}

/// What a change returns: a future bound to its transaction.
pub type Work<'t, T> = std::pin::Pin<Box<dyn Future<Output = Result<T>> + Send + 't>>;

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

/// The user or service principal that a principal is.
pub(crate) fn subject(principal: &Principal) -> Option<Subject> {
    match principal {
        Principal::Owner => Some(Subject::user(OWNER)),
        Principal::User { name } => Some(Subject::user(name)),
        Principal::ServicePrincipal { name } => Some(Subject {
            kind: SubjectKind::ServicePrincipal,
            name: name.clone(),
        }),
        Principal::System | Principal::Job { .. } | Principal::Runner { .. } => None,
    }
}

/// The principal of a user or service principal.
pub(crate) fn principal(subject: &Subject) -> Option<Principal> {
    let name = subject.name.clone();
    match subject.kind {
        SubjectKind::User if name == OWNER => Some(Principal::Owner),
        SubjectKind::User => Some(Principal::User { name }),
        SubjectKind::ServicePrincipal => Some(Principal::ServicePrincipal { name }),
        SubjectKind::Team => None,
    }
}
