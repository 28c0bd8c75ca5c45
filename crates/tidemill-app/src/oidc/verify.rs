//! Whether a token counts: signature, issuer, audience, time and nonce.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm as Alg};
use openidconnect::{ClaimsVerificationError, ClientId, IssuerUrl, Nonce};
use serde_json::Value;

use super::Issuers;
use crate::{Error, Kind, Result};

/// The most characters of a token.
const MOST: usize = 32 << 10;
/// How far clocks may be apart.
const SKEW_MS: i64 = 60_000;

/// Signatures that count: by a private key alone. `none`, and those of a secret that both sides know, are not among them.
const ALGORITHMS: [Alg; 9] = [
    Alg::RsaSsaPkcs1V15Sha256,
    Alg::RsaSsaPkcs1V15Sha384,
    Alg::RsaSsaPkcs1V15Sha512,
    Alg::RsaSsaPssSha256,
    Alg::RsaSsaPssSha384,
    Alg::RsaSsaPssSha512,
    Alg::EcdsaP256Sha256,
    Alg::EcdsaP384Sha384,
    Alg::EdDsa,
];

/// A token that counts.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    /// Everything that it claims.
    pub(crate) claims: Value,
    /// Who it is about, as its issuer calls them.
    pub(crate) subject: String,
    /// UTC milliseconds.
    pub(crate) expires_at: i64,
}

/// The parts of a token that nobody has checked: enough to know whom to ask.
///
/// # Errors
/// Unauthenticated, when it is no token.
pub(crate) fn peek(token: &str) -> Result<(Value, Value)> {
    let unreadable = || refused("it is no signed token (JWT)");
    if token.len() > MOST {
        return Err(refused("it is too long"));
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, _] = parts.as_slice() else {
        return Err(unreadable());
    };
    let read = |part: &str| -> Option<Value> {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        value.is_object().then_some(value)
    };
    Ok((
        read(head).ok_or_else(unreadable)?,
        read(body).ok_or_else(unreadable)?,
    ))
}

/// Checks a token that `issuer` must have signed for `audience`, and gives what it claims.
///
/// # Errors
/// Unauthenticated, with what is wrong; Unavailable when the issuer can't be asked for its keys.
pub(crate) async fn verify(
    issuers: &Issuers,
    token: &str,
    (issuer, audience): (&str, &str),
    nonce: Option<&str>,
    now_ms: i64,
) -> Result<Verified> {
    let (head, claims) = peek(token)?;
    let algorithm = head["alg"].as_str().unwrap_or_default();
    // Before anybody is asked for keys; the verifier looks again.
    if !ALGORITHMS
        .iter()
        .any(|known| serde_json::to_value(known).is_ok_and(|known| known == algorithm))
    {
        return Err(refused(&format!("signatures by `{algorithm}` do not count")));
    }
    if claims["iss"].as_str() != Some(issuer) {
        let found = claims["iss"].as_str().unwrap_or_default();
        return Err(refused(&format!(
            "it is signed by `{found}`, and not by `{issuer}`"
        )));
    }
    let metadata = issuers.metadata(issuer, head["kid"].as_str(), now_ms).await?;
    let address = IssuerUrl::new(issuer.to_owned()).map_err(|error| refused(&error.to_string()))?;
    let read: CoreIdToken = token
        .parse()
        .map_err(|error| refused(&format!("it can't be read: {error}")))?;
    let now = chrono::DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(audience.to_owned()),
        address,
        metadata.jwks().clone(),
    )
    .set_allowed_algs(ALGORITHMS)
    .set_other_audience_verifier_fn(|_| true)
    .set_time_fn(move || now)
    .set_issue_time_verifier_fn(move |at| {
        let early = at.timestamp_millis() > now_ms + SKEW_MS;
        if early {
            Err("it was issued in the future".to_owned())
        } else {
            Ok(())
        }
    });
    let checked = match nonce {
        Some(nonce) => read.claims(&verifier, &Nonce::new(nonce.to_owned())),
        None => read.claims(&verifier, |_: Option<&Nonce>| Ok(())),
    };
    let checked = checked.map_err(|error| refused(&told(&error)))?;
    if claims["nbf"]
        .as_f64()
        .is_some_and(|at| at * 1000.0 > (now_ms + SKEW_MS) as f64)
    {
        return Err(refused("it does not count yet"));
    }
    Ok(Verified {
        subject: checked.subject().as_str().to_owned(),
        expires_at: checked.expiration().timestamp_millis(),
        claims,
    })
}

/// What is wrong, in words; the errors below say it twice.
fn told(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::Expired(_) => "it has expired, or was issued in the future".to_owned(),
        ClaimsVerificationError::InvalidAudience(_) => "it is for another audience".to_owned(),
        ClaimsVerificationError::InvalidIssuer(_) => "it is of another issuer".to_owned(),
        ClaimsVerificationError::InvalidNonce(_) => "it belongs to another sign-in (its nonce)".to_owned(),
        ClaimsVerificationError::SignatureVerification(inner) => {
            format!("its signature does not count: {inner}")
        }
        other => other.to_string(),
    }
}

pub(crate) fn refused(why: &str) -> Error {
    Error::new(
        Kind::Unauthenticated,
        format!("failed to accept the token: {why}"),
    )
}
