//! When triggers fall due: cron expressions, recurrences, time zones, and clocks that are changed.

use jiff::Timestamp;
use tidemill_spec::kinds::Trigger;
use tidemill_spec::trigger::{Times, zone};

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a moment").as_millisecond()
}

fn trigger(json: serde_json::Value) -> Trigger {
    serde_json::from_value(json).expect("a trigger")
}

fn times(json: serde_json::Value, made: &str) -> Times {
    Times::read(&trigger(json), ms(made)).unwrap_or_else(|problem| panic!("{problem}"))
}

/// The next times, as UTC.
fn next(json: serde_json::Value, made: &str, count: usize) -> Vec<String> {
    let times = times(json, made);
    let first = times.first(ms(made));
    let all = std::iter::successors(first, |last| times.next(*last)).take(count);
    all.map(|at| Timestamp::from_millisecond(at).expect("in range").to_string())
        .collect()
}

fn cron(expression: &str, zone: &str) -> serde_json::Value {
    serde_json::json!({ "type": "cron", "expression": expression, "time_zone": zone })
}

#[test]
fn a_cron_expression_names_minutes_of_days() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "0 * * * *",
            "2026-01-01T10:30:00Z",
            &["2026-01-01T11:00:00Z", "2026-01-01T12:00:00Z"],
        ),
        (
            "15 16 * * 1",
            "2026-01-01T00:00:00Z",
            &["2026-01-05T16:15:00Z", "2026-01-12T16:15:00Z"],
        ),
        (
            "*/20 8-9 * * mon-fri",
            "2026-01-02T09:30:00Z",
            &["2026-01-02T09:40:00Z", "2026-01-05T08:00:00Z"],
        ),
        (
            "0 0 31 * *",
            "2026-02-01T00:00:00Z",
            &["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"],
        ),
        (
            "0 0 29 feb *",
            "2026-01-01T00:00:00Z",
            &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
        ),
        // As cron does: where both say something, either counts.
        (
            "0 0 13 * 5",
            "2026-01-01T00:00:00Z",
            &[
                "2026-01-02T00:00:00Z",
                "2026-01-09T00:00:00Z",
                "2026-01-13T00:00:00Z",
            ],
        ),
        ("0 0 * * 7", "2026-01-01T00:00:00Z", &["2026-01-04T00:00:00Z"]),
        // The moment itself counts, when it is made exactly then.
        (
            "0 12 * * *",
            "2026-01-01T12:00:00Z",
            &["2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"],
        ),
    ];
    for (expression, made, expected) in cases {
        assert_eq!(
            next(cron(expression, "UTC"), made, expected.len()),
            *expected,
            "{expression}"
        );
    }
    assert_eq!(
        next(cron("0 0 31 2 *", "UTC"), "2026-01-01T00:00:00Z", 1),
        Vec::<String>::new()
    );
}

#[test]
fn the_clock_that_jumps_twice_a_year_loses_nothing_and_repeats_nothing() {
    let berlin = "W. Europe Standard Time";
    // 02:30 is not there on 29 March 2026: it is put off by the hour.
    let at = |expression: &str, made: &str, count| next(cron(expression, berlin), made, count);
    assert_eq!(
        at("30 2 * * *", "2026-03-28T00:00:00Z", 3),
        [
            "2026-03-28T01:30:00Z",
            "2026-03-29T01:30:00Z",
            "2026-03-30T00:30:00Z"
        ]
    );
    // 02:30 is there twice on 25 October 2026: the first counts.
    assert_eq!(
        at("30 2 * * *", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    // Every hour is every hour, there and there.
    assert_eq!(
        at("0 * * * *", "2026-10-24T23:30:00Z", 4),
        [
            "2026-10-25T00:00:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T02:00:00Z",
            "2026-10-25T03:00:00Z"
        ]
    );
    assert_eq!(
        at("0 * * * *", "2026-03-28T23:30:00Z", 3),
        [
            "2026-03-29T00:00:00Z",
            "2026-03-29T01:00:00Z",
            "2026-03-29T02:00:00Z"
        ]
    );
    // Days of a recurrence keep their hour of the wall clock.
    let daily = serde_json::json!({ "type": "recurrence", "frequency": "day", "interval": 1, "time_zone": "Europe/Berlin",
        "schedule": { "hours": 8, "minutes": [0] } });
    assert_eq!(
        next(daily, "2026-03-28T00:00:00Z", 2),
        ["2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"]
    );
}

#[test]
fn a_recurrence_counts_from_its_start() {
    let of = |more: serde_json::Value, made: &str, count| {
        let mut all = serde_json::json!({ "type": "recurrence", "interval": 1 });
        for (key, value) in more.as_object().expect("fields") {
            all[key] = value.clone();
        }
        next(all, made, count)
    };
    // Without a start the first is now.
    assert_eq!(
        of(
            serde_json::json!({ "frequency": "minute", "interval": 90 }),
            "2026-01-01T10:00:30Z",
            2
        ),
        ["2026-01-01T10:00:30Z", "2026-01-01T11:30:30Z"]
    );
    // A start that is past is not made up for, and says where the counting begins.
    assert_eq!(
        of(
            serde_json::json!({ "frequency": "hour", "interval": 5, "start_time": "2026-01-01T00:00:00" }),
            "2026-01-01T11:00:00Z",
            2
        ),
        ["2026-01-01T15:00:00Z", "2026-01-01T20:00:00Z"]
    );
    assert_eq!(
        of(
            serde_json::json!({ "frequency": "day", "interval": 3, "start_time": "2026-01-01 09:15:00" }),
            "2026-01-02T00:00:00Z",
            2
        ),
        ["2026-01-04T09:15:00Z", "2026-01-07T09:15:00Z"]
    );
    let weeks = serde_json::json!({ "frequency": "week", "interval": 2, "start_time": "2026-01-01T00:00:00",
        "schedule": { "hours": [10, 18], "minutes": 30, "week_days": ["monday", "thursday"] } });
    assert_eq!(
        of(weeks, "2026-01-01T12:00:00Z", 3),
        [
            "2026-01-01T18:30:00Z",
            "2026-01-12T10:30:00Z",
            "2026-01-12T18:30:00Z"
        ]
    );
    let months = serde_json::json!({ "frequency": "month", "start_time": "2026-01-31T07:00:00" });
    assert_eq!(
        of(months, "2026-01-01T00:00:00Z", 2),
        ["2026-01-31T07:00:00Z", "2026-03-31T07:00:00Z"]
    );
    let months = serde_json::json!({ "frequency": "month", "interval": 3, "start_time": "2026-01-01T00:00:00",
        "end_time": "2026-05-01T00:00:00", "schedule": { "hours": 0, "minutes": 5, "month_days": [1, 15] } });
    assert_eq!(
        of(months, "2026-01-10T00:00:00Z", 9),
        [
            "2026-01-15T00:05:00Z",
            "2026-04-01T00:05:00Z",
            "2026-04-15T00:05:00Z"
        ]
    );
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    let cases = [
        (
            serde_json::json!({ "type": "cron", "expression": "0 * * *" }),
            "expression",
            "five fields",
        ),
        (
            serde_json::json!({ "type": "cron", "expression": "61 * * * *" }),
            "expression",
            "61",
        ),
        (
            serde_json::json!({ "type": "cron", "expression": "0 * * * fry" }),
            "expression",
            "fry",
        ),
        (
            serde_json::json!({ "type": "cron", "expression": "5-1 * * * *" }),
            "expression",
            "5-1",
        ),
        (
            serde_json::json!({ "type": "cron", "expression": "*/0 * * * *" }),
            "expression",
            "*/0",
        ),
        (
            serde_json::json!({ "type": "cron", "expression": "0 0 * * *", "time_zone": "Mars" }),
            "time_zone",
            "Mars",
        ),
        (
            serde_json::json!({ "type": "cron", "expression": "0 0 * * *", "start_time": "soon" }),
            "start_time",
            "soon",
        ),
        (
            serde_json::json!({ "type": "cron", "expression": "0 0 * * *", "start_time": "2026-01-02", "end_time": "2026-01-01" }),
            "end_time",
            "before it starts",
        ),
        (
            serde_json::json!({ "type": "recurrence", "frequency": "day", "interval": 0 }),
            "interval",
            "1 or more",
        ),
        (
            serde_json::json!({ "type": "recurrence", "frequency": "day", "interval": 1, "schedule": { "hours": 24, "minutes": 0 } }),
            "schedule.hours",
            "24",
        ),
        (
            serde_json::json!({ "type": "recurrence", "frequency": "day", "interval": 1, "schedule": { "hours": 1, "minutes": 0, "month_days": 1 } }),
            "schedule.month_days",
            "month",
        ),
        (
            serde_json::json!({ "type": "recurrence", "frequency": "hour", "interval": 1, "schedule": { "hours": 1, "minutes": 0 } }),
            "schedule",
            "day, week or month",
        ),
    ];
    for (json, field, part) in cases {
        let problem = Times::read(&trigger(json.clone()), 0).expect_err("it is wrong");
        assert_eq!(problem.path.to_string(), field, "{json}");
        assert!(problem.message.contains(part), "{json}: {}", problem.message);
    }
}

#[test]
fn a_long_time_of_many_times_is_looked_through_quickly() {
    let times = times(cron("* * * * *", "UTC"), "2026-01-01T00:00:00Z");
    assert_eq!(times.between(0, ms("2026-01-01T00:00:00Z"), 100).len(), 100);
    assert_eq!(times.upcoming(ms("2026-01-01T00:00:00Z"), 5).len(), 5);
}

#[test]
fn zones_have_their_windows_and_their_iana_names() {
    for name in [
        "Pacific Standard Time",
        "W. Europe Standard Time",
        "utc",
        "Europe/Berlin",
        "Line Islands Standard Time",
        "pacific standard time",
    ] {
        assert!(zone(name).is_some(), "{name}");
    }
    assert!(zone("Mars").is_none() && zone("../etc/passwd").is_none());
}
