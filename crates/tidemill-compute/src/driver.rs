//! The trait of every compute driver.

use crate::{ComputeError, Handle, Inventory, Launch};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Starts programs on one kind of compute. Cheap to make and without state that matters: a new one finds what an earlier
/// one started, by the handle alone.
#[async_trait]
pub trait Driver: Send + Sync {
    /// The word for this kind of compute, such as `local`.
    fn kind(&self) -> &'static str;

    /// What the compute has to give.
    async fn inventory(&self) -> Result<Inventory, ComputeError>;

    /// Starts a program, apart from this process: it goes on when the server ends.
    ///
    /// # Errors
    /// [`ComputeError::Start`] when the program is not there, [`ComputeError::Folder`] when its folder cannot be made.
    async fn start(&self, launch: &Launch) -> Result<Handle, ComputeError>;

    /// Says how the program is now.
    ///
    /// # Errors
    /// [`ComputeError::Handle`] for a handle of another driver, [`ComputeError::Reach`] when the compute does not answer.
    async fn observe(&self, handle: &Handle) -> Result<Observation, ComputeError>;

    /// Waits until the program has ended, and says how. Where the compute can tell, it returns within milliseconds of the
    /// end; it may be dropped at any point.
    ///
    /// # Errors
    /// As [`Driver::observe`].
    async fn wait(&self, handle: &Handle) -> Result<Observation, ComputeError>;

    /// Asks or makes the program end. One that has ended already is no error.
    ///
    /// # Errors
    /// As [`Driver::observe`].
    async fn stop(&self, handle: &Handle, how: Stop) -> Result<(), ComputeError>;

    /// Kills all that is left of the attempt, the program included, wherever its processes have gone. For after an end
    /// that was not orderly; returns when nothing is left.
    ///
    /// # Errors
    /// As [`Driver::observe`].
    async fn sweep(&self, handle: &Handle) -> Result<Swept, ComputeError>;
}

/// How a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Observation {
    /// It runs.
    Running,
    /// It has ended, and how is known.
    Exited(End),
    /// It has ended, and how is not known: another process was its parent, or the machine was started anew.
    Gone,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// How to stop a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It ends its job in order and says so to the server.
    Term,
    /// At once. Its job's processes may be left: [`Driver::sweep`] comes next.
    Kill,
}

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Processes that were killed: number and program.
    pub killed: BTreeMap<i32, String>,
    /// Processes that could not be killed.
    pub left: BTreeMap<i32, String>,
}
