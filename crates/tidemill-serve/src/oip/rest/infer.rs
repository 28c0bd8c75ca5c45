//! `POST /v2/models/NAME/infer`: tensors as JSON, or as bytes behind the JSON (the binary tensor extension).

use std::collections::HashMap;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{encoding, refused};
use crate::http::{App, answer, body};
use crate::log::Level;
use crate::oip::tensor::{from_json, to_json};
use crate::oip::{self, Classes, DataType, NO_SHARED_MEMORY, Problem, Served, Tensor, classify};

/// How many bytes of the body are JSON.
const JSON_LENGTH: &str = "inference-header-content-length";

pub(super) async fn infer(
    State(app): State<App>,
    Path(at): Path<HashMap<String, String>>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let (parts, content) = request.into_parts();
    let body = match body::read(&parts.headers, content, app.config().max_body_bytes).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let response = match run(&app, &at, &parts.headers, body).await {
        Ok(response) => response,
        Err(problem) => refused(&problem),
    };
    let (path, status) = (parts.uri.path(), response.status().as_u16());
    let took_ms = began.elapsed().as_secs_f64() * 1e3;
    app.log().line(
        Level::Info,
        None,
        format_args!("POST {path} {status} {took_ms:.3}ms"),
    );
    response
}

async fn run(
    app: &App,
    at: &HashMap<String, String>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let model = app.model(at)?;
    let body = encoding::read(headers, body, app.config().max_body_bytes)?;
    let Asked {
        request,
        binary,
        classes,
    } = read(headers, &body)?;
    let id = request.id.clone();
    let mut outputs = model.infer(request, app.timeout_ms()).await?;
    classify(&model, &mut outputs, &classes)?;
    write(&model, &id, &outputs, &binary, headers)
}

struct Asked {
    request: oip::Request,
    binary: Binary,
    classes: Classes,
}

/// Which outputs are wanted as bytes.
struct Binary {
    all: bool,
    named: HashMap<String, bool>,
}

#[derive(Deserialize)]
struct Json<'a> {
    #[serde(default)]
    id: Option<String>,
    #[serde(borrow)]
    inputs: Vec<Input<'a>>,
    #[serde(default)]
    outputs: Option<Vec<Output>>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Input<'a> {
    name: String,
    shape: Vec<i64>,
    datatype: String,
    #[serde(default)]
    parameters: Option<Parameters>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Output {
    name: String,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    binary_data_size: Option<usize>,
    #[serde(default)]
    binary_data: Option<bool>,
    #[serde(default)]
    binary_data_output: Option<bool>,
    #[serde(default)]
    classification: Option<u64>,
    #[serde(default)]
    shared_memory_region: Option<String>,
}

fn read(headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem> {
    let length = headers.get(JSON_LENGTH).map(|value| {
        let length = value.to_str().ok().and_then(|text| text.parse::<usize>().ok());
        length.filter(|length| *length <= body.len())
    });
    let length = match length {
        Some(Some(length)) => length,
        Some(None) => {
            return Err(Problem::invalid(
                "Inference-Header-Content-Length is no length within the body",
            ));
        }
        None => body.len(),
    };
    let (text, mut rest) = (&body[..length], body.slice(length..));
    let json: Json<'_> = serde_json::from_slice(text)
        .map_err(|error| Problem::invalid(format!("failed to parse the request JSON: {error}")))?;
    let mut inputs = Vec::with_capacity(json.inputs.len());
    for input in json.inputs {
        let Input {
            name,
            shape,
            datatype,
            parameters,
            data,
        } = input;
        let datatype = DataType::parse(&datatype)?;
        let parameters = parameters.unwrap_or_default();
        no_shared_memory(&name, &parameters)?;
        let size = parameters.binary_data_size;
        let content = match (size, data) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid(format!(
                    "input '{name}' has both data and binary_data_size"
                )));
            }
            (Some(size), None) if size <= rest.len() => rest.split_to(size),
            (Some(size), None) => {
                let left = rest.len();
                return Err(Problem::invalid(format!(
                    "input '{name}' has {size} bytes, but {left} are left of the body"
                )));
            }
            (None, Some(data)) => from_json(&name, datatype, data)?,
            (None, None) => return Err(Problem::invalid(format!("input '{name}' has no data"))),
        };
        inputs.push(Tensor::new(name, datatype, shape, content)?);
    }
    if !rest.is_empty() {
        return Err(Problem::invalid(format!(
            "{} bytes of the body belong to no input",
            rest.len()
        )));
    }
    let all = json
        .parameters
        .unwrap_or_default()
        .binary_data_output
        .unwrap_or(false);
    let mut binary = Binary {
        all,
        named: HashMap::new(),
    };
    let (mut outputs, mut classes) = (Vec::new(), Classes::new());
    for Output { name, parameters } in json.outputs.unwrap_or_default() {
        let parameters = parameters.unwrap_or_default();
        no_shared_memory(&name, &parameters)?;
        if let Some(most) = parameters.classification.filter(|most| *most > 0) {
            classes.push((name.clone(), most));
        }
        binary
            .named
            .insert(name.clone(), parameters.binary_data.unwrap_or(all));
        outputs.push(name);
    }
    let request = oip::Request {
        id: json.id.unwrap_or_default(),
        inputs,
        outputs,
    };
    Ok(Asked {
        request,
        binary,
        classes,
    })
}

fn no_shared_memory(name: &str, parameters: &Parameters) -> Result<(), Problem> {
    parameters.shared_memory_region.as_ref().map_or(Ok(()), |region| {
        Err(Problem::invalid(format!(
            "tensor '{name}' lies in the shared memory region '{region}': {NO_SHARED_MEMORY}"
        )))
    })
}

fn write(
    model: &Served,
    id: &str,
    outputs: &[Tensor],
    binary: &Binary,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let mut text = Vec::with_capacity(256);
    let mut head = json!({ "model_name": model.name, "model_version": model.version });
    if !id.is_empty() {
        head["id"] = id.into();
    }
    let head = head.to_string();
    text.extend_from_slice(head.trim_end_matches('}').as_bytes());
    text.extend_from_slice(b",\"outputs\":[");
    let mut bytes = Vec::new();
    for (place, output) in outputs.iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        let mut about =
            json!({ "name": output.name, "datatype": output.datatype.name(), "shape": output.shape });
        if binary.named.get(&output.name).copied().unwrap_or(binary.all) {
            about["parameters"] = json!({ "binary_data_size": output.content.len() });
            bytes.extend_from_slice(&output.content);
            text.extend_from_slice(about.to_string().as_bytes());
        } else {
            let about = about.to_string();
            text.extend_from_slice(&about.as_bytes()[..about.len() - 1]);
            text.extend_from_slice(b",\"data\":");
            to_json(output, &mut text)?;
            text.push(b'}');
        }
    }
    text.extend_from_slice(b"]}");
    if bytes.is_empty() {
        let (content, by) = encoding::written(headers, text);
        let mut response = answer::content(StatusCode::OK, answer::JSON, content);
        encoding::tell(&mut response, by);
        return Ok(response);
    }
    let length = HeaderValue::from(text.len());
    text.extend_from_slice(&bytes);
    let kind = HeaderValue::from_static("application/octet-stream");
    let (content, by) = encoding::written(headers, text);
    let mut response = answer::content(StatusCode::OK, kind, content);
    encoding::tell(&mut response, by);
    response.headers_mut().insert(JSON_LENGTH, length);
    Ok(response)
}
