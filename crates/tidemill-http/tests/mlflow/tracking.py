"""Experiments, runs, metrics, params, tags, searches, pages and nested runs, through mlflow's own client."""

import math
import os
import time

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


def refused(code, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        assert text in str(error), str(error)
        return
    raise AssertionError(f"{call} was not refused")


client = MlflowClient()

# Experiments.
assert client.get_experiment("0").name == "Default"
exp = client.create_experiment("flights", tags={"team": "ops"})
assert client.get_experiment(exp).tags == {"team": "ops"}
refused("RESOURCE_ALREADY_EXISTS", "Experiment(name=flights) already exists", client.create_experiment, "flights")
refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id=99 exists", client.get_experiment, "99")
refused("INVALID_PARAMETER_VALUE", "Invalid experiment name", client.create_experiment, " ")
assert client.get_experiment_by_name("nope") is None
client.set_experiment_tag(exp, "stage", "dev")
client.delete_experiment_tag(exp, "stage")
other = client.create_experiment("other")
client.rename_experiment(other, "another")
assert [e.name for e in client.search_experiments(filter_string="name LIKE 'a%'")] == ["another"]
assert [e.name for e in client.search_experiments(filter_string="name LIKE 'A%'")] == []
assert [e.name for e in client.search_experiments(filter_string="name ILIKE 'A%'")] == ["another"]
assert [e.name for e in client.search_experiments(filter_string="tags.team = 'ops'")] == ["flights"]
assert [e.name for e in client.search_experiments(order_by=["name ASC"])] == ["Default", "another", "flights"]
page = client.search_experiments(max_results=2, order_by=["name DESC"])
assert [e.name for e in page] == ["flights", "another"] and page.token
page = client.search_experiments(max_results=2, order_by=["name DESC"], page_token=page.token)
assert [e.name for e in page] == ["Default"] and not page.token
client.delete_experiment(other)
assert client.get_experiment(other).lifecycle_stage == "deleted"
assert [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)] == ["another"]
refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state", client.create_run, other)
client.restore_experiment(other)

# A run, its metrics and their latest values.
run = client.create_run(exp, run_name="first", tags={"kind": "probe"})
rid = run.info.run_id
assert run.info.run_name == "first" and run.info.status == "RUNNING"
assert run.info.artifact_uri == f"mlflow-artifacts:/{exp}/{rid}/artifacts"
client.log_metric(rid, "loss", 1.0, timestamp=10, step=1)
client.log_metric(rid, "loss", 0.5, timestamp=20, step=3)
client.log_metric(rid, "loss", 0.7, timestamp=30, step=2)
client.log_metric(rid, "nan", math.nan, timestamp=1)
client.log_metric(rid, "inf", math.inf, timestamp=1)
client.log_metric(rid, "loss", 0.5, timestamp=20, step=3)
got = client.get_run(rid).data.metrics
assert got["loss"] == 0.5 and math.isnan(got["nan"]) and got["inf"] == 1.7976931348623157e308, got
history = client.get_metric_history(rid, "loss")
assert [(m.timestamp, m.step, m.value) for m in history] == [(10, 1, 1.0), (20, 3, 0.5), (30, 2, 0.7)]
refused("INVALID_PARAMETER_VALUE", "Timestamp must be a nonnegative", client.log_metric, rid, "m", 1, timestamp=-1)
refused("RESOURCE_DOES_NOT_EXIST", "not found", client.log_metric, "nope", "m", 1)

# Parameters stay as they are.
client.log_param(rid, "depth", 3)
client.log_param(rid, "depth", 3)
refused("INVALID_PARAMETER_VALUE", "Changing param values is not allowed", client.log_param, rid, "depth", 4)
refused(
    "INVALID_PARAMETER_VALUE",
    "Changing param values is not allowed",
    client.log_batch,
    rid,
    params=[Param("depth", "5"), Param("new", "1")],
)
assert client.get_run(rid).data.params == {"depth": "3"}

# Batches, with their limits.
client.log_batch(
    rid,
    metrics=[Metric("acc", i / 1000, i, i) for i in range(800)],
    params=[Param(f"p{i}", str(i)) for i in range(100)],
    tags=[RunTag("a", "1"), RunTag("a", "2")],
)
data = client.get_run(rid).data
assert data.metrics["acc"] == 0.799 and data.params["p99"] == "99" and data.tags["a"] == "2"
page = client._tracking_client.store.get_metric_history(rid, "acc", max_results=300)
assert len(page) == 300 and page.token
assert len(client.get_metric_history(rid, "acc")) == 800

# Tags and names.
client.set_tag(rid, "mlflow.runName", "renamed")
assert client.get_run(rid).info.run_name == "renamed"
client.update_run(rid, name="again")
assert client.get_run(rid).data.tags["mlflow.runName"] == "again"
client.delete_tag(rid, "a")
refused("RESOURCE_DOES_NOT_EXIST", "No tag with name: a", client.delete_tag, rid, "a")
client.set_terminated(rid, "FINISHED", end_time=99)
done = client.get_run(rid).info
assert done.status == "FINISHED" and done.end_time == 99

# Nested runs through the fluent API.
mlflow.set_experiment("flights")
with mlflow.start_run(run_name="parent") as parent:
    mlflow.log_param("model", "tree")
    for depth in range(3):
        with mlflow.start_run(run_name=f"child-{depth}", nested=True):
            mlflow.log_params({"depth": depth, "kind": "child"})
            mlflow.log_metric("rmse", 10.0 - depth)
            mlflow.set_tag("parity", "even" if depth % 2 == 0 else "odd")
children = mlflow.search_runs(
    filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
    order_by=["metrics.rmse ASC"],
    output_format="list",
)
assert [r.info.run_name for r in children] == ["child-2", "child-1", "child-0"]
assert all(r.info.status == "FINISHED" for r in children)


def names(filter_string, **kwargs):
    found = client.search_runs([exp], filter_string, **kwargs)
    return [r.info.run_name for r in found]


# Searches.
assert names("metrics.rmse < 9.5", order_by=["metrics.rmse DESC"]) == ["child-1", "child-2"]
assert names("metrics.rmse >= 8 AND params.depth = '2'") == ["child-2"]
assert names("params.kind = 'child' AND tags.parity != 'odd'", order_by=["attribute.run_name ASC"]) == ["child-0", "child-2"]
assert names("attributes.run_name LIKE 'child%' AND tags.parity IS NOT NULL", order_by=["params.depth DESC"])[0] == "child-2"
assert names("tags.parity IS NULL AND params.model = 'tree'") == ["parent"]
assert names(f"run_id IN ('{rid}')") == ["again"]
assert names("metrics.nan != 3") == ["again"] and names("metrics.nan = 0") == []
assert names("status = 'FINISHED' AND attributes.start_time > 0", order_by=["metrics.rmse DESC", "start_time ASC"])[:3] == [
    "child-0", "child-1", "child-2",
]
pages, token = [], None
while True:
    page = client.search_runs([exp], order_by=["attribute.run_name ASC"], max_results=2, page_token=token)
    pages.append([r.info.run_name for r in page])
    token = page.token
    if not token:
        break
assert pages == [["again", "child-0"], ["child-1", "child-2"], ["parent"]], pages
refused("INVALID_PARAMETER_VALUE", "Invalid clause(s) in filter string: 'OR'", names, "metrics.a > 1 OR metrics.b > 2")
refused("INVALID_PARAMETER_VALUE", "Invalid value 60000 for parameter 'max_results'", client.search_runs, [exp], max_results=60000)
refused("INVALID_PARAMETER_VALUE", "Invalid page token", client.search_runs, [exp], page_token="abc")

# Delete and restore.
client.delete_run(rid)
assert client.get_run(rid).info.lifecycle_stage == "deleted" and "again" not in names("")
assert names("", run_view_type=ViewType.DELETED_ONLY) == ["again"]
refused("INVALID_PARAMETER_VALUE", "must be in the 'active' state", client.log_metric, rid, "x", 1)
client.restore_run(rid)
assert "again" in names("")

# Datasets.
import numpy as np
import pandas as pd

with mlflow.start_run(run_name="with-data") as active:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    dataset = mlflow.data.from_pandas(frame, name="little", source="https://example.com/little.csv")
    mlflow.log_input(dataset, context="training")
    mlflow.log_input(dataset, context="training")
found = client.get_run(active.info.run_id).inputs.dataset_inputs
assert len(found) == 1 and found[0].dataset.name == "little" and found[0].tags[0].value == "training"
assert names("dataset.name = 'little' AND dataset.context = 'training'") == ["with-data"]

# Asynchronous logging, images, figures, dictionaries, tables and text.
with mlflow.start_run(run_name="async"):
    for step in range(50):
        mlflow.log_metric("fast", step, step=step, synchronous=False)
    mlflow.flush_async_logging()
    mlflow.log_text("hello", "notes/a.txt")
    mlflow.log_dict({"a": 1}, "notes/b.json")
    mlflow.log_table({"q": ["x"], "a": ["y"]}, "eval/table.json")
    mlflow.log_image(np.zeros((4, 4, 3), dtype="uint8"), "black.png")
    async_id = mlflow.active_run().info.run_id
assert len(client.get_metric_history(async_id, "fast")) == 50
assert {f.path for f in client.list_artifacts(async_id)} == {"notes", "eval", "black.png"}
assert mlflow.artifacts.load_dict(f"runs:/{async_id}/notes/b.json") == {"a": 1}
assert mlflow.load_table("eval/table.json", run_ids=[async_id]).shape[0] == 1
print("tracking: all good", os.getpid(), time.time())
