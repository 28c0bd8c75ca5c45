//! Files to typed specs: everything that a file names in other YAML files is written out, every path is made absolute.

mod document;
mod files;
mod inline;
mod local_paths;

pub(crate) use document::load_tree;
pub use document::{Loaded, load_document, load_text};
pub use files::{FileKind, Files, MemoryFiles};
pub use local_paths::{LocalPath, Purpose, for_each_local_path, local_fields};
