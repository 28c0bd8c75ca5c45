//! A secret in a configuration, and keeping it out of every text.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// A text that serde reads and writes as it is, and that Debug never shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that signs with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A URL that Debug and Display show without user, password and query.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HiddenUrl(String);

impl HiddenUrl {
    /// Wraps the URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HiddenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_url(&self.0))
    }
}

impl fmt::Debug for HiddenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", show_url(&self.0))
    }
}

/// A URL for an error text: without user, password, query and fragment.
pub(crate) fn show_url(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) => {
            let queried = parsed.query().is_some();
            parsed.set_query(None);
            parsed.set_fragment(None);
            // These two fail only for URLs that can't have them.
            let _ = parsed.set_username("");
            let _ = parsed.set_password(None);
            if queried {
                format!("{parsed}?[hidden]")
            } else {
                parsed.to_string()
            }
        }
        Err(_) => "[not a URL]".to_owned(),
    }
}

/// Takes the known secrets of one datastore, and whatever looks like a signature, out of a text.
#[derive(Clone, Default)]
pub(crate) struct Scrubber {
    secrets: Vec<String>,
}

impl Scrubber {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= 3) {
            all.push(secret.to_owned());
            all.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
            all.push(
                serde_json::Value::from(secret)
                    .to_string()
                    .trim_matches('"')
                    .to_owned(),
            );
        }
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        Self { secrets: all }
    }

    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.as_str(), "[hidden]");
        }
        for key in [
            "sig=",
            "Signature=",
            "X-Amz-Credential=",
            "X-Amz-Security-Token=",
            "AWSAccessKeyId=",
        ] {
            text = hide_values(&text, key);
        }
        text
    }
}

fn hide_values(text: &str, key: &str) -> String {
    let mut parts = text.split(key);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| c == '&' || c.is_whitespace() || matches!(c, '"' | '\'' | ')' | '>' | '<'))
            .unwrap_or(part.len());
        out.push_str(key);
        out.push_str("[hidden]");
        out.push_str(&part[end..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[hidden]");
        let url = HiddenUrl::new("https://me:pw@host/x?sv=1&sig=abc#frag");
        assert_eq!(
            format!("{url} {url:?}"),
            "https://host/x?[hidden] \"https://host/x?[hidden]\""
        );
        let scrubber = Scrubber::new(["a+b/c==", "?sv=2020&sig=zz%3D"]);
        assert_eq!(
            scrubber.scrub("url (http://h/c?sv=1&sig=q%2B&se=2) a+b/c== a%2Bb%2Fc%3D%3D"),
            "url (http://h/c?sv=1&sig=[hidden]&se=2) [hidden] [hidden]"
        );
    }
}
