//! `DELETE mlflow-artifacts/artifacts/{path}`: removes a file, or a folder with all in it.

use tidemill_api::mlflow::Empty;
use tidemill_app::artifact;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Place;

pub(super) async fn delete_file(place: Place) -> Result<Empty> {
    artifact::delete(&place.ctx, &place.workspace, place.path("path")).await?;
    Ok(Answer(Empty {}))
}
