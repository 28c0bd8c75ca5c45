//! A place in an MLTable: what stands there, and errors that name its line and field.

use std::fmt::Display;
use std::path::Path;

use tidemill_spec::error::did_you_mean;
use tidemill_spec::yaml::{Node, Resolved};

use crate::error::{Error, Result};

/// Where something stood, when the text is gone.
#[derive(Debug, Clone)]
pub(super) struct At {
    line: u32,
    field: String,
}

impl At {
    /// An error of an MLTable at this place.
    pub(super) fn refuse(&self, file: &Path, why: impl Display) -> Error {
        Error::of(file, format!("line {}, `{}`: {why}", self.line, self.field))
    }

    /// The place in words.
    pub(super) fn shown(&self) -> String {
        format!("line {} of the MLTable, `{}`", self.line, self.field)
    }
}

/// A node with its file and the field that leads to it.
#[derive(Debug, Clone)]
pub(super) struct Place<'d> {
    pub(super) file: &'d Path,
    pub(super) node: &'d Node,
    field: String,
}

impl<'d> Place<'d> {
    pub(super) fn of(file: &'d Path, node: &'d Node) -> Self {
        Self {
            file,
            node,
            field: String::new(),
        }
    }

    fn inner(&self, node: &'d Node, field: String) -> Self {
        Self {
            file: self.file,
            node,
            field,
        }
    }

    pub(super) fn at(&self) -> At {
        At {
            line: self.node.span.line,
            field: self.field.clone(),
        }
    }

    pub(super) fn refuse(&self, why: impl Display) -> Error {
        self.at().refuse(self.file, why)
    }

    pub(super) fn wanted(&self, what: &str) -> Error {
        self.refuse(format!("expected {what}, found {}", self.node.describe()))
    }

    /// A value of a map.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let node = self.node.get(key).filter(|node| !node.is_null())?;
        let field = if self.field.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.field)
        };
        Some(self.inner(node, field))
    }

    /// Refuses what is no map of these fields.
    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        let Some(entries) = self.node.as_map() else {
            return Err(self.wanted("a map"));
        };
        match entries
            .iter()
            .find(|(key, _)| !known.contains(&key.text.as_str()))
        {
            None => Ok(()),
            Some((key, _)) => {
                let at = At {
                    line: key.span.line,
                    field: self.field.clone(),
                };
                let why = format!("there is no field `{}`", key.text);
                let error = if self.field.is_empty() {
                    Error::of(self.file, format!("line {}: {why}", at.line))
                } else {
                    at.refuse(self.file, why)
                };
                Err(match did_you_mean(&key.text, known.iter().copied(), "fields") {
                    Some(hint) => error.with_hint(hint),
                    None => error,
                })
            }
        }
    }

    /// The only entry of a map, or a word that stands for itself.
    pub(super) fn single(&self) -> Result<(String, Option<Self>)> {
        if let Some(word) = self.node.as_text() {
            return Ok((word.to_owned(), None));
        }
        match self.node.as_map() {
            Some([(key, value)]) => {
                let value = (!value.is_null()).then(|| self.inner(value, key.text.clone()));
                Ok((key.text.clone(), value))
            }
            Some(_) => Err(self.refuse("each entry has one name, and what belongs to it stands deeper")),
            None => Err(self.wanted("a name, or a map of one name")),
        }
    }

    pub(super) fn items(&self) -> Result<Vec<Self>> {
        match self.node.as_list() {
            Some(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(at, item)| self.inner(item, format!("{}[{at}]", self.field)))
                .collect()),
            None => Err(self.wanted("a list")),
        }
    }

    /// The items of a list, or the only one, which needs no list.
    pub(super) fn one_or_more(&self) -> Result<Vec<Self>> {
        match self.node.as_list() {
            Some(_) => self.items(),
            None => Ok(vec![self.clone()]),
        }
    }

    pub(super) fn text(&self) -> Result<String> {
        match self.node.as_text() {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.wanted("a text")),
        }
    }

    pub(super) fn texts(&self) -> Result<Vec<String>> {
        let found: Vec<String> = self
            .one_or_more()?
            .iter()
            .map(Self::text)
            .collect::<Result<_>>()?;
        if found.is_empty() {
            return Err(self.refuse("the list is empty"));
        }
        Ok(found)
    }

    fn resolved(&self) -> Resolved {
        self.node
            .as_scalar()
            .map_or(Resolved::Null, |scalar| scalar.resolve())
    }

    pub(super) fn flag(&self) -> Result<bool> {
        match self.resolved() {
            Resolved::Bool(value) => Ok(value),
            _ => Err(self.wanted("true or false")),
        }
    }

    pub(super) fn count(&self) -> Result<u64> {
        match self.resolved() {
            Resolved::Int(value) => u64::try_from(value).map_err(|_| self.refuse("it is less than zero")),
            _ => Err(self.wanted("a whole number")),
        }
    }

    pub(super) fn number(&self) -> Result<f64> {
        match self.resolved() {
            Resolved::Int(value) => Ok(value as f64),
            Resolved::Float(value) => Ok(value),
            _ => Err(self.wanted("a number")),
        }
    }

    /// One of some words, as what it stands for.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T> {
        let text = self.text()?;
        let lower = text.to_ascii_lowercase();
        let known = words.iter().find(|(word, _)| *word == lower);
        known.map(|(_, meant)| *meant).ok_or_else(|| {
            let error = self.refuse(format!("`{text}` is none of its values"));
            match did_you_mean(&text, words.iter().map(|(word, _)| *word), "they are") {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        })
    }
}
