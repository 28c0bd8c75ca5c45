//! Infrastructure as files: the documents of a folder, with the parameters of a stage filled in.
//!
//! One document says `type: infrastructure`: it names the stack and declares the parameters. Every other one is a resource, in
//! the form in which it can also be made by itself, with words more: `workspace:` says in which workspace it is, `kind: team` what it
//! is where its fields don't show that, and `type: secret` is a secret of the vault. `${{parameters.x}}` may stand wherever a value stands.

mod folder;
mod parameter;
mod resource;

pub use folder::{Infrastructure, load};
pub use resource::{Body, Resource, SecretText};
