//! Going on after a row: the values that a row has in an ordering, and what comes after them.
//!
//! A page is found by the place of the row before it, never by counting. So a row that appears or vanishes between two
//! pages moves no other one, and the thousandth page costs what the first did.

use sea_orm::sea_query::{Expr, ExprTrait, Order};
use serde::{Deserialize, Serialize};

/// The place of a row in an ordering, as a page token holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// One for each key that was asked for.
    pub keys: Vec<Place>,
    /// When it started: UTC milliseconds.
    pub start_time: i64,
    /// What tells rows apart that are equal in all the rest.
    pub run_id: String,
}

/// The value of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// A floating-point number, by its bits: text would round it.
    Float(u64),
    /// A whole number.
    Whole(i64),
    /// A text.
    Text(String),
    /// Not a number, which comes after all numbers.
    NotANumber,
    /// No value, which comes last.
    Missing,
}

impl Place {
    /// In which group of rows: those with a value, those without a number, those without anything.
    pub(crate) fn rank(&self) -> i32 {
        match self {
            Self::Float(_) | Self::Whole(_) | Self::Text(_) => 0,
            Self::NotANumber => 1,
            Self::Missing => 2,
        }
    }

    /// As a bound value; `None` where all rows of the group are equal.
    pub(crate) fn bound(&self) -> Option<Expr> {
        match self {
            Self::Float(bits) => Some(Expr::value(f64::from_bits(*bits))),
            Self::Whole(number) => Some(Expr::value(*number)),
            Self::Text(text) => Some(Expr::value(text.as_str())),
            Self::NotANumber | Self::Missing => None,
        }
    }
}

/// One column of an ordering beside the value that the last row has there.
pub(crate) struct Step {
    pub(crate) column: Expr,
    pub(crate) order: Order,
    pub(crate) last: Expr,
}

impl Step {
    fn is_after(&self) -> Expr {
        if self.order == Order::Desc {
            self.column.clone().lt(self.last.clone())
        } else {
            self.column.clone().gt(self.last.clone())
        }
    }

    /// What an index can start at.
    fn is_not_before(&self) -> Expr {
        if self.order == Order::Desc {
            self.column.clone().lte(self.last.clone())
        } else {
            self.column.clone().gte(self.last.clone())
        }
    }

    fn is_there(&self) -> Expr {
        self.column.clone().eq(self.last.clone())
    }
}

/// Whether a row comes after the one at these steps. The last step tells all rows apart.
///
/// `(a > x) or (a = x and b > y)` hides from a planner where to start in an index on `a`, so `a >= x` stands before it.
pub(crate) fn is_after(steps: &[Step]) -> Option<Expr> {
    let (first, rest) = steps.split_first()?;
    let Some(later) = is_after(rest) else {
        return Some(first.is_after());
    };
    let tie = first.is_there().and(later);
    Some(first.is_not_before().and(first.is_after().or(tie)))
}
