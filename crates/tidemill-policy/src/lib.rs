//! Who may do what: principals, actions, scopes, and the one decision. Pure: it sees nothing but its arguments.
//!
//! ```
//! use tidemill_policy::{Decision, Principal, Scope, action, decide};
//!
//! let job = Principal::Job { workspace: "default".into(), job: "train-7".into() };
//! let own = Scope::run("default", "train-7", None);
//! let other = Scope::run("default", "train-8", None);
//! assert_eq!(decide(&job, action::RUN_WRITE, &own), Decision::Allow);
//! assert!(matches!(decide(&job, action::RUN_WRITE, &other), Decision::Deny { .. }));
//! ```

pub mod action;
pub mod chain;
mod decide;
mod principal;
pub mod quota;
mod scope;

pub use action::Action;
pub use decide::{Decision, decide};
pub use principal::Principal;
pub use scope::Scope;
