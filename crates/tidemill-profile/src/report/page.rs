//! The page around a report.

use std::fmt::Write;

/// Text that HTML shows as it is.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// The whole page.
pub fn page(title: &str, body: &str) -> String {
    let mut page = String::new();
    let title = escaped(title);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><main><h1>{title}</h1>\n{body}</main></body></html>\n"
    );
    page
}

/// A number as people read it: with thousands apart, or four digits that count.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return grouped(value as i64);
    }
    let size = value.abs();
    if !(1e-4..1e9).contains(&size) {
        return format!("{value:.3e}");
    }
    let digits = (3 - size.log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        grouped(value.round() as i64)
    }
}

/// A whole number with a narrow blank between thousands; years and the like stay together.
pub(super) fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    if digits.len() < 5 {
        return value.to_string();
    }
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => "< 0.1 %".to_owned(),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

const STYLE: &str = "
:root{color-scheme:light dark;--bg:#fafaf8;--card:#fff;--ink:#1d2125;--soft:#667079;--line:#e3e5e2;--bar:#2f6f9f;--bar2:#c2762e;--warn:#b3261e;--ok:#2c7a4b}
@media (prefers-color-scheme:dark){:root{--bg:#15181b;--card:#1d2125;--ink:#e7e9ea;--soft:#98a2aa;--line:#30363b;--bar:#6aaedc;--bar2:#e0a060;--warn:#f2867d;--ok:#7fcf9f}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 80px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 12px}
h3{font-size:16px;margin:0;overflow-wrap:anywhere}p.lead{color:var(--soft);margin:0 0 24px}small,.soft{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:0 0 12px;display:grid;grid-template-columns:minmax(190px,1.1fr) minmax(240px,1.5fr) minmax(200px,1.3fr);gap:20px}
@media (max-width:760px){.card{grid-template-columns:1fr}}
.tag{display:inline-block;border:1px solid var(--line);border-radius:99px;padding:0 8px;font-size:12px;color:var(--soft);margin:4px 4px 0 0}.tag.warn,.warn{color:var(--warn)}.tag.warn{border-color:var(--warn)}.ok{color:var(--ok)}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 14px;margin:10px 0 0;font-size:13.5px}dt{color:var(--soft)}dd{margin:0;font-variant-numeric:tabular-nums;text-align:right;overflow-wrap:anywhere}
svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--soft)}.bar{fill:var(--bar)}.bar2{fill:var(--bar2)}.axis{stroke:var(--line)}
table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden;font-size:14px}th,td{padding:7px 12px;text-align:left;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}th{color:var(--soft);font-weight:500}td.n,th.n{text-align:right}tr:last-child td{border-bottom:0}
.top{display:grid;grid-template-columns:minmax(0,1fr) 90px 62px;gap:3px 10px;font-size:13.5px;align-items:center}.top span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.top i{height:9px;background:var(--bar);border-radius:2px;display:block}.top b{font-weight:400;text-align:right;color:var(--soft)}
.scroll{overflow-x:auto}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_enough() {
        for (value, text) in [
            (0.0, "0"),
            (2013.0, "2013"),
            (336_776.0, "336\u{202f}776"),
            (12.639_070, "12.64"),
            (0.000_012, "1.200e-5"),
            (-40.21, "-40.21"),
            (123_456.7, "123\u{202f}457"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
