//! `POST traces/calculate-filter-correlation`: how far two filters go together.

use tidemill_api::mlflow::trace::{CorrelateFilters, FilterCorrelation};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn correlate(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CorrelateFilters>,
) -> Result<FilterCorrelation> {
    Ok(Answer(trace::correlate(&ctx, &workspace, request).await?))
}
