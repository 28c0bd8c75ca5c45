//! Templates and parameters that a template names by link: files beside it. What lies elsewhere is not fetched.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::error::{ArmError, Result};

/// What stands before the path of a template in its URI, as `deployment().properties.templateLink.uri` gives it.
const HERE: &str = "file:///";
/// How many files a template may name.
const MOST: usize = 200;

/// Reads a file by its path from the folder of the main template, with `/` between names and never `..` in it.
pub type Read<'r> = &'r dyn Fn(&str) -> std::result::Result<String, String>;

/// The files that were read so far.
pub(super) struct Links<'r> {
    read: Read<'r>,
    known: RefCell<HashMap<String, Rc<Value>>>,
}

impl std::fmt::Debug for Links<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links")
    }
}

impl<'r> Links<'r> {
    pub(super) fn new(read: Read<'r>) -> Self {
        Self {
            read,
            known: RefCell::default(),
        }
    }

    /// The file of a path, read once.
    pub(super) fn get(&self, path: &str) -> Result<Rc<Value>> {
        if let Some(known) = self.known.borrow().get(path) {
            return Ok(known.clone());
        }
        if self.known.borrow().len() >= MOST {
            return Err(ArmError::new(format!("a template names {MOST} files at most")));
        }
        let text =
            (self.read)(path).map_err(|why| ArmError::new(format!("failed to read `{path}`: {why}")))?;
        let read = Rc::new(super::read(&text, &format!("`{path}`"))?);
        self.known.borrow_mut().insert(path.to_owned(), read.clone());
        Ok(read)
    }
}

/// The URI of a template that lies at a path.
pub(super) fn uri_of(path: &str) -> String {
    format!("{HERE}{path}")
}

/// The path that a link means: `relativePath` from the folder of the template `of` that says it, or a `uri` of a file here.
pub(super) fn path_of(link: &Value, of: &str) -> Result<String> {
    let text = |name: &str| {
        link.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if let Some(relative) = text("relativePath") {
        return joined(of, relative);
    }
    match (text("uri"), text("id")) {
        (Some(uri), _) => {
            // What follows is a key to the place, such as that of a storage account.
            let plain = uri.split(['?', '#']).next().unwrap_or(uri);
            match plain.strip_prefix(HERE) {
                Some(path) => joined("", path),
                None if !plain.contains(':') && !plain.starts_with('/') => joined(of, plain),
                None => Err(ArmError::new(format!(
                    "`{uri}` is not fetched: put the file beside the template, and name it by `relativePath`"
                ))),
            }
        }
        (None, Some(id)) => Err(ArmError::new(format!(
            "`{id}` is a template spec of Azure, which is not here: put its template beside this one, and name it by `relativePath`"
        ))),
        (None, None) => Err(ArmError::new("a link says `relativePath` or `uri`")),
    }
}

/// A path from the folder of another one, which stays in the folder of the main template.
fn joined(of: &str, relative: &str) -> Result<String> {
    if relative.starts_with('/') || relative.contains(['\\', ':', '\0']) {
        return Err(ArmError::new(format!(
            "`{relative}` is no path from the template that names it"
        )));
    }
    let mut parts: Vec<&str> = of.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(|| {
                    ArmError::new(format!(
                        "`{relative}` lies outside of the folder of the template: deploy from a folder that holds both"
                    ))
                })?;
            }
            part => parts.push(part),
        }
    }
    match parts.is_empty() {
        true => Err(ArmError::new(format!("`{relative}` names no file"))),
        false => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_link_leads_to_a_file_beside_the_template_and_nowhere_else() {
        let cases = [
            (
                json!({"relativePath": "nested/a.json"}),
                "main.json",
                "nested/a.json",
            ),
            (
                json!({"relativePath": "./b.json"}),
                "nested/a.json",
                "nested/b.json",
            ),
            (json!({"relativePath": "../b.json"}), "nested/a.json", "b.json"),
            (
                json!({"uri": "file:///nested/a.json?sv=1"}),
                "nested/x.json",
                "nested/a.json",
            ),
            (json!({"uri": "nested/a.json"}), "main.json", "nested/a.json"),
        ];
        for (link, of, wanted) in cases {
            assert_eq!(path_of(&link, of), Ok(wanted.to_owned()), "{link}");
        }
        for (link, said) in [
            (json!({"relativePath": "../../etc/passwd"}), "outside"),
            (json!({"relativePath": "/etc/passwd"}), "no path"),
            (json!({"relativePath": "a\\b.json"}), "no path"),
            (json!({"uri": "https://example.org/a.json"}), "not fetched"),
            (json!({"uri": "/etc/passwd"}), "not fetched"),
            (json!({"uri": "file:///../etc/passwd"}), "outside"),
            (json!({"id": "/subscriptions/x"}), "template spec"),
            (json!({"relativePath": ".."}), "no file"),
            (json!({}), "says `relativePath`"),
        ] {
            let error = path_of(&link, "nested/a.json").expect_err("refused");
            assert!(error.message.contains(said), "{link}: {error}");
        }
    }
}
