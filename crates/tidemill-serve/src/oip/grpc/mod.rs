//! The Open Inference Protocol over gRPC: `inference.GRPCInferenceService` (`proto/inference.proto` says what travels).

mod about;
mod control;
mod convert;
mod message;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::http;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use self::message::*;
use super::{EXTENSIONS, Override, Problem, ProblemKind, classify};
use crate::http::App;
use crate::log::Level;

/// The service. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    app: App,
}

impl Service {
    pub(crate) fn new(app: App) -> Self {
        Self { app }
    }
}

impl tower::Service<http::Request<Body>> for Service {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let app = self.app.clone();
        Box::pin(async move { Ok(route(app, request).await) })
    }
}

/// One call.
pub(crate) async fn route(app: App, request: http::Request<Body>) -> http::Response<Body> {
    let path = request.uri().path().to_owned();
    match path.strip_prefix("/inference.GRPCInferenceService/") {
        Some("ServerLive") => unary(app, request, server_live).await,
        Some("ServerReady") => unary(app, request, server_ready).await,
        Some("ModelReady") => unary(app, request, model_ready).await,
        Some("ServerMetadata") => unary(app, request, server_metadata).await,
        Some("ModelMetadata") => unary(app, request, model_metadata).await,
        Some("ModelInfer") => unary(app, request, model_infer).await,
        Some("ModelStreamInfer") => streamed(app, request).await,
        Some("RepositoryIndex") => unary(app, request, repository_index).await,
        Some("RepositoryModelLoad") => unary(app, request, repository_load).await,
        Some("RepositoryModelUnload") => unary(app, request, repository_unload).await,
        Some("ModelConfig") => unary(app, request, model_config).await,
        Some("ModelStatistics") => unary(app, request, model_statistics).await,
        Some("SystemSharedMemoryStatus" | "CudaSharedMemoryStatus") => {
            unary(app, request, control::regions).await
        }
        Some("SystemSharedMemoryRegister" | "CudaSharedMemoryRegister") => {
            unary(app, request, control::register).await
        }
        Some("SystemSharedMemoryUnregister" | "CudaSharedMemoryUnregister") => {
            unary(app, request, control::unregister).await
        }
        Some("TraceSetting") => unary(app, request, control::traces).await,
        Some("LogSettings") => unary(app, request, control::logging).await,
        _ => Status::unimplemented(format!("{path} is not served here")).into_http(),
    }
}

/// One question, one answer.
async fn unary<M, R, F>(app: App, request: http::Request<Body>, call: fn(App, M) -> F) -> http::Response<Body>
where
    M: prost::Message + Default + 'static,
    R: prost::Message + Default + 'static,
    F: Future<Output = Result<R, Status>> + Send + 'static,
{
    let limit = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let (taken, given) = (
        limit(app.config().max_body_bytes),
        limit(app.config().max_answer_bytes),
    );
    let service = tower::service_fn(move |request: Request<M>| {
        let answered = call(app.clone(), request.into_inner());
        async move { answered.await.map(Response::new) }
    });
    tonic::server::Grpc::new(ProstCodec::<R, M>::default())
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Deflate)
        .max_decoding_message_size(taken)
        .max_encoding_message_size(given)
        .unary(service, request)
        .await
}

/// Questions of one stream, answered in their order, as Triton has it: an error is told in its answer, and the stream goes on.
async fn streamed(app: App, request: http::Request<Body>) -> http::Response<Body> {
    let limit = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    let config = app.config();
    let (taken, given) = (limit(config.max_body_bytes), limit(config.max_answer_bytes));
    let service = tower::service_fn(move |request: Request<Streaming<ModelInferRequest>>| {
        let asked = (app.clone(), request.into_inner());
        let answers = futures::stream::unfold(Some(asked), |asked| async move {
            let (app, mut questions) = asked?;
            match questions.message().await {
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
                Ok(Some(question)) => {
                    let answer = match model_infer(app.clone(), question).await {
                        Ok(infer_response) => ModelStreamInferResponse {
                            infer_response: Some(infer_response),
                            ..Default::default()
                        },
                        Err(status) => ModelStreamInferResponse {
                            error_message: status.message().to_owned(),
                            ..Default::default()
                        },
                    };
                    Some((Ok(answer), Some((app, questions))))
                }
            }
        });
        async move { Ok::<_, Status>(Response::new(answers)) }
    });
    tonic::server::Grpc::new(ProstCodec::<ModelStreamInferResponse, ModelInferRequest>::default())
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Deflate)
        .max_decoding_message_size(taken)
        .max_encoding_message_size(given)
        .streaming(service, request)
        .await
}

fn refused(problem: Problem) -> Status {
    let Problem { kind, message } = problem;
    match kind {
        ProblemKind::Invalid => Status::invalid_argument(message),
        ProblemKind::NotFound => Status::not_found(message),
        ProblemKind::Unavailable => Status::unavailable(message),
        ProblemKind::Exhausted => Status::resource_exhausted(message),
        ProblemKind::Late => Status::deadline_exceeded(message),
        ProblemKind::Internal => Status::internal(message),
    }
}

async fn server_live(_: App, ServerLiveRequest {}: ServerLiveRequest) -> Result<ServerLiveResponse, Status> {
    Ok(ServerLiveResponse { live: true })
}

async fn server_ready(
    app: App,
    ServerReadyRequest {}: ServerReadyRequest,
) -> Result<ServerReadyResponse, Status> {
    let ready = app.not_ready().is_none();
    Ok(ServerReadyResponse { ready })
}

async fn model_ready(app: App, asked: ModelReadyRequest) -> Result<ModelReadyResponse, Status> {
    let ModelReadyRequest { name, version } = asked;
    match app.repository().and_then(|models| models.get(&name, &version)) {
        Ok(model) => Ok(ModelReadyResponse {
            ready: model.is_ready(),
        }),
        Err(problem) if problem.kind == ProblemKind::Unavailable => Ok(ModelReadyResponse { ready: false }),
        Err(problem) => Err(refused(problem)),
    }
}

async fn server_metadata(
    _: App,
    ServerMetadataRequest {}: ServerMetadataRequest,
) -> Result<ServerMetadataResponse, Status> {
    Ok(ServerMetadataResponse {
        name: "tidemill".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        extensions: EXTENSIONS.iter().map(|name| (*name).to_owned()).collect(),
    })
}

async fn model_metadata(app: App, asked: ModelMetadataRequest) -> Result<ModelMetadataResponse, Status> {
    let ModelMetadataRequest { name, version } = asked;
    let models = app.repository().map_err(refused)?;
    let model = models.get(&name, &version).map_err(refused)?;
    Ok(ModelMetadataResponse {
        versions: models.versions(&name),
        name,
        platform: model.platform.into(),
        inputs: convert::told(&model.inputs),
        outputs: convert::told(&model.outputs),
    })
}

async fn model_config(app: App, asked: ModelConfigRequest) -> Result<ModelConfigResponse, Status> {
    let ModelConfigRequest { name, version } = asked;
    let models = app.repository().map_err(refused)?;
    let model = models.get(&name, &version).map_err(refused)?;
    let config = Some(about::configuration(&model));
    Ok(ModelConfigResponse { config })
}

async fn model_statistics(
    app: App,
    asked: ModelStatisticsRequest,
) -> Result<ModelStatisticsResponse, Status> {
    let ModelStatisticsRequest { name, version } = asked;
    let models = app
        .repository()
        .map_err(refused)?
        .ready(&name, &version)
        .map_err(refused)?;
    let model_stats = models.iter().map(|model| about::statistics(model)).collect();
    Ok(ModelStatisticsResponse { model_stats })
}

async fn model_infer(app: App, asked: ModelInferRequest) -> Result<ModelInferResponse, Status> {
    let began = Instant::now();
    let name = asked.model_name.clone();
    let answered = infer(&app, asked).await;
    let code = answered.as_ref().map_or_else(Status::code, |_| tonic::Code::Ok);
    let took_ms = began.elapsed().as_secs_f64() * 1e3;
    app.log().line(
        Level::Info,
        None,
        format_args!("gRPC ModelInfer {name} {code:?} {took_ms:.3}ms"),
    );
    answered
}

async fn infer(app: &App, asked: ModelInferRequest) -> Result<ModelInferResponse, Status> {
    let models = app.repository().map_err(refused)?;
    let model = models
        .get(&asked.model_name, &asked.model_version)
        .map_err(refused)?;
    let (request, classes) = convert::request(asked).map_err(refused)?;
    let id = request.id.clone();
    let mut outputs = model.infer(request, app.timeout_ms()).await.map_err(refused)?;
    classify(&model, &mut outputs, &classes).map_err(refused)?;
    Ok(convert::response(&model, id, outputs))
}

async fn repository_index(
    app: App,
    asked: RepositoryIndexRequest,
) -> Result<RepositoryIndexResponse, Status> {
    let lines = app.repository().map_err(refused)?.index();
    let lines = lines.into_iter().filter(|line| line.ready || !asked.ready);
    let models = lines.map(|line| ModelIndex {
        name: line.name,
        version: line.version,
        state: if line.ready { "READY" } else { "UNAVAILABLE" }.into(),
        reason: line.reason,
    });
    Ok(RepositoryIndexResponse {
        models: models.collect(),
    })
}

async fn repository_load(
    app: App,
    asked: RepositoryModelLoadRequest,
) -> Result<RepositoryModelLoadResponse, Status> {
    let models = app.repository().map_err(refused)?;
    let config = asked
        .parameters
        .get("config")
        .and_then(|config| config.string_param.as_deref());
    let names = asked.parameters.keys().map(String::as_str);
    let with = Override::read(config, names).map_err(refused)?;
    models.load(&asked.model_name, with).await.map_err(refused)?;
    Ok(RepositoryModelLoadResponse {})
}

async fn repository_unload(
    app: App,
    asked: RepositoryModelUnloadRequest,
) -> Result<RepositoryModelUnloadResponse, Status> {
    let models = app.repository().map_err(refused)?;
    models.unload(&asked.model_name).map_err(refused)?;
    Ok(RepositoryModelUnloadResponse {})
}
