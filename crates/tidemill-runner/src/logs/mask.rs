//! Keeps known values out of what a job prints, also where a value comes in pieces.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// What stands for a value.
const MASK: &[u8] = b"***";
/// Lines of a value that are shorter are too common to be looked for alone.
const LEAST_LINE: usize = 8;

/// The texts that must not be seen. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    /// The longest first, so that the whole of a value is found before a part of it.
    needles: Arc<Vec<Vec<u8>>>,
    /// Which bytes one of them starts with.
    starts: Arc<Vec<bool>>,
}

impl Mask {
    /// The values themselves, their longer lines, and each as base64, in a URL and in JSON.
    pub(crate) fn new(values: &[String]) -> Self {
        let mut texts = Vec::new();
        for value in values {
            texts.push(value.clone());
            texts.push(value.trim().to_owned());
            texts.extend(
                value
                    .lines()
                    .map(str::trim)
                    .filter(|line| line.len() >= LEAST_LINE)
                    .map(str::to_owned),
            );
            texts.push(STANDARD.encode(value));
            texts.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
            texts.push(
                serde_json::Value::from(value.as_str())
                    .to_string()
                    .trim_matches('"')
                    .to_owned(),
            );
        }
        let mut needles: Vec<Vec<u8>> = texts
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(String::into_bytes)
            .collect();
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        let mut starts = vec![false; 256];
        for first in needles.iter().filter_map(|needle| needle.first()) {
            starts[usize::from(*first)] = true;
        }
        Self {
            needles: Arc::new(needles),
            starts: Arc::new(starts),
        }
    }

    /// For one stream of bytes.
    pub(crate) fn stream(&self) -> Masked {
        Masked {
            mask: self.clone(),
            held: Vec::new(),
        }
    }
}

/// One stream of bytes on its way into a log.
pub(crate) struct Masked {
    mask: Mask,
    /// The end of what came, while it may be the start of a value.
    held: Vec<u8>,
}

impl Masked {
    /// Takes a piece, and gives what can be shown of it and of what was held.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.mask.needles.is_empty() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        let bytes = std::mem::take(&mut self.held);
        let mut shown = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while let Some(first) = bytes.get(at) {
            if !self.mask.starts[usize::from(*first)] {
                shown.push(*first);
                at += 1;
                continue;
            }
            let rest = &bytes[at..];
            let longer = |needle: &&Vec<u8>| needle.len() > rest.len() && needle.starts_with(rest);
            if self.mask.needles.iter().find(longer).is_some() {
                self.held = rest.to_vec();
                return shown;
            }
            match self.mask.needles.iter().find(|needle| rest.starts_with(needle)) {
                Some(needle) => {
                    shown.extend_from_slice(MASK);
                    at += needle.len();
                }
                None => {
                    shown.push(*first);
                    at += 1;
                }
            }
        }
        shown
    }

    /// The end: what was held is the start of nothing, or a value with the start of a longer one.
    pub(crate) fn end(mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.held);
        let mut shown = Vec::new();
        while !rest.is_empty() {
            let found = self.mask.needles.iter().find(|needle| rest.starts_with(needle));
            let taken = found.map_or(1, Vec::len);
            let piece: Vec<u8> = rest.drain(..taken).collect();
            shown.extend_from_slice(if found.is_some() { MASK } else { &piece });
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(values: &[&str], pieces: &[&str]) -> String {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mut stream = Mask::new(&values).stream();
        let mut shown = Vec::new();
        for piece in pieces {
            shown.extend(stream.push(piece.as_bytes()));
        }
        shown.extend(stream.end());
        String::from_utf8(shown).expect("text")
    }

    #[test]
    fn a_value_is_masked_wherever_it_is_split() {
        let text = "a hunter2 b hunter2hunter2 c hunter";
        for at in 0..text.len() {
            let (one, two) = text.split_at(at);
            assert_eq!(
                through(&["hunter2"], &[one, two]),
                "a *** b ****** c hunter",
                "split at {at}"
            );
        }
        let single: Vec<String> = text.chars().map(String::from).collect();
        let single: Vec<&str> = single.iter().map(String::as_str).collect();
        assert_eq!(through(&["hunter2"], &single), "a *** b ****** c hunter");
    }

    #[test]
    fn the_longer_value_wins_and_the_shorter_one_is_still_found() {
        for pieces in [&["abcdef abcd abc"][..], &["abc", "def ab", "cd ab", "c"]] {
            assert_eq!(through(&["abcd", "abcdef"], pieces), "*** *** abc");
        }
        // The stream ends within the longer one.
        assert_eq!(through(&["abcd", "abcdefgh"], &["abcdef"]), "***ef");
    }

    #[test]
    fn a_value_is_found_in_its_other_forms() {
        let value = "p\"ss wörd/+";
        let forms = [
            "cCJzcyB3w7ZyZC8r",
            "p%22ss+w%C3%B6rd%2F%2B",
            r#"p\"ss wörd/+"#,
            value,
        ];
        for form in forms {
            assert_eq!(through(&[value], &[&format!("<{form}>")]), "<***>", "{form}");
        }
        assert_eq!(
            through(
                &["-----BEGIN KEY-----\nMIIEvQIBADAN\n-----END KEY-----\n"],
                &["x MIIEvQIBADAN y"]
            ),
            "x *** y"
        );
    }

    #[test]
    fn without_values_bytes_pass_as_they_are() {
        assert_eq!(through(&[], &["a", "\0b"]), "a\0b");
    }
}
