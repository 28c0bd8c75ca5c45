//! What every answer of the contract gets: ids, CORS, and a line in the log.

use std::time::Instant;

use axum::body::HttpBody;
use axum::http::request::Parts;
use axum::response::Response;

use super::App;
use super::ids::Ids;
use crate::log::Level;

/// A request on its way through.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) parts: Parts,
    pub(super) ids: Ids,
    began: Instant,
    logged: bool,
}

impl Access {
    /// Takes a request in. With an answer where its ids are refused.
    pub(super) fn begin(parts: Parts, app: &App) -> (Self, Option<Response>) {
        let began = Instant::now();
        let (ids, refused) = Ids::of(&parts.headers, app);
        let access = Self {
            parts,
            ids,
            began,
            // Refused ones have no line, as in Azure's server.
            logged: refused.is_none(),
        };
        (access, refused)
    }

    /// Without a line in the log.
    pub(super) fn quiet(mut self) -> Self {
        self.logged = false;
        self
    }

    /// Lets the answer out.
    pub(super) fn end(self, mut response: Response, app: &App) -> Response {
        let Self {
            parts,
            ids,
            began,
            logged,
        } = self;
        if logged {
            let took_ms = began.elapsed().as_secs_f64() * 1e3;
            let (method, status) = (&parts.method, response.status().as_u16());
            let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            let length = response.body().size_hint().lower();
            let message = format_args!("{method} {target} {status} {took_ms:.3}ms {length}");
            let id = (!app.config().plain_log).then(|| ids.logged());
            app.log().line(Level::Info, id, message);
        }
        let headers = response.headers_mut();
        ids.apply(&parts.headers, headers, app);
        if let Some(origins) = &app.azure().origins {
            origins.apply(&parts.method, &parts.headers, headers);
        }
        response
    }
}
