//! Events to lines in a terminal: logs with the name of their step, states and progress apart from them.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use super::lines::Lines;
use super::summary::first_line;
use crate::error::{Error, OK, Result};
use crate::output::text;
use crate::terminal;

/// The file that holds what a command prints.
const LOG: &str = "user_logs/std_log.txt";
/// States whose reason is what the job does now, which its progress tells.
const BUSY: &[&str] = &["Starting", "Preparing", "Finalizing"];
const COLORS: &[AnsiColor] = &[
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightRed,
];

/// Prints events.
pub struct Printer {
    job: String,
    pipeline: bool,
    /// The output is for a program, so that logs go to standard error.
    apart: bool,
    quiet: bool,
    lines: Lines,
    /// The names of steps, and their colours by order of appearance.
    steps: HashMap<String, (String, Style)>,
    said: HashMap<String, String>,
    bar: Option<ProgressBar>,
}

impl Printer {
    /// A printer for a job.
    pub fn new(job: &str, pipeline: bool, apart: bool, quiet: bool) -> Self {
        let bar = (!quiet && terminal::is_watched()).then(spinner);
        let (lines, steps, said) = (Lines::default(), HashMap::new(), HashMap::new());
        Self {
            job: job.to_owned(),
            pipeline,
            apart,
            quiet,
            lines,
            steps,
            said,
            bar,
        }
    }

    /// The job is followed from now on.
    pub fn start(&self, link: &str) {
        self.note(&format!("# {} {link}", self.job));
    }

    /// Text of a log.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn log(&mut self, event: &Value) -> Result<()> {
        let job = text(event, "job").unwrap_or(&self.job).to_owned();
        let file = text(event, "file").unwrap_or(LOG).to_owned();
        let said = text(event, "text").unwrap_or_default();
        let number = |field| event.get(field).and_then(Value::as_u64);
        let said = match (number("offset"), number("next_offset")) {
            (Some(offset), next) => {
                let next = next.unwrap_or(offset + said.len() as u64);
                self.lines.news(&job, &file, offset, next, said).to_owned()
            }
            (None, _) => said.to_owned(),
        };
        self.learn(&job, event);
        if !self.pipeline && file == LOG {
            return self.write(&said);
        }
        let lines = self.lines.feed(&job, &file, &said);
        self.write_lines(&job, &file, lines)
    }

    /// A job is in another state.
    pub fn status(&mut self, event: &Value) {
        let job = text(event, "job").unwrap_or(&self.job).to_owned();
        self.learn(&job, event);
        let status = text(event, "status").unwrap_or("Unknown");
        let mut line = match (text(event, "reused_from"), text(event, "reason")) {
            (Some(from), _) => format!("{status} (reused from {from})"),
            (None, Some(reason)) if !reason.is_empty() && !BUSY.contains(&status) => {
                format!("{status} ({})", first_line(reason))
            }
            _ => status.to_owned(),
        };
        if self.said.insert(job.clone(), line.clone()).as_ref() == Some(&line) {
            return;
        }
        if matches!(status, "Completed" | "Failed" | "Canceled" | "Skipped") {
            for (job, file, open) in self.lines.rest(Some(&job)) {
                // What cannot be written now cannot be written later either.
                let _ = self.write_lines(&job, &file, vec![open]);
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_message("");
        }
        if job != self.job {
            line = format!("{}: {line}", self.shown(&job));
        }
        self.note(&format!("# {line}"));
    }

    /// A job says what it does now, such as which package is installed.
    pub fn progress(&mut self, event: &Value) {
        let job = text(event, "job").unwrap_or(&self.job).to_owned();
        self.learn(&job, event);
        let message = text(event, "message").unwrap_or_default();
        let line = if job == self.job {
            message.to_owned()
        } else {
            format!("{}: {message}", self.shown(&job))
        };
        match &self.bar {
            Some(bar) => bar.set_message(line),
            None if self
                .said
                .insert(format!("progress of {job}"), message.to_owned())
                .as_deref()
                != Some(message) =>
            {
                self.note(&format!("# {line}"));
            }
            None => {}
        }
    }

    /// Nothing more comes.
    pub fn end(&mut self) {
        for (job, file, open) in self.lines.rest(None) {
            let _ = self.write_lines(&job, &file, vec![open]);
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn learn(&mut self, job: &str, event: &Value) {
        if job == self.job || self.steps.contains_key(job) {
            return;
        }
        let name = text(event, "node").unwrap_or(job).to_owned();
        let color = COLORS[self.steps.len() % COLORS.len()].on_default();
        self.steps.insert(job.to_owned(), (name, color));
    }

    fn shown<'s>(&'s self, job: &'s str) -> &'s str {
        self.steps.get(job).map_or(job, |(name, _)| name)
    }

    fn write_lines(&self, job: &str, file: &str, lines: Vec<String>) -> Result<()> {
        let mut shown = match self.steps.get(job) {
            Some((name, _)) => name.clone(),
            None => String::new(),
        };
        if file != LOG {
            let name = file.rsplit('/').next().unwrap_or(file);
            let name = name.trim_end_matches(".txt").trim_start_matches("std_log_");
            shown = if shown.is_empty() {
                name.to_owned()
            } else {
                format!("{shown} {name}")
            };
        }
        let color = self.steps.get(job).map_or(Style::new(), |(_, color)| *color);
        let color = if self.is_colored() { color } else { Style::new() };
        let whole: String = lines
            .iter()
            .map(|line| format!("{color}[{shown}]{color:#} {line}\n"))
            .collect();
        self.write(&whole)
    }

    fn is_colored(&self) -> bool {
        let choice = match self.apart {
            true => anstream::AutoStream::choice(&std::io::stderr()),
            false => anstream::AutoStream::choice(&std::io::stdout()),
        };
        !matches!(choice, ColorChoice::Never | ColorChoice::Auto)
    }

    /// Writes logs as they are: what a job prints is nobody's to change.
    fn write(&self, text: &str) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let write = || match self.apart {
            true => std::io::stderr().lock().write_all(text.as_bytes()),
            false => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
        };
        let written = match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
        written.map_err(|error| match error.kind() {
            // One who has seen enough, as `head` has, is no failure.
            std::io::ErrorKind::BrokenPipe => Error::Ended(OK),
            _ => Error::failed(format!("failed to write the log: {error}")),
        })
    }

    fn note(&self, line: &str) {
        let dim = Style::new().dimmed();
        let say = || anstream::eprintln!("{dim}{line}{dim:#}");
        match (&self.bar, self.quiet) {
            (_, true) => {}
            (Some(bar), false) => bar.suspend(say),
            (None, false) => say(),
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
