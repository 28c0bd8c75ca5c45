//! `tidemill job stream`: logs as they come, states, and at the end what became of the job.

mod lines;
mod printer;
mod summary;

use clap::Args;
use serde_json::Value;

use crate::client::query;
use crate::error::{Error, FAILED, INTERRUPTED, OK, Result};
use crate::output::{number, text};
use crate::session::Session;
use printer::Printer;

/// Show the logs of a job as they come, and wait for its end
///
/// The logs of a pipeline's steps are shown too, each line with the name of its step. States and the summary go to
/// standard error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill job stream --name calm_tide_4k7w2hx9qz

The exit code says how the job ended: 0 completed, 1 failed, 3 cancelled. Ctrl-C leaves it running.")]
pub struct Stream {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Stream {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        follow(session, &self.name).await
    }
}

/// Follows a job to its end. With a format or a query for the output, that is the job as it is then, and the logs go to
/// standard error.
///
/// # Errors
/// A job that did not complete, as its exit code; what the server says.
pub async fn follow(session: &Session, name: &str) -> Result<()> {
    let path = session.path(&["jobs", name]);
    let view = session.client.get(&path).await?;
    let pipeline =
        text(&view, "type") == Some("pipeline") || number(&view, "children_count").unwrap_or_default() > 0;
    let mut printer = Printer::new(name, pipeline, session.output.is_asked(), session.quiet);
    printer.start(&crate::web::job(session, &view));
    let ended = tokio::select! {
        ended = listen(session, &path, &mut printer) => ended,
        interrupted = tokio::signal::ctrl_c() => match interrupted {
            Ok(()) => Ok(None),
            Err(error) => Err(Error::failed(format!("failed to listen for Ctrl-C: {error}"))),
        },
    };
    printer.end();
    let Some(status) = ended? else {
        session.note(&format!(
            "\nJob {name} goes on. See it again with `tidemill job stream -n {name}`, end it with `tidemill job cancel -n {name}`."
        ));
        return Err(Error::Ended(INTERRUPTED));
    };
    let view = session.client.get(&path).await?;
    let status = text(&view, "status").unwrap_or(&status).to_owned();
    if !session.quiet {
        anstream::eprint!("{}", summary::of(session, &view).await?);
    }
    if session.output.is_asked() {
        session.show(super::with_id(view))?;
    }
    match code(&status) {
        OK => Ok(()),
        code => Err(Error::Ended(code)),
    }
}

/// Prints events until the last one, and gives the status that it tells.
async fn listen(session: &Session, path: &str, printer: &mut Printer) -> Result<Option<String>> {
    let mut events = session
        .client
        .events(&format!("{path}/logs{}", query(&[("follow", "true")])))
        .await?;
    while let Some(event) = events.next().await? {
        match event.name.as_str() {
            "log" => printer.log(&event.data)?,
            "status" => printer.status(&event.data),
            "progress" => printer.progress(&event.data),
            "end" => return Ok(Some(text(&event.data, "status").unwrap_or_default().to_owned())),
            _ => {}
        }
    }
    Err(
        Error::failed("failed to follow the job: the server ended the stream")
            .with_hint("follow it again with `tidemill job stream`"),
    )
}

fn code(status: &str) -> u8 {
    match status {
        "Completed" => OK,
        "Canceled" | "CancelRequested" => crate::error::CANCELLED,
        _ => FAILED,
    }
}

/// The steps of a job, and theirs, in the order in which they were made.
async fn steps(session: &Session, name: &str) -> Result<Vec<Value>> {
    let path = session.path(&["jobs"]);
    let filters = [("parent", name), ("archived", "include")];
    let mut found = session.client.list(&path, &filters, None).await?;
    let mut at = 0;
    while at < found.len() {
        if text(&found[at], "type") == Some("pipeline") {
            let parent = text(&found[at], "name").unwrap_or_default().to_owned();
            let filters = [("parent", parent.as_str()), ("archived", "include")];
            found.extend(session.client.list(&path, &filters, None).await?);
        }
        at += 1;
    }
    found.sort_by_key(|step| number(step, "created_at"));
    Ok(found)
}
