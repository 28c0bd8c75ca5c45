//! A model that answers with tensors: ONNX Runtime in this process, or MLflow's in workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Batcher, Batching, DataType, Described, Problem, ProblemKind, Request, Tensor};
use crate::onnx::Onnx;
use crate::worker::{Ask, Facts, Kind, Pool, Refused};

/// What runs a model.
#[derive(Debug, Clone)]
pub(crate) enum Engine {
    /// ONNX Runtime.
    Onnx(Arc<Onnx>),
    /// MLflow's `pyfunc` in workers.
    Workers(Pool),
}

/// What a model has done.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Requests that it answered, and how long that took.
    pub(crate) succeeded: AtomicU64,
    pub(crate) succeeded_ns: AtomicU64,
    /// Requests that it did not.
    pub(crate) failed: AtomicU64,
    pub(crate) failed_ns: AtomicU64,
    /// Rows that were asked for.
    pub(crate) rows: AtomicU64,
    /// Times that it was run, and how long that took.
    pub(crate) runs: AtomicU64,
    pub(crate) runs_ns: AtomicU64,
    /// When it was asked last; in ms since 1970, 0 for never.
    pub(crate) last_ms: AtomicU64,
}

impl Counts {
    /// How long requests waited that were answered, as far as it is more than what the model was run for.
    pub(crate) fn waited_ns(&self) -> u64 {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        of(&self.succeeded_ns).saturating_sub(of(&self.runs_ns))
    }

    fn add(counter: &AtomicU64, time: &AtomicU64, since: Instant) {
        counter.fetch_add(1, Ordering::Relaxed);
        let ns = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        time.fetch_add(ns, Ordering::Relaxed);
    }
}

/// What is needed to run a model once.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    engine: Engine,
    counts: Arc<Counts>,
    timeout_ms: u64,
}

impl Run {
    /// Runs one request.
    ///
    /// # Errors
    /// What the model says of it.
    pub(crate) async fn alone(&self, request: Request) -> Result<Vec<Tensor>, Problem> {
        let began = Instant::now();
        let outputs = match &self.engine {
            Engine::Onnx(onnx) => Arc::clone(onnx).infer(request).await,
            Engine::Workers(pool) => in_workers(pool, request, self.timeout_ms).await,
        };
        if outputs.is_ok() {
            Counts::add(&self.counts.runs, &self.counts.runs_ns, began);
        }
        outputs
    }
}

/// A version of a model that is ready.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) platform: &'static str,
    pub(crate) inputs: Vec<Described>,
    pub(crate) outputs: Vec<Described>,
    /// Rows that one request may have; 0 for no limit.
    pub(crate) max_batch: i64,
    pub(crate) engine: Engine,
    /// Puts requests together, where that is wanted.
    pub(crate) batcher: Option<Arc<Batcher>>,
    pub(crate) counts: Arc<Counts>,
}

impl Served {
    /// A model in workers, by what they say of it.
    pub(crate) fn of_workers(name: String, pool: Pool, batching: Option<Batching>) -> Self {
        let Facts { inputs, outputs, .. } = pool.facts();
        Self {
            name,
            version: String::from("1"),
            platform: "mlflow_pyfunc",
            inputs: described(&inputs),
            outputs: described(&outputs),
            max_batch: 0,
            engine: Engine::Workers(pool),
            batcher: batching.map(Batcher::new),
            counts: Arc::default(),
        }
    }

    /// Whether the first dimension of its tensors counts rows that do not know of each other.
    pub(crate) fn is_batched(&self) -> bool {
        let free = |input: &Described| input.shape.first().is_some_and(|rows| *rows < 0);
        self.max_batch > 0 || (!self.inputs.is_empty() && self.inputs.iter().all(free))
    }

    /// What runs it, in Triton's words.
    pub(crate) fn backend(&self) -> &'static str {
        match &self.engine {
            Engine::Onnx(_) => "onnxruntime",
            Engine::Workers(_) => "mlflow",
        }
    }

    /// Whether somebody is there to run it.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.engine {
            Engine::Onnx(_) => true,
            Engine::Workers(pool) => pool.down().is_none(),
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// What is wrong with the request, or why the model gave nothing.
    pub(crate) async fn infer(&self, request: Request, timeout_ms: u64) -> Result<Vec<Tensor>, Problem> {
        let began = Instant::now();
        let rows = request
            .inputs
            .first()
            .and_then(|input| u64::try_from(*input.shape.first()?).ok());
        let answer = self.answer(request, timeout_ms).await;
        let counts = &self.counts;
        let now_ms = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
        counts.last_ms.store(now_ms, Ordering::Relaxed);
        match answer {
            Ok(_) => {
                counts.rows.fetch_add(rows.unwrap_or(1), Ordering::Relaxed);
                Counts::add(&counts.succeeded, &counts.succeeded_ns, began);
            }
            Err(_) => Counts::add(&counts.failed, &counts.failed_ns, began),
        }
        answer
    }

    async fn answer(&self, request: Request, timeout_ms: u64) -> Result<Vec<Tensor>, Problem> {
        self.check(&request)?;
        let wanted = request.outputs.clone();
        let run = Run {
            engine: self.engine.clone(),
            counts: Arc::clone(&self.counts),
            timeout_ms,
        };
        let mut outputs = match &self.batcher {
            Some(batcher) => batcher.infer(&run, request).await?,
            None => run.alone(request).await?,
        };
        if wanted.is_empty() {
            return Ok(outputs);
        }
        let mut picked = Vec::with_capacity(wanted.len());
        for name in wanted {
            let place = outputs.iter().position(|output| output.name == name);
            let place = place.ok_or_else(|| self.no_output(&name))?;
            picked.push(outputs.swap_remove(place));
        }
        Ok(picked)
    }

    /// Compares a request with what the model says of itself, where it does.
    fn check(&self, request: &Request) -> Result<(), Problem> {
        let model = &self.name;
        if request.inputs.is_empty() {
            return Err(Problem::invalid(format!(
                "the request for model '{model}' has no inputs"
            )));
        }
        for (place, input) in request.inputs.iter().enumerate() {
            if request.inputs[..place]
                .iter()
                .any(|other| other.name == input.name)
            {
                return Err(Problem::invalid(format!("input '{}' is given twice", input.name)));
            }
        }
        if let Engine::Workers(_) = self.engine {
            // MLflow converts and checks by the signature itself.
            return Ok(());
        }
        for input in &request.inputs {
            let known = self
                .inputs
                .iter()
                .find(|known| known.name == input.name)
                .ok_or_else(|| {
                    let names: Vec<&str> = self.inputs.iter().map(|known| known.name.as_str()).collect();
                    let message = format!(
                        "unexpected inference input '{}' for model '{model}'; it has {}",
                        input.name,
                        names.join(", ")
                    );
                    Problem::invalid(message)
                })?;
            fits(model, known, input)?;
            let batch = input.shape.first().copied().unwrap_or(1);
            if self.max_batch > 0 && batch > self.max_batch {
                let most = self.max_batch;
                let message = format!(
                    "input '{}' has a batch of {batch}; model '{model}' takes {most} at most",
                    input.name
                );
                return Err(Problem::invalid(message));
            }
        }
        let missing = self
            .inputs
            .iter()
            .find(|known| request.inputs.iter().all(|input| input.name != known.name));
        if let Some(missing) = missing {
            return Err(Problem::invalid(format!(
                "input '{}' of model '{model}' is missing",
                missing.name
            )));
        }
        let unknown = request
            .outputs
            .iter()
            .find(|name| self.outputs.iter().all(|known| known.name != **name));
        unknown.map_or(Ok(()), |name| Err(self.no_output(name)))
    }

    fn no_output(&self, name: &str) -> Problem {
        let names: Vec<&str> = self.outputs.iter().map(|known| known.name.as_str()).collect();
        let (model, names) = (&self.name, names.join(", "));
        Problem::invalid(format!(
            "unexpected inference output '{name}' for model '{model}'; it has {names}"
        ))
    }
}

fn fits(model: &str, known: &Described, given: &Tensor) -> Result<(), Problem> {
    let name = &known.name;
    if known.datatype != given.datatype {
        let (wanted, found) = (known.datatype.name(), given.datatype.name());
        return Err(Problem::invalid(format!(
            "input '{name}' of model '{model}' is {wanted}; the request has {found}"
        )));
    }
    let same = known.shape.len() == given.shape.len()
        && known
            .shape
            .iter()
            .zip(&given.shape)
            .all(|(wanted, found)| *wanted < 0 || wanted == found);
    if !same {
        let (wanted, found) = (&known.shape, &given.shape);
        return Err(Problem::invalid(format!(
            "input '{name}' of model '{model}' has the shape {wanted:?}; the request has {found:?}"
        )));
    }
    Ok(())
}

fn described(told: &[serde_json::Value]) -> Vec<Described> {
    #[derive(Deserialize)]
    struct Told {
        name: String,
        datatype: String,
        shape: Vec<i64>,
    }
    let read = |value: &serde_json::Value| {
        let Told {
            name,
            datatype,
            shape,
        } = Told::deserialize(value).ok()?;
        let datatype = DataType::parse(&datatype).ok()?;
        Some(Described {
            name,
            datatype,
            shape,
        })
    };
    told.iter().filter_map(read).collect()
}

#[derive(Serialize, Deserialize)]
struct Part {
    name: String,
    datatype: String,
    shape: Vec<i64>,
    size: usize,
}

async fn in_workers(pool: &Pool, request: Request, timeout_ms: u64) -> Result<Vec<Tensor>, Problem> {
    #[derive(Serialize)]
    struct Meta<'a> {
        id: &'a str,
        timeout_ms: u64,
        inputs: Vec<Part>,
    }
    let mut body = Vec::new();
    let mut inputs = Vec::new();
    for Tensor {
        name,
        datatype,
        shape,
        content,
    } in request.inputs
    {
        body.extend_from_slice(&content);
        let (datatype, size) = (datatype.name().to_owned(), content.len());
        inputs.push(Part {
            name,
            datatype,
            shape,
            size,
        });
    }
    let meta = Meta {
        id: &request.id,
        timeout_ms,
        inputs,
    };
    let meta = serde_json::to_vec(&meta).map_err(|error| internal(error.to_string()))?;
    let answered = pool.ask(Ask::Infer, &meta, body.into()).await;
    let reply = answered.map_err(|why| match why {
        Refused::Full | Refused::Late => Problem::new(
            ProblemKind::Exhausted,
            "too many requests wait already; try again later",
        ),
        Refused::Down(why) => Problem::new(ProblemKind::Unavailable, format!("no worker runs: {why}")),
        Refused::Died(_) => internal("the worker that ran this request died"),
        Refused::Hung(_) => Problem::new(
            ProblemKind::Late,
            "the model did not stop when its time was up, so its worker was ended",
        ),
    })?;
    match reply.kind {
        Kind::Inferred => outputs(&reply.meta, reply.body),
        _ => {
            #[derive(Deserialize)]
            struct Failed {
                status: u16,
                message: String,
            }
            let Failed { status, message } =
                serde_json::from_slice(&reply.meta).map_err(|error| internal(error.to_string()))?;
            Err(if status < 500 {
                Problem::invalid(message)
            } else {
                internal(message)
            })
        }
    }
}

fn outputs(meta: &[u8], mut body: Bytes) -> Result<Vec<Tensor>, Problem> {
    #[derive(Deserialize)]
    struct Inferred {
        outputs: Vec<Part>,
    }
    let Inferred { outputs } = serde_json::from_slice(meta).map_err(|error| internal(error.to_string()))?;
    let mut tensors = Vec::with_capacity(outputs.len());
    for Part {
        name,
        datatype,
        shape,
        size,
    } in outputs
    {
        if size > body.len() {
            return Err(internal("the worker's answer is cut short"));
        }
        let content = body.split_to(size);
        tensors.push(Tensor::new(name, DataType::parse(&datatype)?, shape, content)?);
    }
    Ok(tensors)
}

fn internal(message: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Internal, message)
}
