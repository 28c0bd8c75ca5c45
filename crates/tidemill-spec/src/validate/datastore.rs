//! Datastores: which credentials fit which kind.

use crate::error::{FieldPath, Problem, list_words};
use crate::kinds::Datastore;

pub(super) fn check(store: &Datastore, problems: &mut Vec<Problem>) {
    let fit: &[&str] = match store {
        Datastore::AzureBlob(_) | Datastore::AzureFile(_) => &["account_key", "sas_token"],
        Datastore::AzureDataLakeGen2(_) => &["service_principal", "certificate", "account_key", "sas_token"],
        Datastore::AzureDataLakeGen1(_) => &["service_principal", "certificate"],
        Datastore::OneLake(_) => &["service_principal"],
        Datastore::S3(_) => &["access_key"],
        Datastore::Gcs(_) => &["service_account"],
        Datastore::LocalFolder(_) | Datastore::Http(_) => &[],
    };
    if let Some(credentials) = store.credentials()
        && credentials.kind() != "none"
        && !fit.contains(&credentials.kind())
    {
        problems.push(
            Problem::new(format!(
                "this kind of datastore is not signed in to by `{}`",
                credentials.kind()
            ))
            .at(FieldPath::field("credentials"))
            .hint(format!("it takes {}", list_words(fit.iter().copied()))),
        );
    }
    if let Datastore::Http(http) = store
        && !["http://", "https://"]
            .iter()
            .any(|scheme| http.url.starts_with(scheme))
    {
        let problem =
            Problem::new(format!("`{}` is no URL of a web server", http.url)).at(FieldPath::field("url"));
        problems.push(problem.hint("write `https://<host>/<path>`"));
    }
    let prefix = match store {
        Datastore::S3(store) => store.prefix.as_deref(),
        Datastore::Gcs(store) => store.prefix.as_deref(),
        _ => None,
    };
    if prefix.is_some_and(|prefix| prefix.split('/').any(|part| part == "..")) {
        problems.push(Problem::new("the prefix climbs with `..`").at(FieldPath::field("prefix")));
    }
}
