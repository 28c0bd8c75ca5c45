//! Tensors of messages, and messages of tensors.

use std::collections::HashMap;

use bytes::Bytes;

use super::message::{
    InferInputTensor, InferOutputTensor, InferParameter, InferRequestedOutputTensor, InferTensorContents,
    ModelInferRequest, ModelInferResponse, TensorMetadata,
};
use crate::oip::{
    Classes, DataType, Described, NO_SHARED_MEMORY, Problem, Request, Served, Tensor, push_text,
};

/// What a client asks, and of which outputs it wants classes.
pub(super) fn request(asked: ModelInferRequest) -> Result<(Request, Classes), Problem> {
    let ModelInferRequest {
        model_name: _,
        model_version: _,
        id,
        inputs,
        outputs,
        raw_input_contents,
    } = asked;
    let raw = !raw_input_contents.is_empty();
    if raw && raw_input_contents.len() != inputs.len() {
        let (given, wanted) = (raw_input_contents.len(), inputs.len());
        return Err(Problem::invalid(format!(
            "{given} raw_input_contents are given for {wanted} inputs"
        )));
    }
    let mut contents = raw_input_contents.into_iter();
    let mut tensors = Vec::with_capacity(inputs.len());
    for InferInputTensor {
        name,
        datatype,
        shape,
        parameters,
        contents: typed,
    } in inputs
    {
        no_shared_memory(&name, &parameters)?;
        let datatype = DataType::parse(&datatype)?;
        let content = match (contents.next(), typed) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid(format!(
                    "input '{name}' has contents beside raw_input_contents"
                )));
            }
            (Some(content), None) => content,
            (None, Some(typed)) => of_typed(&name, datatype, typed)?,
            (None, None) => return Err(Problem::invalid(format!("input '{name}' has no contents"))),
        };
        tensors.push(Tensor::new(name, datatype, shape, content)?);
    }
    let (mut wanted, mut classes) = (Vec::with_capacity(outputs.len()), Classes::new());
    for InferRequestedOutputTensor { name, parameters } in outputs {
        no_shared_memory(&name, &parameters)?;
        let most = parameters.get("classification").and_then(|most| most.int64_param);
        if let Some(most) = most
            .and_then(|most| u64::try_from(most).ok())
            .filter(|most| *most > 0)
        {
            classes.push((name.clone(), most));
        }
        wanted.push(name);
    }
    let request = Request {
        id,
        inputs: tensors,
        outputs: wanted,
    };
    Ok((request, classes))
}

fn no_shared_memory(name: &str, parameters: &HashMap<String, InferParameter>) -> Result<(), Problem> {
    let region = parameters
        .get("shared_memory_region")
        .and_then(|region| region.string_param.as_deref());
    region.map_or(Ok(()), |region| {
        Err(Problem::invalid(format!(
            "tensor '{name}' lies in the shared memory region '{region}': {NO_SHARED_MEMORY}"
        )))
    })
}

fn of_typed(name: &str, datatype: DataType, typed: InferTensorContents) -> Result<Bytes, Problem> {
    fn bytes<T, const N: usize>(values: Vec<T>, write: impl Fn(T) -> [u8; N]) -> Vec<u8> {
        values.into_iter().flat_map(write).collect()
    }
    fn narrow<T, S: TryFrom<T>, const N: usize>(
        name: &str,
        values: Vec<T>,
        write: impl Fn(S) -> [u8; N],
    ) -> Result<Vec<u8>, Problem> {
        let mut content = Vec::with_capacity(values.len() * N);
        for value in values {
            let value = S::try_from(value)
                .map_err(|_| Problem::invalid(format!("input '{name}' has a value out of range")))?;
            content.extend_from_slice(&write(value));
        }
        Ok(content)
    }
    let content = match datatype {
        DataType::Bool => bytes(typed.bool_contents, |value| [u8::from(value)]),
        DataType::Int8 => narrow(name, typed.int_contents, i8::to_le_bytes)?,
        DataType::Int16 => narrow(name, typed.int_contents, i16::to_le_bytes)?,
        DataType::Int32 => bytes(typed.int_contents, i32::to_le_bytes),
        DataType::Int64 => bytes(typed.int64_contents, i64::to_le_bytes),
        DataType::Uint8 => narrow(name, typed.uint_contents, u8::to_le_bytes)?,
        DataType::Uint16 => narrow(name, typed.uint_contents, u16::to_le_bytes)?,
        DataType::Uint32 => bytes(typed.uint_contents, u32::to_le_bytes),
        DataType::Uint64 => bytes(typed.uint64_contents, u64::to_le_bytes),
        DataType::Fp32 => bytes(typed.fp32_contents, f32::to_le_bytes),
        DataType::Fp64 => bytes(typed.fp64_contents, f64::to_le_bytes),
        DataType::Fp16 | DataType::Bf16 => {
            let kind = datatype.name();
            return Err(Problem::invalid(format!(
                "input '{name}' is {kind}, which has no typed contents; send raw_input_contents"
            )));
        }
        DataType::Bytes => {
            let mut content = Vec::new();
            for text in &typed.bytes_contents {
                push_text(&mut content, text);
            }
            content
        }
    };
    Ok(content.into())
}

/// What a client gets: tensors as bytes.
pub(super) fn response(model: &Served, id: String, outputs: Vec<Tensor>) -> ModelInferResponse {
    let mut raw_output_contents = Vec::with_capacity(outputs.len());
    let mut told = Vec::with_capacity(outputs.len());
    for Tensor {
        name,
        datatype,
        shape,
        content,
    } in outputs
    {
        let datatype = datatype.name().to_owned();
        told.push(InferOutputTensor {
            name,
            datatype,
            shape,
        });
        raw_output_contents.push(content);
    }
    ModelInferResponse {
        model_name: model.name.clone(),
        model_version: model.version.clone(),
        id,
        outputs: told,
        raw_output_contents,
    }
}

/// What a model takes or gives.
pub(super) fn told(described: &[Described]) -> Vec<TensorMetadata> {
    let one = |known: &Described| TensorMetadata {
        name: known.name.clone(),
        datatype: known.datatype.name().to_owned(),
        shape: known.shape.clone(),
    };
    described.iter().map(one).collect()
}
