//! Datasets for evaluating on MLflow's surface.

use axum::Router;
use axum::routing::{delete, get, patch, post};
use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::eval_dataset::{
    CreateEvalDataset, DeleteEvalRecords, DeleteEvalRecordsResponse, EvalDatasetExperimentIds,
    EvalDatasetExperiments, EvalDatasetId, EvalDatasetResponse, GetEvalRecords, GetEvalRecordsResponse,
    SearchEvalDatasets, SearchEvalDatasetsResponse, SetEvalDatasetTags, UpsertEvalRecords,
    UpsertEvalRecordsResponse,
};
use tidemill_app::eval_dataset;

use super::answer::{Answer, Result};
use super::call::Call;
use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/datasets/create", post(create))
        .route("/datasets/search", post(search).get(search))
        .route("/datasets/{dataset_id}", get(show).delete(remove))
        .route("/datasets/{dataset_id}/tags", patch(set_tags))
        .route("/datasets/{dataset_id}/tags/{key}", delete(delete_tag))
        .route(
            "/datasets/{dataset_id}/records",
            post(upsert_records).get(records).delete(delete_records),
        )
        .route("/datasets/{dataset_id}/experiment-ids", get(experiment_ids))
        .route("/datasets/{dataset_id}/add-experiments", post(add_experiments))
        .route(
            "/datasets/{dataset_id}/remove-experiments",
            post(remove_experiments),
        )
}

async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateEvalDataset>,
) -> Result<EvalDatasetResponse> {
    let dataset = eval_dataset::create(&ctx, &workspace, request).await?;
    Ok(Answer(EvalDatasetResponse { dataset }))
}

async fn show(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<EvalDatasetResponse> {
    let dataset = eval_dataset::get(&ctx, &workspace, &request.dataset_id).await?;
    Ok(Answer(EvalDatasetResponse { dataset }))
}

async fn remove(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<Empty> {
    eval_dataset::delete(&ctx, &workspace, &request.dataset_id).await?;
    Ok(Answer(Empty {}))
}

async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchEvalDatasets>,
) -> Result<SearchEvalDatasetsResponse> {
    Ok(Answer(eval_dataset::search(&ctx, &workspace, request).await?))
}

async fn set_tags(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetEvalDatasetTags>,
) -> Result<Empty> {
    eval_dataset::set_tags(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}

async fn delete_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<Empty> {
    eval_dataset::delete_tag(&ctx, &workspace, &request.dataset_id, &request.key).await?;
    Ok(Answer(Empty {}))
}

async fn upsert_records(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpsertEvalRecords>,
) -> Result<UpsertEvalRecordsResponse> {
    Ok(Answer(
        eval_dataset::upsert_records(&ctx, &workspace, request).await?,
    ))
}

async fn records(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetEvalRecords>,
) -> Result<GetEvalRecordsResponse> {
    Ok(Answer(eval_dataset::records(&ctx, &workspace, request).await?))
}

async fn delete_records(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteEvalRecords>,
) -> Result<DeleteEvalRecordsResponse> {
    let gone = eval_dataset::delete_records(&ctx, &workspace, request).await?;
    Ok(Answer(DeleteEvalRecordsResponse {
        deleted_count: gone.cast_signed(),
    }))
}

async fn experiment_ids(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<EvalDatasetExperimentIds> {
    let experiment_ids = eval_dataset::experiment_ids(&ctx, &workspace, &request.dataset_id).await?;
    Ok(Answer(EvalDatasetExperimentIds { experiment_ids }))
}

async fn add_experiments(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetExperiments>,
) -> Result<EvalDatasetResponse> {
    let dataset = eval_dataset::set_experiments(&ctx, &workspace, request, true).await?;
    Ok(Answer(EvalDatasetResponse { dataset }))
}

async fn remove_experiments(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetExperiments>,
) -> Result<EvalDatasetResponse> {
    let dataset = eval_dataset::set_experiments(&ctx, &workspace, request, false).await?;
    Ok(Answer(EvalDatasetResponse { dataset }))
}
