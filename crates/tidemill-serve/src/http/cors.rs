//! CORS: which pages of other origins may ask, by `AML_CORS_ORIGINS`.

use axum::http::{HeaderMap, HeaderValue, Method, header};
use regex::{Regex, RegexBuilder};

/// Characters that make an origin an expression.
const MARKS: &[char] = &['*', '\\', ']', '?', '$', '^', '[', '(', ')'];

/// The origins that may ask.
#[derive(Debug, Clone)]
pub struct Origins {
    any: bool,
    plain: Vec<String>,
    expressions: Vec<Regex>,
    told: String,
    /// Whether another origin might be told: several are named, or one is an expression.
    varies: bool,
}

impl Origins {
    /// Reads a list with commas between; an origin may be `*` or a regular expression that fits its beginning. `None` for an
    /// empty list. Expressions that cannot be read fit nothing.
    #[must_use]
    pub fn parse(list: &str) -> Option<Self> {
        let named: Vec<&str> = list
            .split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .collect();
        if named.is_empty() {
            return None;
        }
        let any = named.contains(&"*");
        let told = named.join(", ");
        let varies = named.len() > 1 || named.iter().any(|origin| origin.contains(MARKS));
        let (expressions, mut plain): (Vec<&str>, Vec<&str>) =
            named.into_iter().partition(|origin| origin.contains(MARKS));
        plain.sort_unstable();
        let expression = |text: &str| {
            let anchored = format!("^(?:{text})");
            RegexBuilder::new(&anchored).case_insensitive(true).build().ok()
        };
        Some(Self {
            any,
            plain: plain.into_iter().map(str::to_owned).collect(),
            expressions: expressions.into_iter().filter_map(expression).collect(),
            told,
            varies,
        })
    }

    /// The list, as it was given.
    pub(crate) fn told(&self) -> &str {
        &self.told
    }

    /// Adds what a browser wants to know to an answer.
    pub(super) fn apply(&self, method: &Method, request: &HeaderMap, response: &mut HeaderMap) {
        let origin = request.get(header::ORIGIN).and_then(|value| value.to_str().ok());
        let allowed = match origin {
            Some(origin) => self.allows(origin).then_some(origin),
            // Without an origin the first one by name is told, as Azure's server does.
            None if self.any => Some("*"),
            None => self.plain.first().map(String::as_str),
        };
        let Some(allowed) = allowed.and_then(|text| HeaderValue::from_str(text).ok()) else {
            return;
        };
        if allowed != "*" && self.varies {
            response.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        let wanted = request.get(header::ACCESS_CONTROL_REQUEST_METHOD);
        let may = wanted.is_some_and(|wanted| wanted == "GET" || wanted == "POST");
        if method == Method::OPTIONS && may {
            let methods = HeaderValue::from_static("GET, POST");
            response.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            if let Some(wanted) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
                response.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
            }
        }
    }

    fn allows(&self, origin: &str) -> bool {
        self.any
            || self.plain.iter().any(|plain| plain.eq_ignore_ascii_case(origin))
            || self
                .expressions
                .iter()
                .any(|expression| expression.is_match(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(list: &str, origin: Option<&str>) -> Option<String> {
        let mut request = HeaderMap::new();
        if let Some(origin) = origin {
            request.insert(header::ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        }
        let mut response = HeaderMap::new();
        Origins::parse(list)?.apply(&Method::POST, &request, &mut response);
        let told = response.get(header::ACCESS_CONTROL_ALLOW_ORIGIN)?;
        Some(told.to_str().expect("text").to_owned())
    }

    #[test]
    fn origins_are_told_as_flask_cors_tells_them() {
        assert_eq!(told("*", None).as_deref(), Some("*"));
        assert_eq!(told("*", Some("http://a.org")).as_deref(), Some("http://a.org"));
        assert_eq!(
            told("http://b.org, http://a.org", None).as_deref(),
            Some("http://a.org")
        );
        assert_eq!(
            told("http://b.org", Some("HTTP://B.org")).as_deref(),
            Some("HTTP://B.org")
        );
        assert_eq!(told("http://b.org", Some("http://b.org.evil")), None);
        let wild = r"http://.*\.example\.org";
        assert_eq!(told(wild, None), None);
        assert_eq!(
            told(wild, Some("http://x.example.org")).as_deref(),
            Some("http://x.example.org")
        );
        assert_eq!(told("(", Some("http://x.example.org")), None);
        assert!(Origins::parse(" , ").is_none());
    }

    #[test]
    fn what_can_be_one_origin_alone_does_not_vary() {
        let varies = |list: &str| {
            let mut request = HeaderMap::new();
            request.insert(header::ORIGIN, HeaderValue::from_static("http://a.org"));
            let mut response = HeaderMap::new();
            Origins::parse(list)
                .expect("origins")
                .apply(&Method::POST, &request, &mut response);
            response.contains_key(header::VARY)
        };
        assert!(!varies("http://a.org"));
        assert!(varies("http://a.org, http://b.org") && varies("http://[a-z].org") && varies("*"));
    }
}
