//! Answering as `azmlinfsrv`: the command line of Azure's inference server, with its options, what it prints, and its exit codes.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser};
use tidemill_serve::azure::{self, SERVER_VERSION, Settings};
use tidemill_serve::{Config, Model};

use super::{NOT_READY, config_file, here, python, serve, start_timeout, variable, worker_count};
use crate::error::{Error, FAILED, Result};

/// The port of both, where no option says another one.
const PORT: u16 = 5001;
/// The port of probes, where they have one of their own.
const HEALTH_PORT: u16 = 5000;
/// What `docs` of that server call its switch for a port of probes, misspelt there.
const HEALTH_SWITCH: &str = "SEPERATE_HEALTH_ENDPOINT";

/// Azure ML inference server, served by Tidemill
#[derive(Debug, Parser)]
#[command(name = "azmlinfsrv", disable_version_flag = true)]
struct Azmlinfsrv {
    /// The relative or absolute path to the scoring script
    #[arg(long = "entry_script", alias = "entry-script", value_name = "ENTRY_SCRIPT")]
    entry_script: Option<PathBuf>,
    /// The relative or absolute path to the model; scripts find it as AZUREML_MODEL_DIR
    #[arg(long = "model_dir", alias = "model-dir", value_name = "MODEL_DIR")]
    model_dir: Option<PathBuf>,
    /// Taken, and not used: nothing is sent to Application Insights
    #[arg(
        long = "appinsights_instrumentation_key",
        value_name = "APPINSIGHTS_INSTRUMENTATION_KEY"
    )]
    appinsights: Option<String>,
    /// The port [default: 5001]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// The port of probes, where SEPERATE_HEALTH_ENDPOINT is `true` [default: 5000]
    #[arg(long = "health_port", alias = "health-port", value_name = "HEALTH_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    health_port: Option<u16>,
    /// Processes that run the script, each one request at a time [default: WORKER_COUNT, 1]
    #[arg(long = "worker_count", alias = "worker-count", value_name = "WORKER_COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    worker_count: Option<u16>,
    /// Origins that may ask, with commas between: AML_CORS_ORIGINS
    #[arg(
        long = "access_control_allow_origins",
        value_name = "ACCESS_CONTROL_ALLOW_ORIGINS"
    )]
    origins: Option<String>,
    /// The relative or absolute path to a file of settings
    #[arg(long = "config_file", alias = "config-file", value_name = "CONFIG_FILE")]
    config_file: Option<PathBuf>,
    /// The address to listen at; Azure's server has no such option, and listens at all
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    #[arg(long, hide = true)]
    rest: bool,
}

/// Runs the program, where it was called by the name `azmlinfsrv`.
pub fn run_first(args: &[OsString]) -> Option<ExitCode> {
    let program = Path::new(args.first()?);
    if program.file_stem()? != "azmlinfsrv" {
        return None;
    }
    let mut command = Azmlinfsrv::command().infer_long_args(true);
    let parsed = command
        .try_get_matches_from_mut(args)
        .and_then(|found| Azmlinfsrv::from_arg_matches(&found));
    let options = match parsed {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() {
                let _ = command.print_help();
            }
            // Also for `--help`, as there.
            return Some(ExitCode::from(FAILED));
        }
    };
    Some(match options.run(program) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = super::super::report::error(&error);
            match error {
                Error::Failed { .. } => ExitCode::from(NOT_READY),
                _ => code,
            }
        }
    })
}

impl Azmlinfsrv {
    fn run(self, program: &Path) -> Result<u8> {
        if self.entry_script.is_none() && self.config_file.is_none() {
            eprintln!("Error!");
            eprintln!(
                "Either provide an entry_script using --entry_script or provide a path to the configuration file using --config_file"
            );
            return Ok(FAILED);
        }
        let port = self.port.unwrap_or(PORT);
        let health = (variable(HEALTH_SWITCH).as_deref() == Some("true"))
            .then(|| self.health_port.unwrap_or(HEALTH_PORT));
        let app_root = variable("AML_APP_ROOT").map_or_else(here, |text| Ok(PathBuf::from(text)))?;
        let named = self.config_file.as_deref().map(real);
        let named = named.or_else(|| variable("AZUREML_CONFIG_FILE").map(PathBuf::from));
        let script = self.entry_script.as_deref().map(real);
        let script = script.or_else(|| variable("AZUREML_ENTRY_SCRIPT").map(|text| app_root.join(text)));
        // What an option says goes before the environment.
        let told = |name: &str| match name {
            "AML_CORS_ORIGINS" => self.origins.clone().or_else(|| std::env::var(name).ok()),
            "AML_APP_INSIGHTS_ENABLED" => Some(String::from("false")),
            _ => std::env::var(name).ok(),
        };
        let file = config_file::read(named, &app_root, script.as_deref(), told)?;
        let said = |name: &str| told(name).or_else(|| file.said.get(name).cloned());
        let of_file = || said("AZUREML_ENTRY_SCRIPT").map(|text| app_root.join(text));
        let mut python = match beside(program) {
            Some(python) => python::at(&python),
            None => python::at(Path::new("python3")),
        };
        python.set.extend(file.said.clone());
        let workers = self
            .worker_count
            .map_or_else(worker_count, |count| Ok(count.into()))?;
        for (name, value) in [
            ("WORKER_COUNT", workers.to_string()),
            ("SERVER_PORT", port.to_string()),
            ("HEALTH_PORT", health.unwrap_or(port).to_string()),
            (
                "TRANSPORT_PROTOCOL",
                if self.rest { "rest" } else { "grpc" }.into(),
            ),
            ("AML_APP_INSIGHTS_ENABLED", "false".into()),
        ] {
            python.set.push((name.to_owned(), value));
        }
        let more = [
            ("AML_CORS_ORIGINS", self.origins.clone()),
            ("HTTP_X_MS_SERVER_VERSION", version()),
        ];
        let more = more
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        python.set.extend(more);
        let at = |port: u16| SocketAddr::new(self.host, port);
        let config = Config {
            name: String::from("azmlinfsrv"),
            model: Model::Script {
                entry_script: script
                    .or_else(of_file)
                    .unwrap_or_else(|| app_root.join("main.py")),
            },
            model_dir: self
                .model_dir
                .clone()
                .or_else(|| said("AZUREML_MODEL_DIR").map(PathBuf::from)),
            app_root,
            work_dir: here()?,
            python,
            workers,
            listen: at(port),
            grpc_listen: None,
            health_listen: health.map(at),
            batching: None,
            max_queue: 1000,
            request_timeout: azure::scoring_timeout(said),
            start_timeout: start_timeout()?,
            drain_timeout: Duration::from_secs(30),
            max_body_bytes: 100 << 20,
            max_answer_bytes: 100 << 20,
            reload: false,
            plain_log: true,
        };
        self.say(&config, port, health);
        serve(config, Settings::read(said), &file.unknown)
    }

    /// What Azure's server prints before it starts.
    fn say(&self, config: &Config, port: u16, health: Option<u16>) {
        let health = health.unwrap_or(port);
        let none = || String::from("None");
        let told = |name: &str| variable(name).unwrap_or_else(none);
        let model_dir = config.model_dir.as_ref().map(|path| path.display().to_string());
        if model_dir.is_none() {
            println!("The environment variable 'AZUREML_MODEL_DIR' has not been set.");
            println!("Use the --model_dir command line argument to set it.");
        }
        if self.appinsights.is_some() {
            println!("Application Insights has been disabled.");
        }
        println!("\nAzure ML Inferencing HTTP server v1.5.1\n");
        println!("\nServer Settings\n---------------");
        let script = match &config.model {
            Model::Script { entry_script } if self.entry_script.is_some() => {
                entry_script.display().to_string()
            }
            _ => told("AZUREML_ENTRY_SCRIPT"),
        };
        let file = self
            .config_file
            .as_deref()
            .and_then(|path| path.canonicalize().ok());
        let file = file.map_or_else(|| told("AZUREML_CONFIG_FILE"), |path| path.display().to_string());
        let cors = self.origins.clone().or_else(|| variable("AML_CORS_ORIGINS"));
        let key = self.appinsights.is_some() || variable("AML_APP_INSIGHTS_KEY").is_some();
        for (what, value) in [
            ("Entry Script Name", script),
            ("Model Directory", model_dir.unwrap_or_else(none)),
            ("Config File", file),
            ("Worker Count", config.workers.to_string()),
            ("Worker Timeout (seconds)", told("WORKER_TIMEOUT")),
            ("Server Port", port.to_string()),
            ("Health Port", health.to_string()),
            ("Application Insights Enabled", "false".into()),
            (
                "Application Insights Key",
                if key {
                    "AppInsights key provided".into()
                } else {
                    none()
                },
            ),
            ("Inferencing HTTP server version", version().unwrap_or_else(none)),
            (
                "CORS for the specified origins",
                cors.map_or_else(none, |origins| format!("Enabling CORS for {origins}")),
            ),
            ("Create dedicated endpoint for health", told(HEALTH_SWITCH)),
        ] {
            println!("{what}: {value}");
        }
        println!("\n\nServer Routes\n---------------");
        println!("Liveness Probe: GET   127.0.0.1:{health}/");
        println!("Score:          POST  127.0.0.1:{port}/score\n");
        println!("Initializing logger");
    }
}

/// What `x-ms-server-version` says.
fn version() -> Option<String> {
    let wanted =
        variable("SERVER_VERSION_LOG_RESPONSE_ENABLED").is_none_or(|text| text.eq_ignore_ascii_case("true"));
    match wanted {
        true => Some(SERVER_VERSION.to_owned()),
        false => variable("HTTP_X_MS_SERVER_VERSION"),
    }
}

/// A path with its links followed, or where it would be.
fn real(path: &Path) -> PathBuf {
    let there = path.canonicalize().or_else(|_| std::path::absolute(path));
    there.unwrap_or_else(|_| path.to_path_buf())
}

/// The Python of the virtual environment that the program was put into: called by a path, or found as shells find it.
fn beside(program: &Path) -> Option<PathBuf> {
    let there = match program.components().count() {
        0 => return None,
        1 => {
            let path = std::env::var_os("PATH")?;
            let mut found = std::env::split_paths(&path).map(|folder| folder.join(program));
            found.find(|file| file.is_file())?
        }
        _ => program.to_path_buf(),
    };
    let there = std::path::absolute(there).ok()?;
    let folder = there.parent()?;
    let python = folder.join("python");
    (python.is_file() && folder.join("../pyvenv.cfg").is_file()).then_some(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_to_its_name_alone_and_refuses_as_azure_does() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(run_first(&words("tidemill serve --entry-script x.py")).is_none());
        for line in ["azmlinfsrv", "azmlinfsrv --bogus", "/bin/azmlinfsrv --port 0"] {
            let ended = run_first(&words(line)).expect(line);
            assert_eq!(
                format!("{ended:?}"),
                format!("{:?}", ExitCode::from(FAILED)),
                "{line}"
            );
        }
    }
}
