//! Tokens that others sign (OpenID Connect Core 1.0, Discovery 1.0): who signs them, whether one counts, and what it claims.
//!
//! What a token claims is believed only after its signature, issuer, audience and time were checked, with keys that its issuer
//! publishes over TLS. Who may do what because of it is decided elsewhere.

pub(crate) mod claim;
mod fetch;
mod issuer;
mod verify;

pub(crate) use fetch::Web;
pub use issuer::Issuers;
pub(crate) use verify::{Verified, peek, verify};
