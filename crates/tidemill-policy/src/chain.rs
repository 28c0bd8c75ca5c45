//! The chain of the audit log: each row holds a hash of itself and of the row before, so that a row that was changed,
//! removed or moved is found.

use std::cmp::Ordering;
use std::fmt;

/// What stands for the row before the first one.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One row, as it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its place: 1, 2, 3, …
    pub seq: i64,
    /// Its texts in the order of the columns.
    pub fields: &'a [&'a str],
    /// The hash of the row before, in hex.
    pub previous: &'a str,
}

/// The hash of a row, in hex: BLAKE3 over its canonical form, which is the word `tidemill-audit-1`, the place, the hash
/// of the row before and the fields, each as its length in bytes, a colon, and its bytes.
pub fn digest(link: &Link<'_>) -> String {
    let mut hash = blake3::Hasher::new();
    let mut add = |text: &str| {
        hash.update(format!("{}:", text.len()).as_bytes());
        hash.update(text.as_bytes());
    };
    add("tidemill-audit-1");
    add(&link.seq.to_string());
    add(link.previous);
    link.fields.iter().for_each(|field| add(field));
    hash.finalize().to_hex().to_string()
}

/// What is wrong with a chain, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The content of a row is not what its hash was made of.
    Changed {
        /// The row.
        seq: i64,
    },
    /// Rows are not there.
    Missing {
        /// The first of them.
        from: i64,
        /// The last of them.
        to: i64,
    },
    /// A row is sound in itself, and follows another row than the one that stands before it.
    Unlinked {
        /// The row.
        seq: i64,
    },
    /// A row stands behind the end of the log.
    Added {
        /// The last such row.
        seq: i64,
    },
    /// A hash that was written down is the hash of no row.
    NotThere {
        /// The hash that was looked for.
        head: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Changed { seq } => write!(f, "row {seq} was changed: its hash is not that of its content"),
            Fault::Missing { from, to } if from == to => write!(f, "row {from} is missing"),
            Fault::Missing { from, to } => write!(f, "rows {from} to {to} are missing"),
            Fault::Unlinked { seq } => write!(
                f,
                "row {seq} does not follow the row before it: that one was exchanged or written anew"
            ),
            Fault::Added { seq } => write!(
                f,
                "row {seq} stands behind the end of the log: it was not written by a server"
            ),
            Fault::NotThere { head } => write!(
                f,
                "no row has the hash {head}: the end of the log was cut off or written anew after it was noted"
            ),
        }
    }
}

/// Checks a chain row by row.
#[derive(Debug, Clone)]
pub struct Checker {
    rows: i64,
    last: i64,
    hash: String,
    pinned: Option<String>,
    faults: Vec<Fault>,
}

impl Checker {
    /// Faults that are kept; a log with more of them was not touched in one place.
    const MOST: usize = 20;

    /// Begins before the first row. `pinned` is a hash that was noted earlier and has to be that of some row.
    pub fn new(pinned: Option<String>) -> Self {
        Self {
            rows: 0,
            last: 0,
            hash: GENESIS.to_owned(),
            pinned,
            faults: Vec::new(),
        }
    }

    /// Takes the next row, in the order of their places, and the hash that it holds.
    pub fn row(&mut self, link: &Link<'_>, hash: &str) {
        let follows = !self.gap_to(link.seq - 1);
        if digest(link) != hash {
            self.found(Fault::Changed { seq: link.seq });
        } else if follows && link.previous != self.hash {
            self.found(Fault::Unlinked { seq: link.seq });
        }
        if self.pinned.as_deref() == Some(hash) {
            self.pinned = None;
        }
        self.rows += 1;
        self.last = link.seq;
        hash.clone_into(&mut self.hash);
    }

    /// Ends: the head that is kept beside the log says how many rows there have been.
    pub fn end(mut self, head: Option<(i64, &str)>) -> Checked {
        if let Some((seq, hash)) = head {
            self.gap_to(seq);
            match seq.cmp(&self.last) {
                Ordering::Less => self.found(Fault::Added { seq: self.last }),
                // Its hash was made anew, which no row after it can show.
                Ordering::Equal if hash != self.hash => self.found(Fault::Changed { seq }),
                _ => {}
            }
        }
        if let Some(head) = self.pinned.take() {
            self.found(Fault::NotThere { head });
        }
        Checked {
            rows: self.rows,
            seq: self.last,
            head: self.hash,
            faults: self.faults,
        }
    }

    /// Whether rows are missing up to this place: what follows a gap has nothing to be compared with.
    fn gap_to(&mut self, last: i64) -> bool {
        let gap = last > self.last;
        if gap {
            let from = self.last + 1;
            self.found(Fault::Missing { from, to: last });
        }
        gap
    }

    fn found(&mut self, fault: Fault) {
        if self.faults.len() < Self::MOST && !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Rows that were read.
    pub rows: i64,
    /// The place of the last one.
    pub seq: i64,
    /// Its hash: what to write down elsewhere.
    pub head: String,
    /// What is wrong, the first first.
    pub faults: Vec<Fault>,
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (i64, String, String, String);

    fn chain(texts: &[&str]) -> Vec<Row> {
        let mut previous = GENESIS.to_owned();
        let rows = texts.iter().zip(1..).map(|(text, seq)| {
            let hash = digest(&Link {
                seq,
                fields: &[text],
                previous: &previous,
            });
            (
                seq,
                (*text).to_owned(),
                std::mem::replace(&mut previous, hash.clone()),
                hash,
            )
        });
        rows.collect()
    }

    fn check(rows: &[Row], pinned: Option<&str>, head: Option<(i64, &str)>) -> Vec<Fault> {
        let mut checker = Checker::new(pinned.map(str::to_owned));
        for (seq, text, previous, hash) in rows {
            checker.row(
                &Link {
                    seq: *seq,
                    fields: &[text],
                    previous,
                },
                hash,
            );
        }
        checker.end(head).faults
    }

    #[test]
    fn a_chain_as_it_was_written_is_sound() {
        let rows = chain(&["a", "b", "c"]);
        assert_eq!(check(&rows, Some(&rows[1].3), Some((3, &rows[2].3))), []);
        assert_eq!(check(&[], None, Some((0, GENESIS))), []);
    }

    #[test]
    fn what_was_done_to_a_chain_is_named() {
        let rows = chain(&["a", "b", "c", "d"]);
        let head = rows[3].3.clone();
        let mut changed = rows.clone();
        changed[1].1 = "x".into();
        assert_eq!(check(&changed, None, None), [Fault::Changed { seq: 2 }]);
        let without = [&rows[..1], &rows[2..]].concat();
        assert_eq!(check(&without, None, None), [Fault::Missing { from: 2, to: 2 }]);
        assert_eq!(
            check(&rows[2..], None, Some((4, &head))),
            [Fault::Missing { from: 1, to: 2 }]
        );
        assert_eq!(
            check(&rows[..2], None, Some((4, &head))),
            [Fault::Missing { from: 3, to: 4 }]
        );
        assert_eq!(
            check(&rows[..2], Some(&head), None),
            [Fault::NotThere { head: head.clone() }]
        );
        assert_eq!(
            check(&rows, None, Some((3, &rows[2].3))),
            [Fault::Added { seq: 4 }]
        );
        let mut anew = rows[..3].to_vec();
        anew.extend(chain(&["a", "b", "c", "x"]).pop());
        assert_eq!(check(&anew, None, Some((4, &head))), [Fault::Changed { seq: 4 }]);
        // Two rows that changed places, with their hashes made anew.
        let mut moved = chain(&["a", "c", "b"]);
        moved.push(rows[3].clone());
        assert_eq!(check(&moved, None, None), [Fault::Unlinked { seq: 4 }]);
    }

    #[test]
    fn where_one_field_ends_is_part_of_the_hash() {
        let of = |fields: &[&str]| {
            digest(&Link {
                seq: 1,
                fields,
                previous: GENESIS,
            })
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
    }
}
