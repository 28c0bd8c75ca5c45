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

pub mod access;
pub mod action;
mod azure;
pub mod builtin;
pub mod chain;
mod decide;
pub mod explain;
pub mod folder;
pub mod gate;
mod place;
mod principal;
pub mod quota;
pub mod role;
mod scope;
mod set;
pub mod tag_rule;

pub use access::{Access, Assignment, Grants, Subject};
pub use action::Action;
pub use decide::{Decision, decide};
pub use folder::ByFolder;
pub use place::{Place, PlaceError};
pub use principal::Principal;
pub use role::{Role, RoleDefinition, RoleError};
pub use scope::Scope;
pub use set::ActionSet;
