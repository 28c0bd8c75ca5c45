//! The grammar, by example: what MLflow's own parser answers to the same texts.

use super::*;

fn shown(subject: Subject, filter: &str) -> Result<Vec<String>, String> {
    let parsed = parse_filter(subject, filter).map_err(|e| e.to_string())?;
    let line = |c: &Comparison| {
        let value = match &c.value {
            Value::None => String::new(),
            Value::Text(t) => format!(" '{t}'"),
            Value::Number(n) => format!(" {n}"),
            Value::List(l) => format!(" {l:?}"),
        };
        format!(
            "{}:{} {}{value}",
            c.key.entity.as_str(),
            c.key.name,
            c.operator.as_str()
        )
    };
    Ok(parsed.iter().map(line).collect())
}

#[test]
fn reads_what_mlflow_reads() {
    let table: &[(&str, &[&str])] = &[
        ("", &[]),
        ("metrics.x >= 1e5", &["metric:x >= 100000"]),
        ("metrics.x > .5", &["metric:x > 0.5"]),
        ("metrics.x > -1", &["metric:x > -1"]),
        ("metrics.a.b>1", &["metric:a.b > 1"]),
        ("metrics.1abc > 1", &["metric:1abc > 1"]),
        (
            "metrics.`a` > 1 AND metrics.\"b c\" < 2",
            &["metric:a > 1", "metric:b c < 2"],
        ),
        (
            "metrics.x > 1 and params.y='2'",
            &["metric:x > 1", "parameter:y = '2'"],
        ),
        ("params.p LIKE '%a_'", &["parameter:p LIKE '%a_'"]),
        ("params.p ilike \"%A\"", &["parameter:p ILIKE '%A'"]),
        ("tags.`a b` = 'it''s'", &["tag:a b = 'it''s'"]),
        ("tags.'x' = 'a'", &["tag:x = 'a'"]),
        ("tags.x is null", &["tag:x IS NULL"]),
        ("params.x IS NOT NULL", &["parameter:x IS NOT NULL"]),
        ("run_id IN ('a','b')", &["attribute:run_id IN [\"a\", \"b\"]"]),
        ("run_id in ('a')", &["attribute:run_id IN [\"a\"]"]),
        (
            "attribute.run_id not in ('a',)",
            &["attribute:run_id NOT IN [\"a\"]"],
        ),
        ("dataset.name = 'x'", &["dataset:name = 'x'"]),
        (
            "datasets.context IN ('train')",
            &["dataset:context IN [\"train\"]"],
        ),
        ("created > 5", &["attribute:start_time > 5"]),
        ("run.`Run name` = 'x'", &["attribute:run_name = 'x'"]),
        ("attr.status != 'FAILED'", &["attribute:status != 'FAILED'"]),
        ("attribute.start_time > 5.5", &["attribute:start_time > 5.5"]),
        ("run_name='it\\'s'", &["attribute:run_name = 'it\\'s'"]),
        (
            "tags.version = '1' AND param.name='x'",
            &["tag:version = '1'", "parameter:name = 'x'"],
        ),
    ];
    for (filter, expected) in table {
        let expected = expected.iter().map(|s| (*s).to_owned()).collect();
        assert_eq!(shown(Subject::Run, filter), Ok(expected), "{filter}");
    }
}

#[test]
fn refuses_with_mlflows_words() {
    let table = [
        (
            "metrics.a-b > 1",
            "Invalid comparison clause. Expected 'Identifier' found",
        ),
        (
            "metric.acc!='one'",
            "Expected numeric value type for metric. Found 'one'",
        ),
        (
            "metrics.crazy",
            "Invalid clause(s) in filter string: 'metrics.crazy'",
        ),
        (
            "params.x = abc",
            "Parameter value is either not quoted or unidentified quote types used for string value abc.",
        ),
        ("params.a = `x`", "Parameter value is either not quoted"),
        (
            "metrics.x > 1 OR metrics.y>2",
            "Invalid clause(s) in filter string: 'OR'",
        ),
        (
            "(metrics.x>1)",
            "Invalid clause(s) in filter string: '(metrics.x>1)'",
        ),
        ("a='x'", "Invalid attribute key 'a' specified. Valid keys are '{"),
        (
            "params.x IN ('a','b')",
            "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('a','b')",
        ),
        (
            "metrics.x LIKE 'a'",
            "Expected numeric value type for metric. Found 'a'",
        ),
        (
            "status = 5",
            "Expected a quoted string value for attributes. Got value 5",
        ),
        (
            "dataset.name = 5",
            "Expected a quoted string value for dataset attributes. Got value 5",
        ),
        (
            "run_id IN ()",
            "While parsing a list in the query, expected a non-empty list",
        ),
        (
            "run_id IN ('a', 1)",
            "While parsing a list in the query, expected a non-empty list",
        ),
        (
            "status IN ('a')",
            "Only ['run_id'] attributes support comparison with a list",
        ),
        (
            "params.x NOT LIKE 'a'",
            "Invalid comparator 'NOT LIKE' not one of",
        ),
        ("metrics.x == 1", "Invalid comparator '==' not one of"),
        ("metrics.x LIKE 1", "Invalid comparator 'LIKE' not one of"),
        ("status > 'a'", "Invalid comparator '>' not one of"),
        ("status = 'RUNNING';", "Invalid clause(s) in filter string: ';'"),
        (
            "a=1;b=2",
            "Search filter contained multiple expression 'a=1;b=2'. Provide AND-ed expression list.",
        ),
        (
            "5 < metrics.x",
            "Invalid comparison clause. Expected 'Identifier' found '5'",
        ),
        (
            "params.a/b = '1'",
            "Invalid comparison clause. Expected 'Identifier' found 'params.a/b'",
        ),
        ("  ", "Invalid filter '  '. Could not be parsed."),
        (
            "start_time > 'x'",
            "Expected numeric value type for numeric attribute: start_time. Found 'x'",
        ),
        ("dataset.source = 'x'", "Invalid dataset key 'source' specified."),
        (
            "foo.bar = 'x'",
            "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
        ),
        (
            "status IS NULL",
            "IS NULL / IS NOT NULL is only supported for tags and params, not for 'attribute' 'status'",
        ),
        (
            "params.x = 5",
            "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 5",
        ),
        (
            "params.x = 'a",
            "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 'a",
        ),
    ];
    for (filter, start) in table {
        let error = shown(Subject::Run, filter).expect_err(filter);
        assert!(
            error.starts_with(start),
            "{filter}
  expected {start}
  found    {error}"
        );
    }
}

#[test]
fn other_subjects_are_refused_in_their_own_words() {
    let table = [
        (
            Subject::Experiment,
            "tags.a > 'x'",
            "Invalid comparator for tag: >",
        ),
        (
            Subject::Experiment,
            "experiment_id LIKE '1'",
            "Invalid comparator for experiment_id: LIKE",
        ),
        (
            Subject::Experiment,
            "creation_time IS NULL",
            "IS NULL / IS NOT NULL is only supported for tags, not for attribute 'creation_time'",
        ),
        (
            Subject::RegisteredModel,
            "name > 'x'",
            "Invalid comparator for attribute: >",
        ),
        (
            Subject::RegisteredModel,
            "name = 5",
            "Expected a quoted string value or a list of quoted string values for attributes. Got value 5",
        ),
        (
            Subject::RegisteredModel,
            "tags.a IS NULL",
            "IS NULL / IS NOT NULL is not supported for registered model search.",
        ),
        (
            Subject::ModelVersion,
            "version_number LIKE '1'",
            "Invalid comparator for attribute version_number: LIKE",
        ),
        (
            Subject::ModelVersion,
            "name IS NULL",
            "IS NULL / IS NOT NULL is not supported for model version search.",
        ),
    ];
    for (subject, filter, text) in table {
        assert_eq!(shown(subject, filter), Err(text.to_owned()), "{filter}");
    }
}

#[test]
fn other_subjects_have_their_own_keys() {
    let ok = |subject, filter: &str, expected: &str| {
        assert_eq!(shown(subject, filter), Ok(vec![expected.to_owned()]), "{filter}");
    };
    ok(Subject::Experiment, "name LIKE 'a%'", "attribute:name LIKE 'a%'");
    ok(
        Subject::Experiment,
        "creation_time > 5",
        "attribute:creation_time > 5",
    );
    ok(
        Subject::Experiment,
        "experiment_id IN ('1')",
        "attribute:experiment_id IN [\"1\"]",
    );
    ok(Subject::Experiment, "tags.x IS NULL", "tag:x IS NULL");
    ok(
        Subject::RegisteredModel,
        "name IN ('a')",
        "attribute:name IN [\"a\"]",
    );
    ok(
        Subject::RegisteredModel,
        "tags.`mlflow.prompt.is_prompt` = 'true'",
        "tag:mlflow.prompt.is_prompt = 'true'",
    );
    ok(
        Subject::ModelVersion,
        "version_number >= 3",
        "attribute:version_number >= 3",
    );
    ok(
        Subject::ModelVersion,
        "version_number = '3'",
        "attribute:version_number = 3",
    );
    ok(
        Subject::ModelVersion,
        "source_path = 's3://x'",
        "attribute:source_path = 's3://x'",
    );
    for (subject, filter) in [
        (Subject::Experiment, "metrics.x > 1"),
        (Subject::Experiment, "experiment_id LIKE '1'"),
        (Subject::RegisteredModel, "tags.x IS NULL"),
        (Subject::RegisteredModel, "version_number = 1"),
        (Subject::ModelVersion, "version_number = 'x'"),
        (Subject::ModelVersion, "source_path IN ('x')"),
    ] {
        assert!(parse_filter(subject, filter).is_err(), "{filter}");
    }
}

proptest::proptest! {
    #[test]
    fn never_panics_on_anything(input in ".{0,120}") {
        for subject in [Subject::Run, Subject::Experiment, Subject::RegisteredModel, Subject::ModelVersion, Subject::LoggedModel] {
            drop(parse_filter(subject, &input));
        }
    }

    #[test]
    fn never_panics_on_what_looks_like_a_filter(
        words in proptest::collection::vec("(metrics|tags|params|run_id|`|\"|'|\\.|=|!=|<|>|LIKE|IN|NOT|IS|NULL|AND|\\(|\\)|1|-|é|\\\\| ){1,3}", 0..12)
    ) {
        let input = words.join(" ");
        drop(parse_filter(Subject::Run, &input));
        drop(parse_filter(Subject::Run, &words.concat()));
    }
}
