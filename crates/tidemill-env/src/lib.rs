//! Environments: a specification becomes a lock, and the lock a cached prefix.
//!
//! [`Environments::prepare`] is the way in. It reads an [`EnvironmentRequest`] (conda file, pip requirements, image,
//! build context, curated name), resolves it to a [`Lock`] whose digest is the environment's identity, and builds the
//! prefix of that lock once for all who need it. Where a request cannot be followed to the letter, its [`Policy`]
//! decides: `exact` fails and names what is missing; `relaxed` takes the nearest thing and writes a line for each.
//!
//! Everything here blocks; callers on an async runtime use a blocking thread.

mod build;
pub mod catalogue;
#[cfg(feature = "conda")]
mod channel;
#[cfg(not(feature = "conda"))]
#[path = "no_channel.rs"]
mod channel;
mod compile;
pub mod conda;
mod dockerfile;
mod environments;
mod error;
mod event;
mod files;
mod lock;
mod loosen;
mod overlay;
mod pip;
mod pip_config;
mod plain;
mod prefix;
mod process;
pub mod python;
mod request;
mod resolve;
mod uv;
mod version;
mod wanted;

pub use environments::{Environments, Prepared, Resolved};
pub use error::EnvError;
pub use event::{EnvEvent, Progress};
pub use lock::{ChannelPackage, LOCK_FORMAT, Lock, LockedPython, Package, Platform, Source};
pub use overlay::private_overlay;
pub use prefix::{Prefix, ProcessVariables};
pub use process::Starter;
pub use request::{BuildContext, EnvironmentRequest, IndexOptions, Policy};
pub use uv::UV_VERSION;
pub use version::{Constraint, Version};
