//! Pictures as SVG in the page.

use std::fmt::Write;

use super::page::{escaped, number, percent};
use crate::profile::Histogram;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 96.0;

/// A histogram; beside it, in another colour, a second one in the same bins.
pub(super) fn histogram(one: &Histogram, other: Option<&[u64]>) -> String {
    let share = |counts: &[u64]| {
        let whole = counts.iter().sum::<u64>().max(1) as f64;
        counts
            .iter()
            .map(|count| *count as f64 / whole)
            .collect::<Vec<_>>()
    };
    let (shares, others) = (share(&one.counts), other.map(share));
    let highest = shares
        .iter()
        .chain(others.iter().flatten())
        .fold(1e-12, |high: f64, share| high.max(*share));
    let width = WIDTH / shares.len() as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"histogram\">",
        HEIGHT + 18.0
    );
    let sets = [("bar", Some(&shares)), ("bar2", others.as_ref())];
    let each = width / if others.is_some() { 2.0 } else { 1.0 };
    for (set, (class, values)) in sets.into_iter().enumerate() {
        for (at, share) in values.into_iter().flatten().enumerate() {
            let height = share / highest * HEIGHT;
            // What is there is seen, however little.
            let height = if *share > 0.0 { height.max(1.0) } else { 0.0 };
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{} to {}: {}</title></rect>",
                at as f64 * width + set as f64 * each + 0.5,
                HEIGHT - height,
                (each - 1.0).max(0.5),
                edge(one, at),
                edge(one, at + 1),
                percent(*share),
            );
        }
    }
    let last = one.edges.len().saturating_sub(1);
    let _ = write!(
        svg,
        "<line class=\"axis\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{HEIGHT}\" y2=\"{HEIGHT}\"/><text x=\"0\" y=\"{0}\">{1}</text><text x=\"{WIDTH}\" \
         y=\"{0}\" text-anchor=\"end\">{2}</text></svg>",
        HEIGHT + 14.0,
        edge(one, 0),
        edge(one, last),
    );
    svg
}

fn edge(histogram: &Histogram, at: usize) -> String {
    match histogram.labels.get(at) {
        Some(label) => escaped(label.get(..16).unwrap_or(label)),
        None => number(histogram.edges.get(at).copied().unwrap_or(f64::NAN)),
    }
}

/// Names with bars.
pub(super) fn bars(rows: &[(String, f64)]) -> String {
    let highest = rows.iter().fold(1e-12, |high: f64, row| high.max(row.1));
    let mut out = String::from("<div class=\"top\">");
    for (name, share) in rows {
        let _ = write!(
            out,
            "<span title=\"{0}\">{0}</span><i style=\"width:{1:.1}%\"></i><b>{2}</b>",
            escaped(name),
            share / highest * 100.0,
            percent(*share)
        );
    }
    out + "</div>"
}
