//! What people write: the YAML kinds, their references and their expressions. Pure.
//!
//! Loading turns text into typed specs and says, with line and column, what is wrong:
//!
//! ```
//! use std::path::Path;
//! use tidemill_spec::kinds::{Family, Job, Spec};
//! use tidemill_spec::load::{MemoryFiles, load_document};
//!
//! let files: MemoryFiles = [
//!     ("/work/job.yml", "type: command\ncommand: python hello.py ${{inputs.who}}\ncode: ./src\n\
//!                        environment: azureml:sklearn-1.5@latest\ninputs:\n  who: world\n"),
//!     ("/work/src/hello.py", "print('hello')"),
//! ]
//! .into_iter()
//! .collect();
//! let loaded = load_document(&files, Path::new("/work/job.yml"), &[], Some(Family::Job)).expect("it is right");
//! let Spec::Job(Job::Command(job)) = loaded.spec else { panic!("a command job") };
//! assert_eq!(job.code.expect("code").as_local(), Some(Path::new("/work/src")));
//!
//! let files: MemoryFiles = [("job.yml", "comand: ls\nenvironment: azureml:x:1\n")].into_iter().collect();
//! let errors = load_document(&files, Path::new("job.yml"), &[], Some(Family::Job)).expect_err("it is wrong");
//! assert!(errors.to_string().contains("did you mean `command`?"));
//! ```
//!
//! A client then uploads what [`load::for_each_local_path`] visits, and sends the spec as JSON; a server reads the same
//! types with serde, checks them with [`validate::check`], and fills in expressions with [`expr::Template`].

pub mod arm;
mod de;
pub mod error;
pub mod expr;
pub mod infra;
pub mod kinds;
pub mod load;
pub mod refs;
pub mod schema;
pub mod trigger;
pub mod validate;
pub mod value;
pub mod yaml;

pub use error::{FieldPath, Problem, SpecError, SpecErrors, Warning};
pub use expr::{Ref, Template};
pub use kinds::{Family, Kind, Spec};
pub use load::{
    FileKind, Files, Loaded, LocalPath, Purpose, for_each_local_path, load_document, load_text, local_fields,
};
pub use refs::{AssetRef, CodeRef, ComputeRef, DataPath, DatastoreRef, VersionRef};
pub use schema::schemas;
pub use yaml::Override;
