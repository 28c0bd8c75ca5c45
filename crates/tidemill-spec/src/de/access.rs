//! How serde walks lists, maps and words of a spanned tree.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::context::Context;
use super::deserializer::De;
use super::error::DeError;
use crate::error::Segment;
use crate::yaml::{Key, Node};

/// The items of a list.
pub(crate) struct ListAccess<'a> {
    pub(crate) items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    pub(crate) cx: &'a Context<'a>,
}

impl<'de> SeqAccess<'de> for ListAccess<'_> {
    type Error = DeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DeError> {
        for (index, node) in self.items.by_ref() {
            let pruned = !self.cx.pruned.borrow().is_empty()
                && self.cx.pruned.borrow().contains(&self.cx.here().index(index));
            if pruned {
                continue;
            }
            return below(self.cx, Segment::Index(index), || {
                seed.deserialize(De::new(node, self.cx))
            })
            .map(Some);
        }
        Ok(None)
    }
}

/// The entries of a map, and what a struct that keeps unknown fields has put aside.
pub(crate) struct EntryAccess<'a> {
    pub(crate) entries: std::vec::IntoIter<(&'a Key, &'a Node)>,
    pub(crate) extra: Option<Vec<(&'a Key, &'a Node)>>,
    pub(crate) next: Option<Next<'a>>,
    pub(crate) cx: &'a Context<'a>,
}

pub(crate) enum Next<'a> {
    Value(&'a Key, &'a Node),
    Extra(Vec<(&'a Key, &'a Node)>),
}

impl<'a> EntryAccess<'a> {
    pub(crate) fn new(entries: Vec<(&'a Key, &'a Node)>, cx: &'a Context<'a>) -> Self {
        Self {
            entries: entries.into_iter(),
            extra: None,
            next: None,
            cx,
        }
    }
}

impl<'de> MapAccess<'de> for EntryAccess<'_> {
    type Error = DeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DeError> {
        if let Some((key, value)) = self.entries.next() {
            self.next = Some(Next::Value(key, value));
            let text = StrDeserializer::<DeError>::new(&key.text);
            return seed
                .deserialize(text)
                .map(Some)
                .map_err(|error| error.placed(|| self.cx.here().key(&key.text), key.span));
        }
        match self.extra.take() {
            Some(extra) => {
                self.next = Some(Next::Extra(extra));
                seed.deserialize(StrDeserializer::<DeError>::new("extra"))
                    .map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeError> {
        match self.next.take() {
            Some(Next::Value(key, value)) => below(self.cx, Segment::Key(key.text.clone()), || {
                seed.deserialize(De::new(value, self.cx))
            }),
            Some(Next::Extra(entries)) => seed.deserialize(serde::de::value::MapAccessDeserializer::new(
                EntryAccess::new(entries, self.cx),
            )),
            None => Err(DeError::new("a value was asked for before its key")),
        }
    }
}

/// Runs `f` one step further down the path.
fn below<T>(cx: &Context<'_>, segment: Segment, f: impl FnOnce() -> T) -> T {
    cx.path.borrow_mut().0.push(segment);
    let result = f();
    cx.path.borrow_mut().0.pop();
    result
}

/// A word chosen from a fixed set.
pub(crate) struct WordAccess(pub(crate) &'static str);

impl<'de> EnumAccess<'de> for WordAccess {
    type Error = DeError;
    type Variant = UnitContent;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, UnitContent), DeError> {
        seed.deserialize(StrDeserializer::<DeError>::new(self.0))
            .map(|word| (word, UnitContent))
    }
}

/// A word that carries nothing.
pub(crate) struct UnitContent;

impl<'de> VariantAccess<'de> for UnitContent {
    type Error = DeError;

    fn unit_variant(self) -> Result<(), DeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, DeError> {
        Err(DeError::new("expected a word without content"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DeError> {
        Err(DeError::new("expected a word without content"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, DeError> {
        Err(DeError::new("expected a word without content"))
    }
}

/// A node chosen by its tag or its shape.
pub(crate) struct NodeAccess<'a> {
    pub(crate) tag: String,
    pub(crate) content: De<'a>,
}

impl<'a, 'de> EnumAccess<'de> for NodeAccess<'a> {
    type Error = DeError;
    type Variant = NodeContent<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, NodeContent<'a>), DeError> {
        let word = seed.deserialize(StrDeserializer::<DeError>::new(&self.tag))?;
        Ok((word, NodeContent(self.content)))
    }
}

/// The node itself, read as what its tag says.
pub(crate) struct NodeContent<'a>(De<'a>);

impl<'de> VariantAccess<'de> for NodeContent<'_> {
    type Error = DeError;

    fn unit_variant(self) -> Result<(), DeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DeError> {
        Err(DeError::new("tuples are not used here"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, DeError> {
        Err(DeError::new("inline structs are not used here"))
    }
}
