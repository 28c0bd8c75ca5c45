//! How far an import has come: a bar of runs in a terminal, lines where there is none.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::session::Session;
use crate::terminal;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Shows how far an import has come.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    label: String,
    total: u64,
    runs: u64,
    points: u64,
    line: Instant,
}

impl Progress {
    pub(super) fn start(session: &Session, experiment: &str, total: usize) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        let bar = (!session.quiet && terminal::is_watched()).then(|| bar(experiment, total));
        Self {
            bar,
            quiet: session.quiet,
            label: experiment.to_owned(),
            total,
            runs: 0,
            points: 0,
            line: Instant::now(),
        }
    }

    /// So many more runs and points are here.
    pub(super) fn advance(&mut self, runs: u64, points: u64) {
        self.runs += runs;
        self.points += points;
        if let Some(bar) = &self.bar {
            bar.set_position(self.runs);
            bar.set_message(format!("{} points", self.points));
        } else if !self.quiet && self.line.elapsed() >= EVERY {
            self.line = Instant::now();
            anstream::eprintln!(
                "{}: {} of {} runs, {} points",
                self.label,
                self.runs,
                self.total,
                self.points
            );
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(label: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {pos} of {len} runs, {msg}") {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.set_prefix(label.to_owned());
    bar
}
