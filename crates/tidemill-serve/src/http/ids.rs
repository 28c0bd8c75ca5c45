//! The ids of a request: given by the client or made here, and told in the answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::{App, answer};
use crate::log::Level;

const REQUEST: HeaderName = HeaderName::from_static("x-request-id");
const LEGACY: HeaderName = HeaderName::from_static("x-ms-request-id");
const CLIENT: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const TRACE: HeaderName = HeaderName::from_static("traceid");
const VERSION: HeaderName = HeaderName::from_static("x-ms-server-version");
/// Characters of an id at most.
const LONGEST: usize = 100;

/// The ids of a request; a name without one is not told.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    request: Option<HeaderValue>,
    legacy: Option<HeaderValue>,
    client: Option<HeaderValue>,
}

impl Ids {
    /// Takes them from the headers. With an answer where one is too long.
    pub(super) fn of(headers: &HeaderMap, app: &App) -> (Self, Option<Response>) {
        // One that is given and empty stays empty, and is not told.
        let request = headers.get(REQUEST).cloned().unwrap_or_else(made);
        if request.len() > LONGEST {
            return (Self::default(), Some(too_long("x-request-id")));
        }
        let told = |id: HeaderValue| Some(id).filter(|id| !id.is_empty());
        let own = |name| headers.get(name).filter(|value| !value.is_empty()).cloned();
        let (mut client, legacy) = (own(CLIENT), own(LEGACY));
        if legacy.is_some() {
            let message = format_args!(
                "x-ms-request-id header has been deprecated and will be removed from future versions of the server. Please use x-ms-client-request-id."
            );
            let id = request.to_str().ok().filter(|_| !app.config().plain_log);
            app.log().line(Level::Warning, id, message);
            client = client.or_else(|| legacy.clone());
        }
        let legacy = legacy
            .or_else(|| client.clone())
            .unwrap_or_else(|| request.clone());
        let long = |value: &HeaderValue| value.len() > LONGEST;
        if long(&legacy) || client.as_ref().is_some_and(long) {
            let only = Self {
                request: told(request),
                ..Self::default()
            };
            return (only, Some(too_long("x-ms-request-id and x-ms-client-request-id")));
        }
        let ids = Self {
            request: told(request),
            legacy: told(legacy),
            client,
        };
        (ids, None)
    }

    /// The id under which the request is logged.
    pub(super) fn logged(&self) -> &str {
        self.request
            .as_ref()
            .and_then(|id| id.to_str().ok())
            .unwrap_or("?")
    }

    /// Tells them, with the version of the server.
    pub(super) fn apply(self, request: &HeaderMap, response: &mut HeaderMap, app: &App) {
        let ids = [
            (REQUEST, self.request),
            (LEGACY, self.legacy),
            (CLIENT, self.client),
        ];
        for (name, value) in ids {
            if let Some(value) = value {
                response.insert(name, value);
            }
        }
        if let Some(version) = &app.azure().server_version {
            response.append(VERSION, version.clone());
        }
        if let Some(trace) = request.get(TRACE) {
            response.append(TRACE, trace.clone());
        }
    }
}

fn too_long(names: &str) -> Response {
    let message = format!("{names} must not exceed {LONGEST} characters");
    answer::error(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, &message, false)
}

/// A random id: version 4 of RFC 9562.
fn made() -> HeaderValue {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = [b'-'; 36];
    let mut place = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            place += 1;
        }
        for digit in [byte >> 4, byte & 0x0f] {
            text[place] = b"0123456789abcdef"[usize::from(digit)];
            place += 1;
        }
    }
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("?"))
}
