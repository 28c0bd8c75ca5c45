//! Dates and instants.

use super::Distribution;
use super::column::BINS;
use crate::kind::{self, Domain, Kind};
use crate::profile::{Histogram, TimeProfile};
use crate::state::{Clock, Column, Values};

pub(super) fn finish(column: &Column) -> TimeProfile {
    let clock = clock(column);
    let days = clock.days();
    let gap = days.as_ref().and_then(|days| {
        let gaps = days
            .windows(2)
            .map(|pair| (pair[1].0 - pair[0].0, pair[0].0 + 1, pair[1].0 - 1));
        gaps.filter(|gap| gap.0 > 1).max_by_key(|gap| gap.0)
    });
    let day = |day| kind::day(day).map(|date| date.to_string());
    let span = days
        .as_ref()
        .and_then(|days| Some((days.last()?.0 - days.first()?.0 + 1) as u64));
    let with = days.as_ref().map(|days| days.len() as u64);
    TimeProfile {
        weekdays: clock.weekdays.to_vec(),
        hours: if matches!(column.kind, Kind::Timestamp(..)) {
            clock.hours.to_vec()
        } else {
            Vec::new()
        },
        days: with,
        days_without: span.zip(with).map(|(span, with)| span - with),
        longest_gap: gap.and_then(|(_, from, to)| Some((day(from)?, day(to)?))),
    }
}

fn clock(column: &Column) -> Clock {
    if let Values::Sketched(sketched) = &column.values
        && let Some(clock) = &sketched.clock
    {
        return clock.clone();
    }
    let mut clock = Clock::default();
    for (key, count) in column.values.exact(Domain::Signed).unwrap_or_default() {
        clock.add(kind::signed(key), count, &column.kind);
    }
    clock
}

pub(super) fn histogram(column: &Column, ends: Option<(u64, u64)>) -> Option<Histogram> {
    let (min, max) = ends?;
    let distribution = Distribution::of(column)?;
    let mut histogram = distribution.histogram(column.kind.number(min), column.kind.number(max), BINS)?;
    let label = |edge: &f64| {
        let shown = match column.kind {
            Kind::Date => kind::day(edge.floor() as i64).map(|date| date.to_string()),
            _ => jiff::Timestamp::from_second(edge.floor() as i64)
                .ok()
                .map(|instant| instant.to_string()),
        };
        shown.unwrap_or_else(|| edge.to_string())
    };
    histogram.labels = histogram.edges.iter().map(label).collect();
    Some(histogram)
}
