//! The path of a field inside a document: `jobs.train.inputs.x`, `tags[0]`.

use std::fmt;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A key of a map.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// A path of fields from the root of a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// The path of a single field of the root.
    pub fn field(name: &str) -> Self {
        Self(vec![Segment::Key(name.to_owned())])
    }

    /// This path with one more step.
    #[must_use]
    pub fn join(mut self, segment: Segment) -> Self {
        self.0.push(segment);
        self
    }

    /// This path with one more key.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        self.clone().join(Segment::Key(name.to_owned()))
    }

    /// This path with one more place in a list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.clone().join(Segment::Index(index))
    }

    /// True for the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path below `base`.
    #[must_use]
    pub fn below(self, base: &Self) -> Self {
        let mut whole = base.clone();
        whole.0.extend(self.0);
        whole
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if place == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
