//! Reads numbers and enums the way protobuf's JSON does: a 64-bit number may be a text, an enum may be a number.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// A whole number, as number or text.
pub fn int<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    whole(&Value::deserialize(from)?).ok_or_else(|| D::Error::custom("expected a whole number"))
}

/// A whole number that may be missing.
pub fn opt_int<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None => Ok(None),
        Some(value) => whole(&value)
            .map(Some)
            .ok_or_else(|| D::Error::custom("expected a whole number")),
    }
}

/// A number, as number or text; `NaN`, `Infinity` and `-Infinity` are texts.
pub fn float<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    number(&Value::deserialize(from)?).ok_or_else(|| D::Error::custom("expected a number"))
}

/// The whole number that `value` holds.
pub fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().and_then(exact)),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

fn exact(n: f64) -> Option<i64> {
    (n.fract() == 0.0 && n.abs() < 9.2e18).then_some(n as i64)
}

/// The number that `value` holds.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => match s.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            other => other.trim().parse().ok(),
        },
        _ => None,
    }
}

/// Writes a number the way protobuf does.
pub fn write_float<S: serde::Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    if value.is_nan() {
        to.serialize_str("NaN")
    } else if value.is_infinite() {
        to.serialize_str(if *value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        to.serialize_f64(*value)
    }
}

/// Gives an enum its names and numbers on the wire.
macro_rules! proto_enum {
    ($name:ident { $($number:literal => $variant:ident = $text:literal),+ $(,)? }) => {
        impl $name {
            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads the name on the wire.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let value = <serde_json::Value as serde::Deserialize>::deserialize(from)?;
                if let Some(found) = value.as_str().and_then(Self::parse) {
                    return Ok(found);
                }
                match $crate::mlflow::lenient::whole(&value) {
                    $(Some($number) => Ok(Self::$variant),)+
                    _ => Err(serde::de::Error::custom(concat!("not a value of ", stringify!($name)))),
                }
            }
        }
    };
}
pub(crate) use proto_enum;
