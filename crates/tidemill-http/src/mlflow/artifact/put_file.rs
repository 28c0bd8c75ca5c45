//! `PUT mlflow-artifacts/artifacts/{path}`: writes a file from the stream of the body.

use axum::body::Body;
use futures::{StreamExt, TryStreamExt};
use tidemill_api::mlflow::Empty;
use tidemill_app::artifact;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Place;

pub(super) async fn put_file(place: Place, body: Body) -> Result<Empty> {
    let bytes = body.into_data_stream().map_err(artifact::broken_upload).boxed();
    artifact::put(&place.ctx, &place.workspace, place.path("path"), bytes).await?;
    Ok(Answer(Empty {}))
}
