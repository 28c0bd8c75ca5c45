//! When a trigger falls due: a pure function of the trigger, the moment it was made, and the moment after which is asked.

mod cron;
mod days;
mod moment;
mod zone;

pub use cron::Cron;
pub use zone::zone;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::error::{FieldPath, Problem};
use crate::kinds::{CronTrigger, RecurrenceFrequency, RecurrenceTrigger, Trigger};
use days::{Days, Local};

/// How many days ahead are looked at: a hundred years, so that 29 February on a Sunday is found and 31 February ends.
const DAYS_AHEAD: usize = 36_525;
const SECOND_MS: i64 = 1000;

/// The times of a trigger.
#[derive(Debug, Clone)]
pub struct Times {
    every: Every,
    zone: TimeZone,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
}

#[derive(Debug, Clone)]
enum Every {
    /// Local times of local days.
    Local(Local),
    /// So many milliseconds from the first time on.
    Span { first_ms: i64, span_ms: i64 },
}

impl Times {
    /// Reads a trigger. `made_ms` (UTC milliseconds) is the moment from which on it counts: a recurrence that says no start begins there.
    ///
    /// # Errors
    /// What is wrong with it, with the field; a trigger of another sort than cron and recurrence has no times.
    pub fn read(trigger: &Trigger, made_ms: i64) -> Result<Self, Problem> {
        match trigger {
            Trigger::Cron(cron) => Self::of_cron(cron),
            Trigger::Recurrence(recurrence) => Self::of_recurrence(recurrence, made_ms),
            Trigger::DataVersion(_) | Trigger::DriftAlarm(_) => {
                Err(Problem::new("it is started by what happens, and has no times")
                    .at(FieldPath::field("type")))
            }
        }
    }

    fn of_cron(trigger: &CronTrigger) -> Result<Self, Problem> {
        let zone = zone_of(trigger.time_zone.as_deref())?;
        let (start_ms, end_ms) = bounds(&trigger.start_time, &trigger.end_time, &zone)?;
        let cron: Cron = trigger
            .expression
            .parse()
            .map_err(|problem: Problem| problem.at(FieldPath::field("expression")))?;
        Ok(Self {
            every: Every::Local(Local::Cron(cron)),
            zone,
            start_ms,
            end_ms,
        })
    }

    fn of_recurrence(trigger: &RecurrenceTrigger, made_ms: i64) -> Result<Self, Problem> {
        let zone = zone_of(trigger.time_zone.as_deref())?;
        let (start_ms, end_ms) = bounds(&trigger.start_time, &trigger.end_time, &zone)?;
        if trigger.interval == 0 {
            return Err(Problem::new("expected an interval of 1 or more").at(FieldPath::field("interval")));
        }
        let first_ms = start_ms.unwrap_or(made_ms).div_euclid(SECOND_MS) * SECOND_MS;
        let unit_ms = match trigger.frequency {
            RecurrenceFrequency::Minute => Some(60 * SECOND_MS),
            RecurrenceFrequency::Hour => Some(3600 * SECOND_MS),
            _ => None,
        };
        if let (Some(_), Some(_)) = (unit_ms, &trigger.schedule) {
            return Err(Problem::new(
                "hours and minutes of a schedule go with a frequency of day, week or month",
            )
            .at(FieldPath::field("schedule"))
            .hint("leave `schedule` out, or write a cron trigger"));
        }
        let every = match unit_ms {
            Some(unit_ms) => Every::Span {
                first_ms,
                span_ms: unit_ms * i64::from(trigger.interval),
            },
            None => {
                let first = Timestamp::from_millisecond(first_ms).map_err(|error| {
                    Problem::new(format!("a start out of range: {error}")).at(FieldPath::field("start_time"))
                })?;
                Every::Local(Local::Days(Days::read(
                    trigger,
                    first.to_zoned(zone.clone()).datetime(),
                )?))
            }
        };
        Ok(Self {
            every,
            zone,
            start_ms: Some(start_ms.unwrap_or(first_ms)),
            end_ms,
        })
    }

    /// The first time of all, for a trigger that was made or switched on at this moment: what lies before is not made up for.
    pub fn first(&self, made_ms: i64) -> Option<i64> {
        let from = made_ms.div_euclid(SECOND_MS) * SECOND_MS;
        self.next(from - 1)
    }

    /// The first time after a moment, both in UTC milliseconds; `None` when there is none any more.
    pub fn next(&self, after_ms: i64) -> Option<i64> {
        let after_ms = self.start_ms.map_or(after_ms, |start| after_ms.max(start - 1));
        let next = match &self.every {
            Every::Span { first_ms, span_ms } => {
                let done = (after_ms - first_ms).div_euclid(*span_ms);
                first_ms.checked_add((done + 1).max(0).checked_mul(*span_ms)?)?
            }
            Every::Local(local) => self.next_local(local, after_ms)?,
        };
        self.end_ms.is_none_or(|end| next <= end).then_some(next)
    }

    /// So many next times.
    pub fn upcoming(&self, after_ms: i64, count: usize) -> Vec<i64> {
        std::iter::successors(self.next(after_ms), |last| self.next(*last))
            .take(count)
            .collect()
    }

    /// How many times lie after one moment and not after another; `most` where there are more.
    pub fn between(&self, after_ms: i64, until_ms: i64, most: usize) -> Vec<i64> {
        std::iter::successors(self.next(after_ms), |last| self.next(*last))
            .take_while(|time| *time <= until_ms)
            .take(most)
            .collect()
    }

    fn next_local(&self, local: &Local, after_ms: i64) -> Option<i64> {
        let after = Timestamp::from_millisecond(after_ms).ok()?;
        // A day earlier: a time that is put off over a change of the clock may fall on the next day.
        let mut date = after
            .to_zoned(self.zone.clone())
            .date()
            .checked_sub(1.day())
            .ok()?;
        for _ in 0..DAYS_AHEAD {
            if local.has_day(date) {
                let moments = local
                    .times()
                    .flat_map(|time| local.moments(date.to_datetime(time), &self.zone));
                if let Some(next) = moments.filter(|moment| *moment > after_ms).min() {
                    return Some(next);
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}

fn zone_of(name: Option<&str>) -> Result<TimeZone, Problem> {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        return Ok(TimeZone::UTC);
    };
    zone(name).ok_or_else(|| {
        Problem::new(format!("there is no time zone `{name}`"))
            .at(FieldPath::field("time_zone"))
            .hint("give its Windows name, such as `Pacific Standard Time`, or its IANA name, such as `Europe/Berlin`")
    })
}

fn bounds(
    start: &Option<String>,
    end: &Option<String>,
    zone: &TimeZone,
) -> Result<(Option<i64>, Option<i64>), Problem> {
    let read = |field: &str, text: &Option<String>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.map(|text| moment::read(text, zone).map_err(|problem| problem.at(FieldPath::field(field))))
            .transpose()
    };
    let (start, end) = (read("start_time", start)?, read("end_time", end)?);
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        return Err(Problem::new("it ends before it starts").at(FieldPath::field("end_time")));
    }
    Ok((start, end))
}
