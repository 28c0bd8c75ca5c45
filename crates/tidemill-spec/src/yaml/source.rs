//! The files that one load has read, and positions in them.

use std::path::{Path, PathBuf};

/// A place in one of the files of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Which file, as an index into the source map.
    pub file: u32,
    /// Line, from 1; 0 where there is no line to show (a value from the command line).
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters on that line, at least 1.
    pub length: u32,
}

/// One text that was read, with the folder its relative paths start from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as it is shown in errors.
    pub path: PathBuf,
    /// The folder that relative paths written in this text start from.
    pub folder: PathBuf,
    /// The text itself.
    pub text: String,
}

impl Source {
    /// A source for `path`; its relative paths start from the folder it lies in.
    pub fn new(path: &Path, text: String) -> Self {
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Self {
            path: path.to_path_buf(),
            folder,
            text,
        }
    }
}

/// All texts of one load.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// Adds a text and returns its number.
    pub fn add(&mut self, source: Source) -> u32 {
        self.sources.push(source);
        u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX)
    }

    /// The text with this number.
    pub fn get(&self, file: u32) -> Option<&Source> {
        self.sources.get(file as usize)
    }

    /// The line of text that a span points at.
    pub fn line(&self, span: Span) -> Option<&str> {
        let index = (span.line as usize).checked_sub(1)?;
        self.get(span.file)?.text.lines().nth(index)
    }
}
