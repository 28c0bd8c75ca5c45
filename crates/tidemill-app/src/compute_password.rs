//! The password that a compute may carry for SSH: sealed by the vault where it is kept, `***` where it is shown.

use serde_json::Value;

use crate::datastore::{HIDDEN, is_reference, reference};
use crate::vault::Vault;
use crate::{App, Error, OpContext, Result};

/// Where it stands in the specification of a compute.
const PASSWORD: &str = "/ssh_settings/admin_password";

/// The place for which the password of a compute is sealed.
pub(crate) fn of_compute(workspace: &str, name: &str) -> String {
    format!("compute/{workspace}/{name}/admin_password")
}

/// The place for which the password of a compute is sealed that somebody asks for.
pub(crate) fn of_request(workspace: &str, id: &str) -> String {
    format!("compute_request/{workspace}/{id}/admin_password")
}

/// The specification as it may be shown.
pub(crate) fn hide(mut spec: Value) -> Value {
    if let Some(password) = password_of(&mut spec)
        && !password.as_str().is_some_and(is_reference)
    {
        *password = Value::from(HIDDEN);
    }
    spec
}

/// Seals what was given anew; `***` keeps what `before` had. A secret of the vault that is named in its place must be one that this
/// principal may read.
///
/// # Errors
/// NotFound and Forbidden for a secret that is named; when the vault can't be written.
pub(crate) async fn seal(
    ctx: &OpContext,
    workspace: &str,
    place: &str,
    spec: &mut Value,
    before: Option<&Value>,
) -> Result<()> {
    let Some(password) = password_of(spec) else {
        return Ok(());
    };
    let Some(text) = password.as_str().map(str::to_owned) else {
        return Ok(());
    };
    if let (HIDDEN, Some(kept)) = (text.as_str(), before.and_then(|before| before.pointer(PASSWORD))) {
        *password = kept.clone();
        return Ok(());
    }
    if text == HIDDEN {
        return Err(Error::invalid(format!(
            "failed to keep the password for SSH: `{HIDDEN}` stands for one that is not here"
        ))
        .hint("write the password, or ${{secrets.NAME}}"));
    }
    let group = crate::vault::group_of(ctx.app(), workspace).await?;
    match reference(&text) {
        Some(name) => crate::secret::check_usable(ctx, &group, &name).await?,
        None => *password = ctx.app().vault.seal(&group, place, &text).await?.into(),
    }
    Ok(())
}

/// The specification with the password as it is; one that can't be opened stays sealed, and so differs from whatever is wanted.
pub(crate) async fn opened(app: &App, place: &str, mut spec: Value) -> Value {
    if let Some(password) = password_of(&mut spec)
        && let Some(sealed) = password.as_str().filter(|text| Vault::is_sealed(text))
        && let Ok(text) = app.vault.unseal(place, sealed).await
    {
        *password = text.into();
    }
    spec
}

/// Whether there is a password that stands as it is, as those did of before the vault.
pub(crate) fn is_plain(spec: &Value) -> bool {
    let password = spec.pointer(PASSWORD).and_then(Value::as_str);
    password.is_some_and(|text| !Vault::is_sealed(text) && !is_reference(text))
}

/// Seals a password that stands as it is.
///
/// # Errors
/// When the vault can't be written.
pub(crate) async fn take_in(app: &App, group: &str, place: &str, spec: &mut Value) -> Result<()> {
    if let Some(password) = password_of(spec)
        && let Some(plain) = password.as_str().map(str::to_owned)
    {
        *password = app.vault.seal(group, place, &plain).await?.into();
    }
    Ok(())
}

fn password_of(spec: &mut Value) -> Option<&mut Value> {
    spec.pointer_mut(PASSWORD).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_password_is_hidden_and_the_name_of_a_secret_is_not() {
        let spec = |password: &str| json!({"type": "amlcompute", "ssh_settings": {"admin_username": "ada", "admin_password": password}});
        assert_eq!(hide(spec("hunter22")), spec("***"));
        assert_eq!(hide(spec("${{secrets.ssh}}")), spec("${{secrets.ssh}}"));
        let without = json!({"type": "amlcompute", "ssh_settings": {"admin_password": null}});
        assert_eq!(hide(without.clone()), without);
    }
}
