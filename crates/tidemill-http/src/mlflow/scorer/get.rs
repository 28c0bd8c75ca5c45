//! `GET scorers/get`: one version of a scorer, the newest unless it is named.

use tidemill_api::mlflow::scorer::{ScorerResponse, ScorerVersion};
use tidemill_app::scorer;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ScorerVersion>,
) -> Result<ScorerResponse> {
    let scorer = scorer::get(&ctx, &workspace, request).await?;
    Ok(Answer(ScorerResponse { scorer }))
}
