//! Who a process is: its number together with when it started and in which boot, so that a recycled number is no match.

use crate::stat::{ProcessState, Stat};
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};
use std::fs;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

/// The two ways to end a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// It may finish what it does and clean up.
    Term,
    /// At once.
    Kill,
}

impl From<Signal> for rustix::process::Signal {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Term => Self::TERM,
            Signal::Kill => Self::KILL,
        }
    }
}

/// A process, and never another that got its number later.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// Process number.
    pub pid: i32,
    /// Start time in clock ticks since boot.
    pub start_ticks: u64,
    /// The boot it belongs to.
    pub boot: String,
}

impl Identity {
    /// The identity of the process that has this number now.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        Stat::of(pid).map(|stat| Self::from_stat(&stat))
    }

    /// The identity of a process that was just looked at.
    #[must_use]
    pub fn from_stat(stat: &Stat) -> Self {
        Self {
            pid: stat.pid,
            start_ticks: stat.start_ticks,
            boot: boot_id().to_owned(),
        }
    }

    /// What the kernel says of it; `None` when it is gone, also when its number belongs to another by now.
    #[must_use]
    pub fn stat(&self) -> Option<Stat> {
        if self.boot != boot_id() {
            return None;
        }
        Stat::of(self.pid).filter(|stat| stat.start_ticks == self.start_ticks)
    }

    /// True while it runs; a zombie has ended.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.stat().is_some_and(|stat| stat.state == ProcessState::Alive)
    }

    /// A descriptor of exactly this process, which becomes readable when it ends. `None` when it is gone.
    ///
    /// # Errors
    /// What the kernel says when it cannot give one, such as too many open files.
    pub fn open(&self) -> std::io::Result<Option<OwnedFd>> {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return Ok(None);
        };
        let fd = match pidfd_open(pid, PidfdFlags::NONBLOCK) {
            Ok(fd) => fd,
            Err(rustix::io::Errno::SRCH) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // The descriptor was taken by number: only now is it certain whose it is.
        Ok(self.stat().is_some().then_some(fd))
    }

    /// Sends a signal. False when the process is gone already.
    ///
    /// # Errors
    /// What the kernel says when the signal may not be sent.
    pub fn signal(&self, signal: Signal) -> std::io::Result<bool> {
        let Some(fd) = self.open()? else { return Ok(false) };
        match pidfd_send_signal(&fd, signal.into()) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The id of this boot of the machine; empty where the kernel does not tell.
fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .unwrap_or_default()
            .trim()
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    #[test]
    fn a_recycled_number_is_no_match() {
        let me = Identity::of(std::process::id().cast_signed()).expect("this process exists");
        assert!(me.is_alive());
        let earlier = Identity {
            start_ticks: me.start_ticks - 1,
            ..me.clone()
        };
        let other_boot = Identity {
            boot: "another".into(),
            ..me
        };
        assert!(!earlier.is_alive() && !other_boot.is_alive());
        assert!(!earlier.signal(Signal::Kill).expect("nothing to signal"));
    }

    #[test]
    fn a_zombie_has_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("sleep starts");
        let identity = Identity::of(child.id().cast_signed()).expect("just started");
        assert!(identity.signal(Signal::Kill).expect("may signal own child"));
        while identity.is_alive() {
            std::thread::yield_now();
        }
        assert_eq!(identity.stat().map(|stat| stat.state), Some(ProcessState::Zombie));
        assert_eq!(child.wait().expect("reaped").signal(), Some(9));
        assert_eq!(identity.stat(), None);
    }

    #[test]
    fn travels_as_json() {
        let identity = Identity {
            pid: 7,
            start_ticks: 42,
            boot: "b".into(),
        };
        let text = serde_json::to_string(&identity).expect("plain fields");
        assert_eq!(
            serde_json::from_str::<Identity>(&text).expect("its own text"),
            identity
        );
    }
}
