//! A task in a process of its own, so that whatever a query does to memory ends with that process: the assignment comes on
//! standard input as one line of JSON, the answer goes to a file, and what became of it to standard output.

use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::limits::Limits;
use super::result::{Answered, Format};
use super::run::{Mount, Task, run};

/// What a worker is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The task.
    pub task: Task,
    /// The tables.
    pub mounts: Vec<Mount>,
    /// What it may use.
    pub limits: Limits,
    /// The format of the answer.
    pub format: Format,
    /// The file of the answer.
    pub answer: PathBuf,
}

/// What became of an assignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The answer is there.
    Answered(Answered),
    /// There is none.
    Failed(Failure),
}

/// Does what standard input says. The process ends when its standard input does: then nobody waits for it any more.
///
/// # Errors
/// When the assignment cannot be read, or the outcome cannot be told.
pub fn work() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line)?;
    drop(input);
    let assignment: Assignment = serde_json::from_str(&line)?;
    std::thread::spawn(|| {
        // Nothing more comes; the end does.
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(1);
    });
    let Assignment {
        task,
        mounts,
        limits,
        format,
        answer,
    } = assignment;
    let mut make = || -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(BufWriter::with_capacity(
            1 << 20,
            File::create(&answer)?,
        )))
    };
    let outcome = match run(&task, &mounts, &limits, format, &mut make) {
        Ok(answered) => Outcome::Answered(answered),
        Err(failure) => Outcome::Failed(failure),
    };
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, &outcome)?;
    output.flush()
}
