//! Logs of instances: appended to by offset, kept in stretches, of which the oldest are let go.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The size at which a new stretch is begun.
const STRETCH_BYTES: u64 = 4 << 20;
/// Stretches that are kept of a log.
const KEPT: usize = 4;

/// The stretches of a log, oldest first: where each starts, and its file.
fn stretches(folder: &Path, name: &str) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found: Vec<(u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let start = file.strip_prefix(name)?.strip_prefix('.')?.parse().ok()?;
            Some((start, entry.path()))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Appends what is not there yet of a chunk that starts at `offset`. Gives the offset of what comes next.
pub(crate) fn append(folder: &Path, name: &str, offset: u64, chunk: &[u8]) -> io::Result<u64> {
    let mut there = stretches(folder, name)?;
    let (start, file) = match there.last() {
        Some((start, file)) => (*start, file.clone()),
        None => {
            fs::create_dir_all(folder)?;
            (0, folder.join(format!("{name}.{:020}", 0)))
        }
    };
    let mut log = fs::OpenOptions::new().create(true).append(true).open(&file)?;
    let end = start + log.metadata()?.len();
    let known = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
    if offset > end || known >= chunk.len() {
        return Ok(end);
    }
    log.write_all(&chunk[known..])?;
    let end = offset + chunk.len() as u64;
    if end - start >= STRETCH_BYTES {
        let next = folder.join(format!("{name}.{end:020}"));
        fs::File::create(&next)?;
        there.push((end, next));
        for (_, old) in there.iter().rev().skip(KEPT) {
            fs::remove_file(old)?;
        }
    }
    Ok(end)
}

/// The last lines of a log, and the offset at which it ends.
pub(crate) fn tail(folder: &Path, name: &str, lines: usize) -> io::Result<(String, u64)> {
    let there = stretches(folder, name)?;
    let mut bytes = Vec::new();
    let mut end = 0;
    for (at, (start, file)) in there.iter().enumerate().rev() {
        let piece = fs::read(file)?;
        if at + 1 == there.len() {
            end = start + piece.len() as u64;
        }
        bytes.splice(0..0, piece);
        if bytes.iter().filter(|byte| **byte == b'\n').count() > lines {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    let kept = &all[all.len().saturating_sub(lines)..];
    let mut text = kept.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    Ok((text, end))
}

/// What a log holds from an offset on, at most `most` bytes, and the offset of what comes next.
pub(crate) fn read_from(folder: &Path, name: &str, offset: u64, most: usize) -> io::Result<(String, u64)> {
    let there = stretches(folder, name)?;
    let at = there.iter().rposition(|(start, _)| *start <= offset).unwrap_or(0);
    let Some((start, file)) = there.get(at) else {
        return Ok((String::new(), offset));
    };
    let from = offset.max(*start);
    let mut log = fs::File::open(file)?;
    log.seek(SeekFrom::Start(from - start))?;
    let mut bytes = Vec::new();
    log.take(most as u64).read_to_end(&mut bytes)?;
    let next = match there.get(at + 1) {
        // The stretch is over; the next one begins where it ends.
        Some((next, _)) if bytes.is_empty() => *next,
        _ => from + bytes.len() as u64,
    };
    Ok((String::from_utf8_lossy(&bytes).into_owned(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_never_ends_keeps_its_last_stretches() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("1");
        let chunk = vec![b'x'; 1 << 20];
        let mut offset = 0;
        for _ in 0..40 {
            offset = append(&path, "log", offset, &chunk).expect("written");
        }
        assert_eq!(offset, 40 << 20);
        let kept: u64 = stretches(&path, "log")
            .expect("there")
            .iter()
            .map(|(_, file)| fs::metadata(file).expect("there").len())
            .sum();
        assert!(kept <= KEPT as u64 * STRETCH_BYTES, "{kept}");
        assert_eq!(
            append(&path, "log", 0, b"old").expect("known"),
            offset,
            "what is known is not written twice"
        );
        assert_eq!(
            append(&path, "log", offset, b"\nlast\n").expect("written"),
            offset + 6
        );
        assert_eq!(
            tail(&path, "log", 1).expect("read"),
            ("last\n".into(), offset + 6)
        );
    }

    #[test]
    fn lines_are_read_from_the_end_and_from_an_offset() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        append(path, "log", 0, b"one\ntwo\nthree\n").expect("written");
        assert_eq!(tail(path, "log", 2).expect("read").0, "two\nthree\n");
        assert_eq!(
            read_from(path, "log", 4, 100).expect("read"),
            ("two\nthree\n".into(), 14)
        );
        assert_eq!(
            read_from(path, "log", 14, 100).expect("read"),
            (String::new(), 14)
        );
        assert_eq!(tail(path, "none", 2).expect("nothing"), (String::new(), 0));
    }
}
