//! Small readers for fields whose written form is looser than their type.

use std::marker::PhantomData;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, Visitor};

use super::{OPEN, PATH, PLACE};

struct Through<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Through<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
        T::deserialize(d)
    }
}

/// A struct that keeps unknown fields in `extra`.
struct Open<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_newtype_struct(OPEN, Through(PhantomData)).map(Open)
    }
}

/// Reads an optional struct that keeps unknown fields.
pub(crate) fn open_option<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Open<T>>::deserialize(d)?.map(|open| open.0))
}

/// Reads a struct that keeps unknown fields.
pub(crate) fn open<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<T, D::Error> {
    Open::<T>::deserialize(d).map(|open| open.0)
}

/// Reads a text that may be a local path that has to exist, made absolute where it is one.
pub(crate) fn path_text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    d.deserialize_newtype_struct(PATH, Through(PhantomData))
}

/// Reads a text that may be a local path, made absolute where it is one.
pub(crate) fn place_text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    d.deserialize_newtype_struct(PLACE, Through(PhantomData))
}

/// Reads a map of texts; a value that is left out is the empty text.
pub(crate) fn text_map<'de, D: Deserializer<'de>>(d: D) -> Result<IndexMap<String, String>, D::Error> {
    let map = IndexMap::<String, Option<String>>::deserialize(d)?;
    Ok(map
        .into_iter()
        .map(|(key, value)| (key, value.unwrap_or_default()))
        .collect())
}

/// Reads a path that need not exist yet, made absolute.
pub(crate) fn place<'de, D: Deserializer<'de>>(d: D) -> Result<std::path::PathBuf, D::Error> {
    let text = place_text(d)?;
    match text
        .strip_prefix("azureml:")
        .or(text.split_once("://").map(|(_, rest)| rest))
    {
        Some(_) => Err(serde::de::Error::custom(format!(
            "expected a folder, found `{text}`"
        ))),
        None => Ok(text.into()),
    }
}

/// Where a URL is read from instead: a folder that need not exist yet, or a path in a datastore.
struct Mirror(crate::refs::DataPath);

impl<'de> Deserialize<'de> for Mirror {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        place_text(d)?
            .parse()
            .map(Mirror)
            .map_err(serde::de::Error::custom)
    }
}

/// Reads a map of URL beginnings to folders and paths in datastores.
pub(crate) fn mirrors<'de, D>(d: D) -> Result<IndexMap<String, crate::refs::DataPath>, D::Error>
where
    D: Deserializer<'de>,
{
    let map = IndexMap::<String, Mirror>::deserialize(d)?;
    Ok(map.into_iter().map(|(url, Mirror(path))| (url, path)).collect())
}
