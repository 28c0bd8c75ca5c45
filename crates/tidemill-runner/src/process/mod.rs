//! The processes of a job: started, watched, and ended to the last descendant.

mod descendants;
mod distribution;
mod memory;
mod reaper;
mod spawn;
mod supervise;

pub(crate) use distribution::ranks;
pub(crate) use spawn::Order;
pub(crate) use supervise::{RankEnd, supervise};
