//! Amounts of processor time: `2`, `0.5`, `500m`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Thousandths of a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuAmount {
    /// Thousandths of a core.
    pub millicores: u32,
}

impl CpuAmount {
    /// Whole cores, rounded up.
    pub fn cores_up(self) -> u32 {
        self.millicores.div_ceil(1000)
    }
}

impl FromStr for CpuAmount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (number, scale) = text
            .strip_suffix('m')
            .map_or((text, 1000.0), |number| (number, 1.0));
        let digits = number.chars().all(|c| c.is_ascii_digit() || c == '.');
        match number.parse::<f64>() {
            Ok(value) if digits && value > 0.0 && value * scale <= 1e8 => Ok(Self {
                millicores: ((value * scale).round() as u32).max(1),
            }),
            _ => Err(format!(
                "`{text}` is no number of cores\nwrite it like `2`, `0.5` or `500m`"
            )),
        }
    }
}

impl fmt::Display for CpuAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millicores.is_multiple_of(1000) {
            write!(f, "{}", self.millicores / 1000)
        } else {
            write!(f, "{}m", self.millicores)
        }
    }
}

impl Serialize for CpuAmount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CpuAmount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        super::scalar::scalar_text(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for CpuAmount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CpuAmount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number"], "description": "A number of cores, such as `2`, `0.5` or `500m`" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_amounts() {
        for (text, millicores) in [("2", 2000), ("0.5", 500), ("500m", 500), ("1500m", 1500)] {
            let amount: CpuAmount = text.parse().expect(text);
            assert_eq!(amount.millicores, millicores);
            assert_eq!(amount.to_string().parse(), Ok(amount));
        }
        for text in ["", "0", "-1", "two", "inf", "1e3"] {
            assert!(text.parse::<CpuAmount>().is_err(), "{text}");
        }
    }
}
