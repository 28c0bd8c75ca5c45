//! The address of a server: scheme, host, port, and a path before `/api` where there is one.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The address that is used when none is given.
pub const DEFAULT: &str = "http://127.0.0.1:5757";

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(url::Url);

impl Address {
    /// True where the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            None => false,
        }
    }

    /// True where what is said is encrypted.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(80)
    }

    /// The studio's page at `path`, which starts with `/`.
    pub fn studio(&self, path: &str) -> String {
        format!("{self}/ui{path}")
    }
}

impl Default for Address {
    fn default() -> Self {
        DEFAULT.parse().expect("the default address is one")
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let whole = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let wrong = |why: String| {
            Error::usage(format!("failed to read the server's address `{text}`: {why}"))
                .with_hint(format!("write it as {DEFAULT}"))
        };
        let mut url = url::Url::parse(&whole).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong(format!("`{}` is not http or https", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user or a password".to_owned()));
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, shown, loopback) in [
            ("http://127.0.0.1:5757", "http://127.0.0.1:5757", true),
            ("localhost:80/", "http://localhost", true),
            (
                "https://mill.example.org/team/",
                "https://mill.example.org/team",
                false,
            ),
            ("http://[::1]:1", "http://[::1]:1", true),
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(
                (address.to_string().as_str(), address.is_loopback()),
                (shown, loopback)
            );
        }
        for text in ["", "ftp://x", "http://", "http://u:p@h", "http://h:99999"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
