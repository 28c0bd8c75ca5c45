//! `tidemill serve`: a model behind HTTP, on this machine and without a server.

pub mod azmlinfsrv;
mod config_file;
mod python;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tidemill_serve::azure::{self, Settings};
use tidemill_serve::{Batching, Bound, Config, Level, Log, Model};

use super::globals::Globals;
use crate::error::{Error, OK, Result};
use crate::server::Stop;

/// The exit code of a model that cannot be made ready, as Azure's inference server has it.
const NOT_READY: u8 = 3;

/// Serve a model over HTTP
///
/// A scoring script with init() and run() is served as Azure's inference server serves it: POST /score, GET / once it is ready,
/// GET /swagger.json. Models of MLflow and ONNX need no script: --model-type mlflow_model answers /invocations and /score, and
/// all of them the Open Inference Protocol by REST (/v2) and gRPC. SIGTERM and Ctrl-C let requests finish. Exit codes: 0 stopped, 2 command line not understood,
/// 3 the model cannot be made ready; standard error says why. Called by the name `azmlinfsrv`, the program takes the options of Azure's inference server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill serve --entry-script score.py --model-dir ./model
  tidemill serve --entry-script score.py --code-dir ./src --model-dir ./model --environment conda.yml --workers 2
  tidemill serve --model-type mlflow_model --model-dir ./model --environment ./model/conda.yaml
  tidemill serve --model-type onnx --model-dir iris.onnx --python .venv/bin/python --grpc-listen 127.0.0.1:5002
  curl -H 'Content-Type: application/json' -d '{\"data\": [[1, 2]]}' http://127.0.0.1:5001/score")]
pub struct Serve {
    /// Scoring script, relative to --code-dir or to here [default: AZUREML_ENTRY_SCRIPT, main.py of the code]
    #[arg(long, value_name = "FILE")]
    entry_script: Option<PathBuf>,
    /// Folder of the code: AML_APP_ROOT, and where workers start [default: AML_APP_ROOT, or here]
    #[arg(long, value_name = "FOLDER")]
    code_dir: Option<PathBuf>,
    /// Folder or file of the model, which scripts find as AZUREML_MODEL_DIR [default: AZUREML_MODEL_DIR]
    #[arg(long, value_name = "PATH")]
    model_dir: Option<PathBuf>,
    /// What the model is, where there is no script for it
    #[arg(long, value_name = "TYPE", default_value = "custom")]
    model_type: ModelType,
    /// Environment to run Python in: its YAML, a conda file, requirements, or a curated name
    #[arg(long, value_name = "FILE", conflicts_with = "python")]
    environment: Option<String>,
    /// Python to run [default: python3 of the PATH]
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Processes that run the model, each one request at a time [default: WORKER_COUNT, 1]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=512))]
    workers: Option<u16>,
    /// Address for HTTP; port 0 takes a free one
    #[arg(long, short, value_name = "ADDRESS", default_value = "127.0.0.1:5001")]
    listen: SocketAddr,
    /// Address for gRPC: the Open Inference Protocol [default: none]
    #[arg(long, value_name = "ADDRESS")]
    grpc_listen: Option<SocketAddr>,
    /// Rows that are run together where requests of the Open Inference Protocol come at once [default: MLSERVER_MODEL_MAX_BATCH_SIZE, none]
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    max_batch_size: Option<u32>,
    /// How long the first of them waits for others, in s [default: MLSERVER_MODEL_MAX_BATCH_TIME, 0.005]
    #[arg(long, value_name = "S", value_parser = batch_time)]
    max_batch_time: Option<f64>,
    /// Requests that may wait for a free process; more are answered 429
    #[arg(long, value_name = "COUNT", default_value = "1000")]
    max_queue: usize,
    /// How long run() may take, in ms [default: SCORING_TIMEOUT_MS, one hour]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    request_timeout_ms: Option<u64>,
    /// How long init() may take, in s [default: WORKER_TIMEOUT, 300]
    #[arg(long, value_name = "S")]
    start_timeout_s: Option<u64>,
    /// How long requests may take to finish when the server stops, in s
    #[arg(long, value_name = "S", default_value = "30")]
    drain_timeout_s: u64,
    /// Bytes of a request's body at most; more is answered 413
    #[arg(long, value_name = "BYTES", default_value = "104857600")]
    max_body: u64,
    /// Bytes of an answer at most
    #[arg(long, value_name = "BYTES", default_value = "104857600")]
    max_answer: u64,
    /// Name in metadata and logs [default: the model's folder]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Start processes anew when a file of the code changes
    #[arg(long)]
    reload: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum ModelType {
    /// With a scoring script
    Custom,
    /// A folder that MLflow wrote; needs no script
    MlflowModel,
    /// A folder of ONNX models as Triton has them
    TritonModel,
    /// An ONNX file
    Onnx,
}

impl Serve {
    /// Serves until it is told to stop. Starts a runtime of its own.
    pub fn run(self, globals: &Globals) -> ExitCode {
        super::report::set_up(globals);
        match self.serve() {
            Ok(code) => ExitCode::from(code),
            Err(error) => super::report::error(&error),
        }
    }

    fn serve(self) -> Result<u8> {
        match self.config() {
            Ok((config, file)) => {
                let settings = Settings::read(|name| variable(name).or_else(|| file.said.get(name).cloned()));
                serve(config, settings, &file.unknown)
            }
            // A setting or an environment that is not as it must be: the model cannot be made ready.
            Err(error @ Error::Failed { .. }) => {
                let _ = super::report::error(&error);
                Ok(NOT_READY)
            }
            Err(error) => Err(error),
        }
    }

    /// What is served, and the settings of the file `config.json`.
    fn config(self) -> Result<(Config, config_file::Settings)> {
        let app_root = match &self.code_dir {
            Some(folder) => present(folder, "--code-dir")?,
            None => match variable("AML_APP_ROOT") {
                Some(folder) => present(Path::new(&folder), "AML_APP_ROOT")?,
                None => here()?,
            },
        };
        let model_dir = match &self.model_dir {
            Some(path) => Some(present(path, "--model-dir")?),
            None => variable("AZUREML_MODEL_DIR").map(PathBuf::from),
        };
        let model = match self.model_type {
            ModelType::Custom => Model::Script {
                entry_script: self.script(&app_root)?,
            },
            ModelType::MlflowModel => {
                needed(model_dir.as_deref(), "the folder that holds the file MLmodel")?;
                Model::Mlflow
            }
            ModelType::TritonModel => Model::Triton {
                folder: needed(model_dir.as_deref(), "the folder that holds NAME/1/model.onnx")?,
            },
            ModelType::Onnx => Model::Onnx {
                path: needed(model_dir.as_deref(), "the .onnx file")?,
            },
        };
        let work_dir = if self.code_dir.is_some() {
            app_root.clone()
        } else {
            here()?
        };
        let name = self.name.unwrap_or_else(|| {
            let of = model_dir.as_deref().unwrap_or(&app_root).file_stem();
            of.map_or_else(
                || String::from("model"),
                |name| name.to_string_lossy().into_owned(),
            )
        });
        let timeout = self.request_timeout_ms.map(Duration::from_millis);
        let script = match &model {
            Model::Script { entry_script } => Some(entry_script.as_path()),
            _ => None,
        };
        let file = variable("AZUREML_CONFIG_FILE").map(PathBuf::from);
        let file = config_file::read(file, &app_root, script, |name| std::env::var(name).ok())?;
        let mut python = python::python(self.environment.as_deref(), self.python.as_deref())?;
        let said = file.said.iter();
        python
            .set
            .extend(said.map(|(name, value)| (name.clone(), value.clone())));
        let config = Config {
            name,
            model,
            model_dir,
            app_root,
            work_dir,
            python,
            workers: self.workers.map_or_else(worker_count, |count| Ok(count.into()))?,
            listen: self.listen,
            grpc_listen: self.grpc_listen,
            health_listen: None,
            batching: batching(self.max_batch_size, self.max_batch_time)?,
            max_queue: self.max_queue,
            request_timeout: timeout.unwrap_or_else(|| {
                azure::scoring_timeout(|name| variable(name).or_else(|| file.said.get(name).cloned()))
            }),
            start_timeout: match self.start_timeout_s {
                Some(seconds) => Duration::from_secs(seconds),
                None => start_timeout()?,
            },
            drain_timeout: Duration::from_secs(self.drain_timeout_s),
            max_body_bytes: self.max_body,
            max_answer_bytes: self.max_answer,
            reload: self.reload,
            plain_log: false,
        };
        Ok((config, file))
    }

    /// The script: in the folder of the code, or else where the path leads from here.
    fn script(&self, app_root: &Path) -> Result<PathBuf> {
        let named = || variable("AZUREML_ENTRY_SCRIPT").map(PathBuf::from);
        let of_the_code = || Some(PathBuf::from("main.py")).filter(|name| app_root.join(name).is_file());
        let Some(given) = &self.entry_script.clone().or_else(named).or_else(of_the_code) else {
            return Err(Error::usage("failed to find the scoring script: --entry-script is not given")
                .with_hint("name a Python file with init() and run(); an MLflow model needs none: --model-type mlflow_model"));
        };
        let inside = app_root.join(given);
        if inside.is_file() {
            return Ok(inside);
        }
        let outside = std::path::absolute(given).unwrap_or_else(|_| given.clone());
        // One that is not there cannot be made ready, which its worker says.
        Ok(if outside.is_file() { outside } else { inside })
    }
}

/// Serves what is described, until it is told to stop.
fn serve(config: Config, settings: Settings, unknown: &[String]) -> Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::failed(format!("failed to start: {error}")))?;
    let log = Log::new();
    if !unknown.is_empty() {
        let message = format_args!(
            "Found extra keys in the config file that are not supported by the server.\nExtra keys = {:?}",
            unknown
        );
        log.line(Level::Warning, None, message);
    }
    let (name, workers) = (&config.name, config.workers);
    let (what, path) = match &config.model {
        Model::Script { .. } => (format!("{name} with {workers} workers"), String::from("/score")),
        Model::Mlflow => (
            format!("{name} with {workers} workers"),
            String::from("/invocations, /score, /v2"),
        ),
        Model::Onnx { .. } => (name.clone(), format!("/v2/models/{name}/infer")),
        Model::Triton { .. } => (format!("the models of {name}"), String::from("/v2")),
    };
    let served = runtime.block_on(async {
        let mut stop = Stop::listen()?;
        let bound = |Bound { http, grpc }: Bound| {
            say(format_args!("Listening at http://{http}"));
            if let Some(grpc) = grpc {
                say(format_args!("Listening at grpc://{grpc}"));
            }
        };
        let ready = move |Bound { http, .. }: Bound| {
            say(format_args!("Serving {what} at http://{http}{path}"));
            // Instances are many: what only the start needed does not stay in memory. Without it, all goes on.
            let _ = tidemill_process::release_program_pages();
        };
        let stopped = async move {
            stop.next().await;
        };
        let served = tidemill_serve::serve(config, settings, log.clone(), bound, ready, stopped).await;
        Ok::<_, Error>(served)
    })?;
    log.flush();
    runtime.shutdown_background();
    Ok(match served {
        Ok(()) => OK,
        Err(tidemill_serve::StartError::Stopped) => OK,
        Err(error) => {
            let _ = super::report::error(&Error::failed(error.to_string()));
            NOT_READY
        }
    })
}

/// A line on standard output; nobody needs to read it.
fn say(line: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// An environment variable that says something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// A number that an environment variable says.
///
/// # Errors
/// Usage, where it says something else.
fn number(name: &str, within: RangeInclusive<i64>) -> Result<Option<u64>> {
    let Some(text) = variable(name) else {
        return Ok(None);
    };
    match azure::whole_number(&text).filter(|number| within.contains(number)) {
        Some(number) => Ok(u64::try_from(number).ok()),
        None => Err(Error::usage(format!(
            "failed to read the environment variable {name}: `{text}`"
        ))
        .with_hint(format!(
            "expected a whole number from {} to {}",
            within.start(),
            within.end()
        ))),
    }
}

/// How requests are put together: as options say, else as the variables do that MLServer has for that.
fn batching(size: Option<u32>, time_s: Option<f64>) -> Result<Option<Batching>> {
    let size = match size {
        Some(size) => u64::from(size),
        None => number("MLSERVER_MODEL_MAX_BATCH_SIZE", 0..=i64::from(u32::MAX))?.unwrap_or(0),
    };
    let said = variable("MLSERVER_MODEL_MAX_BATCH_TIME").filter(|_| time_s.is_none());
    let said = said.map(|text| {
        batch_time(&text).map_err(|why| {
            Error::usage(format!(
                "failed to read the environment variable MLSERVER_MODEL_MAX_BATCH_TIME: `{text}`"
            ))
            .with_hint(why)
        })
    });
    let time_s = time_s.or(said.transpose()?).unwrap_or(0.005);
    Ok((size > 1).then_some(Batching {
        max_size: usize::try_from(size).unwrap_or(usize::MAX),
        max_time: Duration::from_secs_f64(time_s),
    }))
}

/// A time to wait for others, in s.
fn batch_time(text: &str) -> std::result::Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|seconds| (0.0..=60.0).contains(seconds))
        .ok_or_else(|| String::from("expected seconds from 0 to 60"))
}

/// `WORKER_COUNT`, or 1.
fn worker_count() -> Result<usize> {
    let count = number("WORKER_COUNT", 1..=512)?.unwrap_or(1);
    Ok(usize::try_from(count).unwrap_or(1))
}

/// `WORKER_TIMEOUT`, or 300 s.
fn start_timeout() -> Result<Duration> {
    // As in gunicorn, 0 is no limit.
    const NEVER_S: i64 = 10 * 365 * 86400;
    let seconds = match number("WORKER_TIMEOUT", 0..=NEVER_S)? {
        Some(0) => NEVER_S.unsigned_abs(),
        given => given.unwrap_or(300),
    };
    Ok(Duration::from_secs(seconds))
}

fn here() -> Result<PathBuf> {
    std::env::current_dir()
        .map_err(|error| Error::failed(format!("failed to find the current folder: {error}")))
}

/// The model of a kind that is nothing without one.
fn needed(path: Option<&Path>, what: &str) -> Result<PathBuf> {
    path.map(Path::to_path_buf).ok_or_else(|| {
        Error::usage("failed to find the model: --model-dir is not given").with_hint(format!("name {what}"))
    })
}

/// A path that is there, absolute.
fn present(path: &Path, option: &str) -> Result<PathBuf> {
    path.canonicalize()
        .map_err(|error| Error::usage(format!("failed to find {} ({option}): {error}", path.display())))
}
