//! The command line: nouns and verbs, spelled as `az ml` spells them.

mod absent;
pub mod args;
mod asset;
mod assignment;
mod audit;
mod azure;
mod cloud;
mod completion;
mod component;
mod compute;
mod confirm;
mod context;
mod data;
mod datastore;
mod environment;
pub mod globals;
mod group;
mod identity_provider;
mod infra;
mod job;
mod lineage;
mod login;
mod model;
mod online_deployment;
mod online_endpoint;
mod pipeline;
mod policy;
mod query_worker;
mod relay;
mod release;
mod report;
mod role;
mod run;
mod runner;
mod schedule;
mod schema;
mod secret;
mod serve;
mod server;
mod service_principal;
mod team;
mod token;
mod update;
mod user;
mod vault;
mod version;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::session::Session;
use globals::Globals;

/// Tidemill: an open MLOps platform in one program.
///
/// Azure ML v2 YAML, MLflow clients and scoring scripts run here as they are.
#[derive(Debug, Parser)]
#[command(
    name = "tidemill",
    disable_version_flag = true,
    disable_help_flag = true,
    max_term_width = 110,
    subcommand_required = true
)]
#[command(arg_required_else_help = true, after_help = AFTER)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    noun: Noun,
}

const AFTER: &str = "\
Examples:
  Start a server on this machine      tidemill server start
  Run a job and follow its logs       tidemill job create -f job.yml --stream
  See what has run                    tidemill job list
  See what a verb takes               tidemill job create --help

Exit codes:
  0  done, or the job completed      2  command line or file not understood     130  Ctrl-C
  1  failed                          3  job cancelled, or model not made ready

Called by the name `az`, the program answers `az ml …` in the same way;
by the name `azmlinfsrv`, as Azure's inference server.";

#[derive(Debug, Subcommand)]
enum Noun {
    Job(job::Job),
    Run(run::Run),
    Data(data::Data),
    Model(model::Model),
    Environment(environment::Environment),
    Component(component::Component),
    Compute(compute::Compute),
    Datastore(datastore::Datastore),
    Schedule(schedule::Schedule),
    Pipeline(pipeline::Pipeline),
    OnlineEndpoint(online_endpoint::OnlineEndpoint),
    OnlineDeployment(online_deployment::OnlineDeployment),
    Serve(serve::Serve),
    Release(release::Release),
    Workspace(workspace::Workspace),
    Group(group::Group),
    Infra(infra::Infra),
    Policy(policy::Policy),
    Secret(secret::Secret),
    Vault(vault::Vault),
    User(user::User),
    Team(team::Team),
    ServicePrincipal(service_principal::ServicePrincipal),
    IdentityProvider(identity_provider::IdentityProvider),
    Token(token::Token),
    Login(login::Login),
    Role(role::Role),
    Assignment(assignment::Assignment),
    Audit(audit::Audit),
    Server(server::Server),
    Context(context::Context),
    Schema(schema::Schema),
    Version(version::Version),
    Completion(completion::Completion),
    #[command(hide = true)]
    Cloud(cloud::Cloud),
    #[command(hide = true)]
    Runner(runner::Runner),
}

/// Runs a command line, and says with which code the program ends.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    if let Some(ended) = runner::run_first(&args)
        .or_else(|| relay::run_first(&args))
        .or_else(|| query_worker::run_first(&args))
        .or_else(|| serve::azmlinfsrv::run_first(&args))
    {
        return ended;
    }
    if let [_, only] = args.as_slice()
        && (only == "--version" || only == "-V")
    {
        anstream::println!("tidemill {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::from(crate::error::OK);
    }
    let azure = args.first().is_some_and(azure::is_az);
    let parsed = if azure { azure::translate(args) } else { Ok(args) };
    let cli = match parsed.map(|args| parse(args, azure)) {
        Ok(Ok(cli)) => cli,
        Ok(Err(error)) => {
            if let Some(refused) = absent::refused(&error) {
                return report::error(&refused);
            }
            // Help and usage errors print themselves; a closed output is nobody's fault.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(crate::error::USAGE));
        }
        Err(error) => return report::error(&error),
    };
    let Cli { globals, noun } = cli;
    if let Noun::Runner(runner) = noun {
        return runner.run(&globals);
    }
    if let Noun::Serve(serve) = noun {
        return serve.run(&globals);
    }
    match run(globals, noun) {
        Ok(()) => ExitCode::from(crate::error::OK),
        Err(error) => report::error(&error),
    }
}

/// The command line with help of one form: the sentences that say more stand before the examples.
fn command() -> clap::Command {
    fn shaped(command: clap::Command) -> clap::Command {
        let command = command.mut_subcommands(shaped);
        let whole = command
            .get_long_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let after = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        match whole.split_once("\n\n") {
            Some((_, more)) => command.after_help(format!("{more}\n\n{after}")),
            None => command,
        }
    }
    shaped(Cli::command()).disable_help_subcommand(true)
}

fn parse(args: Vec<OsString>, azure: bool) -> Result<Cli, clap::Error> {
    let mut command = command();
    if azure {
        // `az` takes the beginning of an option for the option, and scripts of teams rely on it (`--deployment`).
        command = command.name("az ml").bin_name("az ml").infer_long_args(true);
    }
    let mut cli = Cli::from_arg_matches(&command.try_get_matches_from_mut(args)?)?;
    cli.globals.azure = azure;
    Ok(cli)
}

fn run(globals: Globals, noun: Noun) -> Result<()> {
    if let Noun::Server(server) = noun {
        return server.run(&globals);
    }
    report::set_up(&globals);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed(format!("failed to start: {error}")))?;
    let ended = runtime.block_on(async {
        match noun {
            Noun::Workspace(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Datastore(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Compute(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Data(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Environment(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Component(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Job(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Run(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Model(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::OnlineEndpoint(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::OnlineDeployment(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Policy(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Release(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Pipeline(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Schedule(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Secret(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Vault(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Group(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::User(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Team(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::ServicePrincipal(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::IdentityProvider(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Token(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Login(noun) => noun.run(&globals).await,
            Noun::Role(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Assignment(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Audit(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Infra(noun) => noun.run(&Session::open(&globals)?).await,
            Noun::Version(noun) => noun.run(&globals).await,
            Noun::Context(noun) => noun.run(&globals),
            Noun::Cloud(noun) => noun.run(&globals),
            Noun::Schema(noun) => noun.run(),
            Noun::Completion(noun) => noun.run(command()),
            // These have been run without this runtime.
            Noun::Server(_) | Noun::Serve(_) | Noun::Runner(_) => Ok(()),
        }
    });
    runtime.shutdown_background();
    ended
}
