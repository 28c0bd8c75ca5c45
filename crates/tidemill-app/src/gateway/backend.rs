//! One deployment as the gateway sees it: its settings, its instances, its figures.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::balancer::{Balancer, Lease, NoTurn};
use super::figures::Figures;
use crate::online_deployment::RequestPlan;

/// One deployment as the gateway sees it.
#[derive(Debug)]
pub struct Backend {
    /// Its workspace.
    pub workspace: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Its name.
    pub deployment: String,
    /// What it has answered.
    pub figures: Figures,
    pub(crate) balancer: Arc<Balancer>,
    settings: RwLock<RequestPlan>,
}

/// A request's turn.
#[derive(Debug)]
pub struct Turn {
    /// The instance that it is for; giving it back lets the next one in.
    pub lease: Lease,
    /// How long it has waited.
    pub waited: Duration,
}

impl Backend {
    pub(super) fn new(workspace: &str, endpoint: &str, deployment: &str) -> Self {
        let settings = RequestPlan {
            timeout_ms: 5000,
            per_instance: 1,
            queue_wait_ms: 500,
        };
        Self {
            workspace: workspace.to_owned(),
            endpoint: endpoint.to_owned(),
            deployment: deployment.to_owned(),
            figures: Figures::default(),
            balancer: Arc::new(Balancer::new(settings.per_instance)),
            settings: RwLock::new(settings),
        }
    }

    /// How requests are treated.
    pub fn settings(&self) -> RequestPlan {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_settings(&self, settings: RequestPlan) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        self.balancer.set_per_instance(settings.per_instance);
    }

    /// Waits for an instance that takes one more request, as long as the settings say.
    ///
    /// # Errors
    /// [`NoTurn`], when none did in time.
    pub async fn turn(&self) -> Result<Turn, NoTurn> {
        let started = std::time::Instant::now();
        let wait = Duration::from_millis(self.settings().queue_wait_ms);
        let lease = self.balancer.lease(wait).await?;
        Ok(Turn {
            lease,
            waited: started.elapsed(),
        })
    }

    /// An instance that takes one more request now, for a copy of a request that nobody waits for.
    pub fn turn_at_once(&self) -> Option<Lease> {
        self.balancer.lease_now()
    }

    /// How many instances take requests, how many requests are with them, and how many wait.
    pub fn load(&self) -> (usize, usize, usize) {
        self.balancer.load()
    }
}
