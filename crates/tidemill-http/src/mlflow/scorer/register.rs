//! `POST scorers/register`: registers a scorer, or another version of one.

use tidemill_api::mlflow::scorer::{RegisterScorer, RegisterScorerResponse};
use tidemill_app::scorer;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn register(
    Call {
        ctx,
        workspace,
        request,
    }: Call<RegisterScorer>,
) -> Result<RegisterScorerResponse> {
    Ok(Answer(scorer::register(&ctx, &workspace, request).await?))
}
