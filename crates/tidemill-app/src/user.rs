//! Users: somebody who signs in, with a password or by OIDC.

use tidemill_policy::Subject;
use tidemill_spec::kinds::User;

use crate::principal::{self, Row, Written};
use crate::{Error, OpContext, Result, session};

/// Characters that a password has at least.
pub const SHORTEST_PASSWORD: usize = 12;

/// Makes or changes a user. A new password ends every session.
///
/// # Errors
/// Invalid for a bad name or a short password; Forbidden for one who has more than the one who asks; Conflict for the last
/// owner.
pub async fn put(
    ctx: &OpContext,
    spec: User,
    password: Option<String>,
    if_match: Option<i64>,
) -> Result<Row> {
    ctx.authorize(crate::action::PRINCIPAL_WRITE, &crate::Scope::server())
        .await?;
    let password = match password {
        Some(password) => Some(hashed(password).await?),
        None => None,
    };
    let written = Written {
        subject: Subject::user(&spec.name),
        disabled: spec.disabled,
        spec: serde_json::to_value(&spec).map_err(Error::internal)?,
        password,
    };
    principal::put(ctx, written, if_match).await
}

/// The Argon2id of a password that is long enough.
pub(crate) async fn hashed(password: String) -> Result<String> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(Error::invalid(format!(
            "failed to use this password: it has fewer than {SHORTEST_PASSWORD} characters"
        ))
        .hint("a few words in a row are easy to keep and hard to guess"));
    }
    session::hash_password(password).await
}
