//! `DELETE logged-models/{model_id}/tags/{tag_key}`: removes a tag of a logged model.

use tidemill_api::mlflow::Empty;
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Place;

pub(super) async fn delete_tag(place: Place) -> Result<Empty> {
    logged_model::delete_tag(
        &place.ctx,
        &place.workspace,
        place.path("model_id"),
        place.path("tag_key"),
    )
    .await?;
    Ok(Answer(Empty {}))
}
