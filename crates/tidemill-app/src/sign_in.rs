//! Sign-in to the studio through a provider of identities: the authorization code flow with PKCE, state and nonce (OpenID Connect
//! Core 1.0, RFC 7636), from the button to the session. Teams follow from what the provider says, at every sign-in.

use std::sync::Arc;

use futures::future::BoxFuture;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope as Asked, TokenResponse as _,
};
use serde_json::{Value, json};
use tidemill_policy::Subject;
use tidemill_spec::kinds::{IdentityProvider, User};
use tidemill_store::{from_json, identity, principal, sign_in, to_json};

use crate::context::{Change, Origin};
use crate::identity_provider::{find, secret_of, spec_of};
use crate::oidc::{Verified, claim, peek, verify};
use crate::session::{SESSION_MS, begin as begin_session, note};
use crate::{App, Error, Kind, Result, action, token};

/// How long a sign-in may take.
pub const PATIENCE_MS: i64 = 10 * 60_000;
/// How many times a browser may begin before it waits: more is a page that sends it round in a circle.
const MOST_BY_BROWSER: u32 = 10;
/// Sign-ins under way at most.
const MOST: u64 = 10_000;
/// First sign-ins go one after the other: two people of the same name are not made one, and one person in two windows not two.
static FIRST: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
/// Refusals of one peer within five minutes that are noted one by one.
const MOST_NOTED: u32 = 300;

/// A sign-in that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Where the browser goes now.
    pub url: String,
    /// The cookie by which the browser is known when it comes back.
    pub browser: String,
}

/// What the browser brings back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Returned {
    /// What was sent with it.
    pub state: String,
    /// What is exchanged for the token.
    pub code: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// More about that.
    pub error_description: Option<String>,
    /// Who sends it back (RFC 9207).
    pub issuer: Option<String>,
}

/// A sign-in that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The text of the session's cookie.
    pub session: String,
    /// The page of the studio that was wanted.
    pub page: String,
}

/// A provider as everybody sees it who wants to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its name.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
}

/// The providers, for those who have not signed in.
///
/// # Errors
/// When the store can't be read.
pub async fn buttons(app: &App) -> Result<Vec<Button>> {
    let rows = tidemill_store::identity_provider::all(app.store.read()).await?;
    rows.iter()
        .map(|row| {
            let spec = spec_of(row)?;
            Ok(Button {
                display_name: spec.display_name.unwrap_or_else(|| spec.name.clone()),
                name: spec.name,
            })
        })
        .collect()
}

/// Begins a sign-in: keeps what will be compared, and says where the browser goes.
///
/// # Errors
/// NotFound; Unavailable when the provider can't be reached; Capacity when the browser begins again and again.
pub async fn begin(
    app: &Arc<App>,
    provider: &str,
    page: Option<&str>,
    redirect: String,
    browser: Option<&str>,
) -> Result<Begun> {
    let spec = spec_of(&find(app, provider).await?)?;
    let now = app.clock.now_ms();
    let browser = match browser.filter(|text| text.len() == 67) {
        Some(known) => known.to_owned(),
        None => token::text(app.clock.secret()),
    };
    let known = token::hash(&browser);
    let circle = format!("sign-in {known}");
    app.attempts
        .check(&circle, MOST_BY_BROWSER, now)
        .map_err(|error| Error {
            message: "failed to sign in: this browser is sent round in a circle".into(),
            ..error
        })?;
    app.attempts.failed(&circle, now);
    if sign_in::count(app.store.read(), now - PATIENCE_MS).await? >= MOST {
        return Err(Error::new(
            Kind::Capacity,
            "failed to sign in: too many sign-ins are under way",
        )
        .hint("try again in ten minutes"));
    }
    let metadata = app.issuers.metadata(&spec.issuer, None, now).await?;
    let (state, nonce, verifier) = (secret(app), secret(app), secret(app));
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
    let (csrf, once) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(spec.client_id.clone()), None)
        .set_redirect_uri(RedirectUrl::new(redirect.clone()).map_err(wrong_address)?);
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || csrf,
            move || once,
        )
        .set_pkce_challenge(challenge);
    let usual = ["profile".to_owned(), "email".to_owned()];
    let scopes = if spec.scopes.is_empty() {
        &usual[..]
    } else {
        &spec.scopes
    };
    for scope in scopes.iter().filter(|scope| *scope != "openid") {
        request = request.add_scope(Asked::new(scope.clone()));
    }
    let (url, _, _) = request.url();
    let state = token::hash(&state);
    let kept = json!({ "nonce": nonce, "verifier": verifier }).to_string();
    let row = sign_in::Model {
        sealed: app
            .vault
            .seal(crate::workspace::DEFAULT, &place(&state), &kept)
            .await?,
        state,
        provider: spec.name,
        browser: known,
        redirect,
        page: page.filter(|page| is_page(page)).unwrap_or("/ui/").to_owned(),
        created_at: now,
    };
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(sign_in::insert(tx, row, now - PATIENCE_MS).await?) })
        })
        .await?;
    Ok(Begun {
        url: url.to_string(),
        browser,
    })
}

/// Finishes a sign-in: checks what came back, finds the user, puts it into its teams, and begins a session.
///
/// # Errors
/// Unauthenticated, with what is wrong; each refusal is in the audit log.
pub async fn finish(
    app: &Arc<App>,
    returned: Returned,
    browser: Option<&str>,
    origin: &Origin,
) -> Result<Finished> {
    let mut about = About::default();
    match finished(app, returned, browser, origin, &mut about).await {
        Ok(done) => Ok(done),
        Err(error) => {
            // A peer that sends back what was never begun here does not fill the log.
            let circle = format!(
                "sign-in from {}",
                origin
                    .peer
                    .map_or_else(|| origin.address.clone(), |ip| ip.to_string())
            );
            let now = app.clock.now_ms();
            app.attempts.check(&circle, MOST_NOTED, now)?;
            app.attempts.failed(&circle, now);
            let who = about
                .user
                .as_ref()
                .map_or_else(|| "nobody".to_owned(), Subject::to_string);
            let why = json!({ "why": error.message, "provider": about.provider, "subject": about.subject });
            note(app, &who, "refused", &origin.address, why).await?;
            Err(error)
        }
    }
}

/// What is known of a sign-in so far, for the audit log.
#[derive(Debug, Default)]
struct About {
    provider: Option<String>,
    subject: Option<String>,
    user: Option<Subject>,
}

async fn finished(
    app: &Arc<App>,
    returned: Returned,
    browser: Option<&str>,
    origin: &Origin,
    about: &mut About,
) -> Result<Finished> {
    let state = token::hash(&returned.state);
    let taken = state.clone();
    let row = app
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(sign_in::take(tx, &taken).await?) }))
        .await?;
    let row = row.ok_or_else(|| refused("it was not begun here, or it has been finished already"))?;
    about.provider = Some(row.provider.clone());
    let now = app.clock.now_ms();
    if now - row.created_at > PATIENCE_MS {
        return Err(refused("it took longer than ten minutes"));
    }
    if browser.map(token::hash).as_deref() != Some(&row.browser) {
        return Err(refused("another browser began it"));
    }
    let spec = spec_of(&find(app, &row.provider).await?)?;
    if returned.issuer.is_some_and(|issuer| issuer != spec.issuer) {
        return Err(refused("another issuer sent it back"));
    }
    let Some(code) = returned.code.filter(|_| returned.error.is_none()) else {
        let said = [returned.error, returned.error_description]
            .into_iter()
            .flatten()
            .map(plain);
        return Err(refused(&format!(
            "the provider said: {}",
            said.collect::<Vec<_>>().join(": ")
        )));
    };
    let kept: Value = serde_json::from_str(&app.vault.unseal(&place(&state), &row.sealed).await?)
        .map_err(Error::internal)?;
    let text = |field: &str| kept[field].as_str().unwrap_or_default().to_owned();
    let id_token = exchanged(app, &spec, row.redirect, code, text("verifier")).await?;
    let nonce = text("nonce");
    let verified = verify(
        &app.issuers,
        &id_token,
        (&spec.issuer, &spec.client_id),
        Some(&nonce),
        now,
    )
    .await?;
    about.subject = Some(verified.subject.clone());
    let user = user_of(app, &spec, &verified).await?;
    about.user = Some(user.clone());
    crate::credential::active(app, &user).map_err(|_| refused("its user is disabled"))?;
    map_teams(app, &spec, &user, &verified.claims).await?;
    let detail = json!({ "provider": spec.name, "subject": verified.subject });
    let (_, session) = begin_session(app, &user, "session", SESSION_MS, detail, origin).await?;
    Ok(Finished {
        session,
        page: row.page,
    })
}

/// Exchanges the code for the token that the provider signed.
async fn exchanged(
    app: &App,
    spec: &IdentityProvider,
    redirect: String,
    code: String,
    verifier: String,
) -> Result<String> {
    let now = app.clock.now_ms();
    let metadata = app.issuers.metadata(&spec.issuer, None, now).await?;
    let secret = match secret_of(spec) {
        Some((group, name)) => Some(ClientSecret::new(
            crate::secret::value_of(app, &group, &name).await?.1,
        )),
        None => None,
    };
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(spec.client_id.clone()), secret)
        .set_redirect_uri(RedirectUrl::new(redirect).map_err(wrong_address)?);
    let call = app.issuers.web.client();
    let asked: BoxFuture<'static, _> = Box::pin(async move {
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| refused(&format!("the provider names no address for tokens: {error}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        Ok::<_, Error>(request.request_async(&call).await)
    });
    let answer = asked.await?.map_err(|error| {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            text = format!("{text}: {inner}");
            cause = inner.source();
        }
        refused(&format!("the provider gave no token: {}", plain(text)))
    })?;
    // The access token is the provider's own affair.
    let _ = answer.access_token();
    let id_token = answer
        .id_token()
        .ok_or_else(|| refused("the provider gave no ID token"))?;
    let text = id_token.to_string();
    peek(&text)?;
    Ok(text)
}

/// The user that a subject is: known from before, else by its address when the provider has proved it, else a new one.
async fn user_of(app: &Arc<App>, spec: &IdentityProvider, verified: &Verified) -> Result<Subject> {
    let db = app.store.read();
    if let Some(known) = identity::get(db, &spec.name, &verified.subject).await? {
        return Ok(Subject::user(&known.user_name));
    }
    let _one_at_a_time = FIRST.lock().await;
    // Who waited here may be known by now, by a sign-in of another window.
    if let Some(known) = identity::get(db, &spec.name, &verified.subject).await? {
        return Ok(Subject::user(&known.user_name));
    }
    let claims = &verified.claims;
    let proved = claim::says(claims, "email_verified", "true");
    let address = claim::text(claims, "email").filter(|_| proved);
    let mut found = Vec::new();
    for row in principal::all(db)
        .await?
        .into_iter()
        .filter(|row| row.kind == "user")
    {
        let user: User = from_json("principal", "spec", &row.spec)?;
        let same = |own: String| {
            address
                .as_ref()
                .is_some_and(|address| address.eq_ignore_ascii_case(&own))
        };
        if user.email.is_some_and(same) {
            found.push(row.name);
        }
    }
    let (name, new) = match found.as_slice() {
        [one] => (one.clone(), None),
        [] if spec.create_users => {
            let new = new_user(app, spec, claims).await?;
            (new.name.clone(), Some(new))
        }
        [] => {
            let error = refused("no user here has this address, or the provider has not proved it");
            return Err(error.hint("ask an administrator to make a user with your e-mail address"));
        }
        _ => return Err(refused("several users have this address")),
    };
    let row = identity::Model {
        provider: spec.name.clone(),
        subject: verified.subject.clone(),
        user_name: name.clone(),
        created_at: app.clock.now_ms(),
    };
    let user = Subject::user(&name);
    let mut after = json!({ "identity": { "provider": row.provider, "subject": row.subject } });
    if let Some(new) = &new {
        after["user"] = crate::principal::spec_of(new);
    }
    let change = Change {
        action: action::PRINCIPAL_WRITE,
        scope: crate::principal::place(&user),
        before: Value::Null,
        after,
    };
    // The user and whose it is stand together, or neither does.
    crate::principal::changed(&app.system(), change, move |tx| {
        Box::pin(async move {
            if let Some(new) = new {
                if principal::get(tx, &new.kind, &new.name).await?.is_some() {
                    return Err(taken(&new.name));
                }
                principal::put(tx, new).await?;
            }
            Ok(identity::insert(tx, row).await?)
        })
    })
    .await?;
    Ok(user)
}

fn taken(name: &str) -> Error {
    refused(&format!(
        "there is a user `{name}` already, and nothing says that it is the same person"
    ))
    .hint("an administrator can give that user the proved e-mail address")
}

/// A user of the name that the provider says, not written yet; one that is there already is somebody else.
async fn new_user(app: &Arc<App>, spec: &IdentityProvider, claims: &Value) -> Result<principal::Model> {
    let said = match &spec.user_claim {
        Some(name) => claim::text(claims, name),
        None => claim::text(claims, "preferred_username").or_else(|| claim::text(claims, "email")),
    };
    let name = said.unwrap_or_default().to_lowercase();
    if name.is_empty() {
        return Err(refused("the provider does not say what the user is called")
            .hint("name the claim in `user_claim`"));
    }
    if principal::get(app.store.read(), "user", &name).await?.is_some() {
        return Err(taken(&name));
    }
    let subject = Subject::user(&name);
    crate::principal::check_name(&subject)?;
    let user = User {
        display_name: claim::text(claims, "name"),
        email: claim::text(claims, "email").filter(|_| claim::says(claims, "email_verified", "true")),
        disabled: false,
        name: name.clone(),
    };
    let now = app.clock.now_ms();
    Ok(principal::Model {
        kind: subject.kind.as_str().to_owned(),
        name,
        spec: to_json(&user),
        password: None,
        mapped_teams: "[]".into(),
        disabled: false,
        revision: 1,
        created_at: now,
        updated_at: now,
    })
}

/// Puts a user into the teams that its claims name, and out of those that they no longer name.
async fn map_teams(app: &Arc<App>, spec: &IdentityProvider, user: &Subject, claims: &Value) -> Result<()> {
    let current = app.access.current();
    let named = current
        .claims
        .iter()
        .filter(|(name, value, _)| claim::says(claims, name, value));
    let mut teams: Vec<String> = named.map(|(_, _, team)| team.clone()).collect();
    let here = spec
        .teams
        .iter()
        .filter(|one| claim::says(claims, &one.claim, &one.value));
    teams.extend(here.map(|one| one.team.clone()));
    teams.sort();
    teams.dedup();
    let row = principal::get(app.store.read(), "user", &user.name).await?;
    let row = row.ok_or_else(|| refused("its user is not there any more"))?;
    let before: Vec<String> = from_json("principal", "mapped_teams", &row.mapped_teams)?;
    if before == teams {
        return Ok(());
    }
    let change = Change {
        action: action::PRINCIPAL_WRITE,
        scope: crate::principal::place(user),
        before: json!({ "teams": before }),
        after: json!({ "teams": teams, "provider": spec.name }),
    };
    let (name, text) = (user.name.clone(), to_json(&teams));
    crate::principal::changed(&app.system(), change, move |tx| {
        Box::pin(async move { Ok(principal::map_teams(tx, &name, &text).await?) })
    })
    .await
}

/// A page of the studio, and nothing else: nobody is sent elsewhere by a link to the sign-in.
fn is_page(page: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '"' | '<' | '>' | '\'');
    (page == "/ui" || page.starts_with("/ui/"))
        && page.len() <= 2000
        && page.chars().all(plain)
        && !page.contains("//")
}

/// What a provider says, as far as it is shown and kept.
fn plain(text: String) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

fn secret(app: &App) -> String {
    app.clock
        .secret()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn place(state: &str) -> String {
    format!("sign-in/{state}")
}

fn wrong_address(error: impl std::fmt::Display) -> Error {
    Error::invalid(format!(
        "failed to sign in: the address of this server can't be used: {error}"
    ))
}

fn refused(why: &str) -> Error {
    Error::new(Kind::Unauthenticated, format!("failed to sign in: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for page in ["/ui", "/ui/", "/ui/workspaces/dev/jobs?tab=a&b=%20#x"] {
            assert!(is_page(page), "{page}");
        }
        for page in [
            "",
            "/",
            "//evil.example",
            "/ui//evil.example",
            "/uix",
            "https://evil.example",
            "/ui/\\evil",
            "/ui/\"><script>",
            "/api/v1/session/providers/x",
        ] {
            assert!(!is_page(page), "{page}");
        }
    }
}
