//! Drift as a page.

use std::fmt::Write;

use super::page::{escaped, grouped, page, percent};
use crate::drift::{ColumnDrift, Drift, Verdict};

/// The page; `title` says what was compared.
pub fn drift(title: &str, drift: &Drift) -> String {
    page(title, &body(drift))
}

/// What stands on it.
pub fn body(drift: &Drift) -> String {
    let mut body = format!(
        "<p class=\"lead\">{} of {} columns have drifted; {} rows, before {}</p>",
        drift.drifted,
        drift.columns.len(),
        grouped(drift.rows[1] as i64),
        grouped(drift.rows[0] as i64)
    );
    for (names, what) in [
        (&drift.gone, "Columns that are gone"),
        (&drift.new, "New columns"),
    ] {
        if !names.is_empty() {
            let _ = write!(
                body,
                "<p class=\"warn\">{what}: {}</p>",
                escaped(&names.join(", "))
            );
        }
    }
    for (column, before, after) in &drift.retyped {
        let _ = write!(
            body,
            "<p class=\"warn\">{} was {} and is {}</p>",
            escaped(column),
            escaped(before),
            escaped(after)
        );
    }
    super::together::cards(&mut body, drift.multivariate.as_ref(), drift.concept.as_ref());
    for column in &drift.columns {
        self::column(&mut body, column);
    }
    body
}

fn column(body: &mut String, column: &ColumnDrift) {
    let (word, class) = match column.verdict {
        Verdict::Drifted => ("drifted", " warn"),
        Verdict::Same => ("same", ""),
        Verdict::NotEnoughData => ("not enough data", ""),
        Verdict::LeftOut => ("left out", ""),
    };
    let _ = write!(
        body,
        "<section class=\"card\"><div><h3>{}</h3><span class=\"tag{class}\">{word}</span><dl>",
        escaped(&column.column)
    );
    let mut fact = |name: &str, value: Option<f64>| {
        if let Some(value) = value.filter(|value| *value < 1e300) {
            let _ = write!(body, "<dt>{name}</dt><dd>{value:.3}</dd>");
        }
    };
    if let Some(distances) = &column.distances {
        fact("PSI", Some(distances.psi));
        fact("Jensen–Shannon", Some(distances.jensen_shannon));
        fact("Hellinger", Some(distances.hellinger));
        fact("Wasserstein / σ", distances.wasserstein);
        fact("Kolmogorov–Smirnov", distances.kolmogorov_smirnov);
        fact("chi-square", distances.chi_square);
    }
    fact("q-value", column.q_value);
    if column.missing[0] != column.missing[1] {
        let _ = write!(
            body,
            "<dt>missing</dt><dd>{} → {}</dd>",
            percent(column.missing[0]),
            percent(column.missing[1])
        );
    }
    *body += "</dl></div><div style=\"grid-column:span 2\">";
    if !column.bins.is_empty() {
        *body += "<table><tr><th>Values<th class=n>Before<th class=n>Now<th></tr>";
        let highest = column.bins.iter().flat_map(|bin| bin.shares).fold(1e-9, f64::max);
        for bin in column.bins.iter().take(12) {
            let bars = bin.shares.map(|share| share / highest * 120.0);
            let _ = write!(
                body,
                "<tr><td>{}<td class=n>{}<td class=n>{}<td><svg viewBox=\"0 0 120 16\" style=\"width:120px\"><rect class=\"bar\" width=\"{:.1}\" \
                 height=\"7\"/><rect class=\"bar2\" y=\"9\" width=\"{:.1}\" height=\"7\"/></svg></tr>",
                escaped(&bin.name),
                percent(bin.shares[0]),
                percent(bin.shares[1]),
                bars[0],
                bars[1]
            );
        }
        *body += "</table>";
    }
    if !column.segments.is_empty() {
        *body += "<table><tr><th>Where it moved<th class=n>Rows before<th class=n>Rows now<th class=n>Mean before<th class=n>Mean now\
                  <th class=n>Part of the change</tr>";
        for shift in &column.segments {
            let mean = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), super::number);
            let _ = write!(
                body,
                "<tr><td>{} is {}<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{}</tr>",
                escaped(&shift.by),
                escaped(if shift.value.is_empty() {
                    "missing"
                } else {
                    &shift.value
                }),
                percent(shift.shares[0]),
                percent(shift.shares[1]),
                mean(shift.means[0]),
                mean(shift.means[1]),
                percent(shift.part)
            );
        }
        *body += "</table>";
    }
    *body += "</div></section>\n";
}
