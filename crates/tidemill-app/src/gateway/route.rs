//! An endpoint as the gateway sees it: who may call it, and which deployment answers.

use std::sync::Arc;

use indexmap::IndexMap;
use tidemill_policy::action;
use tidemill_spec::kinds::EndpointAuthMode;

use crate::context::Origin;
use crate::{App, OpContext, Scope, token};

/// An endpoint as the gateway sees it.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// How callers show who they are.
    pub auth: EndpointAuthMode,
    /// Of the kind that Azure runs on Kubernetes: its errors are those of that kind.
    pub kubernetes: bool,
    /// BLAKE3 of both keys.
    pub(crate) keys: [String; 2],
    /// Shares by deployment, in percent.
    pub(crate) traffic: IndexMap<String, u32>,
    /// The deployment that gets copies, and of how many percent.
    pub(crate) mirror: Option<(String, u32)>,
    /// Every deployment that can be named.
    pub(crate) deployments: Vec<String>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Somebody with one of the keys.
    Key,
    /// Somebody with a token of the endpoint.
    Token,
    /// A principal whose role lets them score.
    Principal(String),
}

impl Caller {
    /// For the log.
    pub fn word(&self) -> &str {
        match self {
            Self::Key => "key",
            Self::Token => "token",
            Self::Principal(name) => name,
        }
    }
}

/// Which deployment answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// This one.
    Deployment(String),
    /// The one that was named is not there.
    Unknown(String),
    /// None gets any traffic.
    Nothing,
}

impl Route {
    /// Picks a deployment: the one that is named, else one by its share. `draw` is a random number.
    pub fn pick(&self, named: Option<&str>, draw: u64) -> Pick {
        if let Some(name) = named {
            return match self.deployments.iter().any(|one| one == name) {
                true => Pick::Deployment(name.to_owned()),
                false => Pick::Unknown(name.to_owned()),
            };
        }
        let sum: u64 = self.traffic.values().map(|share| u64::from(*share)).sum();
        if sum == 0 {
            return Pick::Nothing;
        }
        let mut at = draw % sum;
        for (name, share) in &self.traffic {
            let share = u64::from(*share);
            if at < share {
                return Pick::Deployment(name.clone());
            }
            at -= share;
        }
        Pick::Nothing
    }

    /// What share of the requests a deployment gets, in percent; none where there is no such deployment.
    pub fn share(&self, deployment: &str) -> Option<u32> {
        if !self.deployments.iter().any(|one| one == deployment) {
            return None;
        }
        let sum: u64 = self.traffic.values().map(|share| u64::from(*share)).sum();
        let own = u64::from(self.traffic.get(deployment).copied().unwrap_or_default());
        // Of nothing nobody gets a part.
        Some(u32::try_from((own * 100).checked_div(sum).unwrap_or_default()).unwrap_or(100))
    }

    /// The deployment that gets a copy of this request, if one does.
    pub fn mirror(&self, draw: u64) -> Option<&str> {
        let (name, share) = self.mirror.as_ref()?;
        (draw % 100 < u64::from(*share)).then_some(name.as_str())
    }

    /// Whether this is one of its keys, or a token of it.
    pub(super) fn knows(
        &self,
        app: &App,
        (workspace, endpoint): (&str, &str),
        text: &str,
        hash: &str,
    ) -> bool {
        match self.auth {
            EndpointAuthMode::Key => self.keys.iter().any(|key| key == hash),
            EndpointAuthMode::AmlToken => {
                crate::online_endpoint::token_counts(app, workspace, endpoint, text)
            }
            EndpointAuthMode::AadToken => false,
        }
    }

    /// Who calls with this text behind `Bearer`; none when it does not let them.
    pub async fn caller(
        &self,
        app: &Arc<App>,
        (workspace, endpoint): (&str, &str),
        text: &str,
        origin: Origin,
    ) -> Option<Caller> {
        if let Some(peer) = origin.peer
            && !app.access.current().reaches(workspace, peer.to_canonical())
        {
            return None;
        }
        if app.access.current().is_deleted(workspace) {
            return None;
        }
        let hash = token::hash(text);
        // Of hashes nothing can be learnt by how long it takes to compare them.
        if self.auth == EndpointAuthMode::Key && self.keys.contains(&hash) {
            return Some(Caller::Key);
        }
        if self.auth == EndpointAuthMode::AmlToken
            && crate::online_endpoint::token_counts(app, workspace, endpoint, text)
        {
            return Some(Caller::Token);
        }
        let who = token::authenticate(app, text).await.ok()?;
        let ctx = OpContext::signed_in(app.clone(), who, String::new()).coming_from(origin);
        let scope = Scope::resource(workspace, "endpoints", endpoint);
        ctx.may(action::ENDPOINT_SCORE, &scope)
            .then(|| Caller::Principal(ctx.principal().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(traffic: &[(&str, u32)]) -> Route {
        Route {
            traffic: traffic
                .iter()
                .map(|(name, share)| ((*name).into(), *share))
                .collect(),
            deployments: traffic.iter().map(|(name, _)| (*name).into()).collect(),
            mirror: Some(("green".into(), 10)),
            ..Route::default()
        }
    }

    #[test]
    fn shares_are_kept_over_all_draws() {
        let route = route(&[("blue", 90), ("green", 10)]);
        let of = |name: &str| {
            let wanted = Pick::Deployment(name.into());
            (0..1000).filter(|draw| route.pick(None, *draw) == wanted).count()
        };
        assert_eq!((of("blue"), of("green")), (900, 100));
        assert_eq!(
            (0..1000).filter(|draw| route.mirror(*draw).is_some()).count(),
            100
        );
    }

    #[test]
    fn the_one_that_is_named_answers_also_without_traffic() {
        let route = route(&[("blue", 0), ("green", 0)]);
        assert_eq!(route.pick(Some("green"), 0), Pick::Deployment("green".into()));
        assert_eq!(route.pick(Some("red"), 0), Pick::Unknown("red".into()));
        assert_eq!(route.pick(None, 7), Pick::Nothing);
        assert_eq!((route.share("green"), route.share("red")), (Some(0), None));
        let route = self::route(&[("blue", 90), ("green", 10)]);
        assert_eq!((route.share("blue"), route.share("green")), (Some(90), Some(10)));
    }
}
