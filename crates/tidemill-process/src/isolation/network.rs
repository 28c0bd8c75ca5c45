//! What of the network a job may reach, and the one way out of a job that may reach none of it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What of the network there is for a job, from the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// All that the machine reaches.
    #[default]
    Open,
    /// Its environment is built from package sources; its command has a loopback of its own and no more.
    Packages,
    /// As `Packages`, and its environment is built of what is on this machine.
    None,
}

impl Network {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Packages => "packages",
            Self::None => "none",
        }
    }

    /// Whether the command of a job has a loopback of its own and no more.
    #[must_use]
    pub fn is_closed(self) -> bool {
        self != Self::Open
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Open, Self::Packages, Self::None]
            .into_iter()
            .find(|network| network.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not one of none, packages, open"))
    }
}

/// From the loopback of a job to a socket in its folder, behind which its runner leads to the server and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// The program that listens inside: called with `relay --socket S --port P -- COMMAND`, it ends as the command does.
    pub program: PathBuf,
    /// The socket, outside.
    pub socket: PathBuf,
    /// The port on the loopback of the job.
    pub port: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_the_stricter_holds() {
        assert_eq!(Network::Open.max(Network::Packages), Network::Packages);
        assert_eq!(Network::None.max(Network::Packages), Network::None);
        assert!(Network::None.is_closed() && Network::Packages.is_closed() && !Network::Open.is_closed());
    }
}
