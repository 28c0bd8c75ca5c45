//! Sign-in of programs with a token that their own platform signed: a CI job shows it and gets a token of its service principal
//! for an hour. No secret is stored there, and none here.

use std::sync::Arc;

use serde_json::{Value, json};
use tidemill_policy::Subject;
use tidemill_spec::kinds::{Federated, ServicePrincipal};
use tidemill_store::{from_json, principal, seen_token};

use crate::context::Origin;
use crate::oidc::{claim, peek, verify};
use crate::session::{begin, note};
use crate::{App, Error, Kind, Result, service_principal, token};

/// How long the token counts.
pub const LASTS_MS: i64 = 3_600_000;
/// The purpose under which it is kept.
pub(crate) const PURPOSE: &str = "federated";
/// The most bytes of claims that are kept.
const MOST_CLAIMS: usize = 16 << 10;
/// Refusals within five minutes after which an address waits.
const MOST_REFUSED: u32 = 30;
/// The same of a peer, whatever address it says to speak for: a proxy speaks for many.
const MOST_OF_PEER: u32 = 300;

/// A token that was given for one of another issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// Its text.
    pub token: String,
    /// Whose it is.
    pub principal: String,
    /// UTC milliseconds.
    pub expires_at: i64,
}

/// Exchanges a signed token for one of the service principal that trusts it. Each counts once.
///
/// # Errors
/// Unauthenticated, with what is wrong: nobody trusts it, its signature, audience or time does not count, or it was used before.
/// Invalid when several service principals trust it and none is named; Capacity after too many refusals. Each refusal is in
/// the audit log.
pub async fn exchange(
    app: &Arc<App>,
    assertion: &str,
    named: Option<&str>,
    origin: &Origin,
) -> Result<Exchanged> {
    let now = app.clock.now_ms();
    let address = format!("federation {}", origin.address);
    app.attempts.check(&address, MOST_REFUSED, now)?;
    let peer = format!(
        "federation from {}",
        origin
            .peer
            .map_or_else(|| origin.address.clone(), |ip| ip.to_string())
    );
    app.attempts.check(&peer, MOST_OF_PEER, now)?;
    let asked = named.map(service_principal::subject);
    let mut who = None;
    match exchanged(app, assertion, asked.as_ref(), &mut who, origin).await {
        Ok(done) => Ok(done),
        Err(error) => {
            app.attempts.failed(&address, now);
            app.attempts.failed(&peer, now);
            let claims = peek(assertion).map(|(_, claims)| claims).unwrap_or_default();
            let said = json!({ "iss": short(&claims["iss"]), "aud": short(&claims["aud"]), "sub": short(&claims["sub"]) });
            let who = who.map_or_else(|| "nobody".to_owned(), |who| who.to_string());
            let asked = named.map(|name| short(&Value::from(name)));
            let detail = json!({ "why": error.message, "federated": said, "asked": asked });
            note(app, &who, "refused", &origin.address, detail).await?;
            Err(error)
        }
    }
}

async fn exchanged(
    app: &Arc<App>,
    assertion: &str,
    asked: Option<&Subject>,
    who: &mut Option<Subject>,
    origin: &Origin,
) -> Result<Exchanged> {
    let (_, unchecked) = peek(assertion)?;
    let (subject, trusted) = trusting(app, &unchecked, asked).await?;
    *who = Some(subject.clone());
    let now = app.clock.now_ms();
    let verified = verify(
        &app.issuers,
        assertion,
        (&trusted.issuer, &trusted.audience),
        None,
        now,
    )
    .await?;
    // The same text was read; looked at again so that nothing hangs on that.
    if !claim::is_trusted(&trusted, &verified.claims) {
        return Err(refused("its claims are not those that are trusted"));
    }
    let once = match claim::text(&verified.claims, "jti") {
        Some(id) => format!("{}\0{id}", trusted.issuer),
        // Without its signature: the same one can be written in several ways.
        None => assertion
            .rsplit_once('.')
            .map_or(assertion, |(signed, _)| signed)
            .to_owned(),
    };
    let row = seen_token::Model {
        hash: token::hash(&once),
        expires_at: verified.expires_at + 120_000,
    };
    let fresh = app
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(seen_token::insert(tx, row, now).await?) }))
        .await?;
    if !fresh {
        return Err(refused("it was used before").hint("have another one issued: each counts once"));
    }
    let Federated { issuer, audience, .. } = trusted;
    let claims = match verified.claims.to_string().len() <= MOST_CLAIMS {
        true => verified.claims,
        false => return Err(refused("it claims too much to be kept")),
    };
    let detail =
        json!({ "issuer": issuer, "audience": audience, "subject": verified.subject, "claims": claims });
    let (_, text) = begin(app, &subject, PURPOSE, LASTS_MS, detail, origin).await?;
    Ok(Exchanged {
        token: text,
        principal: subject.to_string(),
        expires_at: now + LASTS_MS,
    })
}

/// The service principal that trusts such a token, and how.
async fn trusting(app: &App, claims: &Value, named: Option<&Subject>) -> Result<(Subject, Federated)> {
    let active = app.access.current();
    let mut found: Vec<(Subject, Federated)> = Vec::new();
    let mut near = (false, false);
    for row in principal::all(app.store.read()).await? {
        if row.kind != "service-principal" {
            continue;
        }
        let subject = service_principal::subject(&row.name);
        let asked = named.is_none_or(|named| *named == subject);
        if !asked || !active.active.contains(&subject) {
            continue;
        }
        let spec: ServicePrincipal = from_json("principal", "spec", &row.spec)?;
        for trusted in spec.federated {
            near.0 |= claims["iss"].as_str() == Some(&trusted.issuer);
            near.1 |= claims["iss"].as_str() == Some(&trusted.issuer)
                && claim::says(claims, "aud", &trusted.audience);
            if claim::is_trusted(&trusted, claims) && found.iter().all(|(one, _)| *one != subject) {
                found.push((subject.clone(), trusted));
            }
        }
    }
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => {
            let what = match near {
                (false, _) => format!("the issuer {}", short(&claims["iss"])),
                (_, false) => format!("the audience {}", short(&claims["aud"])),
                _ => format!("the subject {} with these claims", short(&claims["sub"])),
            };
            let why = match named {
                Some(named) => format!("{named} is not there, is disabled, or does not trust {what}"),
                None => format!("no service principal trusts {what}"),
            };
            Err(refused(&why)
                .hint("`tidemill service-principal create -f` names in `federated` whose tokens it trusts"))
        }
        _ => {
            let names: Vec<String> = found.iter().map(|(subject, _)| subject.name.clone()).collect();
            Err(Error::invalid(format!(
                "failed to accept the token: {} trust it",
                names.join(", ")
            ))
            .hint("name one of them with --service-principal"))
        }
    }
}

/// A claim that nobody has checked, as far as it is told.
fn short(value: &Value) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Value::from(
        text.chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect::<String>(),
    )
}

fn refused(why: &str) -> Error {
    Error::new(
        Kind::Unauthenticated,
        format!("failed to accept the token: {why}"),
    )
}
