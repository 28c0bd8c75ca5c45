//! The serde deserializer over a spanned node.

use std::path::Path;

use serde::de::value::StrDeserializer;
use serde::de::{self, Deserializer, Visitor};

use super::access::{EntryAccess, ListAccess, NodeAccess, WordAccess};
use super::context::{Context, LocalFound};
use super::error::DeError;
use super::folded;
use super::read_only::read_only;
use super::union::{SHAPE, TAGGED};
use crate::error::{Warning, did_you_mean};
use crate::refs::{absolute_from, local_text};
use crate::yaml::{Key, Node, NodeKind, Resolved, Scalar, bool_text};

/// Newtype name by which a struct asks to keep unknown fields in its field `extra`.
pub(crate) const OPEN: &str = "$tidemill/open";
/// Newtype name by which a text says: a local path here starts from the file that it is written in, and must exist.
pub(crate) const PATH: &str = "$tidemill/path";
/// As [`PATH`], for a path that need not exist yet.
pub(crate) const PLACE: &str = "$tidemill/place";

/// A node that is being read.
#[derive(Clone, Copy)]
pub(crate) struct De<'a> {
    node: &'a Node,
    cx: &'a Context<'a>,
    /// Unknown fields go to `extra`.
    open: bool,
    /// The field `type` has already chosen this struct.
    tagged: bool,
}

impl<'a> De<'a> {
    pub(crate) fn new(node: &'a Node, cx: &'a Context<'a>) -> Self {
        Self {
            node,
            cx,
            open: false,
            tagged: false,
        }
    }

    fn place(self, error: DeError) -> DeError {
        error.placed(|| self.cx.here(), self.node.span)
    }

    fn unexpected<T>(self, expected: &str) -> Result<T, DeError> {
        Err(self.place(DeError::new(format!(
            "expected {expected}, found {}",
            self.node.describe()
        ))))
    }

    fn scalar(self, expected: &str) -> Result<&'a Scalar, DeError> {
        match self.node.as_scalar() {
            Some(scalar) if !scalar.is_null() => Ok(scalar),
            _ => self.unexpected(expected),
        }
    }

    fn integer(self) -> Result<i64, DeError> {
        let scalar = self.scalar("a whole number")?;
        let plain = Scalar {
            text: scalar.text.trim().to_owned(),
            quoted: false,
        };
        match plain.resolve() {
            Resolved::Int(value) => Ok(value),
            Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Ok(value as i64),
            _ => self.unexpected("a whole number"),
        }
    }

    fn float(self) -> Result<f64, DeError> {
        let scalar = self.scalar("a number")?;
        let plain = Scalar {
            text: scalar.text.trim().to_owned(),
            quoted: false,
        };
        match plain.resolve() {
            Resolved::Int(value) => Ok(value as f64),
            Resolved::Float(value) => Ok(value),
            _ => self.unexpected("a number"),
        }
    }

    fn boolean(self) -> Result<bool, DeError> {
        let scalar = self.scalar("true or false")?;
        match (bool_text(scalar.text.trim()), scalar.text.trim()) {
            (Some(value), _) => Ok(value),
            (None, "1" | "t" | "y") => Ok(true),
            (None, "0" | "f" | "n") => Ok(false),
            _ => self.unexpected("true or false"),
        }
    }

    fn text(self) -> Result<&'a str, DeError> {
        self.scalar("text").map(|scalar| scalar.text.as_str())
    }

    fn pruned(self, key: &str) -> bool {
        let pruned = self.cx.pruned.borrow();
        !pruned.is_empty() && pruned.contains(&self.cx.here().key(key))
    }

    /// The entries that count for a struct, and those it keeps aside.
    fn struct_entries(
        self,
        name: &'static str,
        fields: &'static [&'static str],
    ) -> Result<EntryAccess<'a>, DeError> {
        let what = spoken(name);
        let Some(all) = self.node.as_map() else {
            return self.unexpected(&format!("a map with the fields of {what}"));
        };
        let dropped = read_only(name);
        let mut entries: Vec<(&Key, &Node)> = Vec::with_capacity(all.len());
        let mut extra: Vec<(&Key, &Node)> = Vec::new();
        for (key, value) in all {
            let word = key.text.as_str();
            if self.pruned(word)
                || word == "$schema"
                || dropped.contains(&word)
                || (self.tagged && word == "type")
            {
                continue;
            }
            let declared = fields.contains(&word) && word != "extra";
            if declared {
                entries.push((key, value));
            } else if self.open {
                self.cx.warnings.borrow_mut().push(Warning::new(
                    self.cx.here().key(word),
                    format!("not a known field of {what}; it is kept but has no effect"),
                ));
                extra.push((key, value));
            } else {
                let known = fields.iter().copied().filter(|field| *field != "extra");
                let hint =
                    belongs_elsewhere(word, fields).or_else(|| did_you_mean(word, known, "known fields"));
                return Err(DeError::new(format!("unknown field `{word}` in {what}"))
                    .hint(hint)
                    .placed(|| self.cx.here().key(word), key.span));
            }
        }
        let mut access = EntryAccess::new(entries, self.cx);
        access.extra = (self.open && !extra.is_empty()).then_some(extra);
        Ok(access)
    }

    fn path_text(self, must_exist: bool) -> Result<String, DeError> {
        let text = self.text()?.trim();
        if text.is_empty() {
            return self.unexpected("a path or a reference");
        }
        let Some(local) = local_text(text) else {
            return Ok(text.to_owned());
        };
        let folder = self
            .cx
            .sources
            .get(self.node.span.file)
            .map_or(Path::new(""), |source| &source.folder);
        let absolute = absolute_from(folder, local);
        if must_exist {
            self.cx.locals.borrow_mut().push(LocalFound {
                path: self.cx.here(),
                span: self.node.span,
                written: text.to_owned(),
                absolute: absolute.clone(),
            });
        }
        Ok(absolute.to_string_lossy().into_owned())
    }

    fn visit_tagged<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        if self.node.as_map().is_none() {
            let expected = Expecting(&visitor).to_string();
            return self.unexpected(&expected);
        }
        let tag = self
            .node
            .get("type")
            .filter(|tag| !tag.is_null() && !self.pruned("type"));
        let text = match tag {
            Some(tag) => match tag.as_text() {
                Some(text) => text.trim().to_owned(),
                None => {
                    let message = format!("expected a word, found {}", tag.describe());
                    return Err(DeError::new(message).placed(|| self.cx.here().key("type"), tag.span));
                }
            },
            None => String::new(),
        };
        let content = De { tagged: true, ..self };
        visitor
            .visit_enum(NodeAccess { tag: text, content })
            .map_err(|error| match tag {
                Some(tag) if !error.is_missing() => {
                    error.placed_at_tag(|| self.cx.here().key("type"), tag.span)
                }
                _ => error,
            })
    }

    fn shape(self) -> &'static str {
        match &self.node.kind {
            NodeKind::List(_) => "list",
            NodeKind::Map(_) => "map",
            NodeKind::Scalar(scalar) => match scalar.resolve() {
                Resolved::Null => "null",
                Resolved::Bool(_) => "boolean",
                Resolved::Int(_) | Resolved::Float(_) => "number",
                Resolved::Text => "text",
            },
        }
    }
}

/// A struct's name as people say it: `CommandJob` is "a command job", `PipelineSettings` are "pipeline settings".
fn spoken(name: &str) -> String {
    let name = match name {
        "CommandNode" => "CommandStep",
        "PipelineNode" => "PipelineStep",
        "Data" => "DataAsset",
        name => name.strip_suffix("Fields").unwrap_or(name),
    };
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    if words.ends_with('s') {
        return words;
    }
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {words}")
}

/// Fields that are often written one level too high.
fn belongs_elsewhere(word: &str, fields: &[&str]) -> Option<String> {
    let parent = match word {
        "instance_count" | "instance_type" | "shm_size" | "docker_args" | "memory" | "cpu" | "gpu" => {
            "resources"
        }
        "timeout" | "retries" => "limits",
        "default_compute" | "default_datastore" | "continue_on_step_failure" | "force_rerun" => "settings",
        "conda_file" | "image" | "build" => "environment",
        _ => return None,
    };
    fields
        .contains(&parent)
        .then(|| format!("did you mean `{parent}.{word}`?"))
}

struct Expecting<'v, V>(&'v V);

impl<'de, V: Visitor<'de>> std::fmt::Display for Expecting<'_, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.expecting(f)
    }
}

macro_rules! integers {
    ($($method:ident => $visit:ident as $int:ty),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
            let value = self.integer()?;
            let Ok(small) = <$int>::try_from(value) else {
                return self.unexpected(&format!("a whole number from {} to {}", <$int>::MIN, <$int>::MAX));
            };
            visitor.$visit(small).map_err(|error| self.place(error))
        }
    )+};
}

impl<'de> Deserializer<'de> for De<'_> {
    type Error = DeError;

    integers! {
        deserialize_i8 => visit_i8 as i8, deserialize_i16 => visit_i16 as i16, deserialize_i32 => visit_i32 as i32,
        deserialize_u8 => visit_u8 as u8, deserialize_u16 => visit_u16 as u16,
        deserialize_u32 => visit_u32 as u32, deserialize_u64 => visit_u64 as u64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let result = match &self.node.kind {
            NodeKind::List(_) => return self.deserialize_seq(visitor),
            NodeKind::Map(_) => return self.deserialize_map(visitor),
            NodeKind::Scalar(scalar) => match scalar.resolve() {
                Resolved::Null => visitor.visit_unit(),
                Resolved::Bool(value) => visitor.visit_bool(value),
                Resolved::Int(value) => visitor.visit_i64(value),
                Resolved::Float(value) if value.is_finite() => visitor.visit_f64(value),
                Resolved::Float(_) | Resolved::Text => visitor.visit_str(&scalar.text),
            },
        };
        result.map_err(|error| self.place(error))
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor
            .visit_i64(self.integer()?)
            .map_err(|error| self.place(error))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor
            .visit_bool(self.boolean()?)
            .map_err(|error| self.place(error))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor
            .visit_f64(self.float()?)
            .map_err(|error| self.place(error))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_str(self.text()?).map_err(|error| self.place(error))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        if self.node.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
        .map_err(|error| self.place(error))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        if self.node.is_null() {
            visitor.visit_unit()
        } else {
            self.unexpected("nothing")
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let items = match &self.node.kind {
            NodeKind::List(items) => items.as_slice(),
            _ if self.node.is_null() => &[],
            _ => return self.unexpected("a list"),
        };
        visitor
            .visit_seq(ListAccess {
                items: items.iter().enumerate(),
                cx: self.cx,
            })
            .map_err(|error| self.place(error))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let entries = match self.node.as_map() {
            Some(entries) => entries
                .iter()
                .filter(|(key, _)| !self.pruned(&key.text))
                .map(|(k, v)| (k, v))
                .collect(),
            None if self.node.is_null() => Vec::new(),
            None => return self.unexpected("a map"),
        };
        visitor
            .visit_map(EntryAccess::new(entries, self.cx))
            .map_err(|error| self.place(error))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let entries = self.struct_entries(name, fields)?;
        visitor.visit_map(entries).map_err(|error| self.place(error))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let word = self.scalar("a word")?.text.trim();
        let wanted = folded(word);
        let Some(variant) = variants.iter().find(|variant| folded(variant) == wanted) else {
            return Err(self.place(de::Error::unknown_variant(word, variants)));
        };
        visitor
            .visit_enum(WordAccess(variant))
            .map_err(|error| self.place(error))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        match name {
            TAGGED => self.visit_tagged(visitor),
            SHAPE => visitor.visit_enum(NodeAccess {
                tag: self.shape().to_owned(),
                content: self,
            }),
            OPEN => visitor.visit_newtype_struct(De { open: true, ..self }),
            PATH | PLACE => {
                let text = self.path_text(name == PATH)?;
                visitor.visit_newtype_struct(StrDeserializer::<DeError>::new(&text))
            }
            _ => visitor.visit_newtype_struct(self),
        }
        .map_err(|error| self.place(error))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf unit_struct tuple tuple_struct }
}
