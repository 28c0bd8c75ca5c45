//! The pages of this program's own file that are in memory.

use std::io;
use std::ops::Range;
use std::path::Path;

/// A part of the program's file in memory that nothing has changed: what it holds is in the file as well.
#[derive(Debug, PartialEq, Eq)]
struct Unchanged {
    addresses: Range<usize>,
    resident_bytes: u64,
}

/// Gives back the pages of the program's own file, code and constants, that are in memory; says how many bytes they were.
///
/// Most of what a start runs, such as relocating, reading options and making a schema, never runs again, and stays resident all
/// the same. What is needed again comes back from the kernel's cache of the file, a page fault of some microseconds a
/// stretch, without reading the disk.
///
/// # Errors
/// When the kernel does not say what is where.
pub fn release_program_pages() -> io::Result<u64> {
    let program = std::fs::read_link("/proc/self/exe")?;
    let smaps = std::fs::read_to_string("/proc/self/smaps")?;
    let mut released = 0;
    for part in unchanged(&smaps, &program) {
        let Range { start, end } = part.addresses;
        if drop_pages(start, end - start) {
            released += part.resident_bytes;
        }
    }
    Ok(released)
}

#[expect(
    unsafe_code,
    reason = "no crate has a safe call for it: safe for any address only as long as its pages are unchanged"
)]
fn drop_pages(start: usize, length: usize) -> bool {
    // SAFETY: the range is a read-only mapping of the program's file without a page of its own, so that each page that is
    // dropped is read again as it was. Nothing unmaps or changes it while the program runs.
    unsafe { libc::madvise(start as *mut libc::c_void, length, libc::MADV_DONTNEED) == 0 }
}

/// Those parts of the program's file that cannot be written and of which no page is the process's own. The part that the
/// loader has relocated is not among them: its pages are in no file.
fn unchanged(smaps: &str, program: &Path) -> Vec<Unchanged> {
    let mut found = Vec::new();
    let mut at = None;
    let mut resident_bytes = 0;
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some("Rss:"), Some(kilobytes)) => resident_bytes = kilobytes.parse().unwrap_or(0) << 10,
            (Some("Anonymous:"), Some("0")) => {
                if let Some(addresses) = at.take() {
                    found.push(Unchanged {
                        addresses,
                        resident_bytes,
                    });
                }
            }
            (Some("Anonymous:"), _) => at = None,
            (Some(range), Some("r--p" | "r-xp")) if line.ends_with(&*program.to_string_lossy()) => {
                at = addresses(range)
            }
            (Some(range), Some(_)) if addresses(range).is_some() => at = None,
            _ => {}
        }
    }
    found
}

/// `55d0c0000000-55d0c1000000`.
fn addresses(range: &str) -> Option<Range<usize>> {
    let (start, end) = range.split_once('-')?;
    let number = |digits| usize::from_str_radix(digits, 16).ok();
    Some(number(start)?..number(end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMAPS: &str = "\
400000-500000 r--p 00000000 fe:01 7 /opt/my tidemill
Rss:                 512 kB
Anonymous:             0 kB
500000-900000 r-xp 00100000 fe:01 7 /opt/my tidemill
Rss:                1024 kB
Anonymous:             0 kB
900000-a00000 r--p 00500000 fe:01 7 /opt/my tidemill
Rss:                 256 kB
Anonymous:           256 kB
a00000-a01000 rw-p 00600000 fe:01 7 /opt/my tidemill
Rss:                   4 kB
Anonymous:             0 kB
b00000-c00000 r-xp 00000000 fe:01 8 /lib/libc.so.6
Rss:                 128 kB
Anonymous:             0 kB
c00000-d00000 r--p 00000000 00:00 0
Rss:                   0 kB
Anonymous:             0 kB
";

    #[test]
    fn relocated_written_and_foreign_parts_stay() {
        let found = unchanged(SMAPS, Path::new("/opt/my tidemill"));
        let expected = [
            Unchanged {
                addresses: 0x40_0000..0x50_0000,
                resident_bytes: 512 << 10,
            },
            Unchanged {
                addresses: 0x50_0000..0x90_0000,
                resident_bytes: 1024 << 10,
            },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_program_goes_on_without_its_pages() {
        let before = resident();
        let released = release_program_pages().expect("the kernel tells its maps");
        let after = resident();
        assert!(released > 0);
        assert!(after < before, "{after} bytes after {before}");
        // What was dropped is read again.
        assert_eq!(unchanged(SMAPS, Path::new("/elsewhere")), []);
    }

    /// Bytes of this program's file that are resident and unchanged.
    fn resident() -> u64 {
        let program = std::fs::read_link("/proc/self/exe").expect("a program");
        let smaps = std::fs::read_to_string("/proc/self/smaps").expect("maps");
        unchanged(&smaps, &program)
            .iter()
            .map(|part| part.resident_bytes)
            .sum()
    }
}
