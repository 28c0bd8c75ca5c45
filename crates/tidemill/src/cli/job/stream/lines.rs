//! Pieces of logs to whole lines, each file by itself; what was shown before a connection broke is not shown again.

use std::collections::HashMap;

/// A line that does not end is shown in parts of so many bytes.
const MOST_BYTES: usize = 64 << 10;

/// The lines of several files.
#[derive(Debug, Default)]
pub struct Lines {
    files: HashMap<(String, String), File>,
}

#[derive(Debug, Default)]
struct File {
    shown: u64,
    open: String,
}

impl Lines {
    /// Takes a piece of a file from `offset` to `next` and gives what is new of it.
    pub fn news<'t>(&mut self, job: &str, file: &str, offset: u64, next: u64, text: &'t str) -> &'t str {
        let known = self.files.entry((job.to_owned(), file.to_owned())).or_default();
        // A file that starts anew, as a retry's does, is shown anew only if the server says so with another name; an
        // offset behind what was shown is a repetition.
        if next <= known.shown && next > offset {
            return "";
        }
        let skip = usize::try_from(known.shown.saturating_sub(offset)).unwrap_or(usize::MAX);
        known.shown = next.max(known.shown);
        match text.char_indices().map(|(at, _)| at).find(|at| *at >= skip) {
            Some(at) => &text[at..],
            None => "",
        }
    }

    /// Adds text to a file and gives the lines that are whole now, without their ends.
    pub fn feed(&mut self, job: &str, file: &str, text: &str) -> Vec<String> {
        let known = self.files.entry((job.to_owned(), file.to_owned())).or_default();
        known.open.push_str(text);
        let mut lines = Vec::new();
        // A bare carriage return ends a line too: that is how progress bars write.
        while let Some(end) = known.open.find(['\n', '\r']) {
            let rest = match known.open[end..].starts_with("\r\n") {
                true => end + 2,
                // The other half of a line's end may still come.
                false if known.open.ends_with('\r') && end + 1 == known.open.len() => break,
                false => end + 1,
            };
            lines.push(known.open[..end].to_owned());
            known.open.drain(..rest);
        }
        if known.open.len() > MOST_BYTES {
            lines.push(std::mem::take(&mut known.open));
        }
        lines
    }

    /// What is left of a job's files, or of all, as lines.
    pub fn rest(&mut self, job: Option<&str>) -> Vec<(String, String, String)> {
        let mut lines = Vec::new();
        for ((of, file), known) in &mut self.files {
            if job.is_none_or(|job| job == of) && !known.open.is_empty() {
                let open = std::mem::take(&mut known.open);
                lines.push((of.clone(), file.clone(), open.trim_end_matches('\r').to_owned()));
            }
        }
        lines.sort();
        lines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_whole_and_shown_once() {
        let mut lines = Lines::default();
        assert_eq!(lines.news("j", "f", 0, 5, "ab\nxy"), "ab\nxy");
        assert_eq!(lines.feed("j", "f", "ab\nxy"), ["ab"]);
        assert_eq!(lines.news("j", "f", 0, 5, "ab\nxy"), "");
        assert_eq!(lines.news("j", "f", 3, 8, "xyz\r\n"), "z\r\n");
        assert_eq!(lines.feed("j", "f", "z\r\n10%\r20%\r"), ["xyz", "10%"]);
        assert_eq!(lines.rest(None), [("j".into(), "f".into(), "20%".into())]);
        assert_eq!(lines.rest(None), []);
    }

    #[test]
    fn a_line_that_does_not_end_is_shown_in_parts() {
        let mut lines = Lines::default();
        let long = "x".repeat(MOST_BYTES + 1);
        assert_eq!(lines.feed("j", "f", &long), std::slice::from_ref(&long));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_it_is_cut(text in "[a-é\r\n]{0,80}", cut in 1usize..9) {
            let mut whole = Lines::default();
            let mut expected = whole.feed("j", "f", &text);
            expected.extend(whole.rest(None).into_iter().map(|(_, _, line)| line));
            let mut parts = Lines::default();
            let mut lines = Vec::new();
            let characters: Vec<char> = text.chars().collect();
            for part in characters.chunks(cut) {
                lines.extend(parts.feed("j", "f", &part.iter().collect::<String>()));
            }
            lines.extend(parts.rest(None).into_iter().map(|(_, _, line)| line));
            prop_assert_eq!(lines, expected);
        }
    }
}
