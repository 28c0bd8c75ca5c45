//! The profile of a table as a page.

use std::fmt::Write;

use serde_json::Value;

use super::page::{escaped, grouped, number, page, percent};
use super::picture;
use crate::profile::{ColumnProfile, Correlation, Likelihood, Profile};

/// The page; `title` says what was profiled.
pub fn profile(title: &str, profile: &Profile) -> String {
    page(title, &body(profile))
}

/// What stands on it.
pub fn body(profile: &Profile) -> String {
    let mut body = format!(
        "<p class=\"lead\">{} rows, {} columns, {} duplicate rows{}</p>",
        grouped(profile.rows as i64),
        profile.columns.len(),
        number(profile.duplicate_rows.value),
        match profile.duplicate_rows.standard_error {
            0.0 => String::new(),
            error => format!(" (± {})", number(error.ceil())),
        },
    );
    for column in &profile.columns {
        self::column(&mut body, column);
    }
    correlations(&mut body, profile);
    if !profile.missing_together.is_empty() {
        body += "<h2>Missing together</h2><table><tr><th>Columns<th class=n>Rows<th class=n>Of the rows in which either is missing</tr>";
        for pair in profile.missing_together.iter().take(30) {
            let _ = write!(
                body,
                "<tr><td>{} · {}<td class=n>{}<td class=n>{}</tr>",
                escaped(&pair.left),
                escaped(&pair.right),
                grouped(pair.rows as i64),
                percent(pair.share)
            );
        }
        body += "</table>";
    }
    target(&mut body, profile);
    segments(&mut body, profile);
    body
}

fn column(body: &mut String, column: &ColumnProfile) {
    let _ = write!(
        body,
        "<section class=\"card\"><div><h3>{}</h3>",
        escaped(&column.name)
    );
    let mut tags = vec![(column.kind.clone(), false)];
    tags.extend(column.constant.then(|| ("constant".to_owned(), true)));
    tags.extend(column.key.map(|key| {
        (
            if key == Likelihood::Certain {
                "key"
            } else {
                "key, likely"
            }
            .to_owned(),
            false,
        )
    }));
    tags.extend(column.monotonic.map(|_| ("sorted".to_owned(), false)));
    let missing = column.missing_share();
    tags.extend((missing > 0.0).then(|| (format!("{} missing", percent(missing)), missing > 0.2)));
    for (tag, warns) in tags {
        let _ = write!(
            body,
            "<span class=\"tag{}\">{}</span>",
            if warns { " warn" } else { "" },
            escaped(&tag)
        );
    }
    *body += "<dl>";
    let about = if column.distinct.standard_error > 0.0 {
        "≈ "
    } else {
        ""
    };
    fact(
        body,
        "distinct",
        &format!("{about}{}", number(column.distinct.value)),
    );
    fact(body, "missing", &grouped(column.missing as i64));
    if let (Some(min), Some(max)) = (&column.min, &column.max) {
        fact(body, "least", &shown(min));
        fact(body, "greatest", &shown(max));
    }
    *body += "</dl></div><div>";
    if let Some(histogram) = &column.histogram {
        if column.text.is_some() {
            *body += "<small>length in characters</small>";
        }
        *body += &picture::histogram(histogram, None);
    }
    *body += "<dl>";
    figures(body, column);
    *body += "</dl></div><div>";
    let whole = column.count.max(1) as f64;
    let is_text = column.text.is_some() || column.kind == "boolean";
    if (is_text || column.distinct.value <= 50.0) && !column.top.is_empty() {
        let rows: Vec<_> = column
            .top
            .iter()
            .map(|top| (shown(&top.value), top.count as f64 / whole))
            .collect();
        *body += &picture::bars(&rows);
    }
    if let Some(time) = &column.time {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let rows: Vec<_> = days
            .iter()
            .zip(&time.weekdays)
            .map(|(day, count)| ((*day).to_owned(), *count as f64 / whole))
            .collect();
        *body += &picture::bars(&rows);
    }
    *body += "</div></section>\n";
}

fn figures(body: &mut String, column: &ColumnProfile) {
    if let Some(numbers) = &column.numbers {
        let facts = [
            ("mean", numbers.mean),
            ("standard deviation", numbers.standard_deviation),
            ("skewness", numbers.skewness),
            ("kurtosis", numbers.kurtosis),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                fact(body, name, &number(value));
            }
        }
        if let (Some(low), Some(middle), Some(high)) = (
            numbers.quantiles.get("0.25"),
            numbers.quantiles.get("0.5"),
            numbers.quantiles.get("0.75"),
        ) {
            fact(
                body,
                "quartiles",
                &format!("{} · {} · {}", number(*low), number(*middle), number(*high)),
            );
        }
        for (name, count) in [
            ("zeros", numbers.zeros),
            ("NaN", numbers.nan),
            ("infinite", numbers.infinite),
        ] {
            if count > 0 && column.text.is_none() {
                fact(body, name, &grouped(count as i64));
            }
        }
    }
    if let Some(text) = &column.text {
        fact(body, "words a text", &number(text.words));
        fact(body, "characters a word", &number(text.word_length));
        if text.words > 2.0 {
            fact(body, "stop words", &percent(text.stop_words));
        }
        let all = text.languages.iter().take(3).chain(text.patterns.iter().take(3));
        for (name, share) in all {
            fact(body, name, &percent(*share));
        }
        if let Some(sentiment) = text.sentiment {
            fact(body, "sentiment", &number(sentiment));
        }
    }
    if let Some(time) = &column.time
        && let Some((from, to)) = &time.longest_gap
    {
        fact(
            body,
            "longest gap",
            &if from == to {
                from.clone()
            } else {
                format!("{from} to {to}")
            },
        );
    }
}

fn correlations(body: &mut String, profile: &Profile) {
    if profile.correlations.is_empty() {
        return;
    }
    let all = profile.sample_rows == profile.rows;
    let of = if all {
        String::new()
    } else {
        format!(
            " <small>on a sample of {} rows</small>",
            grouped(profile.sample_rows as i64)
        )
    };
    let _ = write!(
        body,
        "<h2>Columns that go together{of}</h2><table><tr><th>Columns<th class=n>Pearson<th class=n>Spearman<th class=n>Cramér's V</tr>"
    );
    let cell = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.2}"));
    let strong = |one: &&Correlation| {
        [one.pearson, one.spearman, one.cramers_v]
            .into_iter()
            .flatten()
            .any(|value| value.abs() >= 0.3)
    };
    for one in profile.correlations.iter().filter(strong).take(25) {
        let _ = write!(
            body,
            "<tr><td>{} · {}<td class=n>{}<td class=n>{}<td class=n>{}</tr>",
            escaped(&one.left),
            escaped(&one.right),
            cell(one.pearson),
            cell(one.spearman),
            cell(one.cramers_v)
        );
    }
    *body += "</table>";
}

fn target(body: &mut String, profile: &Profile) {
    let Some(target) = &profile.target else { return };
    let _ = write!(
        body,
        "<h2>What the columns say of {}</h2><table><tr><th>Column<th class=n>Mutual information<th class=n>Of its entropy<th></tr>",
        escaped(&target.column)
    );
    for feature in target.features.iter().take(25) {
        let suspect = if feature.leakage_suspect {
            "<span class=warn>may give it away</span>"
        } else {
            ""
        };
        let _ = write!(
            body,
            "<tr><td>{}<td class=n>{:.3}<td class=n>{}<td>{suspect}</tr>",
            escaped(&feature.column),
            feature.mutual_information,
            percent(feature.share)
        );
    }
    *body += "</table><h2>Its classes</h2>";
    let rows: Vec<_> = target
        .classes
        .iter()
        .map(|class| (class.value.clone(), class.rows as f64 / target.rows.max(1) as f64))
        .collect();
    *body += &picture::bars(&rows);
}

fn segments(body: &mut String, profile: &Profile) {
    let Some(segments) = &profile.segments else { return };
    let _ = write!(
        body,
        "<h2>By {}</h2><table><tr><th>Value<th class=n>Rows in the sample<th class=n>Target</tr>",
        escaped(&segments.column)
    );
    for segment in &segments.segments {
        let target = segment
            .target
            .map(|target| format!("{} ± {}", number(target.value), number(target.standard_error)));
        let _ = write!(
            body,
            "<tr><td>{}<td class=n>{}<td class=n>{}</tr>",
            escaped(&segment.value),
            grouped(segment.rows as i64),
            target.unwrap_or_default()
        );
    }
    *body += "</table>";
}

fn fact(body: &mut String, name: &str, value: &str) {
    let _ = write!(body, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(value) => value.as_f64().map_or_else(|| value.to_string(), number),
        other => other.to_string(),
    }
}
