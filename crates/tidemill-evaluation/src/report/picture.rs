//! Pictures of a report, as SVG in the page.

use std::fmt::Write;

use tidemill_profile::report::{escaped, number};

const SIZE: f64 = 260.0;

/// A square from 0 to `high` on both axes, with a grey line that says what is usual.
pub(super) struct Square {
    svg: String,
    low: f64,
    high: f64,
}

impl Square {
    /// An empty one.
    pub(super) fn new(title: &str, low: f64, high: f64, across: &str, up: &str) -> Self {
        let mut svg = format!(
            "<figure style=\"margin:0;flex:1 1 280px;max-width:360px\"><figcaption><b>{0}</b></figcaption>\
             <svg viewBox=\"-40 -8 {1} {1}\" role=\"img\" aria-label=\"{0}\">\
             <rect x=\"0\" y=\"0\" width=\"{SIZE}\" height=\"{SIZE}\" fill=\"none\" class=\"axis\"/>",
            escaped(title),
            SIZE + 52.0
        );
        for part in [0.0, 0.5, 1.0] {
            let value = number(low + (high - low) * part);
            let _ = write!(
                svg,
                "<text x=\"{0:.1}\" y=\"{1}\" text-anchor=\"middle\">{value}</text><text x=\"-4\" y=\"{2:.1}\" text-anchor=\"end\">{value}</text>",
                part * SIZE,
                SIZE + 13.0,
                SIZE - part * SIZE + 4.0
            );
        }
        let _ = write!(
            svg,
            "<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\">{2}</text><text transform=\"translate(-29 {0}) rotate(-90)\" text-anchor=\"middle\">{3}</text>",
            SIZE / 2.0,
            SIZE + 28.0,
            escaped(across),
            escaped(up)
        );
        Self { svg, low, high }
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let part = |value: f64| ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) * SIZE;
        (part(x), SIZE - part(y))
    }

    /// A thin line of two points.
    pub(super) fn usual(mut self, from: (f64, f64), to: (f64, f64)) -> Self {
        let (from, to) = (self.place(from), self.place(to));
        let _ = write!(
            self.svg,
            "<line class=\"axis\" stroke-dasharray=\"4 3\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
        self
    }

    /// A line through points; with dots where they are few.
    pub(super) fn line(mut self, points: &[(f64, f64)], dots: bool) -> Self {
        let mut path = String::new();
        for (at, point) in points.iter().enumerate() {
            let (x, y) = self.place(*point);
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { "M" } else { "L" });
            if dots {
                let _ = write!(
                    self.svg,
                    "<circle class=\"bar\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"><title>{} → {}</title></circle>",
                    number(point.0),
                    number(point.1)
                );
            }
        }
        let _ = write!(
            self.svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"var(--bar)\" stroke-width=\"2\"/>"
        );
        self
    }

    /// The whole picture.
    pub(super) fn end(self) -> String {
        self.svg + "</svg></figure>"
    }
}

/// How often each class was told of each, darker where more often within the true class.
pub(super) fn confusion(counts: &[Vec<u64>], classes: &[String]) -> String {
    let mut table = String::from("<div class=\"scroll\"><table><tr><th>Truth ╲ told");
    for class in classes {
        let _ = write!(table, "<th class=n>{}", escaped(class));
    }
    table += "</tr>";
    for (row, class) in counts.iter().zip(classes) {
        let whole = row.iter().sum::<u64>().max(1);
        let _ = write!(table, "<tr><th>{}", escaped(class));
        for count in row {
            let share = *count as f64 / whole as f64 * 60.0;
            let _ = write!(
                table,
                "<td class=n style=\"background:color-mix(in srgb,var(--bar) {share:.0}%,transparent)\">{}",
                number(*count as f64)
            );
        }
        table += "</tr>";
    }
    table + "</table></div>"
}

/// Names with bars from 0 on, and a thin line for the deviation.
pub(super) fn bars(rows: &[(String, f64, f64)]) -> String {
    const WIDTH: f64 = 320.0;
    let reach = rows
        .iter()
        .fold(1e-12, |reach: f64, row| reach.max(row.1.abs() + row.2));
    let mut table = String::from("<table>");
    for (name, value, deviation) in rows {
        let length = value.max(0.0) / reach * WIDTH;
        let (from, to) = (
            (value - deviation).max(0.0) / reach * WIDTH,
            (value + deviation).max(0.0) / reach * WIDTH,
        );
        let _ = write!(
            table,
            "<tr><td>{}<td><svg viewBox=\"0 0 {WIDTH} 12\" style=\"width:{WIDTH}px\"><rect class=\"bar\" y=\"2\" width=\"{length:.1}\" height=\"8\"/>\
             <line class=\"axis\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"6\" y2=\"6\" style=\"stroke:var(--ink)\"/></svg><td class=n>{}<td class=n>± {}</tr>",
            escaped(name),
            number(*value),
            number(*deviation)
        );
    }
    table + "</table>"
}
