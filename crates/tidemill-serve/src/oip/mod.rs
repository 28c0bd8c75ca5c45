//! The Open Inference Protocol v2 (KServe's): models, tensors and what goes wrong, without the words of REST or gRPC.
//!
//! Source: the protocol's public description, and Triton's extensions for binary tensors and the model repository.

mod batch;
mod classify;
pub(crate) mod grpc;
mod model;
mod pbtxt;
mod repository;
pub(crate) mod rest;
mod tensor;
mod triton;

pub(crate) use batch::Batcher;
pub use batch::Batching;
pub(crate) use classify::{Classes, classify};
pub(crate) use model::{Engine, Served};
pub(crate) use repository::{Loader, Repository};
pub(crate) use tensor::{DataType, Described, Tensor, push_text};
pub(crate) use triton::{Found, Override, find};

/// What a server of this protocol says it can do.
pub(crate) const EXTENSIONS: &[&str] = &[
    "binary_tensor_data",
    "classification",
    "model_configuration",
    "model_repository",
    "statistics",
];

/// Why nothing lies in shared memory.
pub(crate) const NO_SHARED_MEMORY: &str =
    "shared memory is not served here; send tensors in requests and take them from answers";

/// A request for tensors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) inputs: Vec<Tensor>,
    /// Names of the outputs that are wanted; all where there are none.
    pub(crate) outputs: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) message: String,
}

/// What kind of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// The request makes no sense.
    Invalid,
    /// There is no such model.
    NotFound,
    /// The model is not ready.
    Unavailable,
    /// Too much is asked at once.
    Exhausted,
    /// The model took too long.
    Late,
    /// The model failed.
    Internal,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Invalid, message)
    }
}
