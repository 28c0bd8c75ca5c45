//! What data, environments, components and models have in common over REST: everything but making a version.

mod body;
mod told;

pub(super) use body::asset_body;
pub(super) use told::told;

use tidemill_api::asset::AssetQuery;
use tidemill_app::Error;
use tidemill_app::asset::Archived;
use tidemill_app::page::PageRequest;

/// Which rows a query asks for.
pub(super) fn asked(query: AssetQuery) -> Result<(Archived, PageRequest), Error> {
    let archived = match query.archived.as_deref() {
        None | Some("exclude") => Archived::Exclude,
        Some("include") => Archived::Include,
        Some("only") => Archived::Only,
        Some(other) => {
            return Err(
                Error::invalid(format!("failed to read the query: archived is {other:?}"))
                    .hint("write exclude, include or only"),
            );
        }
    };
    let page = PageRequest {
        limit: query.limit.unwrap_or(100).clamp(1, 1000),
        after: query.after,
    };
    Ok((archived, page))
}

/// Splits `name:archive` and `name:restore`; says whether to archive.
pub(super) fn archive_of<'a>(noun: &str, segment: &'a str) -> Result<(&'a str, bool), Error> {
    match segment.rsplit_once(':') {
        Some((name, "archive")) => Ok((name, true)),
        Some((name, "restore")) => Ok((name, false)),
        Some((name, action)) => Err(Error::invalid(format!(
            "failed to act on {noun} `{name}`: there is no action `{action}`"
        ))
        .hint("there are archive and restore")),
        None => Err(
            Error::invalid(format!("failed to act on {noun} `{segment}`: no action is named"))
                .hint("write {name}:archive or {name}:restore"),
        ),
    }
}

/// The handlers that all four nouns have, and `fn shared()` with their routes. `$app` is the module of the use cases,
/// followed by the arguments that it takes after the context.
macro_rules! shared_verbs {
    ($noun:literal, $nouns:literal, $app:ident $([$kind:expr])?) => {
        use axum::Json;
        use axum::extract::{Path, Query};
        use axum::http::{HeaderMap, StatusCode};
        use tidemill_api::asset::{Asset, AssetPatch, AssetQuery, AssetVersion, Label, LabelTarget};
        use tidemill_api::page::List;
        use tidemill_api::problem::Problem;
        use utoipa_axum::router::OpenApiRouter;
        use utoipa_axum::routes;

        use crate::Server;
        use crate::extract::{Body, Ctx, if_match};
        use crate::problem::ApiError;
        use crate::v1::asset::{archive_of, asked};

        fn shared() -> OpenApiRouter<Server> {
            OpenApiRouter::new()
                .routes(routes!(list))
                .routes(routes!(get, act))
                .routes(routes!(version_list))
                .routes(routes!(version_get, version_patch, version_act))
                .routes(routes!(label_list))
                .routes(routes!(label_get, label_put, label_delete))
        }

        /// By name, each with what its newest version says.
        #[utoipa::path(get, path = concat!("/workspaces/{ws}/", $nouns),
            operation_id = concat!($noun, "_list"), tag = $noun,
            params(("ws" = String, Path), AssetQuery),
            responses((status = OK, body = List<Asset>), (status = "default", body = Problem)))]
        async fn list(
            Ctx(ctx): Ctx,
            Path(ws): Path<String>,
            Query(query): Query<AssetQuery>,
        ) -> Result<Json<List<Asset>>, ApiError> {
            if let Some(registry) = &query.registry {
                let rows = tidemill_app::registry::list(&ctx, &ws, registry, $noun).await?;
                return Ok(Json(List { items: rows.items, next: rows.next }));
            }
            let (archived, page) = asked(query)?;
            let rows = $app::list(&ctx, $($kind,)? &ws, archived, &page).await?;
            Ok(Json(List { items: rows.items, next: rows.next }))
        }

        /// One name, with what its newest version says.
        #[utoipa::path(get, path = concat!("/workspaces/{ws}/", $nouns, "/{name}"),
            operation_id = concat!($noun, "_get"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path)),
            responses((status = OK, body = Asset), (status = "default", body = Problem)))]
        async fn get(
            Ctx(ctx): Ctx,
            Path((ws, name)): Path<(String, String)>,
        ) -> Result<Json<Asset>, ApiError> {
            Ok(Json($app::get(&ctx, $($kind,)? &ws, &name).await?))
        }

        /// Hide from lists or show again: `{name}:archive` or `{name}:restore`.
        #[utoipa::path(post, path = concat!("/workspaces/{ws}/", $nouns, "/{name}"),
            operation_id = concat!($noun, "_act"), tag = $noun,
            params(("ws" = String, Path),
                ("name" = String, Path, description = "The name and the action, as in `flights:archive`.")),
            responses((status = OK, body = Asset), (status = "default", body = Problem)))]
        async fn act(
            Ctx(ctx): Ctx,
            Path((ws, name)): Path<(String, String)>,
        ) -> Result<Json<Asset>, ApiError> {
            let (name, archive) = archive_of($noun, &name)?;
            Ok(Json($app::archive(&ctx, $($kind,)? &ws, name, archive).await?))
        }

        /// Versions, newest first.
        #[utoipa::path(get, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/versions"),
            operation_id = concat!($noun, "_version_list"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path), AssetQuery),
            responses((status = OK, body = List<AssetVersion>), (status = "default", body = Problem)))]
        async fn version_list(
            Ctx(ctx): Ctx,
            Path((ws, name)): Path<(String, String)>,
            Query(query): Query<AssetQuery>,
        ) -> Result<Json<List<AssetVersion>>, ApiError> {
            if let Some(registry) = &query.registry {
                let rows = tidemill_app::registry::versions(&ctx, &ws, registry, $noun, &name).await?;
                return Ok(Json(List { items: rows.items, next: rows.next }));
            }
            let (archived, page) = asked(query)?;
            let rows = $app::versions(&ctx, $($kind,)? &ws, &name, archived, &page).await?;
            Ok(Json(List { items: rows.items, next: rows.next }))
        }

        /// One version.
        #[utoipa::path(get, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/versions/{version}"),
            operation_id = concat!($noun, "_version_get"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
            responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
        async fn version_get(
            Ctx(ctx): Ctx,
            Path((ws, name, version)): Path<(String, String, String)>,
        ) -> Result<Json<AssetVersion>, ApiError> {
            Ok(Json($app::version(&ctx, $($kind,)? &ws, &name, &version).await?))
        }

        /// Change what may change of a version: its content never does.
        #[utoipa::path(patch, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/versions/{version}"),
            operation_id = concat!($noun, "_version_patch"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path),
                ("If-Match" = Option<String>, Header)),
            request_body = AssetPatch,
            responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
        async fn version_patch(
            Ctx(ctx): Ctx,
            Path((ws, name, version)): Path<(String, String, String)>,
            headers: HeaderMap,
            Body(patch): Body<AssetPatch>,
        ) -> Result<Json<AssetVersion>, ApiError> {
            let if_match = if_match(&headers)?;
            Ok(Json($app::patch(&ctx, $($kind,)? &ws, &name, &version, patch, if_match).await?))
        }

        /// Hide a version from lists or show it again: `{version}:archive` or `{version}:restore`.
        #[utoipa::path(post, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/versions/{version}"),
            operation_id = concat!($noun, "_version_act"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path),
                ("version" = String, Path, description = "The version and the action, as in `3:archive`.")),
            responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
        async fn version_act(
            Ctx(ctx): Ctx,
            Path((ws, name, version)): Path<(String, String, String)>,
        ) -> Result<Json<AssetVersion>, ApiError> {
            let (version, archive) = archive_of($noun, &version)?;
            Ok(Json($app::archive_version(&ctx, $($kind,)? &ws, &name, version, archive).await?))
        }

        /// Labels and the versions that they name, `latest` among them.
        #[utoipa::path(get, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/labels"),
            operation_id = concat!($noun, "_label_list"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path)),
            responses((status = OK, body = List<Label>), (status = "default", body = Problem)))]
        async fn label_list(
            Ctx(ctx): Ctx,
            Path((ws, name)): Path<(String, String)>,
        ) -> Result<Json<List<Label>>, ApiError> {
            let items = $app::labels(&ctx, $($kind,)? &ws, &name).await?;
            Ok(Json(List { items, next: None }))
        }

        /// The version that a label names.
        #[utoipa::path(get, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/labels/{label}"),
            operation_id = concat!($noun, "_label_get"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path), ("label" = String, Path)),
            responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
        async fn label_get(
            Ctx(ctx): Ctx,
            Path((ws, name, label)): Path<(String, String, String)>,
        ) -> Result<Json<AssetVersion>, ApiError> {
            Ok(Json($app::labelled(&ctx, $($kind,)? &ws, &name, &label).await?))
        }

        /// Let a label name a version, whatever it named before.
        #[utoipa::path(put, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/labels/{label}"),
            operation_id = concat!($noun, "_label_put"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path), ("label" = String, Path)),
            request_body = LabelTarget,
            responses((status = OK, body = Label), (status = "default", body = Problem)))]
        async fn label_put(
            Ctx(ctx): Ctx,
            Path((ws, name, label)): Path<(String, String, String)>,
            Body(target): Body<LabelTarget>,
        ) -> Result<Json<Label>, ApiError> {
            Ok(Json($app::put_label(&ctx, $($kind,)? &ws, &name, &label, &target.version).await?))
        }

        /// Remove a label; its version stays.
        #[utoipa::path(delete, path = concat!("/workspaces/{ws}/", $nouns, "/{name}/labels/{label}"),
            operation_id = concat!($noun, "_label_delete"), tag = $noun,
            params(("ws" = String, Path), ("name" = String, Path), ("label" = String, Path)),
            responses((status = NO_CONTENT), (status = "default", body = Problem)))]
        async fn label_delete(
            Ctx(ctx): Ctx,
            Path((ws, name, label)): Path<(String, String, String)>,
        ) -> Result<StatusCode, ApiError> {
            $app::delete_label(&ctx, $($kind,)? &ws, &name, &label).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    };
}
pub(super) use shared_verbs;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_follows_the_last_colon() {
        assert_eq!(archive_of("data", "a:archive").expect("reads"), ("a", true));
        assert_eq!(archive_of("data", "a:b:restore").expect("reads"), ("a:b", false));
        assert!(archive_of("data", "a").is_err());
        assert!(archive_of("data", "a:delete").is_err());
    }
}
