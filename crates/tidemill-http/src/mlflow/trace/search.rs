//! `POST traces/search`: the traces of experiments.

use tidemill_api::mlflow::trace::{SearchTraces, SearchTracesResponse};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchTraces>,
) -> Result<SearchTracesResponse> {
    Ok(Answer(trace::search(&ctx, &workspace, request).await?))
}
