//! A profile in a terminal: a row for each column, with its shape.

use serde_json::{Value, json};
use tidemill_profile::report::number;
use tidemill_profile::{ColumnProfile, Likelihood, Profile};

use crate::error::Result;
use crate::output::{Column, write_out};
use crate::session::Session;

const COLUMNS: [Column; 9] = [
    Column::text("column", "column"),
    Column::text("type", "type"),
    Column::text("missing", "missing"),
    Column::text("distinct", "distinct"),
    Column::text("shape", "shape"),
    Column::text("min", "min"),
    Column::text("mean", "mean"),
    Column::text("max", "max"),
    Column::text("", "note"),
];
/// Strong enough to be told.
const STRONG: f64 = 0.5;

pub(super) fn print(session: &Session, name: &str, profile: &Profile) -> Result<()> {
    let duplicates = match (
        profile.duplicate_rows.value,
        profile.duplicate_rows.standard_error,
    ) {
        (0.0, _) => "none twice".to_owned(),
        (value, 0.0) => format!("{} there already", number(value)),
        (value, error) => format!("about {} ± {} there already", number(value), number(error.ceil())),
    };
    let rows = number(profile.rows as f64);
    write_out(&format!(
        "{name}: {rows} rows ({duplicates}), {} columns\n\n",
        profile.columns.len()
    ))?;
    session
        .output
        .list(profile.columns.iter().map(row).collect(), &COLUMNS)?;
    let mut more = String::new();
    more += &relations(profile);
    more += &target(profile);
    more += &segments(profile);
    write_out(&more)
}

fn row(column: &ColumnProfile) -> Value {
    let share = column.missing_share();
    let missing = match share * 100.0 {
        0.0 => String::new(),
        percent if percent < 0.1 => "<0.1%".to_owned(),
        percent => format!("{percent:.1}%"),
    };
    let about = if column.distinct.standard_error > 0.0 {
        "~"
    } else {
        ""
    };
    let of = |value: &Option<Value>| value.as_ref().map(shown).unwrap_or_default();
    let mean = column
        .numbers
        .as_ref()
        .filter(|_| column.text.is_none())
        .and_then(|numbers| numbers.mean);
    let length = column
        .numbers
        .as_ref()
        .filter(|_| column.text.is_some())
        .and_then(|numbers| numbers.mean);
    json!({
        "column": column.name,
        "type": column.kind,
        "missing": missing,
        "distinct": format!("{about}{}", number(column.distinct.value)),
        "shape": shape(column),
        "min": of(&column.min),
        "mean": mean.map(number).unwrap_or_default(),
        "max": of(&column.max),
        "note": note(column, length),
    })
}

/// The histogram as blocks.
fn shape(column: &ColumnProfile) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let Some(histogram) = column
        .histogram
        .as_ref()
        .filter(|_| column.text.is_none() && !column.constant)
    else {
        return String::new();
    };
    // Two bins a letter: ten letters are enough to see a shape.
    let counts: Vec<u64> = histogram.counts.chunks(2).map(|pair| pair.iter().sum()).collect();
    let highest = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let block = |count: &u64| {
        if *count == 0 {
            ' '
        } else {
            BLOCKS[((*count as f64 / highest * 7.0).round() as usize).min(7)]
        }
    };
    format!("▕{}▏", counts.iter().map(block).collect::<String>())
}

fn note(column: &ColumnProfile, length: Option<f64>) -> String {
    let mut notes = Vec::new();
    if column.constant {
        notes.push("constant".to_owned());
    }
    match column.key {
        Some(Likelihood::Certain) => notes.push("key".to_owned()),
        Some(Likelihood::Likely) => notes.push("likely a key".to_owned()),
        None => {}
    }
    if let Some(numbers) = column.numbers.as_ref().filter(|_| column.text.is_none()) {
        for (count, word) in [(numbers.nan, "NaN"), (numbers.infinite, "infinite")] {
            if count > 0 {
                notes.push(format!("{} {word}", number(count as f64)));
            }
        }
    }
    if column.text.is_some() {
        let whole = column.count.max(1) as f64;
        let frequent = column
            .top
            .iter()
            .take(3)
            .filter(|top| top.count as f64 / whole >= 0.01);
        let shares: Vec<String> = frequent
            .map(|top| {
                format!(
                    "{} {:.0}%",
                    cut(&shown(&top.value), 16),
                    top.count as f64 / whole * 100.0
                )
            })
            .collect();
        match length {
            _ if !shares.is_empty() => notes.push(shares.join(", ")),
            Some(length) => notes.push(format!("{} characters", number(length))),
            None => {}
        }
    }
    notes.join(", ")
}

fn relations(profile: &Profile) -> String {
    let mut lines = Vec::new();
    for one in &profile.correlations {
        let (value, name) = match (one.pearson, one.cramers_v) {
            (Some(r), _) => (r, "r"),
            (_, Some(v)) => (v, "V"),
            _ => continue,
        };
        if value.abs() >= STRONG && lines.len() < 8 {
            lines.push(format!("  {} · {}  {name} = {value:.2}\n", one.left, one.right));
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    let sample = if profile.sample_rows == profile.rows {
        String::new()
    } else {
        format!(" (a sample of {} rows)", number(profile.sample_rows as f64))
    };
    format!("\nGo together{sample}\n{}", lines.concat())
}

fn target(profile: &Profile) -> String {
    let Some(target) = &profile.target else {
        return String::new();
    };
    let mut text = format!("\nSay the most of {}\n", target.column);
    for feature in target.features.iter().take(8) {
        let suspect = if feature.leakage_suspect {
            "  may give it away"
        } else {
            ""
        };
        text += &format!(
            "  {}  {:.0}% of its entropy{suspect}\n",
            feature.column,
            feature.share * 100.0
        );
    }
    text
}

fn segments(profile: &Profile) -> String {
    let Some(segments) = &profile.segments else {
        return String::new();
    };
    let mut text = format!("\nBy {}\n", segments.column);
    for segment in &segments.segments {
        let target = segment
            .target
            .map(|target| format!("  target {}", number(target.value)))
            .unwrap_or_default();
        text += &format!(
            "  {}  {} rows{target}\n",
            segment.value,
            number(segment.rows as f64)
        );
    }
    if let Some(ratio) = segments.parity_ratio {
        text += &format!("  lowest rate over the highest: {ratio:.2}\n");
    }
    text
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text, 20),
        Value::Number(value) => value
            .as_f64()
            .filter(|value| value.abs() < 9e15)
            .map_or_else(|| value.to_string(), number),
        other => other.to_string(),
    }
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}
