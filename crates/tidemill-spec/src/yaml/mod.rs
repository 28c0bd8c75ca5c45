//! YAML text to a tree of nodes that know where they stand.

mod node;
mod parse;
mod scalar;
mod set;
mod source;

pub use node::{Key, Node, NodeKind, Scalar};
pub use parse::{MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_NODES, parse_document};
pub use scalar::{Resolved, bool_text};
pub use set::{Override, apply_overrides};
pub use source::{Source, SourceMap, Span};
