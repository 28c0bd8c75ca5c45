//! From a parsed filter to SQL: comparisons that mean the same on SQLite and PostgreSQL.

use sea_orm::DbBackend;
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Order, Query, SelectStatement};
use tidemill_query::{Comparison, Operator, Value};

use crate::tag::{Noun, Table};

/// A slice of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Rows to leave out.
    pub offset: u64,
    /// Rows at most.
    pub limit: u64,
}

impl Window {
    /// Cuts rows that were asked for with one more than the limit; says whether there are more.
    pub(crate) fn cut<T>(self, rows: &mut Vec<T>) -> bool {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        more
    }

    pub(crate) fn apply(self, select: &mut SelectStatement) {
        select.limit(self.limit.saturating_add(1)).offset(self.offset);
    }
}

/// What was found, and whether there is more after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// The rows of the window.
    pub items: Vec<T>,
    /// Whether rows follow.
    pub more: bool,
}

/// `left operator value`. Comparing with nothing (`IS NULL`) is for whoever knows what being there means.
pub(crate) fn compare(backend: DbBackend, left: Expr, operator: Operator, value: &Value) -> Expr {
    match value {
        Value::Number(number) => match operator {
            Operator::Ne => left.ne(*number),
            Operator::Gt => left.gt(*number),
            Operator::Ge => left.gte(*number),
            Operator::Lt => left.lt(*number),
            Operator::Le => left.lte(*number),
            _ => left.eq(*number),
        },
        Value::List(items) if operator == Operator::NotIn => left.is_not_in(items.iter().cloned()),
        Value::List(items) => left.is_in(items.iter().cloned()),
        Value::Text(text) => match operator {
            Operator::Ne => left.ne(text.as_str()),
            Operator::Like => like(backend, left, text),
            Operator::ILike => ilike(backend, left, text),
            _ => left.eq(text.as_str()),
        },
        Value::None => left.is_not_null(),
    }
}

/// `LIKE` that counts case: SQLite's own doesn't, its `GLOB` does.
fn like(backend: DbBackend, left: Expr, pattern: &str) -> Expr {
    if backend == DbBackend::Sqlite {
        left.binary(BinOper::Custom("GLOB"), glob(pattern))
    } else {
        left.binary(BinOper::Custom("LIKE"), pattern.replace('\\', "\\\\"))
    }
}

fn ilike(backend: DbBackend, left: Expr, pattern: &str) -> Expr {
    if backend == DbBackend::Sqlite {
        left.binary(BinOper::Custom("LIKE"), pattern)
    } else {
        left.binary(BinOper::Custom("ILIKE"), pattern.replace('\\', "\\\\"))
    }
}

/// `a%_*` as `LIKE` has it is `a*?[*]` as `GLOB` has it.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        match c {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '*' | '?' | '[' => {
                glob.push('[');
                glob.push(c);
                glob.push(']');
            }
            c => glob.push(c),
        }
    }
    glob
}

/// Whether an owner has a tag or parameter that fits; `owner` is the column that names it.
pub(crate) fn has_text(
    backend: DbBackend,
    table: Table,
    workspace: &str,
    noun: Noun,
    owner: Expr,
    comparison: &Comparison,
) -> Expr {
    let mut select = Query::select();
    select
        .expr(Expr::value(1))
        .from_as(table.name(), "t")
        .and_where(Expr::col(("t", "workspace")).eq(workspace))
        .and_where(Expr::col(("t", "noun")).eq(noun.as_str()))
        .and_where(Expr::col(("t", "owner")).eq(owner))
        .and_where(Expr::col(("t", "key")).eq(comparison.key.name.as_str()));
    match comparison.operator {
        Operator::IsNull => Expr::not_exists(select),
        Operator::IsNotNull => Expr::exists(select),
        operator => {
            select.and_where(compare(
                backend,
                Expr::col(("t", "value")),
                operator,
                &comparison.value,
            ));
            Expr::exists(select)
        }
    }
}

/// Sorts by `value`, what has none last.
pub(crate) fn sort_nulls_last(select: &mut SelectStatement, value: Expr, ascending: bool) {
    let missing = Expr::case(value.clone().is_null(), 1).finally(0);
    select.order_by_expr(missing.into(), Order::Asc);
    select.order_by_expr(value, direction(ascending));
}

pub(crate) fn direction(ascending: bool) -> Order {
    if ascending { Order::Asc } else { Order::Desc }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_keeps_its_meaning_as_a_glob() {
        assert_eq!(glob("a%_"), "a*?");
        assert_eq!(glob("100*[x]?"), "100[*][[]x][?]");
    }

    #[test]
    fn a_window_knows_whether_more_follows() {
        let window = Window { offset: 0, limit: 2 };
        let mut rows = vec![1, 2, 3];
        assert!(window.cut(&mut rows));
        assert_eq!(rows, [1, 2]);
        assert!(!window.cut(&mut rows));
    }
}
