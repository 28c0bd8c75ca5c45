//! The studio's pages, and opening them in a browser.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::output::text;
use crate::session::Session;

/// The page of a job: the one that the server names, else where its studio has it.
pub fn job(session: &Session, view: &Value) -> String {
    let named = view.pointer("/services/Studio/endpoint").and_then(Value::as_str);
    match named {
        Some(link) if link.contains("://") => link.to_owned(),
        Some(link) if link.starts_with('/') => format!("{}{link}", session.client.address()),
        _ => {
            let name = text(view, "name").unwrap_or_default();
            session.client.address().studio(&session.path(&["jobs", name]))
        }
    }
}

/// The view with whole addresses of its services, so that they can be opened from anywhere.
pub fn with_addresses(session: &Session, mut view: Value) -> Value {
    for service in view
        .get_mut("services")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|all| all.values_mut())
    {
        if let Some(Value::String(endpoint)) = service.get_mut("endpoint")
            && endpoint.starts_with('/')
        {
            *endpoint = format!("{}{endpoint}", session.client.address());
        }
    }
    view
}

/// Opens a page in the browser of this machine; where there is none, says where it is.
pub fn open(session: &Session, link: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let opened = Command::new(opener)
        .arg(link)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !opened.is_ok_and(|status| status.success()) {
        session.note(&format!("Look at {link}"));
    }
}
