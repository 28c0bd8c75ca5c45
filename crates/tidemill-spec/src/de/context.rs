//! What one pass over a document collects: the current path, errors, warnings, local paths.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::deserializer::De;
use crate::error::{FieldPath, Problem, Warning};
use crate::yaml::{Node, SourceMap, Span};

/// How many errors one pass reports.
pub(crate) const MAX_ERRORS: usize = 20;

/// A local path that was met, already made absolute.
#[derive(Debug, Clone)]
pub(crate) struct LocalFound {
    pub(crate) path: FieldPath,
    pub(crate) span: Span,
    pub(crate) written: String,
    pub(crate) absolute: PathBuf,
}

/// The state of one pass.
pub(crate) struct Context<'s> {
    pub(crate) sources: &'s SourceMap,
    pub(crate) path: RefCell<FieldPath>,
    pub(crate) pruned: RefCell<HashSet<FieldPath>>,
    pub(crate) warnings: RefCell<Vec<Warning>>,
    pub(crate) locals: RefCell<Vec<LocalFound>>,
}

impl<'s> Context<'s> {
    fn new(sources: &'s SourceMap, pruned: HashSet<FieldPath>) -> Self {
        Self {
            sources,
            path: RefCell::default(),
            pruned: RefCell::new(pruned),
            warnings: RefCell::default(),
            locals: RefCell::default(),
        }
    }

    pub(crate) fn here(&self) -> FieldPath {
        self.path.borrow().clone()
    }
}

/// What a successful pass gives.
pub(crate) struct Read<T> {
    pub(crate) value: T,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) locals: Vec<LocalFound>,
}

/// Reads a tree as a `T`. After an error, the field that has it is left out and the tree is read again, so that several
/// errors are found in one go; errors that only follow from a field left out are not reported.
pub(crate) fn read<T: DeserializeOwned>(
    node: &Node,
    sources: &SourceMap,
) -> Result<Read<T>, Vec<(Problem, Span)>> {
    let mut errors = Vec::new();
    let mut pruned = HashSet::new();
    loop {
        let context = Context::new(sources, pruned);
        let error = match T::deserialize(De::new(node, &context)) {
            Ok(value) if errors.is_empty() => {
                return Ok(Read {
                    value,
                    warnings: context.warnings.into_inner(),
                    locals: context.locals.into_inner(),
                });
            }
            Ok(_) => return Err(errors),
            Err(error) => error,
        };
        pruned = context.pruned.into_inner();
        let prune = error.to_prune();
        let (problem, span, missing) = error.into_problem(node.span);
        if !missing.is_some_and(|field| pruned.contains(&problem.path.key(field))) {
            errors.push((problem, span));
        }
        if prune.is_root() || errors.len() >= MAX_ERRORS || !pruned.insert(prune) {
            return Err(errors);
        }
    }
}
