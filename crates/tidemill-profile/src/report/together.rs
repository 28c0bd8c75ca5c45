//! What became of all columns together and of the target: a sentence for people, and a part of the page of a drift.

use std::fmt::Write;

use super::page::{escaped, grouped, number};
use crate::drift::{Concept, Multivariate, Verdict};

/// In words, whether the rows of the two tables can be told apart.
pub fn together(found: &Multivariate) -> String {
    let Some((auc, p_value)) = found.auc.zip(found.p_value) else {
        return format!(
            "All columns together: not enough data ({} and {} rows in the samples, 200 are needed)",
            found.rows[0], found.rows[1]
        );
    };
    let rows = format!(
        "{} and {} rows",
        grouped(found.rows[0] as i64),
        grouped(found.rows[1] as i64)
    );
    let told = format!(
        "area under the curve {auc:.3}, p {}, {rows}, {} columns",
        small(p_value),
        found.columns
    );
    if found.verdict != Verdict::Drifted {
        return format!("All columns together: the same ({told})");
    }
    let by: Vec<String> = found
        .importance
        .iter()
        .map(|one| format!("{} ({:.3})", one.column, one.auc_lost))
        .collect();
    let by = if by.is_empty() {
        "nothing alone".to_owned()
    } else {
        by.join(", ")
    };
    format!("All columns together have drifted ({told}); rows are told apart by {by}")
}

/// In words, whether the target is the same.
pub fn of_target(found: &Concept) -> String {
    let what = match &found.prediction {
        Some(prediction) => format!("{} of {prediction} against {}", found.compared, found.target),
        None => format!("{}: {}", found.target, found.compared),
    };
    let (Some(values), Some(interval), Some(p_value)) = (found.values, found.interval, found.p_value) else {
        return format!(
            "{what}: not enough data ({} and {} rows with a target)",
            found.rows[0], found.rows[1]
        );
    };
    let verdict = if found.verdict == Verdict::Drifted {
        "has drifted"
    } else {
        "is the same"
    };
    format!(
        "{what} {verdict}: {}, before {}; the difference is from {} to {} with 99 % confidence, p {}",
        number(values[1]),
        number(values[0]),
        number(interval[0]),
        number(interval[1]),
        small(p_value)
    )
}

/// A p-value, for people.
fn small(p_value: f64) -> String {
    if p_value < 0.0001 {
        "below 0.0001".to_owned()
    } else {
        format!("{p_value:.4}")
    }
}

/// Both on the page.
pub(super) fn cards(body: &mut String, multivariate: Option<&Multivariate>, concept: Option<&Concept>) {
    let tag = |verdict: Verdict| if verdict == Verdict::Drifted { " warn" } else { "" };
    if let Some(found) = multivariate {
        let _ = write!(
            body,
            "<section class=\"card\"><div><h3>All columns together</h3><span class=\"tag{}\">{}</span></div><div style=\"grid-column:span 2\"><p>{}</p>",
            tag(found.verdict),
            found.verdict.word().replace('_', " "),
            escaped(&together(found))
        );
        if !found.importance.is_empty() {
            *body += "<table><tr><th>Told apart by<th class=n>Area lost without it<th></tr>";
            let most = found
                .importance
                .iter()
                .map(|one| one.auc_lost)
                .fold(1e-9, f64::max);
            for one in &found.importance {
                let _ = write!(
                    body,
                    "<tr><td>{}<td class=n>{:.3}<td><svg viewBox=\"0 0 120 9\" style=\"width:120px\"><rect class=\"bar\" width=\"{:.1}\" height=\"9\"/></svg></tr>",
                    escaped(&one.column),
                    one.auc_lost,
                    one.auc_lost / most * 120.0
                );
            }
            *body += "</table>";
        }
        *body += "</div></section>\n";
    }
    if let Some(found) = concept {
        let _ = write!(
            body,
            "<section class=\"card\"><div><h3>{}</h3><span class=\"tag{}\">{}</span></div><div style=\"grid-column:span 2\"><p>{}</p>",
            escaped(&found.target),
            tag(found.verdict),
            found.verdict.word().replace('_', " "),
            escaped(&of_target(found))
        );
        if !found.strata.is_empty() {
            *body += "<table><tr><th>Rows of which is expected<th class=n>Rows before<th class=n>Rows now<th class=n>Before<th class=n>Now</tr>";
            for one in &found.strata {
                let _ = write!(
                    body,
                    "<tr><td>{} to {}<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{}</tr>",
                    number(one.expected[0]),
                    number(one.expected[1]),
                    grouped(one.rows[0] as i64),
                    grouped(one.rows[1] as i64),
                    number(one.means[0]),
                    number(one.means[1])
                );
            }
            *body += "</table>";
        }
        *body += "</div></section>\n";
    }
}
