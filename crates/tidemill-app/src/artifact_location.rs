//! Where an experiment wants its artifacts: in this server's own store, or at an address that its clients reach by
//! themselves. Of the latter the server keeps the address alone: it never opens it.

use crate::{Error, Result};

/// The scheme of the server's own store.
const OWN: &str = "mlflow-artifacts:";
/// MLflow's limit, in characters.
const LONGEST: usize = 2048;

/// An address as it is kept: a relative path of this machine is below the folder in which the server runs, as in MLflow.
///
/// # Errors
/// Invalid, in MLflow's words, for what it refuses too.
pub(crate) fn checked(location: String) -> Result<String> {
    let (address, query) = location.split_once('?').unwrap_or((&location, ""));
    let last = address.rsplit('/').next().unwrap_or_default();
    if location.contains('#') || last.contains(';') {
        return Err(Error::invalid(
            "'artifact_location' URL can't include fragments or params.",
        ));
    }
    let query = percent_encoding::percent_decode_str(query).decode_utf8_lossy();
    if query.contains("..") {
        return Err(Error::invalid("Invalid query string"));
    }
    let scheme = scheme(&location).map(str::to_ascii_lowercase);
    match scheme.as_deref() {
        Some(scheme @ ("http" | "https" | "ftp" | "sftp")) => {
            return Err(other_host("artifact_location", scheme));
        }
        Some("runs") => {
            return Err(Error::invalid(format!(
                "Artifact location cannot be a runs:/ URI. Given: '{location}'"
            )));
        }
        _ => {}
    }
    if location.chars().count() > LONGEST {
        return Err(Error::invalid(format!(
            "Invalid artifact path length. The length of the artifact path cannot be greater than {LONGEST} characters. \
             To configure this limit, please set the MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH environment variable."
        )));
    }
    if scheme.is_none() && !location.starts_with('/') {
        let here = std::env::current_dir().map_err(Error::internal)?;
        return Ok(here.join(&location).to_string_lossy().into_owned());
    }
    Ok(location)
}

/// The refusal of an address at a host that this server would have to ask.
pub(crate) fn other_host(field: &str, scheme: &str) -> Error {
    Error::invalid(format!(
        "'{field}' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other than the tracking \
         server's configured artifact storage, so the server would connect to the host named in the URI."
    ))
}

/// Whether an address is in this server's own store.
pub(crate) fn is_own(uri: &str) -> bool {
    uri.starts_with(OWN)
}

/// The path of an address in the server's own store.
///
/// # Errors
/// Invalid, with the address, when it is elsewhere.
pub(crate) fn own_path(uri: &str) -> Result<&str> {
    if is_own(uri) {
        return Ok(crate::artifact::store_path(uri));
    }
    Err(Error::invalid(format!(
        "failed to reach the artifacts: they are at '{uri}', outside of this server"
    ))
    .hint("MLflow's client reads and writes them there by itself, with the rights of its user"))
}

fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(fits)).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_elsewhere_are_kept_as_they_are() {
        for location in [
            "s3://bucket/a",
            "/data/a",
            "file:///data/a",
            "mlflow-artifacts:/a",
            "abfss://c@a/b?x=1",
        ] {
            assert_eq!(checked(location.to_owned()).expect(location), location);
        }
        let here = std::env::current_dir().expect("a folder");
        assert_eq!(
            checked("mine".to_owned()).expect("a path"),
            here.join("mine").to_string_lossy()
        );
    }

    #[test]
    fn what_mlflow_refuses_is_refused() {
        for location in [
            "s3://b/a#f",
            "s3://b/a;p",
            "s3://b/a?x=%2e%2e",
            "runs:/r/a",
            "https://h/a",
            "SFTP://h/a",
        ] {
            assert!(checked(location.to_owned()).is_err(), "{location}");
        }
        assert!(checked(format!("s3://{}", "a".repeat(LONGEST))).is_err());
    }

    #[test]
    fn a_path_is_in_the_own_store_alone() {
        assert_eq!(
            own_path("mlflow-artifacts:/1/r/artifacts").expect("own"),
            "1/r/artifacts"
        );
        assert!(own_path("s3://b/1/r/artifacts").is_err());
        assert!(own_path("/data/1/r/artifacts").is_err());
    }
}
