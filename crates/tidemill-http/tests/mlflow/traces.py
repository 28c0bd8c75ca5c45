"""Traces with MLflow's own client: spans, search, tags, assessments, links, files."""

import json
import os
import time
import urllib.error
import urllib.request

import mlflow
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Expectation, Feedback
from mlflow.exceptions import MlflowException

client = MlflowClient()
base = os.environ["MLFLOW_TRACKING_URI"]
experiment = mlflow.set_experiment("traces").experiment_id


@mlflow.trace(name="outer", span_type="CHAIN")
def outer(question):
    with mlflow.start_span(name="inner", span_type="LLM") as span:
        span.set_inputs({"messages": [{"role": "user", "content": question}]})
        span.set_attributes({"model": "tiny", "size": 3})
        span.set_outputs({"answer": 42})
        mlflow.update_current_trace(tags={"team": "blue"}, metadata={"mlflow.trace.session": "s1"})
    return "fine"


assert outer("why?") == "fine"
mlflow.flush_trace_async_logging()
trace_id = mlflow.get_last_active_trace_id()

trace = mlflow.get_trace(trace_id)
assert trace is not None and trace.info.state == "OK", trace
assert [span.name for span in trace.data.spans] == ["outer", "inner"], trace.data.spans
assert trace.data.spans[1].get_attribute("size") == 3
assert trace.data.spans[1].span_type == "LLM"
assert trace.data.spans[1].inputs["messages"][0]["content"] == "why?"
assert trace.info.tags["team"] == "blue", trace.info.tags
assert trace.info.tags["mlflow.traceName"] == "outer"
assert trace.info.tags["mlflow.artifactLocation"].endswith(f"/traces/{trace_id}/artifacts")
assert json.loads(trace.info.request_preview) == {"question": "why?"}, trace.info.request_preview
assert trace.info.execution_duration is not None

with mlflow.start_run() as run:
    try:
        with mlflow.start_span(name="broken"):
            raise ValueError("no")
    except ValueError:
        pass
    mlflow.flush_trace_async_logging()
    broken = mlflow.get_last_active_trace_id()


def found(filter_string=None, **more):
    traces = client.search_traces(experiment_ids=[experiment], filter_string=filter_string, **more)
    return [t.info.trace_id for t in traces]


assert found() == [broken, trace_id], found()
assert found(order_by=["timestamp_ms ASC"]) == [trace_id, broken]
table = {
    "status = 'ERROR'": [broken],
    "trace.status = 'OK'": [trace_id],
    "name LIKE 'out%'": [trace_id],
    "name RLIKE '^bro.en$'": [broken],
    "tags.team = 'blue'": [trace_id],
    "tags.team IS NULL": [broken],
    "metadata.`mlflow.trace.session` = 's1'": [trace_id],
    "span.name = 'inner' AND span.type = 'LLM'": [trace_id],
    "span.attributes.model LIKE '%tiny%'": [trace_id],
    f"run_id = '{run.info.run_id}'": [broken],
    f"timestamp_ms > {trace.info.request_time}": [broken],
    "execution_time_ms >= 0": [broken, trace_id],
    "text LIKE '%why?%'": [trace_id],
}
for filter_string, ids in table.items():
    assert found(filter_string) == ids, (filter_string, found(filter_string))

page = client.search_traces(experiment_ids=[experiment], max_results=1)
assert page.token and found(max_results=1, page_token=page.token) == [trace_id]
for wrong in ["status == 'OK'", "nope = 'x'", "feedback.x > 'y'"]:
    try:
        found(wrong)
        raise AssertionError(wrong)
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE", error
try:
    found("status = 'OK'", page_token=page.token)
    raise AssertionError("a token of another query was taken")
except MlflowException as error:
    assert "Invalid page token" in error.message, error

frame = mlflow.search_traces(experiment_ids=[experiment])
assert len(frame) == 2 and set(frame["trace_id"]) == {trace_id, broken}

# Tags.
client.set_trace_tag(trace_id, "k", "v")
assert mlflow.get_trace(trace_id).info.tags["k"] == "v"
client.delete_trace_tag(trace_id, "k")
assert "k" not in mlflow.get_trace(trace_id).info.tags
request = urllib.request.Request(
    f"{base}/api/3.0/mlflow/traces/{trace_id}/tags",
    json.dumps({"key": "mlflow.artifactLocation", "value": "/etc"}).encode(),
    {"Content-Type": "application/json"},
    method="PATCH",
)
try:
    urllib.request.urlopen(request)
    raise AssertionError("a tag of the server was set")
except urllib.error.HTTPError as error:
    told = json.load(error)
    assert told["message"] == "Tag 'mlflow.artifactLocation' is immutable and cannot be set on a trace.", told

# Assessments.
human = AssessmentSource(source_type="HUMAN", source_id="ann")
feedback = mlflow.log_feedback(trace_id=trace_id, name="score", value=0.9, source=human, rationale="good", metadata={"a": "b"})
assert feedback.assessment_id.startswith("a-") and feedback.value == 0.9
expectation = mlflow.log_expectation(trace_id=trace_id, name="answer", value={"x": [1, None]}, source=human)
assert mlflow.get_assessment(trace_id, expectation.assessment_id).value == {"x": [1, None]}
assert found("feedback.score >= 0.5") == [trace_id]
assert found("feedback.score < 0.5") == []
assert found("expectation.answer IS NOT NULL") == [trace_id]
changed = mlflow.update_assessment(trace_id, feedback.assessment_id, Feedback(name="score", value=0.1, rationale="bad", metadata={"c": "d"}))
assert (changed.value, changed.rationale, changed.metadata) == (0.1, "bad", {"a": "b", "c": "d"}), changed
over = mlflow.override_feedback(trace_id=trace_id, assessment_id=feedback.assessment_id, value=1.0, source=human)
assert mlflow.get_assessment(trace_id, feedback.assessment_id).valid is False
mlflow.delete_assessment(trace_id, over.assessment_id)
assert mlflow.get_assessment(trace_id, feedback.assessment_id).valid is True
try:
    mlflow.get_assessment(trace_id, "a-none")
    raise AssertionError("there is no such assessment")
except MlflowException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST" and "Assessment with ID 'a-none' not found" in error.message, error
assert {a.name for a in mlflow.get_trace(trace_id).info.assessments} == {"score", "answer"}

# Links.
client.link_traces_to_run([trace_id, "tr-none"], run.info.run_id)
assert set(found(f"run_id = '{run.info.run_id}'")) == {trace_id, broken}

# The file of the spans, as pages fetch it.
with urllib.request.urlopen(f"{base}/ajax-api/3.0/mlflow/get-trace-artifact?request_id={trace_id}") as answer:
    spans = json.load(answer)["spans"]
assert [span["name"] for span in spans] == ["outer", "inner"], spans

# OpenTelemetry as JSON, without MLflow's client.
body = {
    "resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"spans": [{
            "traceId": "0" * 31 + "7", "spanId": "00000000000000aa", "name": "call", "kind": 3,
            "startTimeUnixNano": str(time.time_ns()), "endTimeUnixNano": str(time.time_ns() + 5_000_000),
            "attributes": [
                {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}},
                {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "4"}},
            ],
            "status": {"code": 1},
        }]}],
    }]
}
request = urllib.request.Request(
    f"{base}/v1/traces",
    json.dumps(body).encode(),
    {"Content-Type": "application/json", "x-mlflow-experiment-id": experiment},
)
with urllib.request.urlopen(request) as answer:
    assert json.load(answer) == {}
told = mlflow.get_trace("tr-" + "0" * 31 + "7")
assert told.info.tags["service.name"] == "shop", told.info.tags
assert told.info.token_usage == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}, told.info.trace_metadata
assert told.data.spans[0].span_type == "CHAT_MODEL"

# Deleting.
assert client.delete_traces(experiment, trace_ids=[told.info.trace_id]) == 1
assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000) + 1000) == 2
assert found() == []
try:
    client.get_trace(trace_id)
    raise AssertionError("it was deleted")
except MlflowException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error
