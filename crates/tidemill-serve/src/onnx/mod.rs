//! ONNX models, run in this process by ONNX Runtime, which is loaded from the model's environment.

mod library;
mod loader;
mod session;

pub(crate) use loader::{OnnxLoader, Place};
pub(crate) use session::Onnx;
