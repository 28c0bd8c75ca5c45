//! The body of a version that is to be: the fields of its YAML, named by the URL.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tidemill_app::Error;

use crate::extract::named;

/// Reads a specification whose name, and version where one is given, stand in the URL. Gives also the version, which
/// may stand in the body alone.
pub(crate) fn asset_body<T: DeserializeOwned>(
    name: &str,
    version: Option<String>,
    mut body: Value,
) -> Result<(Option<String>, T), Error> {
    let said = match body.get("version") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(other) => {
            return Err(Error::invalid(format!(
                "failed to read the body at `version`: got {other}"
            )));
        }
    };
    if let (Some(said), Some(version)) = (&said, &version)
        && said != version
    {
        return Err(Error::invalid(format!(
            "failed to read the body at `version`: it says `{said}`, and the URL says `{version}`"
        )));
    }
    let version = version.or(said);
    if let Some(fields) = body.as_object_mut() {
        match &version {
            Some(version) => drop(fields.insert("version".into(), version.clone().into())),
            None => drop(fields.shift_remove("version")),
        }
    }
    Ok((version, named(name, body)?))
}
