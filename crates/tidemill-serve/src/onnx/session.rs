//! An ONNX model in memory: as many sessions as requests may run at a time.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Instant;

use bytes::Bytes;
use half::{bf16, f16};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::{
    DynValue, Outlet, PrimitiveTensorElementType, Tensor as OrtTensor, TensorElementType, ValueType,
};
use tokio::sync::Semaphore;

use crate::oip::{DataType, Described, Problem, ProblemKind, Request, Tensor, push_text};

/// A model that takes less than this is run where the request is read: a thread of its own would cost more.
const QUICK_US: u64 = 1000;

/// A model in memory.
#[derive(Debug)]
pub(crate) struct Onnx {
    pub(crate) inputs: Vec<Described>,
    /// Outputs that are tensors; sequences and maps have no form in the protocol.
    pub(crate) outputs: Vec<Described>,
    sessions: Vec<Mutex<Session>>,
    free: Arc<Semaphore>,
    /// How long a run took of late.
    took_us: AtomicU64,
}

impl Onnx {
    /// Loads a file.
    ///
    /// # Errors
    /// What ONNX Runtime says of it.
    pub(crate) fn load(environment: &Environment, file: &Path, sessions: usize) -> Result<Self, String> {
        let sessions = sessions.max(1);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = (cores / sessions).max(1);
        let mut loaded = Vec::with_capacity(sessions);
        for _ in 0..sessions {
            let session = session(environment, file, threads);
            let session =
                session.map_err(|error| format!("ONNX Runtime cannot load {}: {error}", file.display()))?;
            loaded.push(session);
        }
        let first = loaded.first();
        let inputs: Option<Vec<Described>> = first
            .into_iter()
            .flat_map(|session| session.inputs())
            .map(described)
            .collect();
        let inputs =
            inputs.ok_or_else(|| format!("{} has an input of a type that is not served", file.display()))?;
        let outputs: Vec<Described> = first
            .into_iter()
            .flat_map(|session| session.outputs())
            .filter_map(described)
            .collect();
        if outputs.is_empty() {
            return Err(format!(
                "{} has no output that is a tensor; export it with zipmap=False",
                file.display()
            ));
        }
        Ok(Self {
            inputs,
            outputs,
            free: Arc::new(Semaphore::new(loaded.len())),
            sessions: loaded.into_iter().map(Mutex::new).collect(),
            took_us: AtomicU64::new(QUICK_US),
        })
    }

    /// Runs it.
    ///
    /// # Errors
    /// What ONNX Runtime says of the inputs.
    pub(crate) async fn infer(self: Arc<Self>, request: Request) -> Result<Vec<Tensor>, Problem> {
        let stopped = |error: String| Problem::new(ProblemKind::Internal, error);
        let permit = Arc::clone(&self.free).acquire_owned().await;
        let permit = permit.map_err(|error| stopped(error.to_string()))?;
        if self.took_us.load(Ordering::Relaxed) < QUICK_US {
            let outputs = self.run(request);
            drop(permit);
            return outputs;
        }
        let running = tokio::task::spawn_blocking(move || {
            let outputs = self.run(request);
            drop(permit);
            outputs
        });
        running.await.map_err(|error| stopped(error.to_string()))?
    }

    fn run(&self, request: Request) -> Result<Vec<Tensor>, Problem> {
        let failed = |error: ort::Error| {
            let message = error.to_string();
            let invalid = [
                "invalid dimensions",
                "INVALID_ARGUMENT",
                "Invalid rank",
                "Unexpected input",
            ];
            match invalid.iter().any(|word| message.contains(word)) {
                true => Problem::invalid(message),
                false => Problem::new(ProblemKind::Internal, message),
            }
        };
        let began = Instant::now();
        let mut inputs = Vec::with_capacity(request.inputs.len());
        for input in request.inputs {
            inputs.push((input.name.clone(), value(&input)?.map_err(failed)?));
        }
        let mut session = self.session();
        let outputs = session.run(inputs).map_err(failed)?;
        let mut tensors = Vec::with_capacity(self.outputs.len());
        for known in &self.outputs {
            let wanted = request.outputs.is_empty() || request.outputs.contains(&known.name);
            if let Some(output) = outputs.get(&known.name).filter(|_| wanted) {
                tensors.push(tensor(known, output).map_err(failed)?);
            }
        }
        drop(outputs);
        drop(session);
        let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let before = self.took_us.load(Ordering::Relaxed);
        self.took_us.store(
            (before.saturating_mul(7)).saturating_add(took_us) / 8,
            Ordering::Relaxed,
        );
        Ok(tensors)
    }

    /// A session that nobody uses: who has a permit finds one.
    fn session(&self) -> std::sync::MutexGuard<'_, Session> {
        loop {
            for session in &self.sessions {
                match session.try_lock() {
                    Ok(free) => return free,
                    Err(TryLockError::Poisoned(poisoned)) => return PoisonError::into_inner(poisoned),
                    Err(TryLockError::WouldBlock) => {}
                }
            }
            std::thread::yield_now();
        }
    }
}

fn session(environment: &Environment, file: &Path, threads: usize) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(threads)?
        // Threads that wait for work by spinning take the processor from other requests.
        .with_intra_op_spinning(false)?
        .commit_from_file(file)
}

fn described(outlet: &Outlet) -> Option<Described> {
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return None;
    };
    Some(Described {
        name: outlet.name().to_owned(),
        datatype: datatype(*ty)?,
        shape: shape.to_vec(),
    })
}

fn datatype(ty: TensorElementType) -> Option<DataType> {
    Some(match ty {
        TensorElementType::Bool => DataType::Bool,
        TensorElementType::Uint8 => DataType::Uint8,
        TensorElementType::Uint16 => DataType::Uint16,
        TensorElementType::Uint32 => DataType::Uint32,
        TensorElementType::Uint64 => DataType::Uint64,
        TensorElementType::Int8 => DataType::Int8,
        TensorElementType::Int16 => DataType::Int16,
        TensorElementType::Int32 => DataType::Int32,
        TensorElementType::Int64 => DataType::Int64,
        TensorElementType::Float16 => DataType::Fp16,
        TensorElementType::Bfloat16 => DataType::Bf16,
        TensorElementType::Float32 => DataType::Fp32,
        TensorElementType::Float64 => DataType::Fp64,
        TensorElementType::String => DataType::Bytes,
        _ => return None,
    })
}

/// A tensor for ONNX Runtime.
fn value(tensor: &Tensor) -> Result<ort::Result<DynValue>, Problem> {
    fn of<T, const N: usize>(tensor: &Tensor, read: impl Fn([u8; N]) -> T) -> ort::Result<DynValue>
    where
        T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
    {
        let elements: Vec<T> = tensor
            .content
            .as_chunks::<N>()
            .0
            .iter()
            .map(|bytes| read(*bytes))
            .collect();
        Ok(OrtTensor::from_array((tensor.shape.clone(), elements))?.into_dyn())
    }
    Ok(match tensor.datatype {
        DataType::Bool => of(tensor, |[byte]: [u8; 1]| byte != 0),
        DataType::Uint8 => of(tensor, u8::from_le_bytes),
        DataType::Uint16 => of(tensor, u16::from_le_bytes),
        DataType::Uint32 => of(tensor, u32::from_le_bytes),
        DataType::Uint64 => of(tensor, u64::from_le_bytes),
        DataType::Int8 => of(tensor, i8::from_le_bytes),
        DataType::Int16 => of(tensor, i16::from_le_bytes),
        DataType::Int32 => of(tensor, i32::from_le_bytes),
        DataType::Int64 => of(tensor, i64::from_le_bytes),
        DataType::Fp32 => of(tensor, f32::from_le_bytes),
        DataType::Fp64 => of(tensor, f64::from_le_bytes),
        DataType::Fp16 => of(tensor, f16::from_le_bytes),
        DataType::Bf16 => of(tensor, bf16::from_le_bytes),
        DataType::Bytes => {
            let texts: Result<Vec<String>, _> = tensor
                .texts()
                .into_iter()
                .map(|text| String::from_utf8(text.to_vec()))
                .collect();
            let texts = texts.map_err(|_| {
                Problem::invalid(format!("input '{}' holds bytes that are no text", tensor.name))
            })?;
            let shape = tensor.shape.clone();
            OrtTensor::from_string_array((shape, texts.as_slice())).map(ort::value::Value::into_dyn)
        }
    })
}

/// What ONNX Runtime gave.
fn tensor(known: &Described, output: &DynValue) -> ort::Result<Tensor> {
    fn of<T, const N: usize>(
        output: &DynValue,
        write: impl Fn(T) -> [u8; N],
    ) -> ort::Result<(Vec<i64>, Bytes)>
    where
        T: PrimitiveTensorElementType + Copy,
    {
        let (shape, elements) = output.try_extract_tensor::<T>()?;
        let content: Vec<u8> = elements.iter().flat_map(|element| write(*element)).collect();
        Ok((shape.to_vec(), content.into()))
    }
    let (shape, content) = match known.datatype {
        DataType::Bool => of(output, |value: bool| [u8::from(value)])?,
        DataType::Uint8 => of(output, u8::to_le_bytes)?,
        DataType::Uint16 => of(output, u16::to_le_bytes)?,
        DataType::Uint32 => of(output, u32::to_le_bytes)?,
        DataType::Uint64 => of(output, u64::to_le_bytes)?,
        DataType::Int8 => of(output, i8::to_le_bytes)?,
        DataType::Int16 => of(output, i16::to_le_bytes)?,
        DataType::Int32 => of(output, i32::to_le_bytes)?,
        DataType::Int64 => of(output, i64::to_le_bytes)?,
        DataType::Fp32 => of(output, f32::to_le_bytes)?,
        DataType::Fp64 => of(output, f64::to_le_bytes)?,
        DataType::Fp16 => of(output, f16::to_le_bytes)?,
        DataType::Bf16 => of(output, bf16::to_le_bytes)?,
        DataType::Bytes => {
            let (shape, texts) = output.try_extract_strings()?;
            let mut content = Vec::new();
            for text in texts {
                push_text(&mut content, text.as_bytes());
            }
            (shape.to_vec(), content.into())
        }
    };
    Ok(Tensor {
        name: known.name.clone(),
        datatype: known.datatype,
        shape,
        content,
    })
}
