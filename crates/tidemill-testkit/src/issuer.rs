//! An issuer of signed tokens on loopback that a test has sign whatever it wants, also what no real one would.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running issuer; it stops when dropped.
#[derive(Debug)]
pub struct Issuer {
    /// Its address, as tokens name it.
    pub url: String,
    keys: Arc<Mutex<Keys>>,
    asked: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Keys {
    id: String,
    pair: EcdsaKeyPair,
}

impl Keys {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .expect("a key can be made");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
            .expect("it was made just now");
        Self {
            id: id.to_owned(),
            pair,
        }
    }

    fn published(&self) -> Value {
        // 04, x, y.
        let point = self.pair.public_key().as_ref();
        let half = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": half(1), "y": half(33) }] })
    }
}

impl Issuer {
    /// Starts one with the key `one`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let keys = Arc::new(Mutex::new(Keys::new("one")));
        let asked = Arc::new(AtomicUsize::new(0));
        let settings = json!({
            "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        let (shown, count) = (keys.clone(), asked.clone());
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(move || async move { Json(settings) }),
            )
            .route(
                "/keys",
                get(move || async move {
                    count.fetch_add(1, Ordering::SeqCst);
                    Json(shown.lock().unwrap_or_else(PoisonError::into_inner).published())
                }),
            );
        let task = tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("it serves until the test ends");
        });
        Self {
            url,
            keys,
            asked,
            task,
        }
    }

    /// How often its keys were asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Takes another key, and forgets the one before.
    pub fn rotate(&self, id: &str) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Keys::new(id);
    }

    /// Claims that count for five minutes.
    pub fn claims(&self, audience: &str, subject: &str) -> Value {
        let now = now_s();
        json!({ "iss": self.url, "aud": audience, "sub": subject, "iat": now, "exp": now + 300, "jti": format!("{:x}", rand_id()) })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let head = json!({ "alg": "ES256", "typ": "JWT", "kid": keys.id });
        let text = unsigned(&head, claims);
        let signature = keys
            .pair
            .sign(&SystemRandom::new(), text.as_bytes())
            .expect("it signs");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The first two parts of a token.
pub fn unsigned(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(head), part(claims))
}

/// Seconds since 1970.
pub fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn rand_id() -> u128 {
    let mut bytes = [0; 16];
    ring::rand::SecureRandom::fill(&SystemRandom::new(), &mut bytes).expect("random bytes");
    u128::from_le_bytes(bytes)
}
