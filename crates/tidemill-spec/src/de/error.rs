//! The error that serde's visitors raise, with the place filled in on its way out.

use std::fmt;

use serde::de;

use crate::error::{FieldPath, Problem, did_you_mean};
use crate::yaml::Span;

/// An error of one pass.
#[derive(Debug)]
pub(crate) struct DeError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    message: String,
    hint: Option<String>,
    place: Option<(FieldPath, Span)>,
    missing: Option<&'static str>,
    /// The word that chooses a kind is wrong, so nothing around it can be judged.
    of_tag: bool,
}

impl DeError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            message: message.into(),
            hint: None,
            place: None,
            missing: None,
            of_tag: false,
        }))
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.0.hint = hint.or(self.0.hint);
        self
    }

    /// Fills in the place, unless an inner one is known.
    pub(crate) fn placed(mut self, path: impl FnOnce() -> FieldPath, span: Span) -> Self {
        if self.0.place.is_none() {
            self.0.place = Some((path(), span));
        }
        self
    }

    /// As [`DeError::placed`], for the word that chooses a kind.
    pub(crate) fn placed_at_tag(mut self, path: impl FnOnce() -> FieldPath, span: Span) -> Self {
        self.0.of_tag = self.0.of_tag || self.0.place.is_none();
        self.placed(path, span)
    }

    /// What is left out before the tree is read again: the field, or all around a word that chooses a kind.
    pub(crate) fn to_prune(&self) -> FieldPath {
        let mut path = self
            .0
            .place
            .as_ref()
            .map(|(path, _)| path.clone())
            .unwrap_or_default();
        if self.0.of_tag {
            path.0.pop();
        }
        path
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.0.missing.is_some()
    }

    pub(crate) fn into_problem(self, fallback: Span) -> (Problem, Span, Option<&'static str>) {
        let inner = *self.0;
        let (path, span) = inner.place.unwrap_or((FieldPath::default(), fallback));
        (
            Problem::new(inner.message).at(path).maybe_hint(inner.hint),
            span,
            inner.missing,
        )
    }
}

impl fmt::Display for DeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for DeError {}

impl de::Error for DeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // A message may carry its hint after a line break.
        let text = message.to_string();
        match text.split_once('\n') {
            Some((message, hint)) => Self::new(message).hint(Some(hint.to_owned())),
            None => Self::new(text),
        }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("expected {expected}, found {found}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("unknown value `{variant}`")).hint(did_you_mean(
            variant,
            expected.iter().copied(),
            "possible values",
        ))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("unknown field `{field}`")).hint(did_you_mean(
            field,
            expected.iter().copied(),
            "known fields",
        ))
    }

    fn missing_field(field: &'static str) -> Self {
        let mut error = Self::new(format!("the field `{field}` is missing"));
        error.0.missing = Some(field);
        error
    }
}
