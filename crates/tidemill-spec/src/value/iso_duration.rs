//! Times of ISO 8601, such as `PT30M`, as seconds.

/// A time in weeks, days, hours, minutes and seconds; none for what is no such time. Months and years have no fixed length.
pub fn iso_seconds(text: &str) -> Option<u64> {
    let rest = text.trim().strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let days = part(days, &[('W', 604_800), ('D', 86_400)])?;
    let time = part(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    match (days, time) {
        (None, None) => None,
        (days, time) => days.unwrap_or(0).checked_add(time.unwrap_or(0)),
    }
}

/// Numbers, each with its unit behind it. `Some(None)` where there is none.
fn part(text: &str, units: &[(char, u64)]) -> Option<Option<u64>> {
    let mut whole = None;
    let mut digits = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let (_, unit) = units.iter().find(|(sign, _)| *sign == c)?;
        let count: u64 = digits.parse().ok()?;
        whole = Some(count.checked_mul(*unit)?.checked_add(whole.unwrap_or(0))?);
        digits.clear();
    }
    digits.is_empty().then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_iso_8601_are_seconds() {
        for (text, wanted) in [
            ("PT120S", 120),
            ("PT2M", 120),
            ("P1DT1H1M1S", 90_061),
            ("P2W", 1_209_600),
            ("PT0S", 0),
        ] {
            assert_eq!(iso_seconds(text), Some(wanted), "{text}");
        }
        for odd in [
            "120",
            "",
            "P",
            "PT",
            "PT1",
            "PTS",
            "P1Y",
            "PT-1S",
            "1PT1S",
            "PT99999999999999999999S",
        ] {
            assert_eq!(iso_seconds(odd), None, "{odd}");
        }
    }
}
