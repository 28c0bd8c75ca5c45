//! `GET scorers/versions`: all versions of one scorer.

use tidemill_api::mlflow::scorer::{ListScorerVersions, ScorersResponse};
use tidemill_app::scorer;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn versions(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListScorerVersions>,
) -> Result<ScorersResponse> {
    let scorers = scorer::versions(&ctx, &workspace, request).await?;
    Ok(Answer(ScorersResponse { scorers }))
}
