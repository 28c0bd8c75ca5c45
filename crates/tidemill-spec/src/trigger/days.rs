//! Local times of local days: on which days, at which times, and which moments these are where the clock is changed.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::Cron;
use crate::error::{FieldPath, Problem};
use crate::kinds::{RecurrenceFrequency, RecurrenceTrigger, WeekDay};

/// Times of days by the wall clock.
#[derive(Debug, Clone)]
pub(super) enum Local {
    Cron(Cron),
    Days(Days),
}

impl Local {
    pub(super) fn has_day(&self, date: Date) -> bool {
        match self {
            Self::Cron(cron) => cron.has_day(date),
            Self::Days(days) => days.has_day(date),
        }
    }

    /// The times of a day, in order.
    pub(super) fn times(&self) -> Box<dyn Iterator<Item = Time> + '_> {
        match self {
            Self::Days(days) => Box::new(days.times.iter().copied()),
            Self::Cron(cron) => {
                let bits = |set: u64, most: i8| (0..most).filter(move |number| set >> number & 1 == 1);
                Box::new(bits(cron.hours, 24).flat_map(move |hour| {
                    bits(cron.minutes, 60).map(move |minute| Time::constant(hour, minute, 0, 0))
                }))
            }
        }
    }

    /// The moments of a time of the wall clock, in UTC milliseconds: mostly one. A time that the clock leaves out is put off by what it
    /// leaves out, and one that it shows twice counts the first time. What runs on by the hour or the minute goes by real time instead:
    /// none where it is left out, both where it is shown twice.
    pub(super) fn moments(&self, wall: DateTime, zone: &TimeZone) -> Vec<i64> {
        let runs_on = matches!(self, Self::Cron(cron) if cron.runs_on);
        let ambiguous = zone.to_ambiguous_timestamp(wall);
        let found = match (ambiguous.offset(), runs_on) {
            (AmbiguousOffset::Gap { .. }, true) => vec![],
            (AmbiguousOffset::Fold { .. }, true) => vec![ambiguous.earlier(), ambiguous.later()],
            _ => vec![ambiguous.compatible()],
        };
        found
            .into_iter()
            .flatten()
            .map(|moment| moment.as_millisecond())
            .collect()
    }
}

/// Every so many days, weeks or months.
#[derive(Debug, Clone)]
pub(super) struct Days {
    frequency: RecurrenceFrequency,
    interval: i64,
    first: Date,
    times: BTreeSet<Time>,
    week_days: BTreeSet<i8>,
    month_days: BTreeSet<i8>,
}

impl Days {
    /// `first` is the start by the wall clock: what the pattern does not say is as there.
    pub(super) fn read(trigger: &RecurrenceTrigger, first: DateTime) -> Result<Self, Problem> {
        let root = FieldPath::field("schedule");
        let mut times = BTreeSet::new();
        let mut week_days = BTreeSet::new();
        let mut month_days = BTreeSet::new();
        if let Some(pattern) = &trigger.schedule {
            let small = |field: &str, number: u32, from: u32, until: u32| {
                let fits = (from..=until).contains(&number);
                let small = i8::try_from(number).ok().filter(|_| fits);
                small.ok_or_else(|| {
                    Problem::new(format!("expected numbers from {from} to {until}, found {number}"))
                        .at(root.key(field))
                })
            };
            for hour in &pattern.hours.0 {
                for minute in &pattern.minutes.0 {
                    let (hour, minute) = (small("hours", *hour, 0, 23)?, small("minutes", *minute, 0, 59)?);
                    times.insert(Time::constant(hour, minute, 0, 0));
                }
            }
            if times.is_empty() {
                return Err(Problem::new("expected at least one hour and one minute").at(root));
            }
            let asks = |field: &str, given: bool, unit: RecurrenceFrequency, word: &str| match given
                && trigger.frequency != unit
            {
                true => Err(Problem::new(format!("it goes with a frequency of {word}")).at(root.key(field))),
                false => Ok(()),
            };
            asks(
                "week_days",
                pattern.week_days.is_some(),
                RecurrenceFrequency::Week,
                "week",
            )?;
            asks(
                "month_days",
                pattern.month_days.is_some(),
                RecurrenceFrequency::Month,
                "month",
            )?;
            for day in pattern.week_days.iter().flat_map(|days| &days.0) {
                week_days.insert(week_day(*day).to_monday_zero_offset());
            }
            for day in pattern.month_days.iter().flat_map(|days| &days.0) {
                month_days.insert(small("month_days", *day, 1, 31)?);
            }
        } else {
            times.insert(first.time());
        }
        if week_days.is_empty() {
            week_days.insert(first.date().weekday().to_monday_zero_offset());
        }
        if month_days.is_empty() {
            month_days.insert(first.date().day());
        }
        Ok(Self {
            frequency: trigger.frequency,
            interval: i64::from(trigger.interval),
            first: first.date(),
            times,
            week_days,
            month_days,
        })
    }

    fn has_day(&self, date: Date) -> bool {
        if date < self.first {
            return false;
        }
        let days = |from: Date| i64::from((date - from).get_days());
        match self.frequency {
            RecurrenceFrequency::Week => {
                // Weeks begin on Monday.
                let into = i64::from(self.first.weekday().to_monday_zero_offset());
                let weeks = (days(self.first) + into).div_euclid(7);
                weeks % self.interval == 0 && self.week_days.contains(&date.weekday().to_monday_zero_offset())
            }
            RecurrenceFrequency::Month => {
                let month = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
                (month(date) - month(self.first)) % self.interval == 0
                    && self.month_days.contains(&date.day())
            }
            _ => days(self.first) % self.interval == 0,
        }
    }
}

fn week_day(day: WeekDay) -> Weekday {
    match day {
        WeekDay::Monday => Weekday::Monday,
        WeekDay::Tuesday => Weekday::Tuesday,
        WeekDay::Wednesday => Weekday::Wednesday,
        WeekDay::Thursday => Weekday::Thursday,
        WeekDay::Friday => Weekday::Friday,
        WeekDay::Saturday => Weekday::Saturday,
        WeekDay::Sunday => Weekday::Sunday,
    }
}
