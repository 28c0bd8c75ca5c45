//! `DELETE scorers/delete`: deletes one version of a scorer, or all of them.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::scorer::ScorerVersion;
use tidemill_app::scorer;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ScorerVersion>,
) -> Result<Empty> {
    scorer::delete(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
