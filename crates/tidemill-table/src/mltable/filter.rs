//! `filter`: an expression over the columns of a table, checked against their types, then computed batch by batch.

use std::sync::Arc;

use arrow_schema::{DataType, Schema};
use chrono::NaiveDate;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::logical_expr::{Expr, Operator as Sign, binary_expr, cast, lit, not};
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::SessionContext;

use super::expression::{Node, Operator};

/// What a value is, as far as comparing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Flag,
    Time,
    Null,
}

impl Kind {
    fn shown(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "text",
            Self::Flag => "true or false",
            Self::Time => "a time",
            Self::Null => "nothing",
        }
    }
}

/// The condition over these columns.
///
/// # Errors
/// A column is not there, or its type does not fit what it is compared with.
pub(super) fn condition(node: &Node, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>, String> {
    let (expression, kind) = typed(node, schema)?;
    if kind != Kind::Flag {
        return Err(format!("it is {}, and a filter is a condition", kind.shown()));
    }
    let columns = DFSchema::try_from(schema.clone()).map_err(|error| error.to_string())?;
    SessionContext::new()
        .create_physical_expr(expression, &columns)
        .map_err(|error| error.to_string())
}

/// The columns that an expression names.
pub(super) fn named<'n>(node: &'n Node, names: &mut Vec<&'n str>) {
    match node {
        Node::Column(name) => names.push(name),
        Node::Not(inner) | Node::Negative(inner) => named(inner, names),
        Node::Two(_, left, right) => {
            named(left, names);
            named(right, names);
        }
        _ => {}
    }
}

fn typed(node: &Node, schema: &Schema) -> Result<(Expr, Kind), String> {
    Ok(match node {
        Node::Column(name) => {
            let field = schema
                .field_with_name(name)
                .map_err(|_| no_column(name, schema))?;
            let kind = kind_of(field.data_type())
                .ok_or_else(|| format!("the column `{name}` holds no single values to compare"))?;
            (Expr::Column(Column::from_name(name)), kind)
        }
        Node::Text(text) => (lit(text.clone()), Kind::Text),
        Node::Whole(value) => (lit(*value), Kind::Number),
        Node::Number(value) => (lit(*value), Kind::Number),
        Node::Flag(value) => (lit(*value), Kind::Flag),
        Node::Null => (lit(ScalarValue::Null), Kind::Null),
        Node::Time(parts) => (time(parts)?, Kind::Time),
        Node::Not(inner) => match typed(inner, schema)? {
            (inner, Kind::Flag) => (not(inner), Kind::Flag),
            (_, kind) => return Err(format!("`not` takes a condition, not {}", kind.shown())),
        },
        Node::Negative(inner) => match typed(inner, schema)? {
            (inner, Kind::Number) => (Expr::Negative(Box::new(inner)), Kind::Number),
            (_, kind) => return Err(format!("`-` takes a number, not {}", kind.shown())),
        },
        Node::Two(operator, left, right) => two(*operator, left, right, schema)?,
    })
}

fn two(operator: Operator, left: &Node, right: &Node, schema: &Schema) -> Result<(Expr, Kind), String> {
    let ((mut one, first), (mut other, second)) = (typed(left, schema)?, typed(right, schema)?);
    let wanted = match operator {
        Operator::Or | Operator::And => Some(Kind::Flag),
        Operator::Plus | Operator::Minus | Operator::Times | Operator::Divided => Some(Kind::Number),
        _ => None,
    };
    if let Some(wanted) = wanted {
        if let Some(kind) = [first, second].into_iter().find(|kind| *kind != wanted) {
            let (shown, what) = (
                operator.shown(),
                if wanted == Kind::Flag {
                    "conditions"
                } else {
                    "numbers"
                },
            );
            return Err(format!(
                "`{shown}` joins {what}, and one side is {}",
                kind.shown()
            ));
        }
        if operator == Operator::Divided {
            (one, other) = (cast(one, DataType::Float64), cast(other, DataType::Float64));
        }
        return Ok((binary_expr(one, sign(operator), other), wanted));
    }
    match (operator, first, second) {
        (Operator::Equal, _, Kind::Null) => return Ok((one.is_null(), Kind::Flag)),
        (Operator::Equal, Kind::Null, _) => return Ok((other.is_null(), Kind::Flag)),
        (Operator::Differs, _, Kind::Null) => return Ok((one.is_not_null(), Kind::Flag)),
        (Operator::Differs, Kind::Null, _) => return Ok((other.is_not_null(), Kind::Flag)),
        _ => {}
    }
    // A time may be compared with a text that says one.
    match (left, right) {
        (Node::Text(text), _) if second == Kind::Time => one = instant(text)?,
        (_, Node::Text(text)) if first == Kind::Time => other = instant(text)?,
        _ if first != second => {
            return Err(format!(
                "`{}` compares {} with {}; convert one before (convert_column_types)",
                operator.shown(),
                first.shown(),
                second.shown()
            ));
        }
        _ => {}
    }
    Ok((binary_expr(one, sign(operator), other), Kind::Flag))
}

fn sign(operator: Operator) -> Sign {
    match operator {
        Operator::Or => Sign::Or,
        Operator::And => Sign::And,
        Operator::Equal => Sign::Eq,
        Operator::Differs => Sign::NotEq,
        Operator::Less => Sign::Lt,
        Operator::LessOrEqual => Sign::LtEq,
        Operator::Greater => Sign::Gt,
        Operator::GreaterOrEqual => Sign::GtEq,
        Operator::Plus => Sign::Plus,
        Operator::Minus => Sign::Minus,
        Operator::Times => Sign::Multiply,
        Operator::Divided => Sign::Divide,
    }
}

fn kind_of(data_type: &DataType) -> Option<Kind> {
    Some(match data_type {
        DataType::Boolean => Kind::Flag,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Kind::Time,
        DataType::Decimal128(..) | DataType::Decimal256(..) => Kind::Number,
        other if other.is_numeric() => Kind::Number,
        _ => return None,
    })
}

fn instant(text: &str) -> Result<Expr, String> {
    let time = arrow_cast::parse::string_to_datetime(&chrono::Utc, text)
        .map_err(|_| format!("\"{text}\" is no time, such as 2020-01-31 or 2020-01-31T12:00:00"))?;
    // Nanoseconds end in 2262.
    Ok(lit(match time.timestamp_nanos_opt() {
        Some(nanos) => ScalarValue::TimestampNanosecond(Some(nanos), None),
        None => ScalarValue::TimestampMicrosecond(Some(time.timestamp_micros()), None),
    }))
}

fn time(parts: &[i64]) -> Result<Expr, String> {
    let part = |at: usize, default: i64| u32::try_from(parts.get(at).copied().unwrap_or(default)).ok();
    let found = || {
        let date = NaiveDate::from_ymd_opt(i32::try_from(*parts.first()?).ok()?, part(1, 0)?, part(2, 0)?)?;
        date.and_hms_opt(part(3, 0)?, part(4, 0)?, part(5, 0)?)
    };
    let time = found().filter(|_| parts.len() <= 6);
    let time = time.ok_or_else(|| {
        format!("there is no time datetime{parts:?}")
            .replace('[', "(")
            .replace(']', ")")
    })?;
    Ok(lit(ScalarValue::TimestampMicrosecond(
        Some(time.and_utc().timestamp_micros()),
        None,
    )))
}

/// Why a column is not found.
pub(super) fn no_column(name: &str, schema: &Schema) -> String {
    let known: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let more = if known.len() > 20 { ", …" } else { "" };
    let known = known.iter().take(20).copied().collect::<Vec<_>>().join(", ");
    format!("there is no column `{name}`; there are {known}{more}")
}
