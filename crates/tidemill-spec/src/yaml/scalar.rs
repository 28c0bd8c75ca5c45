//! What a plain scalar means: null, a boolean (as YAML 1.1 reads it), a number or text.

use super::node::Scalar;

/// The meaning of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `false`, and YAML 1.1's `yes no on off`.
    Bool(bool),
    /// A whole number: decimal, `0x`, `0o`, `0b`, or YAML 1.1's leading-zero octal.
    Int(i64),
    /// A number with a point or an exponent, `.inf`, `.nan`.
    Float(f64),
    /// Everything else. Dates and `12:30` are text here.
    Text,
}

/// Reads YAML 1.1's words for a boolean.
pub fn bool_text(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

impl Scalar {
    /// True for `null`, `~` and an empty plain scalar.
    pub fn is_null(&self) -> bool {
        !self.quoted && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// What the scalar means.
    pub fn resolve(&self) -> Resolved {
        if self.quoted {
            return Resolved::Text;
        }
        if self.is_null() {
            return Resolved::Null;
        }
        if let Some(value) = bool_text(&self.text) {
            return Resolved::Bool(value);
        }
        if let Some(value) = int_text(&self.text) {
            return Resolved::Int(value);
        }
        float_text(&self.text).map_or(Resolved::Text, Resolved::Float)
    }

    /// What this is, for an error.
    pub fn describe(&self) -> String {
        match self.resolve() {
            Resolved::Null => "nothing".to_owned(),
            Resolved::Bool(value) => format!("the boolean {value}"),
            Resolved::Int(_) | Resolved::Float(_) => format!("the number {}", self.text),
            Resolved::Text => {
                let shown: String = self
                    .text
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .chars()
                    .take(40)
                    .collect();
                let dots = if shown.len() < self.text.trim_end().len() {
                    "…"
                } else {
                    ""
                };
                format!("the text \"{shown}{dots}\"")
            }
        }
    }
}

/// Reads a whole number as YAML 1.1 does.
pub(crate) fn int_text(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let clean = digits.replace('_', "");
    let (radix, body) = match clean.get(..2) {
        Some("0x" | "0X") => (16, &clean[2..]),
        Some("0o" | "0O") => (8, &clean[2..]),
        Some("0b" | "0B") => (2, &clean[2..]),
        Some(_) if clean.starts_with('0') => (8, &clean[1..]),
        _ => (10, clean.as_str()),
    };
    if body.is_empty() || !body.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(body, radix).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// Reads a number with a point or an exponent.
pub(crate) fn float_text(text: &str) -> Option<f64> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let numeric = unsigned
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+' | '_'));
    let starts = unsigned.starts_with(|c: char| c.is_ascii_digit())
        || (unsigned.starts_with('.') && unsigned[1..].starts_with(|c: char| c.is_ascii_digit()));
    if !numeric || !starts || unsigned.starts_with('_') {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Resolved {
        Scalar {
            text: text.to_owned(),
            quoted: false,
        }
        .resolve()
    }

    #[test]
    fn plain_scalars_mean_what_azures_loader_reads() {
        let table = [
            ("off", Resolved::Bool(false)),
            ("Yes", Resolved::Bool(true)),
            ("y", Resolved::Text),
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("12", Resolved::Int(12)),
            ("-1", Resolved::Int(-1)),
            ("01", Resolved::Int(1)),
            ("09", Resolved::Float(9.0)),
            ("0x1F", Resolved::Int(31)),
            ("1_000", Resolved::Int(1000)),
            ("0.10", Resolved::Float(0.1)),
            (".5", Resolved::Float(0.5)),
            ("1e-3", Resolved::Float(0.001)),
            ("-.inf", Resolved::Float(f64::NEG_INFINITY)),
            ("12:30", Resolved::Text),
            ("2020-01-01", Resolved::Text),
            ("1.2.3", Resolved::Text),
            ("e5", Resolved::Text),
            (".", Resolved::Text),
            ("-", Resolved::Text),
        ];
        for (text, meaning) in table {
            assert_eq!(plain(text), meaning, "{text}");
        }
    }

    #[test]
    fn quoted_scalars_are_text() {
        assert_eq!(
            Scalar {
                text: "12".into(),
                quoted: true
            }
            .resolve(),
            Resolved::Text
        );
        assert!(
            !Scalar {
                text: String::new(),
                quoted: true
            }
            .is_null()
        );
    }
}
