//! Expectations that mean nothing are told.

use tidemill_profile::expect::Expectations;

#[test]
fn a_slip_is_told_and_not_taken_for_an_expectation() {
    let mistake = |json: serde_json::Value| -> Option<String> {
        let read: Expectations = serde_json::from_value(json).expect("is read");
        read.mistakes().into_iter().next()
    };
    let of = |json| mistake(json).unwrap_or_default();
    assert!(of(serde_json::json!({})).contains("nothing is expected"));
    assert!(of(serde_json::json!({"path": "a.csv"})).contains("nothing is expected"));
    let wrong = serde_json::json!({"columns": {"delay": {"type": "integr"}}});
    assert!(of(wrong).contains("there is no type `integr`; there are boolean, integer"));
    let wrong = serde_json::json!({"columns": {"delay": {"maximum": {"max": 1}}}});
    assert!(of(wrong).contains("there is no statistic `maximum`"));
    for good in [
        serde_json::json!({"drift": {"max_columns": 0}}),
        serde_json::json!({"rows": {"min": 0}}),
        serde_json::json!({"columns": {"delay": {"type": "number"}}}),
        serde_json::json!({"only_these_columns": true}),
    ] {
        assert_eq!(mistake(good.clone()), None, "{good}");
    }
    let read: Result<Expectations, _> = serde_json::from_str(r#"{"columns": {"delay": {"max": 10}}}"#);
    let said = read.expect_err("no interval").to_string();
    assert!(
        said.contains("expected an interval, as in {min: 0, max: 10}"),
        "{said}"
    );
}
