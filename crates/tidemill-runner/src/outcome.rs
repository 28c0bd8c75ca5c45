//! How a job ended, in the words that stand on it.

use crate::failure::Failure;
use crate::process::RankEnd;
use crate::stop::Cause;
use tidemill_api::runner::Outcome;

/// The most of the last output that goes into a reason, in bytes.
const TAIL_BYTES: usize = 2048;

/// How a job ended, before its outputs are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Option<String>,
}

impl Verdict {
    /// A job whose command never ran, or whose outputs could not be written.
    pub(crate) fn failed(failure: &Failure, exit_code: Option<i32>) -> Self {
        Self {
            outcome: Outcome::Failed,
            exit_code,
            reason: Some(failure.to_string()),
        }
    }

    /// A job that was stopped for this cause.
    pub(crate) fn stopped(cause: &Cause, exit_code: Option<i32>) -> Self {
        let (outcome, reason) = match cause {
            Cause::Canceled => (Outcome::Canceled, "it was cancelled".to_owned()),
            Cause::Timeout { limit_s } => (
                Outcome::Failed,
                format!(
                    "limits.timeout: the command ran longer than its {limit_s} s and was stopped; raise \
                     limits.timeout or give it less to do"
                ),
            ),
            Cause::Memory(reason) | Cause::Broken(reason) | Cause::Disowned(reason) => {
                (Outcome::Failed, reason.clone())
            }
        };
        Self {
            outcome,
            exit_code,
            reason: Some(reason),
        }
    }

    /// A job whose command ended by itself.
    pub(crate) fn ended(end: &RankEnd, alone: bool) -> Self {
        let code = end.status.code;
        if code == 0 {
            return Self {
                outcome: Outcome::Completed,
                exit_code: Some(0),
                reason: None,
            };
        }
        let who = if alone {
            "the command".to_owned()
        } else {
            format!("process {}", end.rank)
        };
        let how = match end.status.signal {
            Some(signal) => format!(
                "{who} was ended by {}, exit code {code}{}",
                name(signal),
                signal_hint(signal)
            ),
            None => format!("{who} ended with exit code {code}{}", code_hint(code)),
        };
        let tail = end.log.tail(TAIL_BYTES);
        let reason = if tail.is_empty() {
            format!("{how}; it printed nothing")
        } else {
            format!("{how}; its last output:\n{tail}")
        };
        Self {
            outcome: Outcome::Failed,
            exit_code: Some(code),
            reason: Some(reason),
        }
    }
}

fn name(signal: i32) -> String {
    rustix::process::Signal::from_named_raw(signal).map_or_else(
        || format!("signal {signal}"),
        |signal| format!("{signal:?}").replace("Signal::", "SIG"),
    )
}

fn signal_hint(signal: i32) -> &'static str {
    match signal {
        9 => " (somebody killed it, or the machine ran out of memory)",
        11 => " (it crashed)",
        _ => "",
    }
}

fn code_hint(code: i32) -> &'static str {
    match code {
        126 => " (a file that it starts cannot be executed)",
        127 => " (a program that it starts was not found in the environment)",
        137 => " (a process of it was killed, maybe for want of memory)",
        _ => "",
    }
}
