//! Values that are one of several things: told apart by their field `type`, or by their shape.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde_json::Value;

use super::folded;

/// Newtype name by which a union asks to be told apart by `type`.
pub(crate) const TAGGED: &str = "$tidemill/tagged";
/// Newtype name by which a union asks to be told apart by its shape.
pub(crate) const SHAPE: &str = "$tidemill/shape";

/// A union told apart by its field `type`.
pub(crate) trait Tagged<'de>: Sized {
    /// What it is, with its article: "a distribution".
    const NAME: &'static str;
    /// The words of `type`.
    const TAGS: &'static [&'static str];

    /// The word that is meant where `type` is not given.
    fn default_tag() -> Option<&'static str> {
        None
    }

    /// Why a word that is known to Azure ML is not accepted.
    fn refuse(_tag: &str) -> Option<String> {
        None
    }

    /// Reads the content; `tag` is one of [`Self::TAGS`].
    fn from_tag<A: VariantAccess<'de>>(tag: &'static str, content: A) -> Result<Self, A::Error>;
}

/// The shape of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Null,
    Boolean,
    Number,
    Text,
    List,
    Map,
}

/// A union told apart by its shape.
pub(crate) trait Shaped<'de>: Sized {
    /// What is expected, for errors.
    const EXPECTED: &'static str;

    /// Reads the content, or gives it back as `Ok(None)` where the shape does not fit.
    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error>;
}

pub(crate) fn deserialize_tagged<'de, T: Tagged<'de>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    d.deserialize_newtype_struct(TAGGED, TaggedVisitor(PhantomData))
}

pub(crate) fn deserialize_shaped<'de, T: Shaped<'de>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    d.deserialize_newtype_struct(SHAPE, ShapedVisitor(PhantomData))
}

struct TaggedVisitor<T>(PhantomData<T>);

fn tagged<'de, T: Tagged<'de>, A: VariantAccess<'de>>(word: &str, content: A) -> Result<T, A::Error> {
    let word = match (word, T::default_tag()) {
        ("", None) => return Err(de::Error::missing_field("type")),
        ("", Some(default)) => default,
        (word, _) => word,
    };
    if let Some(tag) = T::TAGS.iter().find(|tag| folded(tag) == folded(word)) {
        return T::from_tag(tag, content);
    }
    match T::refuse(word) {
        Some(why) => Err(de::Error::custom(why)),
        None => Err(de::Error::unknown_variant(word, T::TAGS)),
    }
}

impl<'de, T: Tagged<'de>> Visitor<'de> for TaggedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a map with the fields of {}", T::NAME)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<T, A::Error> {
        let (word, content) = data.variant::<String>()?;
        tagged(&word, content)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
        let mut value = <Value as de::Deserialize>::deserialize(d)?;
        let Some(map) = value.as_object_mut() else {
            return Err(de::Error::custom(format!(
                "expected a map with the fields of {}",
                T::NAME
            )));
        };
        let word = match map.remove("type") {
            Some(Value::String(word)) => word,
            None | Some(Value::Null) => String::new(),
            Some(other) => {
                return Err(de::Error::custom(format!(
                    "expected a word as `type`, found {other}"
                )));
            }
        };
        tagged(&word, ValueContent(value)).map_err(de::Error::custom)
    }
}

struct ShapedVisitor<T>(PhantomData<T>);

fn shaped<'de, T: Shaped<'de>, A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<T, A::Error> {
    T::from_shape(shape, content)?.ok_or_else(|| {
        let found = match shape {
            Shape::Null => "nothing",
            Shape::Boolean => "a boolean",
            Shape::Number => "a number",
            Shape::Text => "text",
            Shape::List => "a list",
            Shape::Map => "a map",
        };
        de::Error::custom(format!("expected {}, found {found}", T::EXPECTED))
    })
}

impl<'de, T: Shaped<'de>> Visitor<'de> for ShapedVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<T, A::Error> {
        let (word, content) = data.variant::<String>()?;
        let shape = match word.as_str() {
            "null" => Shape::Null,
            "boolean" => Shape::Boolean,
            "number" => Shape::Number,
            "text" => Shape::Text,
            "list" => Shape::List,
            _ => Shape::Map,
        };
        shaped(shape, content)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
        let value = <Value as de::Deserialize>::deserialize(d)?;
        let shape = match &value {
            Value::Null => Shape::Null,
            Value::Bool(_) => Shape::Boolean,
            Value::Number(_) => Shape::Number,
            Value::String(_) => Shape::Text,
            Value::Array(_) => Shape::List,
            Value::Object(_) => Shape::Map,
        };
        shaped(shape, ValueContent(value)).map_err(de::Error::custom)
    }
}

/// JSON that a union has already been told apart by.
struct ValueContent(Value);

impl<'de> VariantAccess<'de> for ValueContent {
    type Error = serde_json::Error;

    fn unit_variant(self) -> Result<(), serde_json::Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, serde_json::Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, serde_json::Error> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, serde_json::Error> {
        self.0.deserialize_any(visitor)
    }
}

/// `impl Deserialize` and `impl Tagged` for an enum whose variants each hold one struct.
macro_rules! tagged_union {
    ($union:ident, $name:literal, { $($tag:literal => $variant:ident),+ $(,)? } $(, default $default:literal)? $(, refuse $refuse:path)?) => {
        impl<'de> serde::Deserialize<'de> for $union {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::de::deserialize_tagged(d)
            }
        }

        impl<'de> $crate::de::Tagged<'de> for $union {
            const NAME: &'static str = $name;
            const TAGS: &'static [&'static str] = &[$($tag),+];

            $(fn default_tag() -> Option<&'static str> {
                Some($default)
            })?

            $(fn refuse(tag: &str) -> Option<String> {
                $refuse(tag)
            })?

            fn from_tag<A: serde::de::VariantAccess<'de>>(tag: &'static str, content: A) -> Result<Self, A::Error> {
                match tag {
                    $($tag => content.newtype_variant().map(Self::$variant),)+
                    _ => Err(serde::de::Error::unknown_variant(tag, Self::TAGS)),
                }
            }
        }
    };
}
pub(crate) use tagged_union;
