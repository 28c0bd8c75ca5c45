"""Issues, questions to reviewers, queues of traces to review, and figures of many traces, through MLflow's own client."""

import os
import pathlib

import mlflow
from mlflow.entities import AssessmentSource
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.exceptions import MlflowException
from mlflow.genai import create_issue, get_issue, label_schemas, review_queues, search_issues, update_issue
from mlflow.tracking._tracking_service.utils import _get_store

client = mlflow.MlflowClient()
store = _get_store()
experiment = client.create_experiment("reviews")
mlflow.set_experiment(experiment_id=experiment)


def refused(text, call):
    try:
        call()
    except MlflowException as error:
        assert text in str(error), str(error)
    else:
        raise AssertionError(f"not refused: {text}")


traces = []
for i in range(3):
    with mlflow.start_span(name=f"ask {i % 2}", span_type="LLM") as span:
        span.set_inputs({"question": i})
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 10 * (i + 1), "output_tokens": i, "total_tokens": 10 + 11 * i})
        span.set_attribute("mlflow.llm.model", "small")
        span.set_attribute("mlflow.llm.cost", {"input_cost": 0.5, "output_cost": 0.25, "total_cost": 0.75})
        mlflow.update_current_trace(tags={"n": str(i)}, metadata={"mlflow.trace.session": f"s{i % 2}"})
    traces.append(span.trace_id)
mlflow.flush_trace_async_logging()

# Issues.
run = client.create_run(experiment).info.run_id
issue = create_issue("Slow answers", severity="high", description="They take *long*.", categories=["latency"], metadata={"ticket": "7"}, source_run_id=run)
assert issue.issue_id.startswith("iss-") and issue.status == "pending" and issue.source_run_id == run, issue
create_issue("Odd tone", severity="low", description="-", issue_id="iss-tone")
refused("Issue ID already exists", lambda: create_issue("Again", severity="low", description="-", issue_id="iss-tone"))
refused("Invalid issue severity: 'worst'", lambda: create_issue("x", severity="worst", description="-"))
changed = update_issue(issue.issue_id, status="resolved", categories=["cost", "cost"], metadata={"by": "us"}, delete_metadata_keys=["ticket"])
assert (changed.status, changed.categories, changed.metadata) == ("resolved", ["cost"], {"by": "us"}), changed
assert get_issue(issue.issue_id).description == "They take *long*."
assert update_issue(issue.issue_id, last_seen_timestamp=1).last_seen_timestamp == issue.last_seen_timestamp
assert [found.name for found in search_issues()] == ["Slow answers", "Odd tone"]
assert [found.name for found in search_issues(categories=[" COST"])] == ["Slow answers"]
assert [found.name for found in search_issues(name="TONE")] == ["Odd tone"]
assert [found.name for found in store.search_issues(experiment, filter_string="status != 'pending'")] == ["Slow answers"]
page = store.search_issues(experiment, max_results=1, order_by=["name"], include_total_count=True)
assert ([found.name for found in page], page.total_count) == (["Odd tone"], 2)
rest = store.search_issues(experiment, max_results=1, order_by=["name"], include_total_count=True, page_token=page.token)
assert [found.name for found in rest] == ["Slow answers"] and rest.token is None
refused("token does not match", lambda: store.search_issues(experiment, max_results=1, order_by=["status"], page_token=page.token))

# Questions.
question = label_schemas.create_label_schema("Right?", type="feedback", input=label_schemas.InputPassFail("Yes", "No"), experiment_id=experiment)
kinds = label_schemas.create_label_schema("Kind", type="expectation", input=label_schemas.InputCategorical(["a", "b"]), experiment_id=experiment)
refused("already exists for experiment", lambda: label_schemas.create_label_schema("Kind", type="feedback", input=label_schemas.InputText(), experiment_id=experiment))
refused("must be deduplicated", lambda: label_schemas.create_label_schema("x", type="feedback", input=label_schemas.InputCategorical(["a", "a"]), experiment_id=experiment))
refused("is reserved for the experiment's default question", lambda: label_schemas.create_label_schema("feedback", type="feedback", input=label_schemas.InputText(), experiment_id=experiment))
assert sorted(schema.name for schema in label_schemas.list_label_schemas(experiment)) == ["Feedback", "Kind", "Right?"]
(default,) = [schema for schema in label_schemas.list_label_schemas(experiment) if schema.is_default]
refused("default question cannot be deleted", lambda: label_schemas.delete_label_schema(schema_id=default.schema_id))
renamed = label_schemas.update_label_schema(question.schema_id, name="Correct?", enable_comment=True, input=label_schemas.InputPassFail("Correct", "Wrong"))
assert renamed.input.positive_label == "Correct" and renamed.enable_comment
refused("input type cannot be changed", lambda: label_schemas.update_label_schema(question.schema_id, input=label_schemas.InputText()))

# Queues.
queue = review_queues.create_review_queue("Team", queue_type="custom", users=["Bob ", "amy"], schema_ids=[kinds.schema_id], experiment_id=experiment)
assert queue.users == ["amy", "bob"] and queue.schema_ids == [kinds.schema_id], queue
refused("names are case-insensitive", lambda: review_queues.create_review_queue("TEAM", queue_type="custom", experiment_id=experiment))
own = store.get_or_create_user_queue(experiment, user="Max")
assert store.get_or_create_user_queue(experiment, user="max ").queue_id == own.queue_id
refused("A non-user queue named 'team' already exists", lambda: store.get_or_create_user_queue(experiment, user="team"))
assert len(store.add_items_to_review_queue(queue.queue_id, item_ids=[traces[0], traces[1], traces[0]])) == 2
refused("they do not exist in experiment", lambda: store.add_items_to_review_queue(queue.queue_id, item_ids=["tr-other"]))
assert [found.name for found in store.list_review_queues(experiment, item_id=traces[0])] == ["Team"]
assert [found.name for found in store.list_review_queues(experiment, user="BOB")] == ["Team"]
done = store.set_review_queue_item_status(queue.queue_id, item_id=traces[0], status="complete", completed_by="Amy")
assert done.completed_by == "amy" and done.completed_time_ms, done
refused("`completed_by` is required", lambda: store.set_review_queue_item_status(queue.queue_id, item_id=traces[1], status="declined"))
assert [item.item_id for item in store.list_review_queue_items(queue.queue_id, status="pending")] == [traces[1]]
refused("questions are locked", lambda: store.update_review_queue(queue.queue_id, schema_ids=[]))

# Figures.
how = [MetricAggregation(AggregationType.SUM), MetricAggregation(AggregationType.PERCENTILE, 50)]
(tokens,) = store.query_trace_metrics([experiment], MetricViewType.TRACES, "input_tokens", how)
assert tokens.values == {"SUM": 60, "P50.0": 20}, tokens
count = [MetricAggregation(AggregationType.COUNT)]
named = store.query_trace_metrics([experiment], MetricViewType.TRACES, "trace_count", count, dimensions=["trace_name"])
assert [(point.dimensions, point.values) for point in named] == [({"trace_name": "ask 0"}, {"COUNT": 2}), ({"trace_name": "ask 1"}, {"COUNT": 1})]
(sessions,) = store.query_trace_metrics([experiment], MetricViewType.TRACES, "session_count", count, filters=["trace.tag.n = '1'"])
assert sessions.values == {"COUNT": 1}
(cost,) = store.query_trace_metrics([experiment], MetricViewType.SPANS, "total_cost", [MetricAggregation(AggregationType.SUM)], dimensions=["span_model_name"])
assert (cost.dimensions, cost.values) == ({"span_model_name": "small"}, {"SUM": 2.25})
for trace, value in zip(traces, [True, "no", 0.25]):
    mlflow.log_feedback(trace_id=trace, name="good", value=value, source=AssessmentSource("HUMAN", "amy"))
(good,) = store.query_trace_metrics([experiment], MetricViewType.ASSESSMENTS, "assessment_value", [MetricAggregation(AggregationType.AVG)], dimensions=["assessment_name"])
assert abs(good.values["AVG"] - 1.25 / 3) < 1e-12
days = store.query_trace_metrics([experiment], MetricViewType.TRACES, "trace_count", count, time_interval_seconds=86400, start_time_ms=0, end_time_ms=10**13)
assert sum(day.values["COUNT"] for day in days) == 3 and days[0].dimensions["time_bucket"].endswith("T00:00:00+00:00"), days
refused("Supported aggregation types: ['AVG', 'MAX', 'MIN', 'PERCENTILE']", lambda: store.query_trace_metrics([experiment], MetricViewType.TRACES, "latency", [MetricAggregation(AggregationType.SUM)]))

# What is gone is gone everywhere.
client.delete_traces(experiment, trace_ids=[traces[1]])
assert [item.item_id for item in store.list_review_queue_items(queue.queue_id)] == [traces[0]]
store.delete_review_queue(queue.queue_id)
refused("not found", lambda: store.get_review_queue(queue.queue_id))

# Artifacts of an experiment may lie where the server does not reach: the client reads and writes them by itself.
elsewhere = pathlib.Path("elsewhere").resolve()
away = client.create_experiment("away", artifact_location=elsewhere.as_uri())
assert client.get_experiment(away).artifact_location == elsewhere.as_uri()
far = client.create_run(away).info
assert far.artifact_uri == f"{elsewhere.as_uri()}/{far.run_id}/artifacts", far.artifact_uri
client.log_text(far.run_id, "here", "a.txt")
assert (elsewhere / far.run_id / "artifacts" / "a.txt").read_text() == "here"
assert [file.path for file in client.list_artifacts(far.run_id)] == ["a.txt"]
assert not os.path.isabs(client.get_run(run).info.artifact_uri)
refused("cannot use the 'https' scheme", lambda: client.create_experiment("web", artifact_location="https://host/a"))
