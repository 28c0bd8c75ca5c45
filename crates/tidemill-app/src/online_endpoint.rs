//! Online endpoints: make, show, change, remove; their traffic, and what callers show.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_spec::kinds::{self, EndpointAuthMode, Spec};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{from_json, online_deployment, online_endpoint, to_json};

use crate::context::Change;
use crate::gateway::Route;
use crate::workspace::check_revision;
use crate::{App, Error, Kind, OpContext, Result, Scope, action, token, vault};

/// An endpoint, as use cases hand it out; its keys are sealed.
pub type OnlineEndpoint = online_endpoint::Model;

/// How long a token of an endpoint counts.
const TOKEN_MS: i64 = 3_600_000;

pub(crate) fn scope(workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, "endpoints", name)
}

/// Makes or changes an endpoint, its traffic included.
///
/// # Errors
/// Invalid for a specification that makes no sense, such as traffic for a deployment that is not there; Precondition when
/// it was changed in between.
pub async fn put(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    spec: kinds::OnlineEndpoint,
    if_match: Option<i64>,
) -> Result<OnlineEndpoint> {
    let scope = scope(workspace, name);
    ctx.authorize(action::ENDPOINT_WRITE, &scope).await?;
    crate::workspace::get(ctx, workspace).await?;
    let before = online_endpoint::get(ctx.app().store.read(), workspace, name).await?;
    let was = before.as_ref().map(spec_of).transpose()?;
    let was = was
        .map(|spec| (spec.traffic, spec.mirror_traffic))
        .unwrap_or_default();
    if was != (spec.traffic.clone(), spec.mirror_traffic.clone()) {
        crate::release::only_by_release(ctx, workspace, &scope).await?;
    }
    write(ctx, workspace, name, spec, before, if_match).await
}

/// Makes an endpoint for a release, which has been through its gates.
pub(crate) async fn make_released(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    spec: kinds::OnlineEndpoint,
) -> Result<()> {
    ctx.authorize(action::ENDPOINT_WRITE, &scope(workspace, name))
        .await?;
    write(ctx, workspace, name, spec, None, None).await.map(drop)
}

/// Changes the traffic of an endpoint for a release, and nothing else of it: what somebody else has written meanwhile stays, and is
/// looked at anew.
pub(crate) async fn change_traffic(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    change: impl Fn(&IndexMap<String, u32>) -> Option<IndexMap<String, u32>>,
) -> Result<()> {
    const TIMES: usize = 20;
    ctx.authorize(action::ENDPOINT_WRITE, &scope(workspace, name))
        .await?;
    let mut last = Ok(());
    for _ in 0..TIMES {
        let row = find(ctx.app(), workspace, name).await?;
        let mut spec = spec_of(&row)?;
        let Some(traffic) = change(&spec.traffic) else {
            return Ok(());
        };
        spec.traffic = traffic;
        last = write(ctx, workspace, name, spec, Some(row), None).await.map(drop);
        match &last {
            Err(error) if error.kind == Kind::Precondition => {}
            _ => return last,
        }
    }
    last
}

/// Writes it over what was read before, which must not have been changed since.
async fn write(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    mut spec: kinds::OnlineEndpoint,
    before: Option<OnlineEndpoint>,
    if_match: Option<i64>,
) -> Result<OnlineEndpoint> {
    let scope = scope(workspace, name);
    spec.name = name.to_owned();
    crate::spec::check(&Spec::OnlineEndpoint(Box::new(spec.clone())))?;
    if let Some(compute) = &spec.compute {
        crate::compute::resolve(ctx, workspace, Some(compute)).await?;
    }
    let app = ctx.app();
    check_revision(
        "endpoint",
        name,
        before.as_ref().map(|row| row.revision),
        if_match,
    )?;
    check_kind(before.as_ref(), &spec)?;
    check_traffic(app, workspace, &spec).await?;
    let (first_key, second_key) = match &before {
        Some(row) => (row.first_key.clone(), row.second_key.clone()),
        None => (
            sealed_key(app, workspace, name, "primary").await?,
            sealed_key(app, workspace, name, "secondary").await?,
        ),
    };
    let after = serde_json::to_value(&spec).map_err(Error::internal)?;
    let now = ctx.now_ms();
    let row = OnlineEndpoint {
        workspace: workspace.to_owned(),
        name: name.to_owned(),
        spec: to_json(&after),
        first_key,
        second_key,
        created_by: before
            .as_ref()
            .map_or_else(|| ctx.principal().to_string(), |row| row.created_by.clone()),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let change = Change {
        action: action::ENDPOINT_WRITE,
        scope,
        before: before.as_ref().map_or(Value::Null, spec_value),
        after,
    };
    let written = row.clone();
    let seen = before.map(|row| row.revision);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let there = online_endpoint::get(tx, &written.workspace, &written.name).await?;
            if seen.is_none() && there.is_some() {
                let name = &written.name;
                let made = format!("failed to make endpoint `{name}`: somebody made it in between");
                return Err(Error::new(Kind::Precondition, made).hint("read it, and change what stands now"));
            }
            check_revision("endpoint", &written.name, there.map(|row| row.revision), seen)?;
            Ok(online_endpoint::put(tx, written).await?)
        })
    })
    .await?;
    publish(app, &row).await?;
    Ok(row)
}

fn check_kind(before: Option<&OnlineEndpoint>, spec: &kinds::OnlineEndpoint) -> Result<()> {
    let Some(before) = before.map(spec_of).transpose()? else {
        return Ok(());
    };
    if before.compute.is_some() != spec.compute.is_some() {
        return Err(Error::conflict(format!(
            "failed to change endpoint `{}`: a managed endpoint stays one, and so does one on a compute",
            spec.name
        ))
        .hint("make another endpoint"));
    }
    Ok(())
}

/// Traffic goes to deployments that are there.
async fn check_traffic(app: &App, workspace: &str, spec: &kinds::OnlineEndpoint) -> Result<()> {
    let there = online_deployment::list(app.store.read(), workspace, &spec.name).await?;
    let there: Vec<&str> = there.iter().map(|row| row.name.as_str()).collect();
    for name in spec.traffic.keys().chain(spec.mirror_traffic.keys()) {
        if !there.contains(&name.as_str()) {
            return Err(Error::invalid(format!(
                "failed to send traffic to deployment `{name}`: endpoint `{}` has no such deployment",
                spec.name
            ))
            .hint(match there.is_empty() {
                true => "it has none yet: make it with `tidemill online-deployment create`".to_owned(),
                false => format!("it has: {}", there.join(", ")),
            }));
        }
    }
    for (name, share) in &spec.mirror_traffic {
        if *share > 0 && spec.traffic.get(name).is_some_and(|live| *live > 0) {
            return Err(Error::invalid(format!(
                "failed to mirror traffic to deployment `{name}`: it gets {}% of the requests themselves",
                spec.traffic[name]
            ))
            .hint("a deployment either answers or gets copies"));
        }
    }
    Ok(())
}

/// One endpoint.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<OnlineEndpoint> {
    ctx.authorize(action::ENDPOINT_READ, &scope(workspace, name))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    find(ctx.app(), workspace, name).await
}

/// Endpoints by name.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, page: &PageRequest) -> Result<Page<OnlineEndpoint>> {
    ctx.authorize(action::ENDPOINT_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    Ok(online_endpoint::list(ctx.app().store.read(), workspace, page).await?)
}

/// The row, or the error that lists what there is.
pub(crate) async fn find(app: &App, workspace: &str, name: &str) -> Result<OnlineEndpoint> {
    let db = app.store.read();
    if let Some(row) = online_endpoint::get(db, workspace, name).await? {
        return Ok(row);
    }
    let there = online_endpoint::list(db, workspace, &PageRequest::default()).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("endpoint", name).hint(match names.is_empty() {
        true => format!(
            "workspace `{workspace}` has none: make it with `tidemill online-endpoint create --name {name}`"
        ),
        false => format!("workspace `{workspace}` has: {}", names.join(", ")),
    }))
}

/// Removes an endpoint with all its deployments; comes back when their instances have ended.
///
/// # Errors
/// NotFound when it is not there.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    let scope = scope(workspace, name);
    ctx.authorize(action::ENDPOINT_DELETE, &scope).await?;
    crate::release::only_by_release(ctx, workspace, &scope).await?;
    let app = ctx.app();
    let before = find(app, workspace, name).await?;
    app.gateway.remove_route(workspace, name);
    for deployment in online_deployment::list(app.store.read(), workspace, name).await? {
        crate::online_deployment::take_down(app, workspace, name, &deployment.name).await?;
    }
    let change = Change {
        action: action::ENDPOINT_DELETE,
        scope,
        before: spec_value(&before),
        after: Value::Null,
    };
    let (workspace, name) = (workspace.to_owned(), name.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            match online_endpoint::delete(tx, &workspace, &name).await? {
                true => Ok(()),
                false => Err(Error::not_found("endpoint", &name)),
            }
        })
    })
    .await
}

/// What callers of an endpoint show: both keys, or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Two keys that count until they are made anew.
    Keys {
        /// The first.
        primary: String,
        /// The second, so that one can be replaced while the other counts.
        secondary: String,
    },
    /// A token that expires.
    Token {
        /// The token.
        token: String,
        /// Until when it counts: UTC milliseconds.
        expires_at: i64,
    },
}

/// What callers of an endpoint show. Reading keys is written down; a token may have who may call the endpoint.
///
/// # Errors
/// NotFound; Invalid for an endpoint that its callers enter with tokens of their own.
pub async fn credentials(ctx: &OpContext, workspace: &str, name: &str) -> Result<Credentials> {
    let scope = scope(workspace, name);
    let app = ctx.app();
    let known = online_endpoint::get(app.store.read(), workspace, name).await?;
    let auth = known
        .as_ref()
        .map(spec_of)
        .transpose()?
        .and_then(|spec| spec.auth_mode)
        .unwrap_or_default();
    let needed = match auth {
        EndpointAuthMode::AmlToken => action::ENDPOINT_SCORE,
        _ => action::ENDPOINT_KEYS,
    };
    ctx.authorize(needed, &scope).await?;
    let row = find(app, workspace, name).await?;
    match auth {
        EndpointAuthMode::Key => {
            let primary = opened_key(app, &row, "primary", &row.first_key).await?;
            let secondary = opened_key(app, &row, "secondary", &row.second_key).await?;
            ctx.note(action::ENDPOINT_KEYS, &scope, json!({ "read": "keys" }))
                .await?;
            Ok(Credentials::Keys { primary, secondary })
        }
        EndpointAuthMode::AmlToken => {
            let expires_at = ctx.now_ms() + TOKEN_MS;
            let token = made_token(app, workspace, name, expires_at);
            Ok(Credentials::Token { token, expires_at })
        }
        EndpointAuthMode::AadToken => Err(Error::invalid(format!(
            "failed to give credentials of endpoint `{name}`: its callers sign in with tokens of their own"
        ))
        .hint("make one with `tidemill token create`")),
    }
}

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// The first.
    Primary,
    /// The second.
    Secondary,
}

/// Makes one key anew; the old one counts no more.
///
/// # Errors
/// NotFound.
pub async fn regenerate(ctx: &OpContext, workspace: &str, name: &str, which: KeyType) -> Result<()> {
    let scope = scope(workspace, name);
    ctx.authorize(action::ENDPOINT_KEYS, &scope).await?;
    let app = ctx.app();
    let mut row = find(app, workspace, name).await?;
    let seen = row.revision;
    let word = match which {
        KeyType::Primary => "primary",
        KeyType::Secondary => "secondary",
    };
    let sealed = sealed_key(app, workspace, name, word).await?;
    match which {
        KeyType::Primary => row.first_key = sealed,
        KeyType::Secondary => row.second_key = sealed,
    }
    row.revision += 1;
    row.updated_at = ctx.now_ms();
    let change = Change {
        action: action::ENDPOINT_KEYS,
        scope,
        before: Value::Null,
        after: json!({ "regenerated": word }),
    };
    let written = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let there = online_endpoint::get(tx, &written.workspace, &written.name).await?;
            check_revision(
                "endpoint",
                &written.name,
                there.map(|row| row.revision),
                Some(seen),
            )?;
            Ok(online_endpoint::put(tx, written).await?)
        })
    })
    .await?;
    publish(app, &row).await
}

/// Sends all traffic to one deployment; what the server does by itself when one that asked for it is up.
pub(crate) async fn send_all(ctx: &OpContext, workspace: &str, name: &str, deployment: &str) -> Result<()> {
    let row = find(ctx.app(), workspace, name).await?;
    let mut spec = spec_of(&row)?;
    spec.mirror_traffic.shift_remove(deployment);
    spec.traffic = IndexMap::from([(deployment.to_owned(), 100)]);
    put(ctx, workspace, name, spec, Some(row.revision))
        .await
        .map(drop)
}

/// The specification, as it was written.
///
/// # Errors
/// Internal, when the row is damaged.
pub fn spec_of(row: &OnlineEndpoint) -> Result<kinds::OnlineEndpoint> {
    Ok(from_json("online_endpoint", "spec", &row.spec)?)
}

fn spec_value(row: &OnlineEndpoint) -> Value {
    from_json("online_endpoint", "spec", &row.spec).unwrap_or(Value::Null)
}

/// Tells the gateway how an endpoint stands now.
pub(crate) async fn publish(app: &App, row: &OnlineEndpoint) -> Result<()> {
    let spec = spec_of(row)?;
    let deployments = online_deployment::list(app.store.read(), &row.workspace, &row.name).await?;
    let keys = [
        token::hash(&opened_key(app, row, "primary", &row.first_key).await?),
        token::hash(&opened_key(app, row, "secondary", &row.second_key).await?),
    ];
    let route = Route {
        auth: spec.auth_mode.unwrap_or_default(),
        kubernetes: spec.compute.is_some(),
        keys,
        traffic: spec.traffic,
        mirror: spec.mirror_traffic.into_iter().find(|(_, share)| *share > 0),
        deployments: deployments
            .into_iter()
            .filter(|row| row.state != crate::online_deployment::DELETING)
            .map(|row| row.name)
            .collect(),
    };
    app.gateway.put_route(&row.workspace, &row.name, route);
    Ok(())
}

/// As [`publish`], for an endpoint that may be gone.
pub(crate) async fn publish_again(app: &App, workspace: &str, name: &str) -> Result<()> {
    match online_endpoint::get(app.store.read(), workspace, name).await? {
        Some(row) => publish(app, &row).await,
        None => {
            app.gateway.remove_route(workspace, name);
            Ok(())
        }
    }
}

fn key_place(workspace: &str, name: &str, which: &str) -> String {
    format!("online_endpoint/{workspace}/{name}/{which}")
}

/// A new key, sealed: 32 random bytes.
async fn sealed_key(app: &App, workspace: &str, name: &str, which: &str) -> Result<String> {
    let text = URL_SAFE_NO_PAD.encode(app.clock.secret());
    let group = vault::group_of(app, workspace).await?;
    app.vault
        .seal(&group, &key_place(workspace, name, which), &text)
        .await
}

async fn opened_key(app: &App, row: &OnlineEndpoint, which: &str, sealed: &str) -> Result<String> {
    app.vault
        .unseal(&key_place(&row.workspace, &row.name, which), sealed)
        .await
}

/// What the server itself shows to call an endpoint.
///
/// # Errors
/// Invalid for an endpoint that its callers enter with tokens of their own.
pub(crate) async fn own_key(app: &App, workspace: &str, name: &str) -> Result<String> {
    let row = find(app, workspace, name).await?;
    match spec_of(&row)?.auth_mode.unwrap_or_default() {
        EndpointAuthMode::Key => opened_key(app, &row, "primary", &row.first_key).await,
        EndpointAuthMode::AmlToken => Ok(made_token(app, workspace, name, app.clock.now_ms() + TOKEN_MS)),
        EndpointAuthMode::AadToken => Err(Error::invalid(format!(
            "failed to test endpoint `{name}`: its callers sign in with tokens of their own"
        ))
        .hint("set its auth_mode to key or aml_token")),
    }
}

/// What a token signs: the endpoint and the end of its time.
fn signed(workspace: &str, name: &str, expires_at: i64) -> String {
    format!("token of endpoint {workspace}/{name} until {expires_at}")
}

fn made_token(app: &App, workspace: &str, name: &str, expires_at: i64) -> String {
    let signature = app.seal.sign(&signed(workspace, name, expires_at));
    format!("tme_{expires_at}_{signature}")
}

/// Whether a text is a token of this endpoint that still counts.
pub(crate) fn token_counts(app: &App, workspace: &str, name: &str, text: &str) -> bool {
    let parts = text.strip_prefix("tme_").and_then(|rest| rest.split_once('_'));
    let Some((until, signature)) = parts else {
        return false;
    };
    let Ok(expires_at) = until.parse::<i64>() else {
        return false;
    };
    app.clock.now_ms() < expires_at && app.seal.signed(&signed(workspace, name, expires_at), signature)
}
