//! What a column holds, and the key of each of its values: a word that sorts as the value does.

use arrow_schema::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// True or false.
    Boolean,
    /// Whole numbers, signed.
    Integer,
    /// Whole numbers from zero on.
    Unsigned,
    /// Decimals of up to 18 digits, kept as whole numbers of 10^-scale.
    Decimal(i8),
    /// Floating point; decimals of more digits are rounded to it.
    Float,
    /// Days since 1970.
    Date,
    /// Instants, in so many units a second, and their zone.
    Timestamp(i64, Option<String>),
    /// Times of day, or durations, in so many units a second.
    Time(i64),
    /// Text.
    Text,
    /// Bytes.
    Binary,
    /// Lists and maps: their lengths are what is counted.
    List,
    /// A column without a type: nothing but missing values.
    Empty,
    /// A type that is counted and no more.
    Other,
}

/// How keys of a kind read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Signed whole numbers.
    Signed,
    /// Unsigned whole numbers.
    Unsigned,
    /// Floating point.
    Float,
    /// Hashes, without an order.
    Hash,
}

const SIGN: u64 = 1 << 63;

impl Kind {
    /// The kind of an Arrow type.
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Integer,
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => Self::Unsigned,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Decimal32(digits, scale)
            | DataType::Decimal64(digits, scale)
            | DataType::Decimal128(digits, scale)
            | DataType::Decimal256(digits, scale) => {
                if *digits <= 18 && *scale >= 0 {
                    Self::Decimal(*scale)
                } else {
                    Self::Float
                }
            }
            DataType::Date32 => Self::Date,
            DataType::Date64 => Self::Timestamp(1000, None),
            DataType::Timestamp(unit, zone) => {
                Self::Timestamp(per_second(*unit), zone.as_deref().map(str::to_owned))
            }
            DataType::Time32(unit) | DataType::Time64(unit) | DataType::Duration(unit) => {
                Self::Time(per_second(*unit))
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Binary,
            DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(..)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::Map(..) => Self::List,
            DataType::Dictionary(_, values) => Self::of(values),
            DataType::Null => Self::Empty,
            _ => Self::Other,
        }
    }

    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer | Self::Unsigned => "integer",
            Self::Decimal(_) => "decimal",
            Self::Float => "float",
            Self::Date => "date",
            Self::Timestamp(..) => "timestamp",
            Self::Time(_) => "time",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::List => "list",
            Self::Empty => "empty",
            Self::Other => "other",
        }
    }

    /// How its keys read.
    pub fn domain(&self) -> Domain {
        match self {
            Self::Unsigned => Domain::Unsigned,
            Self::Float => Domain::Float,
            Self::Text | Self::Binary | Self::Other | Self::Empty => Domain::Hash,
            _ => Domain::Signed,
        }
    }

    /// True where means and quantiles of the values mean something.
    pub fn is_numeric(&self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Unsigned | Self::Decimal(_) | Self::Float | Self::Time(_) | Self::List
        )
    }

    /// True for dates and instants.
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp(..))
    }

    /// The value of a key, in the unit of the column; seconds for times, days for dates, the word itself for hashes.
    pub fn number(&self, key: u64) -> f64 {
        let whole = self.domain().value(key);
        match self {
            Self::Decimal(scale) => whole / 10f64.powi(i32::from(*scale)),
            Self::Timestamp(per_second, _) | Self::Time(per_second) => whole / *per_second as f64,
            _ => whole,
        }
    }

    /// A value as people read it: a number, a date, an instant.
    pub fn show(&self, key: u64) -> Value {
        let signed = signed(key);
        match self {
            Self::Boolean => Value::Bool(signed != 0),
            Self::Integer | Self::List => signed.into(),
            Self::Unsigned => key.into(),
            Self::Date => {
                day(signed).map_or_else(|| format!("day {signed}").into(), |date| date.to_string().into())
            }
            Self::Timestamp(per_second, zone) => match instant(signed, *per_second) {
                Some(instant) if zone.is_some() => format!("{instant}Z").into(),
                Some(instant) => instant.to_string().into(),
                None => format!("{signed}/{per_second} s").into(),
            },
            _ => number(self.number(key)),
        }
    }
}

impl Domain {
    /// The key of a finite or infinite floating point number; both zeros have one.
    #[inline]
    pub fn of_float(value: f64) -> u64 {
        let bits = (value + 0.0).to_bits();
        if bits & SIGN == 0 { bits | SIGN } else { !bits }
    }

    /// The key of a signed whole number.
    #[inline]
    pub fn of_signed(value: i64) -> u64 {
        value as u64 ^ SIGN
    }

    /// The value of a key.
    #[inline]
    pub fn value(self, key: u64) -> f64 {
        match self {
            Self::Signed => signed(key) as f64,
            Self::Unsigned | Self::Hash => key as f64,
            Self::Float => f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN }),
        }
    }

    /// The whole number of a key, where it is one that an interval can count.
    pub fn whole(self, key: u64) -> Option<i64> {
        match self {
            Self::Signed => Some(signed(key)),
            Self::Unsigned => i64::try_from(key).ok(),
            Self::Float => {
                let value = self.value(key);
                (value.abs() < 9e15 && value.fract() == 0.0).then_some(value as i64)
            }
            Self::Hash => None,
        }
    }

    /// The key of a whole number.
    pub fn of_whole(self, whole: i64) -> u64 {
        match self {
            Self::Signed => Self::of_signed(whole),
            Self::Unsigned | Self::Hash => whole as u64,
            Self::Float => Self::of_float(whole as f64),
        }
    }
}

/// The signed whole number of a key.
#[inline]
pub fn signed(key: u64) -> i64 {
    (key ^ SIGN) as i64
}

/// The instant so many units after 1970, in UTC; not one of jiff's own, which end some hours before the year 9999 does.
fn instant(units: i64, per_second: i64) -> Option<jiff::civil::DateTime> {
    let seconds = units.div_euclid(per_second);
    let nanos = units.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let of_day = seconds.rem_euclid(86_400);
    let part = |seconds: i64| i8::try_from(seconds).ok();
    let date = day(seconds.div_euclid(86_400))?;
    let time = jiff::civil::Time::new(
        part(of_day / 3600)?,
        part(of_day / 60 % 60)?,
        part(of_day % 60)?,
        i32::try_from(nanos).ok()?,
    );
    Some(date.to_datetime(time.ok()?))
}

/// The date so many days after 1970-01-01.
pub fn day(days: i64) -> Option<jiff::civil::Date> {
    jiff::civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

/// A number as JSON: whole where it is whole, and text where JSON has no number.
pub fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return (value as i64).into();
    }
    serde_json::Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_values_and_come_back() {
        let floats = [f64::NEG_INFINITY, -1e300, -1.5, -0.0, 1e-300, 2.0, f64::INFINITY];
        let keys: Vec<u64> = floats.iter().map(|value| Domain::of_float(*value)).collect();
        assert!(keys.is_sorted());
        assert!(
            keys.iter()
                .zip(floats)
                .all(|(key, value)| Domain::Float.value(*key) == value)
        );
        assert_eq!(Domain::of_float(-0.0), Domain::of_float(0.0));
        let wholes = [i64::MIN, -1, 0, 9_007_199_254_740_993, i64::MAX];
        let keys = wholes.map(Domain::of_signed);
        assert!(keys.is_sorted());
        assert_eq!(keys.map(|key| Kind::Integer.show(key)), wholes.map(Value::from));
    }

    #[test]
    fn dates_before_1900_and_instants_are_shown() {
        assert_eq!(Kind::Date.show(Domain::of_signed(-36_525)), "1869-12-31");
        let instant = Kind::Timestamp(1000, Some("UTC".into())).show(Domain::of_signed(-1));
        assert_eq!(instant, "1969-12-31T23:59:59.999Z");
        // The last second of contracts that never end.
        let last = Kind::Timestamp(1, None).show(Domain::of_signed(253_402_300_799));
        assert_eq!(last, "9999-12-31T23:59:59");
        assert_eq!(Kind::Decimal(2).show(Domain::of_signed(-1250)), -12.5);
    }
}
