//! Amounts of memory: `100MB`, `2Gi`, `512m`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes. `k M G T` alone and `kB MB GB TB` are powers of 1000, `Ki Mi Gi Ti` (and `KiB` …) of 1024; in
/// `docker_args`, where Docker's own rule holds, `k m g` are powers of 1024 ([`ByteSize::from_docker`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    /// Reads a size as `docker run --memory` does: `b k m g`, powers of 1024.
    pub fn from_docker(text: &str) -> Option<Self> {
        parse(text, true)
    }
}

fn parse(text: &str, docker: bool) -> Option<ByteSize> {
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim().to_lowercase();
    let letter = unit.trim_end_matches('b').trim_end_matches('i');
    let base: f64 = if docker || unit.contains('i') {
        1024.0
    } else {
        1000.0
    };
    let power = match letter {
        "" if matches!(unit.as_str(), "" | "b") => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let bytes = number * base.powi(power);
    (0.0..9e18).contains(&bytes).then_some(ByteSize(bytes as u64))
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text, false)
            .ok_or_else(|| format!("`{text}` is no amount of memory\nwrite it like `100MB` or `2Gi`"))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [
            (1 << 40, "Ti"),
            (1_000_000_000_000, "TB"),
            (1 << 30, "Gi"),
            (1_000_000_000, "GB"),
            (1 << 20, "Mi"),
            (1_000_000, "MB"),
            (1 << 10, "Ki"),
            (1000, "kB"),
        ] {
            if self.0 >= unit && self.0.is_multiple_of(unit) {
                return write!(f, "{}{name}", self.0 / unit);
            }
        }
        write!(f, "{}", self.0)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        super::scalar::scalar_text(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for ByteSize {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"], "description": "An amount of memory, such as `100MB` or `2Gi`" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_sizes() {
        let table = [
            ("100MB", 100_000_000),
            ("2Gi", 2 << 30),
            ("1.5GiB", 3 << 29),
            ("512", 512),
            ("64k", 64_000),
            ("1 GB", 1_000_000_000),
        ];
        for (text, bytes) in table {
            let size: ByteSize = text.parse().expect(text);
            assert_eq!(size.0, bytes, "{text}");
            assert_eq!(size.to_string().parse(), Ok(size));
        }
        assert_eq!(ByteSize::from_docker("512m"), Some(ByteSize(512 << 20)));
        for text in ["", "MB", "-1", "1XB", "1e3", "99999999999999999999T"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
