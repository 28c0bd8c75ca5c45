//! Real jobs under a real runner process, against a server that keeps everything in memory.

mod bench;
mod cancel;
mod driver;
mod files;
mod hello;
mod limits;
mod logs;
mod server;

use std::time::Duration;
use tidemill_process::isolation::{Isolation, Network};
use tidemill_runner::RunnerArgs;

/// Not a test: started again by the others, this test program is the runner.
#[test]
fn as_runner() {
    let Ok(server_url) = std::env::var("TEST_SERVER") else {
        return;
    };
    let folder = |name| std::env::var_os(name).expect("given by the bench").into();
    let patience = std::env::var("TEST_PATIENCE_S")
        .ok()
        .and_then(|text| text.parse().ok());
    let patience = patience.map_or(Duration::from_secs(3600), Duration::from_secs);
    let args = RunnerArgs {
        isolation: Isolation::None,
        network: Network::Open,
        patience,
        job_folders: Vec::new(),
        server_url,
        token_file: None,
        data_dir: folder("TEST_DATA"),
        work_dir: folder("TEST_WORK"),
    };
    let code = tidemill_runner::run(&args);
    std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
}
