//! Webhooks: make, show, change, delete, test, and what they are told.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidemill_api::mlflow::webhook::{
    CreateWebhook, ListWebhooks, ListWebhooksResponse, UpdateWebhook, Webhook, WebhookEvent, WebhookStatus,
    WebhookTestResult,
};
use tidemill_store::webhook::{self, Delivery};
use tidemill_store::{ConnectionTrait, from_json, to_json};

use crate::context::Change;
use crate::rule::{Asked, next_token, window};
use crate::seal::sign_with;
use crate::{App, Error, Kind, OpContext, Result, Scope, action};

type Row = webhook::Model;

/// Where webhooks may lead.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebhookOptions {
    /// `http://` too, not only `https://`.
    pub allow_http: bool,
    /// Addresses that are not public too: this machine, the local network.
    pub allow_private: bool,
}

/// How long a webhook may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an answer that are kept.
const MOST_ANSWER: usize = 64 << 10;

/// Makes a webhook.
///
/// # Errors
/// Invalid for a bad name, an event that can't be, or an address that webhooks may not lead to.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateWebhook) -> Result<Webhook> {
    let CreateWebhook {
        name,
        url,
        events,
        description,
        secret,
        status,
    } = request;
    authorize(ctx, workspace, action::WORKSPACE_WRITE, "").await?;
    check_name(&name)?;
    check_url(ctx.app(), &url).await?;
    let events = checked_events(events)?;
    let now = ctx.now_ms();
    let id = uuid(&crate::run_name::uuid_hex(&*ctx.app().clock));
    let secret = secret.filter(|text| !text.is_empty());
    let secret = sealed(ctx.app(), workspace, &id, secret).await?;
    let row = Row {
        workspace: workspace.to_owned(),
        webhook_id: id,
        name,
        description: description.filter(|text| !text.is_empty()),
        url,
        events: to_json(&events),
        secret,
        status: status.unwrap_or_default().as_str().to_owned(),
        created_at: now,
        updated_at: now,
    };
    put(ctx, row, Value::Null).await
}

/// One webhook.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, id: &str) -> Result<Webhook> {
    authorize(ctx, workspace, action::WORKSPACE_READ, id).await?;
    view(find(ctx.app().store.read(), workspace, id).await?)
}

/// Webhooks, the youngest first.
///
/// # Errors
/// Invalid for a limit or page token that can't be.
pub async fn list(ctx: &OpContext, workspace: &str, request: ListWebhooks) -> Result<ListWebhooksResponse> {
    let ListWebhooks {
        max_results,
        page_token,
    } = request;
    authorize(ctx, workspace, action::WORKSPACE_READ, "").await?;
    let most = max_results.filter(|most| *most != 0).unwrap_or(100);
    if !(1..=1000).contains(&most) {
        return Err(Error::invalid("max_results must be between 1 and 1000."));
    }
    let asked = Asked::new(&["Webhook", workspace], &[]);
    let window = window(page_token.as_deref(), Some(most), 100, 1000, asked)?;
    let found = webhook::list(ctx.app().store.read(), workspace, window).await?;
    Ok(ListWebhooksResponse {
        webhooks: found.items.into_iter().map(view).collect::<Result<_>>()?,
        next_page_token: next_token(window, found.more, asked),
    })
}

/// Changes what is given.
///
/// # Errors
/// NotFound, and as [`create`].
pub async fn update(ctx: &OpContext, workspace: &str, request: UpdateWebhook) -> Result<Webhook> {
    let UpdateWebhook {
        webhook_id,
        name,
        description,
        url,
        events,
        secret,
        status,
    } = request;
    authorize(ctx, workspace, action::WORKSPACE_WRITE, &webhook_id).await?;
    let mut row = find(ctx.app().store.read(), workspace, &webhook_id).await?;
    let before = shown(&row);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        check_name(&name)?;
        row.name = name;
    }
    if let Some(url) = url.filter(|url| !url.is_empty()) {
        check_url(ctx.app(), &url).await?;
        row.url = url;
    }
    if !events.is_empty() {
        row.events = to_json(&checked_events(events)?);
    }
    row.description = description.or(row.description);
    if let Some(secret) = secret {
        row.secret = sealed(ctx.app(), workspace, &webhook_id, Some(secret)).await?;
    }
    if let Some(status) = status {
        row.status = status.as_str().to_owned();
    }
    row.updated_at = ctx.now_ms();
    put(ctx, row, before).await
}

/// Deletes a webhook; what it was still to be told is forgotten.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, id: &str) -> Result<()> {
    authorize(ctx, workspace, action::WORKSPACE_WRITE, id).await?;
    let row = find(ctx.app().store.read(), workspace, id).await?;
    let change = Change {
        action: action::WORKSPACE_WRITE,
        scope: Scope::resource(workspace, "webhooks", id),
        before: shown(&row),
        after: Value::Null,
    };
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(webhook::delete(tx, &row.workspace, &row.webhook_id).await?) })
    })
    .await
}

/// Sends an example to a webhook, and says how it answered.
///
/// # Errors
/// NotFound.
pub async fn test(
    ctx: &OpContext,
    workspace: &str,
    id: &str,
    event: Option<WebhookEvent>,
) -> Result<WebhookTestResult> {
    authorize(ctx, workspace, action::WORKSPACE_WRITE, id).await?;
    let row = find(ctx.app().store.read(), workspace, id).await?;
    let events: Vec<WebhookEvent> = from_json("webhook", "events", &row.events)?;
    let Some(event) = event.or(events.first().copied()) else {
        return Err(Error::invalid("failed to test a webhook that is told of nothing"));
    };
    let body = body(event, ctx.now_ms(), example(event), workspace);
    let delivery = uuid(&crate::run_name::uuid_hex(&*ctx.app().clock));
    Ok(match send(ctx.app(), &row, &delivery, &body).await {
        Ok(Answered { status, body, .. }) => WebhookTestResult {
            success: status < 400,
            response_status: Some(status.into()),
            response_body: Some(body),
            error_message: None,
        },
        Err(why) => WebhookTestResult {
            error_message: Some(format!("Failed to test webhook: {why}")),
            ..WebhookTestResult::default()
        },
    })
}

/// What a change needs to tell webhooks of it.
#[derive(Debug, Clone)]
pub(crate) struct Herald {
    now: i64,
    random: [u8; 32],
}

impl Herald {
    pub(crate) fn new(ctx: &OpContext) -> Self {
        // The loop looks after the change is written; a look too early is made up for by the next one.
        ctx.app().webhook_news.notify_one();
        Self {
            now: ctx.now_ms(),
            random: ctx.app().clock.secret(),
        }
    }

    /// Notes what happened, for every webhook of the workspace that is told of it, in the transaction of the change.
    pub(crate) async fn tell(
        &self,
        db: &impl ConnectionTrait,
        workspace: &str,
        event: WebhookEvent,
        data: Value,
    ) -> Result<()> {
        let told = webhook::active(db, workspace).await?;
        if told.is_empty() {
            return Ok(());
        }
        let body = body(event, self.now, data, workspace);
        for row in told {
            let events: Vec<WebhookEvent> = from_json("webhook", "events", &row.events)?;
            if !events.contains(&event) {
                continue;
            }
            let mut hash = blake3::Hasher::new_keyed(&self.random);
            hash.update(row.webhook_id.as_bytes())
                .update(event.to_string().as_bytes());
            let digits = hash.finalize().to_hex();
            let delivery = Delivery {
                id: uuid(&digits[..32]),
                workspace: workspace.to_owned(),
                webhook_id: row.webhook_id,
                body: body.clone(),
                attempts: 0,
                next_at: self.now,
            };
            webhook::add_delivery(db, delivery).await?;
        }
        Ok(())
    }
}

fn body(event: WebhookEvent, now_ms: i64, data: Value, workspace: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let told = json!({
        "entity": event.entity.as_str().to_ascii_lowercase(),
        "action": event.action.as_str().to_ascii_lowercase(),
        "timestamp": format!("{}.{:03}000+00:00", time.strftime("%Y-%m-%dT%H:%M:%S"), now_ms.rem_euclid(1000)),
        "data": data,
        "workspace": workspace,
    });
    to_json(&told)
}

fn example(event: WebhookEvent) -> Value {
    use tidemill_api::mlflow::webhook::{WebhookAction as A, WebhookEntity as E};
    match (event.entity, event.action) {
        (E::RegisteredModel, _) => {
            json!({ "name": "example_model", "tags": { "example_key": "example_value" }, "description": "An example registered model" })
        }
        (E::ModelVersion, _) => json!({
            "name": "example_model", "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678",
            "tags": { "example_key": "example_value" }, "description": "An example model version",
        }),
        (E::ModelVersionTag, A::Set) => {
            json!({ "name": "example_model", "version": "1", "key": "example_key", "value": "example_value" })
        }
        (E::ModelVersionTag, _) => json!({ "name": "example_model", "version": "1", "key": "example_key" }),
        (E::ModelVersionAlias, A::Created) => {
            json!({ "name": "example_model", "alias": "example_alias", "version": "1" })
        }
        (E::ModelVersionAlias, _) => json!({ "name": "example_model", "alias": "example_alias" }),
        (E::Prompt, _) => {
            json!({ "name": "example_prompt", "tags": { "example_key": "example_value" }, "description": "An example prompt" })
        }
        (E::PromptVersion, _) => json!({
            "name": "example_prompt", "version": "1", "template": "Hello {{name}}!",
            "tags": { "example_key": "example_value" }, "description": "An example prompt version",
        }),
        (E::PromptTag, A::Set) => {
            json!({ "name": "example_prompt", "key": "example_key", "value": "example_value" })
        }
        (E::PromptTag, _) => json!({ "name": "example_prompt", "key": "example_key" }),
        (E::PromptVersionTag, A::Set) => {
            json!({ "name": "example_prompt", "version": "1", "key": "example_key", "value": "example_value" })
        }
        (E::PromptVersionTag, _) => json!({ "name": "example_prompt", "version": "1", "key": "example_key" }),
        (E::PromptAlias, A::Created) => {
            json!({ "name": "example_prompt", "alias": "example_alias", "version": "1" })
        }
        (E::PromptAlias, _) => json!({ "name": "example_prompt", "alias": "example_alias" }),
        (E::BudgetPolicy, _) => json!({}),
        (E::BreakGlass, _) => json!({
            "alarm": true, "is": event.action.as_str().to_ascii_lowercase(), "why": "An example of a reason",
            "asked_by": "user:ann", "approved_by": "user:bob", "glass": "01k8example",
        }),
    }
}

/// How a webhook answered.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// When it wants to be asked again.
    pub(crate) retry_after_s: Option<u64>,
}

/// Sends a message, signed when the webhook has a secret. Says why it could not be sent.
pub(crate) async fn send(app: &App, row: &Row, delivery: &str, body: &str) -> Result<Answered, String> {
    check_url(app, &row.url).await.map_err(|error| error.message)?;
    let time = (app.clock.now_ms() / 1000).to_string();
    let mut request = client(app.webhooks)?
        .post(&row.url)
        .header("content-type", "application/json")
        .header("x-mlflow-delivery-id", delivery)
        .header("x-mlflow-timestamp", &time);
    if let Some(sealed) = row.secret.as_deref() {
        let place = place(&row.workspace, &row.webhook_id);
        let secret = app
            .vault
            .unseal(&place, sealed)
            .await
            .map_err(|error| error.message)?;
        let signature = sign_with(&secret, &format!("{delivery}.{time}.{body}"));
        request = request.header("x-mlflow-signature", format!("v1,{signature}"));
    }
    let mut response = request
        .body(body.to_owned())
        .send()
        .await
        .map_err(|error| why(&error))?;
    let retry_after_s = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| why(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MOST_ANSWER {
            bytes.truncate(MOST_ANSWER);
            break;
        }
    }
    Ok(Answered {
        status,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        retry_after_s,
    })
}

/// An error with its causes: the outermost says little.
fn why(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// A client that follows no redirect, uses no proxy, and connects only where a webhook may lead, whatever a name
/// resolves to at that moment.
pub(crate) fn client(options: WebhookOptions) -> Result<reqwest::Client, String> {
    struct Public(WebhookOptions);
    impl reqwest::dns::Resolve for Public {
        fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
            let options = self.0;
            Box::pin(async move {
                let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
                if let Some(private) = found.iter().find(|address| !may_lead_to(options, address.ip())) {
                    let why = format!(
                        "Webhook connection blocked: {} is not a public IP address.",
                        private.ip()
                    );
                    return Err(why.into());
                }
                Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
            })
        }
    }
    reqwest::Client::builder()
        .dns_resolver(Arc::new(Public(options)))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .user_agent("tidemill")
        .build()
        .map_err(|error| why(&error))
}

fn may_lead_to(options: WebhookOptions, address: IpAddr) -> bool {
    options.allow_private || is_public(address)
}

/// Not of this machine, a local network, or one of the many that are set aside. Addresses that wrap another one are
/// judged by that one.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(v6) => {
            let parts = v6.segments();
            let wrapped = |high: u16, low: u16| {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                is_public(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
            };
            match parts {
                [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                    wrapped(high, low)
                }
                [0x2002, high, low, ..] => wrapped(high, low),
                // Of the global range, without Teredo, documentation and other protocols' assignments.
                [first, second, ..] => {
                    (first & 0xe000) == 0x2000 && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
                }
            }
        }
    }
}

pub(crate) async fn check_url(app: &App, url: &str) -> Result<()> {
    let shown = |url: &str| crate::rule::python_text(url);
    if url.trim().is_empty() {
        return Err(Error::invalid(format!(
            "Webhook URL cannot be empty or just whitespace: {}",
            shown(url)
        )));
    }
    let scheme = url
        .split_once("://")
        .map_or("", |(scheme, _)| scheme)
        .to_ascii_lowercase();
    let allowed: &[&str] = if app.webhooks.allow_http {
        &["https", "http"]
    } else {
        &["https"]
    };
    if !allowed.contains(&scheme.as_str()) {
        return Err(Error::invalid(format!(
            "Invalid webhook URL scheme: {}. Allowed schemes are: {}.",
            shown(&scheme),
            allowed.join(", ")
        )));
    }
    let parsed = reqwest::Url::parse(url)
        .map_err(|error| Error::invalid(format!("Invalid webhook URL {}: {error}", shown(url))))?;
    let Some(host) = parsed.host_str().filter(|host| !host.is_empty()) else {
        return Err(Error::invalid(format!(
            "Webhook URL must include a hostname: {}",
            shown(url)
        )));
    };
    if app.webhooks.allow_private {
        return Ok(());
    }
    let host = host.trim_matches(['[', ']']);
    let found = tokio::time::timeout(Duration::from_secs(5), tokio::net::lookup_host((host, 0))).await;
    let found: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => {
            return Err(Error::invalid(format!(
                "Cannot resolve Webhook URL hostname {}: {error}",
                shown(host)
            )));
        }
        Err(_) => {
            return Err(Error::invalid(format!(
                "Cannot resolve Webhook URL hostname {}: it took too long",
                shown(host)
            )));
        }
    };
    match found.iter().find(|address| !is_public(address.ip())) {
        Some(private) => Err(Error::invalid(format!(
            "Webhook URL must not resolve to a non-public IP address. {} resolves to {}.",
            shown(host),
            private.ip()
        ))),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<()> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.len() <= 63 && ends(name.chars().next()) && ends(name.chars().last()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Webhook name {} is invalid. It must start and end with a letter or digit, be less than 63 characters long, \
         and contain only letters, digits, dots (.), underscores (_), and hyphens (-).",
        crate::rule::python_text(name)
    )))
}

fn checked_events(events: Vec<WebhookEvent>) -> Result<Vec<WebhookEvent>> {
    if events.is_empty() {
        return Err(Error::invalid(
            "Webhook events must be a non-empty list of WebhookEvent objects: [].",
        ));
    }
    let mut kept: Vec<WebhookEvent> = Vec::new();
    for event in events {
        let action = event.action.as_str().to_ascii_lowercase();
        if !event.actions().contains(&action.as_str()) {
            let valid: Vec<String> = event.actions().iter().map(|&action| action.to_owned()).collect();
            return Err(Error::invalid(format!(
                "Invalid action '{action}' for entity '{}'. Valid actions are: {}",
                event.entity.as_str().to_ascii_lowercase(),
                crate::rule::python_list(&valid)
            )));
        }
        if !kept.contains(&event) {
            kept.push(event);
        }
    }
    // In MLflow's order: a test without a named event is of the first.
    kept.sort_by_key(|event| (event.entity.as_str(), event.action.as_str()));
    Ok(kept)
}

async fn sealed(app: &App, workspace: &str, id: &str, secret: Option<String>) -> Result<Option<String>> {
    let Some(secret) = secret else { return Ok(None) };
    let group = crate::vault::group_of(app, workspace).await?;
    app.vault
        .seal(&group, &place(workspace, id), &secret)
        .await
        .map(Some)
}

/// The place for which the secret of a webhook is sealed.
pub(crate) fn place(workspace: &str, id: &str) -> String {
    format!("webhook/{workspace}/{id}")
}

async fn put(ctx: &OpContext, row: Row, before: Value) -> Result<Webhook> {
    let change = Change {
        action: action::WORKSPACE_WRITE,
        scope: Scope::resource(&row.workspace, "webhooks", &row.webhook_id),
        before,
        after: shown(&row),
    };
    let written = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(webhook::put(tx, written).await?) })
    })
    .await?;
    view(row)
}

/// For the audit log: all but the secret.
fn shown(row: &Row) -> Value {
    json!({
        "name": row.name, "url": row.url, "events": row.events, "status": row.status,
        "secret": row.secret.as_ref().map(|_| "***"),
    })
}

async fn authorize(
    ctx: &OpContext,
    workspace: &str,
    action: tidemill_policy::Action,
    id: &str,
) -> Result<()> {
    ctx.authorize(action, &Scope::resource(workspace, "webhooks", id))
        .await
}

async fn find(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Row> {
    webhook::get(db, workspace, id)
        .await?
        .ok_or_else(|| Error::new(Kind::NotFound, format!("Webhook with ID {id} not found.")))
}

fn view(row: Row) -> Result<Webhook> {
    let Row {
        workspace: _,
        webhook_id,
        name,
        description,
        url,
        events,
        secret: _,
        status,
        created_at,
        updated_at,
    } = row;
    let events: Vec<WebhookEvent> = from_json("webhook", "events", &events)?;
    // MLflow's client takes no word that it does not know.
    let (alarms, events) = events
        .into_iter()
        .partition(|event| event.entity == tidemill_api::mlflow::webhook::WebhookEntity::BreakGlass);
    Ok(Webhook {
        webhook_id,
        name,
        description,
        url,
        events,
        alarms,
        status: WebhookStatus::parse(&status).unwrap_or_default(),
        creation_timestamp: created_at,
        last_updated_timestamp: updated_at,
    })
}

/// 32 hex digits with the hyphens of a UUID.
pub(crate) fn uuid(hex: &str) -> String {
    let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]];
    format!("{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().expect("an address")), "{private}");
        }
        for public in ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
    }

    #[test]
    fn names_are_like_host_names() {
        for good in ["a", "my-hook.v1_x", "9"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "ä", &"x".repeat(64)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
