//! `GET scorers/list`: the newest version of each scorer.

use tidemill_api::mlflow::scorer::{ListScorers, ScorersResponse};
use tidemill_app::scorer;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListScorers>,
) -> Result<ScorersResponse> {
    let scorers = scorer::list(&ctx, &workspace, request).await?;
    Ok(Answer(ScorersResponse { scorers }))
}
