//! JSON lines without those that are no objects. An empty line stays where one was, so that rows keep their numbers.

use std::io::{BufRead, BufReader, Read};

use serde::de::IgnoredAny;

use crate::blocks::LONGEST;

/// Passes the lines of a text that are JSON objects.
pub(crate) struct ValidLines {
    source: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    given: usize,
}

impl ValidLines {
    pub(crate) fn of(source: Box<dyn Read + Send>) -> Self {
        Self {
            source: BufReader::with_capacity(1 << 20, source),
            line: Vec::new(),
            given: 0,
        }
    }
}

impl Read for ValidLines {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.line.len() {
            self.line.clear();
            self.given = 0;
            self.source
                .by_ref()
                .take(LONGEST as u64)
                .read_until(b'\n', &mut self.line)?;
            let text = self.line.trim_ascii();
            let is_object = text.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(text).is_ok();
            if !is_object && !self.line.is_empty() {
                self.line.clear();
                self.line.push(b'\n');
            }
        }
        let now = to.len().min(self.line.len() - self.given);
        to[..now].copy_from_slice(&self.line[self.given..self.given + now]);
        self.given += now;
        Ok(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_objects_are_empty() {
        let text = b"{\"a\": 1}\nbroken\n{\"a\": \n[1]\n{\"a\": 2}".to_vec();
        let mut found = String::new();
        ValidLines::of(Box::new(std::io::Cursor::new(text)))
            .read_to_string(&mut found)
            .expect("read");
        assert_eq!(found, "{\"a\": 1}\n\n\n\n{\"a\": 2}");
    }
}
