//! A cron expression of five fields: minute, hour, day of the month, month, day of the week; as Vixie's cron reads them.

use std::str::FromStr;

use jiff::civil::Date;

use crate::error::Problem;

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEK_DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// What each field may hold, and the words that it knows, from its lowest number on.
const FIELDS: [(&str, u8, u8, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day", 1, 31, &[]),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, WEEK_DAYS),
];

/// An expression that was read. Each field is a set of numbers, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    pub(super) minutes: u64,
    pub(super) hours: u64,
    days: u64,
    months: u64,
    week_days: u64,
    any_day: bool,
    any_week_day: bool,
    /// Whether minutes or hours begin with `*`: then it goes by real time when the clock is changed.
    pub(super) runs_on: bool,
}

impl Cron {
    /// Whether it has times on this day. Where both the day of the month and that of the week say something, either counts.
    pub(super) fn has_day(&self, date: Date) -> bool {
        let has = |set: u64, number: i8| u32::try_from(number).is_ok_and(|number| set >> number & 1 == 1);
        let day = has(self.days, date.day());
        let week_day = has(self.week_days, date.weekday().to_sunday_zero_offset());
        has(self.months, date.month())
            && match (self.any_day, self.any_week_day) {
                (false, false) => day || week_day,
                _ => day && week_day,
            }
    }
}

impl FromStr for Cron {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, week_day] = words.as_slice() else {
            return Err(Problem::new(format!(
                "expected five fields (minute, hour, day, month, day of the week), found {} in `{text}`",
                words.len()
            ))
            .hint("every Monday at 10:15 is `15 10 * * 1`"));
        };
        let mut sets = [0; 5];
        for (at, word) in words.iter().enumerate() {
            sets[at] = field(word, &FIELDS[at])?;
        }
        // Sunday is 0 and 7.
        if sets[4] >> 7 & 1 == 1 {
            sets[4] |= 1;
        }
        let any = |word: &str| word.starts_with('*') || word.starts_with('?');
        let _ = month;
        Ok(Self {
            minutes: sets[0],
            hours: sets[1],
            days: sets[2],
            months: sets[3],
            week_days: sets[4],
            any_day: any(day),
            any_week_day: any(week_day),
            runs_on: any(minute) || any(hour),
        })
    }
}

type Field = (&'static str, u8, u8, &'static [&'static str]);

fn field(text: &str, of: &Field) -> Result<u64, Problem> {
    let (what, lowest, highest, words) = *of;
    let wrong = |part: &str| {
        let known = match words.is_empty() {
            true => String::new(),
            false => format!(", or {}", words.join(", ")),
        };
        Problem::new(format!("`{part}` is no {what}")).hint(format!(
            "a {what} is a number from {lowest} to {highest}{known}; `*`, ranges such as 1-5, steps such as */10, and lists with commas"
        ))
    };
    let number = |word: &str| {
        let by_word = words.iter().position(|known| known.eq_ignore_ascii_case(word));
        let found = match by_word.and_then(|at| u8::try_from(at).ok()) {
            Some(at) => at + lowest,
            None if word.bytes().all(|byte| byte.is_ascii_digit()) => word.parse().ok()?,
            None => return None,
        };
        (lowest..=highest).contains(&found).then_some(found)
    };
    let mut set = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            None => (part, None),
            Some((range, step)) => match step.parse::<u8>() {
                Ok(step) if step > 0 => (range, Some(step)),
                _ => return Err(wrong(part)),
            },
        };
        let (from, until) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (lowest, highest),
            Some((from, until)) => match (number(from), number(until)) {
                (Some(from), Some(until)) if from <= until => (from, until),
                _ => return Err(wrong(part)),
            },
            None => match (number(range), step) {
                (Some(from), Some(_)) => (from, highest),
                (Some(only), None) => (only, only),
                (None, _) => return Err(wrong(part)),
            },
        };
        for one in (from..=until).step_by(usize::from(step.unwrap_or(1))) {
            set |= 1_u64 << one;
        }
    }
    Ok(set)
}
