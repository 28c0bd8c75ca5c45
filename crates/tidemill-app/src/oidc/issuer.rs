//! Issuers: what each says of itself, and its keys. They are kept, and asked for anew when a key is not among them, though not
//! more often than every half minute: a token with a made-up key must not make this server ask.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use openidconnect::{IssuerUrl, JsonWebKey};

use super::Web;
use crate::{Error, Kind, Result};

/// How long what an issuer said counts before it is asked again.
const FRESH_MS: i64 = 3_600_000;
/// How long it counts at most when the issuer can't be reached.
const LONGEST_MS: i64 = 24 * FRESH_MS;
/// How long an issuer is not asked again, also after it did not answer.
const PAUSE_MS: i64 = 30_000;
/// Issuers remembered at most; then all are forgotten.
const MOST: usize = 200;

/// What is known of issuers.
#[derive(Debug, Default)]
pub struct Issuers {
    /// The client that asks them.
    pub(crate) web: Web,
    known: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Known>>>>,
}

#[derive(Debug, Default)]
struct Known {
    metadata: Option<CoreProviderMetadata>,
    /// When it was fetched.
    fetched_at: i64,
    /// When it was asked last, with success or without.
    asked_at: Option<i64>,
    /// Why it did not answer then.
    failed: Option<String>,
}

impl Issuers {
    /// What an issuer says of itself, with the key of this id among its keys when it has such a one.
    ///
    /// # Errors
    /// Unavailable when it can't be reached or does not answer as an issuer; Unauthenticated when it has no such key.
    pub(crate) async fn metadata(
        &self,
        issuer: &str,
        key: Option<&str>,
        now_ms: i64,
    ) -> Result<CoreProviderMetadata> {
        let known = {
            let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() >= MOST && !all.contains_key(issuer) {
                all.clear();
            }
            all.entry(issuer.to_owned()).or_default().clone()
        };
        // Those who ask for the same issuer at once wait for one answer.
        let mut known = known.lock().await;
        let age = now_ms - known.fetched_at;
        if let Some(metadata) = &known.metadata
            && age < FRESH_MS
            && has(metadata.jwks(), key)
        {
            return Ok(metadata.clone());
        }
        if known.asked_at.is_none_or(|at| now_ms - at >= PAUSE_MS) {
            known.asked_at = Some(now_ms);
            match self.fetch(issuer).await {
                Ok(metadata) => {
                    known.metadata = Some(metadata);
                    known.fetched_at = now_ms;
                    known.failed = None;
                }
                Err(why) => known.failed = Some(why),
            }
        }
        match &known.metadata {
            Some(metadata) if now_ms - known.fetched_at < LONGEST_MS => match has(metadata.jwks(), key) {
                true => Ok(metadata.clone()),
                false => Err(Error::new(
                    Kind::Unauthenticated,
                    format!(
                        "failed to check the token: `{issuer}` has no key `{}`",
                        key.unwrap_or_default()
                    ),
                )
                .hint("its keys are asked for again every half minute")),
            },
            _ => {
                let why = known
                    .failed
                    .as_deref()
                    .unwrap_or("it did not answer a moment ago");
                let error = Error::new(
                    Kind::Unavailable,
                    format!("failed to ask the issuer `{issuer}`: {why}"),
                );
                Err(error.hint("its address is the one below which /.well-known/openid-configuration lies"))
            }
        }
    }

    async fn fetch(&self, issuer: &str) -> Result<CoreProviderMetadata, String> {
        let address = IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())?;
        let call = self.web.client();
        let asked: BoxFuture<'static, _> =
            Box::pin(async move { CoreProviderMetadata::discover_async(address, &call).await });
        asked.await.map_err(|error| {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                text = format!("{text}: {inner}");
                cause = inner.source();
            }
            text
        })
    }
}

fn has(keys: &CoreJsonWebKeySet, wanted: Option<&str>) -> bool {
    let Some(wanted) = wanted else {
        return true;
    };
    keys.keys()
        .iter()
        .any(|key| key.key_id().is_some_and(|id| id.as_str() == wanted))
}
