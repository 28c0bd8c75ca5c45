//! The router: all surfaces, and the layers around them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tidemill_app::App;
use tower::Layer;
use tower::util::MapRequestLayer;
use utoipa::openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::metrics::Metrics;
use crate::{auth, gateway, mlflow, ops, studio, v1, workspace_name};

/// The most bytes of a JSON body. Uploads have routes with limits of their own.
pub const BODY_LIMIT_BYTES: usize = 32 << 20;

/// How the surfaces behave.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Where the server listens; on anything but loopback, everyone signs in.
    pub listen: SocketAddr,
    /// Host names that a request may carry, besides those of loopback and the listening address.
    pub allowed_hosts: Vec<String>,
}

/// What handlers share.
#[derive(Debug, Clone)]
pub struct Server {
    /// The application.
    pub app: Arc<App>,
    /// How the surfaces behave.
    pub options: Arc<HttpOptions>,
    /// Figures for `/metrics`.
    pub metrics: Arc<Metrics>,
}

impl Server {
    /// A server over an application.
    pub fn new(app: Arc<App>, options: HttpOptions) -> Self {
        Self {
            metrics: Arc::new(Metrics::new(app.clone())),
            app,
            options: Arc::new(options),
        }
    }
}

/// The whole router. Serve it with connect info: sign-in looks at the peer's address.
pub fn router(server: Server) -> Router {
    let (v1, _) = documented();
    let surfaces = Router::new()
        .merge(v1)
        .merge(ops::router())
        .merge(studio::router())
        .merge(mlflow::router())
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(from_fn(crate::to_the_end::to_the_end))
        .layer(from_fn_with_state(server.clone(), auth::sign_in))
        .layer(from_fn_with_state(server.clone(), auth::host))
        .layer(from_fn(mlflow::envelope))
        .layer(from_fn_with_state(server.clone(), crate::metrics::observe));
    // Callers of endpoints show keys of their own, and their requests pass nothing that others need.
    let surfaces: Router = surfaces.with_state(server.clone());
    gateway::router()
        .fallback_service(MapRequestLayer::new(workspace_name::known).layer(surfaces))
        .layer(from_fn(auth::request_id))
        .with_state(server)
}

/// The OpenAPI document of REST v1.
pub fn openapi() -> OpenApi {
    documented().1
}

fn documented() -> (Router<Server>, OpenApi) {
    let info = InfoBuilder::new()
        .title("Tidemill")
        .version("v1")
        .description(Some(
            "The REST API of Tidemill. Errors are problem details (RFC 9457); lists are keyset pages.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()))
        .contact(Some(
            ContactBuilder::new()
                .name(Some("The Tidemill maintainers"))
                .build(),
        ))
        .build();
    let api = OpenApiBuilder::new().info(info).build();
    OpenApiRouter::with_openapi(api)
        .nest("/api/v1", v1::router())
        .split_for_parts()
}
