//! Changing what stands on the server: its specification with changes, put back only if nobody else changed it meanwhile.

use serde_json::Value;
use tidemill_spec::kinds::Family;
use tidemill_spec::yaml::Override;

use super::args::REMOVED;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Applies changes to what is at `path`, and gives what it is then.
///
/// # Errors
/// No changes, changes that make no specification, or what the server says.
pub async fn update(
    session: &Session,
    family: Family,
    what: &str,
    path: &str,
    changes: &[Override],
) -> Result<Value> {
    if changes.is_empty() {
        return Err(
            Error::usage(format!("failed to update {what}: nothing to change is given"))
                .with_hint("name a field, as in --set description=\"new words\""),
        );
    }
    let shown = session.client.get(path).await?;
    let mut spec = shown.get("spec").cloned().unwrap_or_default();
    let (gone, set): (Vec<Override>, Vec<Override>) = changes
        .iter()
        .cloned()
        .partition(|change| change.value == REMOVED);
    for change in &gone {
        take_away(&mut spec, &change.path).ok_or_else(|| {
            Error::usage(format!("failed to update {what}: it has no `{}`", change.path))
                .with_hint("`show` prints its fields")
        })?;
    }
    let loaded = document::change(what, &spec, &set, family)?;
    let body = document::body(&loaded.spec)?;
    session
        .client
        .put(path, &body, shown.get("etag").and_then(Value::as_str))
        .await
}

/// Takes a field away, by its path with dots; `None` where there is no such field.
fn take_away(spec: &mut Value, path: &str) -> Option<()> {
    let dotted = path.replace('[', ".").replace(']', "");
    let (around, last) = dotted.rsplit_once('.').unwrap_or(("", &dotted));
    let mut place = spec;
    for part in around.split('.').filter(|part| !part.is_empty()) {
        place = match place {
            Value::Object(fields) => fields.get_mut(part)?,
            Value::Array(items) => items.get_mut(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    match place {
        Value::Object(fields) => fields.shift_remove(last).map(drop),
        Value::Array(items) => {
            let at = last.parse::<usize>().ok().filter(|at| *at < items.len())?;
            items.remove(at);
            Some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_taken_away_by_their_paths() {
        let mut spec = json!({"tags": {"a": "1", "b.c": "2"}, "list": [1, 2]});
        assert_eq!(take_away(&mut spec, "tags.a"), Some(()));
        assert_eq!(take_away(&mut spec, "list[0]"), Some(()));
        for absent in ["tags.a", "x", "list[5]", "tags.a.b", "list.x"] {
            assert_eq!(take_away(&mut spec, absent), None, "{absent}");
        }
        assert_eq!(spec, json!({"tags": {"b.c": "2"}, "list": [2]}));
    }
}
