//! Secrets in plans: a mark stands for each, which is the same for the same secret and tells nothing of it.

use serde_json::Value;

use crate::{App, datastore};

/// The mark of a secret: of a hash under a key of this server, cut short.
pub(super) fn mark(app: &App, secret: &str) -> String {
    let hash = app.seal.sign(&format!("infrastructure\0{secret}"));
    format!("{} ({})", datastore::HIDDEN, hash.get(..8).unwrap_or_default())
}

/// Puts marks where secrets stand. The name of a secret of the vault is none, and stays.
pub(super) fn hide(app: &App, spec: &mut Value) {
    datastore::visit_secrets(spec, &mut |_, value| hide_one(app, value));
    if let Some(password) = spec.pointer_mut("/ssh_settings/admin_password") {
        hide_one(app, password);
    }
}

fn hide_one(app: &App, value: &mut Value) {
    if let Some(text) = value.as_str()
        && !datastore::is_reference(text)
    {
        *value = Value::from(mark(app, text));
    }
}
