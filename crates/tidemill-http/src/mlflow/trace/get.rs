//! `GET traces/{trace_id}`: one trace.

use tidemill_api::mlflow::trace::TraceResponse;
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Place;

pub(super) async fn get(place: Place) -> Result<TraceResponse> {
    let trace = trace::get(&place.ctx, &place.workspace, place.path("trace_id")).await?;
    Ok(Answer(TraceResponse { trace }))
}
