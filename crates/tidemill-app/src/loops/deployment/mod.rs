//! Brings the instances of each deployment to those that there shall be: one task a deployment, woken when something
//! changes.

mod actor;
mod decide;
mod instance;
mod probe;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tidemill_compute::{Handle, LocalDriver};
use tidemill_store::deployment_instance::Key;
use tidemill_store::{online_deployment, online_endpoint};
use tokio::sync::Notify;

use crate::{App, Result};
use actor::Actor;

/// Which deployment: workspace, endpoint, name.
type Name = (String, String, String);

/// The tasks of all deployments, and what their instances say now.
#[derive(Debug, Default)]
pub struct Deployments {
    tasks: Mutex<HashMap<Name, Arc<Notify>>>,
    messages: Mutex<HashMap<Name, String>>,
    handles: Mutex<HashMap<Key, Handle>>,
    client: OnceLock<reqwest::Client>,
    stopping: AtomicBool,
}

fn name(workspace: &str, endpoint: &str, deployment: &str) -> Name {
    (workspace.to_owned(), endpoint.to_owned(), deployment.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deployments {
    /// Has a deployment looked at; its task is made when there is none.
    pub(crate) fn wake(&self, app: &Arc<App>, workspace: &str, endpoint: &str, deployment: &str) {
        if self.is_stopping() {
            return;
        }
        let name = name(workspace, endpoint, deployment);
        let mut tasks = lock(&self.tasks);
        if let Some(news) = tasks.get(&name) {
            return news.notify_one();
        }
        let news = Arc::new(Notify::new());
        news.notify_one();
        tasks.insert(name.clone(), news.clone());
        tokio::spawn(Actor::new(app, name, news).run());
    }

    /// Forgets the task of a deployment that is gone.
    fn ended(&self, name: &Name) {
        lock(&self.tasks).remove(name);
        lock(&self.messages).remove(name);
    }

    /// What a deployment is doing now.
    pub(crate) fn message(&self, workspace: &str, endpoint: &str, deployment: &str) -> Option<String> {
        lock(&self.messages)
            .get(&name(workspace, endpoint, deployment))
            .cloned()
    }

    /// Keeps what an instance says that it is doing.
    pub(crate) fn say(&self, key: &Key, message: Option<String>) {
        let name = name(&key.workspace, &key.endpoint, &key.deployment);
        let mut messages = lock(&self.messages);
        match message {
            Some(message) => drop(messages.insert(name, message)),
            None => drop(messages.remove(&name)),
        }
    }

    /// The process ids of the runners of instances.
    pub(crate) fn runners(&self) -> Vec<i32> {
        lock(&self.handles)
            .values()
            .filter_map(LocalDriver::pid)
            .collect()
    }

    /// The process ids of the runners of each instance that is known.
    pub(crate) fn runners_of(&self, wanted: impl Fn(&Key) -> bool) -> Vec<i32> {
        let handles = lock(&self.handles);
        let those = handles.iter().filter(|(key, _)| wanted(key));
        those.filter_map(|(_, handle)| LocalDriver::pid(handle)).collect()
    }

    fn hold(&self, key: Key, handle: Handle) {
        lock(&self.handles).insert(key, handle);
    }

    fn release(&self, key: &Key) {
        lock(&self.handles).remove(key);
    }

    /// Asks instances how they are.
    pub(crate) fn client(&self) -> reqwest::Client {
        let make = || {
            let built = reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .tls_built_in_root_certs(false)
                .build();
            built.unwrap_or_default()
        };
        self.client.get_or_init(make).clone()
    }

    /// Starts and ends nothing any more; instances go on, and are found again by the next start.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

/// Lets endpoints be called again, and takes up every deployment that an earlier server left.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn start(app: &Arc<App>) -> Result<()> {
    app.gateway.requests.start(&app.dir);
    for row in online_endpoint::all(app.store.read()).await? {
        if let Err(error) = crate::online_endpoint::publish(app, &row).await {
            tracing::error!(workspace = row.workspace, endpoint = row.name, %error, "failed to take up an endpoint");
        }
    }
    for row in online_deployment::all(app.store.read()).await? {
        app.deployments
            .wake(app, &row.workspace, &row.endpoint, &row.name);
    }
    Ok(())
}
