//! A text that may be written as a number.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Reads a text, or a number as the text that it is written with.
pub(crate) fn scalar_text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    d.deserialize_any(ScalarText)
}

struct ScalarText;

impl Visitor<'_> for ScalarText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::value::{ByteSize, CpuAmount};

    #[test]
    fn an_amount_may_come_as_a_number() {
        let cores = |value| {
            serde_json::from_value::<CpuAmount>(value)
                .map(CpuAmount::cores_up)
                .ok()
        };
        assert_eq!(
            [cores(json!(2)), cores(json!("2")), cores(json!(0.5))],
            [Some(2), Some(2), Some(1)]
        );
        assert_eq!(
            [cores(json!(-1)), cores(json!(true)), cores(json!(null))],
            [None; 3]
        );
        let bytes = |value| {
            serde_json::from_value::<ByteSize>(value)
                .map(ByteSize::bytes)
                .ok()
        };
        assert_eq!(
            [bytes(json!(1024)), bytes(json!("1Ki"))],
            [Some(1024), Some(1024)]
        );
    }
}
