//! Tells webhooks what happened, until they have heard it or it is given up.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tidemill_store::webhook::{self, Delivery};

use crate::webhook::{Answered, send};
use crate::{App, Error, Result};

/// How often a message is tried again.
const RETRIES: i64 = 3;
/// Messages that are sent at the same time.
const AT_ONCE: u64 = 16;
/// How long nothing to do is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Begins; ends with the application.
pub(super) fn start(app: &Arc<App>) {
    let app = Arc::downgrade(app);
    tokio::spawn(run(app));
}

async fn run(weak: Weak<App>) {
    while let Some(app) = weak.upgrade() {
        let wait = match round(&app).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(%error, "failed to look for messages to webhooks");
                LONGEST_WAIT
            }
        };
        let news = app.webhook_news.clone();
        drop(app);
        drop(tokio::time::timeout(wait, news.notified()).await);
    }
}

/// Sends what is due; says how long until the next message is.
async fn round(app: &Arc<App>) -> Result<Duration> {
    let next = webhook::next_deliveries(app.store.read(), AT_ONCE).await?;
    let now = app.clock.now_ms();
    let (due, later): (Vec<_>, Vec<_>) = next.into_iter().partition(|delivery| delivery.next_at <= now);
    let Some(first_later) = later.first().map(|delivery| delivery.next_at - now) else {
        let all = due.len();
        deliver(app, due).await?;
        // A change that was noticed before it was written is seen by a second look.
        return Ok(if all == 0 {
            Duration::from_secs(1).min(LONGEST_WAIT)
        } else {
            Duration::ZERO
        });
    };
    deliver(app, due).await?;
    let wait = Duration::from_millis(u64::try_from(first_later).unwrap_or(0));
    Ok(wait.clamp(Duration::from_millis(20), LONGEST_WAIT))
}

async fn deliver(app: &Arc<App>, due: Vec<Delivery>) -> Result<()> {
    let sent = due.into_iter().map(|delivery| one(app, delivery));
    for done in futures::future::join_all(sent).await {
        done?;
    }
    Ok(())
}

async fn one(app: &Arc<App>, delivery: Delivery) -> Result<()> {
    let Delivery {
        id,
        workspace,
        webhook_id,
        body,
        attempts,
        ..
    } = delivery;
    let hook = webhook::get(app.store.read(), &workspace, &webhook_id).await?;
    let again = match hook.filter(|hook| hook.status == "ACTIVE") {
        None => None,
        Some(hook) => match send(app, &hook, &id, &body).await {
            Ok(Answered {
                status: 429 | 500 | 502 | 503 | 504,
                retry_after_s,
                ..
            }) => Some(retry_after_s.unwrap_or(0)),
            Ok(Answered { status, .. }) => {
                if status >= 400 {
                    tracing::warn!(
                        workspace,
                        webhook = webhook_id,
                        status,
                        "a webhook refused a message"
                    );
                }
                None
            }
            Err(why) => {
                tracing::warn!(workspace, webhook = webhook_id, why, "failed to reach a webhook");
                Some(0)
            }
        },
    };
    let next = again.filter(|_| attempts < RETRIES).map(|asked_s| {
        let jitter = u64::from(u16::from_le_bytes([app.clock.secret()[0], app.clock.secret()[1]])) % 1000;
        let backoff = 1000 * (1_u64 << attempts.clamp(0, 6)) + jitter;
        let wait = backoff.max(asked_s.saturating_mul(1000)).min(60_000);
        app.clock.now_ms() + i64::try_from(wait).unwrap_or(60_000)
    });
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                match next {
                    Some(at) => webhook::retry_delivery(tx, &id, attempts + 1, at).await?,
                    None => webhook::end_delivery(tx, &id).await?,
                }
                Ok(())
            })
        })
        .await
}
