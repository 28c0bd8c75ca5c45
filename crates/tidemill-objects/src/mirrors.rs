//! Where a public URL is to be read from instead, on a site without the internet.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use crate::error::{ObjectsError, Result};
use crate::safe_path::SafePath;

/// URL prefixes and what stands in for them: a URL, a folder, or a datastore path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirrors {
    /// Longest prefix first.
    targets: Vec<(String, String)>,
}

impl Mirrors {
    /// Takes prefix → target.
    pub fn new(targets: IndexMap<String, String>) -> Self {
        let mut targets: Vec<_> = targets.into_iter().collect();
        targets.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Self { targets }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// What to read instead of `url`: the target of the longest prefix, followed by the rest of the URL; `None` if no
    /// prefix fits. A prefix ends at a name: `https://h/data` doesn't fit `https://h/database`. The rest is kept as it is
    /// for an `http(s)` target; otherwise it is decoded and its query dropped. A rest that climbs (`..`) is an error.
    pub fn resolve(&self, url: &str) -> Result<Option<String>> {
        let found = self.targets.iter().find_map(|(prefix, target)| {
            let rest = url.strip_prefix(prefix.as_str())?;
            let ends_a_name = prefix.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '#']);
            ends_a_name.then_some((target, rest))
        });
        let Some((target, rest)) = found else {
            return Ok(None);
        };
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let decoded = percent_decode_str(path).decode_utf8();
        let decoded = decoded.map_err(|_| ObjectsError::bad_path(path, "it is not UTF-8 when decoded"))?;
        let safe = SafePath::normalise(decoded.trim_start_matches('/'))?;
        let remote = target.starts_with("http://") || target.starts_with("https://");
        let rest = if remote {
            rest.trim_start_matches('/')
        } else {
            safe.as_str()
        };
        if rest.is_empty() {
            return Ok(Some(target.clone()));
        }
        let joint = if target.ends_with('/') || rest.starts_with(['?', '#']) {
            ""
        } else {
            "/"
        };
        Ok(Some(format!("{target}{joint}{rest}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins_and_ends_at_a_name() {
        let mirrors = Mirrors::new(IndexMap::from(
            [
                ("https://a.com/", "/mnt/a"),
                ("https://a.com/data", "azureml://datastores/mirror/paths/data/"),
                ("https://b.com", "https://inside/b"),
            ]
            .map(|(prefix, target)| (prefix.to_owned(), target.to_owned())),
        ));
        let resolve = |url: &str| mirrors.resolve(url).unwrap();
        assert_eq!(
            resolve("https://a.com/x%20y/z.csv?sig=1").as_deref(),
            Some("/mnt/a/x y/z.csv")
        );
        assert_eq!(
            resolve("https://a.com/data/z.csv").as_deref(),
            Some("azureml://datastores/mirror/paths/data/z.csv")
        );
        assert_eq!(
            resolve("https://a.com/database/z").as_deref(),
            Some("/mnt/a/database/z")
        );
        assert_eq!(
            resolve("https://b.com/x%20y?v=1").as_deref(),
            Some("https://inside/b/x%20y?v=1")
        );
        assert_eq!(resolve("https://b.com").as_deref(), Some("https://inside/b"));
        assert_eq!(resolve("https://b.community/x"), None);
        for climbing in [
            "https://a.com/../etc/passwd",
            "https://a.com/%2e%2e/etc",
            "https://a.com/x/%2E%2E/%2e%2e/y",
        ] {
            assert!(mirrors.resolve(climbing).is_err(), "{climbing}");
        }
    }
}
