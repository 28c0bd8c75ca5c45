//! The context of an operation: who asks, where, and under which request id.

mod change;
mod refusal;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tidemill_objects::{Hash, Hold};
use tidemill_policy::access::Kind as SubjectKind;
use tidemill_policy::{ActionSet, Place, Subject};

pub use change::{Change, Work};

use crate::access::OWNER;
use crate::{App, Error, Principal, Result, Scope};

/// Who asks, and under which request id. The first argument of every use case.
#[derive(Debug, Clone)]
pub struct OpContext {
    app: Arc<App>,
    principal: Principal,
    behind: Option<Subject>,
    limits: Option<Arc<Limits>>,
    claims: Arc<Value>,
    /// The id of the credential with which the one who asks came.
    credential: Option<String>,
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
            credential: None,
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
            credential,
        } = who;
        Self {
            behind: behind.or_else(|| subject(&principal)),
            limits,
            claims,
            credential,
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

    /// The same one for somebody: what the server does for a job reaches no files that its submitter may not reach.
    #[must_use]
    pub(crate) fn on_behalf_of(&self, submitter: &str) -> Self {
        Self {
            behind: crate::token::submitter(submitter),
            ..self.clone()
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
