//! Expectations from a profile: a first draft for people to edit, in which the table passes.

use indexmap::IndexMap;

use super::{Bound, Categories, ColumnExpectations, DriftExpectation, Expectations, Level};
use crate::profile::{ColumnProfile, Likelihood, Profile};

/// Texts of up to so many values are categories.
const CATEGORIES: usize = 50;

/// A draft: the schema, missing values with some room, keys, categories, ends and means as warnings.
pub fn generate(profile: &Profile) -> Expectations {
    Expectations {
        path: None,
        tables: IndexMap::new(),
        rules: IndexMap::new(),
        rows: Some(Bound {
            min: Some((profile.rows as f64 / 2.0).floor()),
            ..Bound::default()
        }),
        duplicate_share: (profile.duplicate_rows.value == 0.0).then_some(Bound {
            max: Some(0.0),
            ..Bound::default()
        }),
        only_these_columns: false,
        columns: profile
            .columns
            .iter()
            .map(|column| (column.name.clone(), self::column(column)))
            .collect(),
        drift: Some(DriftExpectation {
            level: Level::Warning,
            ..DriftExpectation::default()
        }),
    }
}

fn column(column: &ColumnProfile) -> ColumnExpectations {
    let mut statistics = IndexMap::new();
    let share = column.missing_share();
    // Twice as much as was seen, and a whole hundredth at least; none stays none.
    let room = if share == 0.0 {
        0.0
    } else {
        ((share * 2.0).max(0.01) * 1000.0).ceil() / 1000.0
    };
    statistics.insert(
        "missing_share".to_owned(),
        Bound {
            max: Some(room.min(1.0)),
            ..Bound::default()
        },
    );
    let key = column.key == Some(Likelihood::Certain) && column.distinct.value > 50.0;
    if let Some(numbers) = column.numbers.as_ref().filter(|_| column.text.is_none() && !key)
        && let (Some(mean), Some(spread)) = (numbers.mean, numbers.standard_deviation)
    {
        let warning = |min: f64, max: f64| Bound {
            min: Some(rounded(min)),
            max: Some(rounded(max)),
            level: Level::Warning,
        };
        let reach = (spread / 2.0).max(mean.abs() * 0.01);
        statistics.insert("mean".to_owned(), warning(mean - reach, mean + reach));
        if let (Some(min), Some(max)) = (
            column.min.as_ref().and_then(serde_json::Value::as_f64),
            column.max.as_ref().and_then(serde_json::Value::as_f64),
        ) {
            let span = max - min;
            let low = if min >= 0.0 {
                0.0f64.max(min - span)
            } else {
                min - span
            };
            statistics.insert(
                "min".to_owned(),
                Bound {
                    min: Some(low),
                    level: Level::Warning,
                    ..Bound::default()
                },
            );
            statistics.insert(
                "max".to_owned(),
                Bound {
                    max: Some(max + span),
                    level: Level::Warning,
                    ..Bound::default()
                },
            );
        }
    }
    let few = column
        .categories
        .as_ref()
        .filter(|values| column.text.is_some() && values.len() <= CATEGORIES && !values.is_empty());
    let values = few.filter(|values| values.len() as u64 * 10 < column.count);
    ColumnExpectations {
        kind: Some(column.kind.clone()),
        optional: false,
        unique: key,
        values: values.map(|values| Categories {
            only: values.clone(),
            level: Level::Error,
        }),
        statistics,
    }
}

/// To three digits that count.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let factor = 10f64.powf(2.0 - value.abs().log10().floor());
    (value * factor).round() / factor
}
