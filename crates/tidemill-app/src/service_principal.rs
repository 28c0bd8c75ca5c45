//! Service principals: programs that sign in, with a secret or with a token that their own platform signs.

use tidemill_policy::Subject;
use tidemill_policy::access::Kind;
use tidemill_spec::kinds::{ServicePrincipal, Spec};

use crate::principal::{self, Row, Written};
use crate::{Error, OpContext, Result};

/// The subject of a service principal.
pub fn subject(name: &str) -> Subject {
    Subject {
        kind: Kind::ServicePrincipal,
        name: name.to_owned(),
    }
}

/// Makes or changes a service principal.
///
/// # Errors
/// Invalid for a trusted token whose issuer, audience or subject is not said; as [`crate::user::put`] for the rest.
pub async fn put(ctx: &OpContext, spec: ServicePrincipal, if_match: Option<i64>) -> Result<Row> {
    ctx.authorize(crate::action::PRINCIPAL_WRITE, &crate::Scope::server())
        .await?;
    crate::spec::check(&Spec::ServicePrincipal(spec.clone()))?;
    let written = Written {
        subject: subject(&spec.name),
        disabled: spec.disabled,
        spec: serde_json::to_value(&spec).map_err(Error::internal)?,
        password: None,
    };
    principal::put(ctx, written, if_match).await
}
