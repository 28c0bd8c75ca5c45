//! How far long work has come: a bar in a terminal, lines where there is none.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{bytes, count};
use crate::terminal;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Shows how far work over files has come.
pub struct Progress {
    label: String,
    shown: Shown,
    done: Mutex<Done>,
}

enum Shown {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

struct Done {
    files: u64,
    bytes: u64,
    line: Instant,
}

impl Progress {
    /// Starts. `total` is the bytes that there are, where that is known. `quiet` shows nothing.
    pub fn start(label: &str, total: Option<u64>, quiet: bool) -> Self {
        let shown = match (quiet, terminal::is_watched()) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Bar(bar(label, total)),
            (false, false) => Shown::Lines,
        };
        let done = Mutex::new(Done {
            files: 0,
            bytes: 0,
            line: Instant::now(),
        });
        Self {
            label: label.to_owned(),
            shown,
            done,
        }
    }

    /// So many more files and bytes are done.
    pub fn advance(&self, files: u64, more: u64) {
        let mut done = self
            .done
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        done.files += files;
        done.bytes += more;
        self.tell(&mut done);
    }

    /// So many files and bytes are done in all.
    pub fn set(&self, files: u64, total: u64) {
        let mut done = self
            .done
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        (done.files, done.bytes) = (files, total);
        self.tell(&mut done);
    }

    fn tell(&self, done: &mut Done) {
        match &self.shown {
            Shown::Bar(bar) => bar.set_position(done.bytes),
            Shown::Lines if done.line.elapsed() >= EVERY => {
                done.line = Instant::now();
                anstream::eprintln!(
                    "{}: {}, {}",
                    self.label,
                    count(done.files, "file"),
                    bytes(done.bytes)
                );
            }
            Shown::Lines | Shown::Nothing => {}
        }
    }

    /// Ends, and says what was done, where that is worth a line.
    pub fn end(&self, said: Option<&str>) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
        if let (Some(said), Shown::Bar(_) | Shown::Lines) = (said, &self.shown) {
            anstream::eprintln!("{said}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // After an error, the bar must not stand in its way.
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

impl tidemill_objects::Progress for Progress {
    fn advance(&self, files: u64, more: u64) {
        Self::advance(self, files, more);
    }
}

fn bar(label: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{prefix} {bar:24} {decimal_bytes:>9} of {decimal_total_bytes} {decimal_bytes_per_sec} {msg}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{spinner} {prefix} {decimal_bytes} {msg}",
        ),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.set_prefix(label.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
