//! Lays the working folder of a job: a private copy of its code, with `./outputs` and `./logs`.

use super::environment::Bench;
use crate::failure::Failure;
use std::fs;
use tidemill_api::runner::CodeTree;
use tidemill_objects::SafePath;

/// Lays the code. Jobs without any get the two folders alone.
pub(crate) async fn lay_code(code: Option<&CodeTree>, bench: &Bench<'_>) -> Result<(), Failure> {
    let folder = &bench.work.code;
    if let Some(CodeTree { tree }) = code {
        bench.teller.say("laying the code".into());
        let laid = bench
            .stop
            .unless(bench.stores.private_tree(tree, &SafePath::root(), folder))
            .await;
        let laid = laid.map_err(|_| Failure::new("the job was stopped while its code was laid".into()))?;
        laid.map_err(|error| Failure::new(format!("code: {error}")))?;
    }
    for name in ["outputs", "logs"] {
        let path = folder.join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(Failure::io(
                    &format!("make ./{name} in the working folder"),
                    error,
                ));
            }
            _ => {}
        }
    }
    Ok(())
}
