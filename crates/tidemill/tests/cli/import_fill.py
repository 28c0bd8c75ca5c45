"""Fills a store of MLflow through its client with what people keep in one: `import_fill.py TRACKING_URI`."""

import sys
import time

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    AssessmentSource,
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Param,
    RunTag,
    SpanEvent,
)

uri = sys.argv[1]
mlflow.set_tracking_uri(uri)
mlflow.set_registry_uri(uri)
client = MlflowClient(uri, uri)


def metric(key, value, step, at=1_700_000_000_000):
    return Metric(key, value, at + step if step > 0 else at, step)


flights = client.create_experiment("flights é/ü", tags={"team": "red", "mlflow.note.content": "two\nlines"})
runs = []
for number in range(12):
    run = client.create_run(flights, run_name=f"run {number}", tags={"n": str(number), "empty": ""})
    run_id = run.info.run_id
    runs.append(run_id)
    client.log_batch(
        run_id,
        metrics=[metric("loss", 1 / (step + 3), step) for step in range(50)],
        params=[Param("depth", str(number)), Param("text ü", "v\nx " * 50), Param("blank", "")],
        tags=[RunTag("work.item", f"AB-{number}")],
    )
    client.set_terminated(run_id, ["FINISHED", "FAILED", "KILLED"][number % 3], end_time=1_700_000_100_000 + number)

hard = runs[0]
hard_run = client.create_run(flights, run_name="hard").info.run_id
client.log_batch(
    hard_run,
    metrics=[
        metric("odd/nan", float("nan"), 1),
        metric("odd/nan", 0.0, 0),
        metric("odd/inf", float("inf"), 2),
        metric("odd/inf", float("-inf"), -3),
        metric("odd/tiny", 5e-324, 0),
        metric("odd/big", 2.0**53 + 1, 2**53 + 1),
        metric("odd/minus zero", -0.0, 0),
        metric("odd/same step", 0.1, 7),
        metric("odd/same step", 0.1 + 1e-17, 7),
        metric("odd/same step", 0.2, 7),
    ],
)
# More than one page of a history.
for start in range(0, 26_000, 1000):
    client.log_batch(hard_run, metrics=[metric("long", (step * 37 % 1001) / 7, step) for step in range(start, start + 1000)])
client.log_inputs(
    hard_run,
    datasets=[
        DatasetInput(
            Dataset("wine", "d0ca", "local", '{"uri": "a.csv"}', '{"columns": []}', '{"rows": 3}'),
            [InputTag("mlflow.data.context", "training")],
        ),
        DatasetInput(Dataset("bare", "beef", "code", "{}"), []),
    ],
)
client.log_text(hard_run, "hello", "dir/sub/ü a.txt")
client.log_text(hard_run, "x" * 300_000, "big.txt")
client.log_text(runs[1], "1", "one.txt")

made = client.create_logged_model(
    flights,
    name="net",
    source_run_id=hard_run,
    tags={"kind": "tree"},
    params={"width": "4"},
    model_type="Classifier",
)
client.log_model_artifact(made.model_id, __file__)
client.finalize_logged_model(made.model_id, "READY")
client.log_metric(hard_run, "of model", 1 / 11, timestamp=1_700_000_000_500, step=2, model_id=made.model_id)
client.log_outputs(hard_run, [LoggedModelOutput(made.model_id, 4)])
client.log_inputs(runs[2], models=[LoggedModelInput(made.model_id)])

deleted = client.create_run(flights, run_name="deleted").info.run_id
client.log_metric(deleted, "m", 1.5, step=1)
client.delete_run(deleted)

gone = client.create_experiment("gone")
in_gone = client.create_run(gone, run_name="in gone").info.run_id
client.log_param(in_gone, "p", "1")
client.delete_experiment(gone)

client.log_metric(client.create_run("0", run_name="in default").info.run_id, "m", 2.5)

client.create_registered_model("wine", tags={"owner": "ada"}, description="It tells\nwines apart")
client.create_model_version("wine", f"models:/{made.model_id}", run_id=hard_run, model_id=made.model_id, description="first")
client.create_model_version("wine", f"runs:/{hard_run}/dir", run_id=hard_run)
client.create_model_version("wine", f"runs:/{hard_run}/dir", run_id=hard_run, tags={"checked": "yes"})
client.delete_model_version("wine", "2")
client.set_registered_model_alias("wine", "champion", "3")
client.set_registered_model_alias("wine", "first", "1")
client.transition_model_version_stage("wine", "1", "Production")
client.create_registered_model("empty one")
prompt = mlflow.genai.register_prompt("greeting", "Hello {{name}}", commit_message="as it was")

# Traces: one with all that there is, one that failed.
mlflow.set_experiment(experiment_id=flights)
human = AssessmentSource("HUMAN", "ada")


@mlflow.trace(name="ask", span_type="CHAIN", attributes={"depth": 3, "ratio": 0.5, "list": [1, "é", None, True]})
def ask(question):
    with mlflow.start_span("find", span_type="RETRIEVER") as span:
        span.set_inputs({"q": question})
        span.add_event(SpanEvent("found", attributes={"rows": 7, "share": 0.25}))
        span.set_outputs(["a", {"b": 1.5}])
    if question == "bad":
        raise ValueError("no such thing")
    mlflow.update_current_trace(tags={"topic": "wine é"}, metadata={"mlflow.trace.session": "s 1"}, client_request_id="c-1")
    return {"answer": 42}


ask("good")
good = mlflow.get_last_active_trace_id()
try:
    ask("bad")
except ValueError:
    pass
bad = mlflow.get_last_active_trace_id()
mlflow.flush_trace_async_logging()
first = mlflow.log_feedback(trace_id=good, name="right", value=True, source=human, rationale="it is", metadata={"k": "v"})
mlflow.override_feedback(trace_id=good, assessment_id=first.assessment_id, value=False, source=human)
mlflow.log_expectation(trace_id=good, name="wanted", value={"answer": [41, 42]}, source=human)
mlflow.log_feedback(trace_id=bad, name="score", value=0.25)
if not uri.startswith(("file:", "/", "./")):
    client.link_traces_to_run([bad], hard_run)
    client.link_prompt_versions_to_trace([prompt], good)
mlflow.flush_trace_async_logging()
time.sleep(0.01)
