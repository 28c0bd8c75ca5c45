//! Spanned nodes to typed specs through serde: errors know their place, words are forgiven where Azure forgives them.

mod access;
mod context;
mod deserializer;
mod error;
mod read_only;
mod union;
pub(crate) mod with;

pub(crate) use context::{LocalFound, MAX_ERRORS, read};
pub(crate) use deserializer::{OPEN, PATH, PLACE};
pub(crate) use union::{Shape, Shaped, Tagged, deserialize_shaped, deserialize_tagged, tagged_union};

/// A word in lower case without `_` and `-`, which is how enum words are compared.
pub(crate) fn folded(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}
