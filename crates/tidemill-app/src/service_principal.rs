//! Service principals: programs that sign in, with a secret or with a token that their own platform signs.

use tidemill_policy::Subject;
use tidemill_policy::access::Kind;
use tidemill_spec::kinds::ServicePrincipal;

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
/// Invalid for a trusted token that names no issuer, audience or subject; as [`crate::user::put`] for the rest.
pub async fn put(ctx: &OpContext, spec: ServicePrincipal, if_match: Option<i64>) -> Result<Row> {
    ctx.authorize(crate::action::PRINCIPAL_WRITE, &crate::Scope::server())
        .await?;
    for trusted in &spec.federated {
        let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        let secure =
            trusted.issuer.starts_with("https://") || local.iter().any(|at| trusted.issuer.starts_with(at));
        if !secure
            || trusted.audience.is_empty()
            || trusted.subject.is_empty()
            || trusted.subject.contains('*')
        {
            return Err(Error::invalid(format!(
                "failed to trust tokens of `{}`: an issuer is an https address, and audience and subject are given in full",
                trusted.issuer
            )));
        }
    }
    let written = Written {
        subject: subject(&spec.name),
        disabled: spec.disabled,
        spec: serde_json::to_value(&spec).map_err(Error::internal)?,
        password: None,
    };
    principal::put(ctx, written, if_match).await
}
