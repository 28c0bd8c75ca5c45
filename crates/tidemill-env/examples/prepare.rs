//! Prepares an environment from the command line: `prepare <data-dir> <conda.yml | requirements.txt | curated name>`.

use std::time::Instant;

use tidemill_env::{EnvEvent, EnvironmentRequest, Environments, Policy, private_overlay};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data_dir, what] = arguments.as_slice() else {
        eprintln!("usage: prepare <data-dir> <conda.yml | requirements.txt | curated name>");
        std::process::exit(2);
    };
    let mut request = EnvironmentRequest {
        policy: Policy::Relaxed,
        ..EnvironmentRequest::default()
    };
    match std::fs::read_to_string(what) {
        Ok(text) if what.ends_with(".txt") => request.pip_requirements = Some(text),
        Ok(text) => request.conda = Some(text.into()),
        Err(_) => request.name = Some(what.clone()),
    }
    let start = Instant::now();
    let tell = |event| match event {
        EnvEvent::Line { text } => println!("{:6.2} s  {text}", start.elapsed().as_secs_f64()),
        other => println!("{:6.2} s  {other:?}", start.elapsed().as_secs_f64()),
    };
    match Environments::new(data_dir).prepare(&request, &tell) {
        Ok(prepared) => {
            println!(
                "{:?} {} reused={}",
                start.elapsed(),
                prepared.digest,
                prepared.reused
            );
            for change in &prepared.changes {
                println!("changed: {change}");
            }
            let layer = Instant::now();
            let own = tempfile::tempdir().expect("the temporary folder can be written");
            let made = private_overlay(&prepared.prefix, own.path());
            println!("a job's own layer: {:?} {}", layer.elapsed(), made.is_ok());
        }
        Err(error) => {
            eprintln!("{error}\n{}", error.hint());
            std::process::exit(1);
        }
    }
}
