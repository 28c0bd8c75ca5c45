//! Keeping a job's processes from what is not theirs: which levels there are, and which one this machine gives.

mod bubblewrap;
mod landlock;
mod network;
mod places;
mod syscalls;

pub use bubblewrap::wrap;
pub use landlock::restrict;
pub use network::{Network, Relay};
pub use places::Places;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// How far the processes of a job are kept apart, from the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// Namespaces made by `bwrap`: files, processes and `/tmp` of their own.
    Bubblewrap,
    /// Rules of the kernel for files and other processes; `/tmp` is refused, `TMPDIR` is their own.
    Landlock,
    /// Whatever the account of the server may.
    None,
}

impl Isolation {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bubblewrap => "bubblewrap",
            Self::Landlock => "landlock",
            Self::None => "none",
        }
    }

    /// Why this machine does not give it, found by trying once; `None` when it does.
    #[must_use]
    pub fn lacks(self) -> Option<String> {
        static BUBBLEWRAP: LazyLock<Option<String>> = LazyLock::new(bubblewrap::lacks);
        static LANDLOCK: LazyLock<Option<String>> = LazyLock::new(landlock::lacks);
        match self {
            Self::Bubblewrap => BUBBLEWRAP.clone(),
            Self::Landlock => LANDLOCK.clone(),
            Self::None => None,
        }
    }

    /// The strongest that this machine gives, and why it gives no stronger one.
    #[must_use]
    pub fn strongest() -> (Self, Vec<String>) {
        let mut lacking = Vec::new();
        for level in [Self::Bubblewrap, Self::Landlock] {
            match level.lacks() {
                None => return (level, lacking),
                Some(why) => lacking.push(format!("{level}: {why}")),
            }
        }
        (Self::None, lacking)
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Isolation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Bubblewrap, Self::Landlock, Self::None]
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not one of bubblewrap, landlock, none"))
    }
}
