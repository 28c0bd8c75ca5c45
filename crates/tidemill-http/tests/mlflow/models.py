"""Artifacts, autolog, logged models, the registry and loading a model back, through mlflow's own client."""

import os
import pathlib
import tempfile

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV


def refused(code, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        assert text in str(error), str(error)
        return
    raise AssertionError(f"{call} was not refused")


def predicts_five(uri):
    answer = mlflow.pyfunc.load_model(uri).predict(np.array([[2.0]]))
    assert abs(float(answer[0]) - 5.0) < 1e-9, (uri, answer)


client = MlflowClient()
exp = mlflow.set_experiment("models").experiment_id

# Artifacts: nested, odd names, empty, large, listed, downloaded, deleted.
with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
    rid = run.info.run_id
    root = pathlib.Path(folder)
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "sub" / "deep" / "ä b+c%.txt").write_text("odd")
    (root / "empty").write_bytes(b"")
    big = os.urandom(20 << 20)
    (root / "big.bin").write_bytes(big)
    mlflow.log_artifacts(folder, "all")
files = {f.path: f for f in client.list_artifacts(rid, "all")}
assert set(files) == {"all/sub", "all/empty", "all/big.bin"} and files["all/sub"].is_dir
assert files["all/big.bin"].file_size == 20 << 20
with tempfile.TemporaryDirectory() as out:
    got = pathlib.Path(mlflow.artifacts.download_artifacts(run_id=rid, artifact_path="all", dst_path=out))
    assert (got / "big.bin").read_bytes() == big
    assert (got / "sub" / "deep" / "ä b+c%.txt").read_text() == "odd"
    assert (got / "empty").read_bytes() == b""
repo = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(run.info.artifact_uri)
repo.delete_artifacts("all/sub")
assert "all/sub" not in {f.path for f in client.list_artifacts(rid, "all")}
import requests

answer = requests.get(mlflow.get_tracking_uri() + "/api/2.0/mlflow/artifacts/list", params={"run_id": rid, "path": "../other"})
assert answer.status_code == 400 and answer.json()["message"] == "Invalid path"
answer = requests.get(f"{mlflow.get_tracking_uri()}/get-artifact", params={"run_id": run.info.run_id, "path": "all"})
assert answer.status_code == 400 and "refers to a directory, not a file" in answer.json()["message"], answer.text
answer = requests.get(f"{mlflow.get_tracking_uri()}/ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files")
assert answer.status_code == 400 and answer.json()["error_code"] == "BAD_REQUEST", answer.text

# Autolog of scikit-learn, with a search and its children.
mlflow.sklearn.autolog(log_datasets=True)
x, y = load_iris(return_X_y=True, as_frame=True)
with mlflow.start_run(run_name="forest") as forest:
    model = RandomForestClassifier(n_estimators=4, random_state=0).fit(x, y)
logged = client.get_run(forest.info.run_id)
assert logged.data.params["n_estimators"] == "4" and logged.data.metrics["training_accuracy_score"] > 0.9
assert logged.inputs.dataset_inputs and logged.outputs.model_outputs, (logged.inputs, logged.outputs)
assert logged.info.status == "FINISHED"
with mlflow.start_run(run_name="grid") as grid:
    GridSearchCV(RandomForestClassifier(random_state=0), {"n_estimators": [2, 3]}, cv=2).fit(x, y)
children = client.search_runs([exp], f"tags.mlflow.parentRunId = '{grid.info.run_id}'")
assert len(children) == 2, children
mlflow.sklearn.autolog(disable=True)

# A logged model: its files, params, metrics, tags, searches.
line = LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]))
with mlflow.start_run(run_name="line") as run:
    info = mlflow.sklearn.log_model(line, name="line", input_example=np.array([[2.0]]), params={"a": 1}, tags={"t": "1"}, pip_requirements=["scikit-learn"])
    mlflow.log_metric("rmse", 0.25, model_id=info.model_id)
    mlflow.log_metric("rmse", 0.125, step=1, model_id=info.model_id)
model = mlflow.get_logged_model(info.model_id)
assert model.status == "READY" and model.source_run_id == run.info.run_id and model.params["a"] == "1"
assert {m.value for m in model.metrics} == {0.25, 0.125}
predicts_five(f"models:/{info.model_id}")
predicts_five(f"runs:/{run.info.run_id}/line")
client.set_logged_model_tags(info.model_id, {"stage": "candidate"})
client.delete_logged_model_tag(info.model_id, "t")
assert mlflow.get_logged_model(info.model_id).tags["stage"] == "candidate"
found = mlflow.search_logged_models(
    experiment_ids=[exp], filter_string="metrics.rmse < 0.2 AND tags.stage = 'candidate'", output_format="list"
)
assert [m.model_id for m in found] == [info.model_id], found
first = mlflow.search_logged_models(
    experiment_ids=[exp], order_by=[{"field_name": "metrics.rmse", "ascending": True}], output_format="list"
)
assert first[0].model_id == info.model_id
assert mlflow.last_logged_model().model_id == info.model_id
assert client.get_run(run.info.run_id).outputs.model_outputs[0].model_id == info.model_id

# The registry: versions, aliases, stages, tags, searches, downloads.
v1 = mlflow.register_model(info.model_uri, "lines", tags={"by": "test"})
v2 = mlflow.register_model(f"runs:/{run.info.run_id}/line", "lines")
assert (int(v1.version), int(v2.version)) == (1, 2) and v1.run_id == run.info.run_id
client.set_registered_model_alias("lines", "champion", 1)
client.update_registered_model("lines", "straight ones")
client.set_registered_model_tag("lines", "owner", "us")
client.set_model_version_tag("lines", "2", "tested", "yes")
client.update_model_version("lines", "2", "the second")
client.transition_model_version_stage("lines", "1", "Production")
client.transition_model_version_stage("lines", "2", "production", archive_existing_versions=True)
got = client.get_registered_model("lines")
assert got.aliases == {"champion": "1"} or got.aliases == {"champion": 1}, got.aliases
assert got.description == "straight ones" and got.tags == {"owner": "us"}
assert {v.current_stage: int(v.version) for v in got.latest_versions} == {"Archived": 1, "Production": 2}
assert client.get_model_version("lines", "2").tags == {"tested": "yes"}
assert client.get_model_version_by_alias("lines", "champion").version in (1, "1")
for uri in ["models:/lines/1", "models:/lines/2", "models:/lines@champion", "models:/lines/latest", "models:/lines/Production"]:
    predicts_five(uri)
loaded = mlflow.sklearn.load_model("models:/lines@champion")
assert isinstance(loaded, LinearRegression)
with mlflow.start_run():
    mlflow.sklearn.log_model(line, name="again", registered_model_name="lines", pip_requirements=["scikit-learn"])
assert [int(v.version) for v in client.search_model_versions("name = 'lines'", order_by=["version_number ASC"])] == [1, 2, 3]
assert [int(v.version) for v in client.search_model_versions("name = 'lines' AND tags.tested = 'yes'")] == [2]
assert [int(v.version) for v in client.search_model_versions(f"run_id = '{run.info.run_id}'", order_by=["version_number DESC"])] == [2, 1]
for i in range(5):
    client.create_registered_model(f"other-{i}", description="x")
page = client.search_registered_models("name LIKE 'other%'", max_results=3, order_by=["name DESC"])
assert [m.name for m in page] == ["other-4", "other-3", "other-2"] and page.token
page = client.search_registered_models("name LIKE 'other%'", max_results=3, order_by=["name DESC"], page_token=page.token)
assert [m.name for m in page] == ["other-1", "other-0"] and not page.token
refused("RESOURCE_ALREADY_EXISTS", "Registered Model (name=lines) already exists", client.create_registered_model, "lines")
refused("RESOURCE_DOES_NOT_EXIST", "not found", client.get_model_version, "lines", "77")
refused("INVALID_PARAMETER_VALUE", "reserved", client.set_registered_model_alias, "lines", "v1", 1)
refused("INVALID_PARAMETER_VALUE", "Invalid model version source", client.create_model_version, "lines", "/etc/passwd")
client.copy_model_version("models:/lines/1", "copies")
predicts_five("models:/copies/1")
client.rename_registered_model("lines", "rays")
assert client.get_model_version_by_alias("rays", "champion").name == "rays"
client.delete_model_version("rays", "1")
refused("INVALID_PARAMETER_VALUE", "alias champion not found", client.get_model_version_by_alias, "rays", "champion")
predicts_five("models:/rays/2")
client.delete_registered_model("rays")
refused("RESOURCE_DOES_NOT_EXIST", "Registered Model with name=rays not found", client.get_registered_model, "rays")

# A model of one's own.
class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[float]) -> list[float]:
        return [2 * x for x in model_input]


with mlflow.start_run():
    own = mlflow.pyfunc.log_model(name="doubler", python_model=Doubler(), pip_requirements=["mlflow"])
assert mlflow.pyfunc.load_model(own.model_uri).predict([1.0, 2.0]) == [2.0, 4.0]

# Evaluation.
with mlflow.start_run(run_name="evaluation") as run:
    frame = x.copy()
    frame["target"] = y
    frame["prediction"] = y
    result = mlflow.models.evaluate(
        data=frame, targets="target", predictions="prediction", model_type="classifier",
        evaluator_config={"log_explainer": False},
    )
assert client.get_run(run.info.run_id).data.metrics["accuracy_score"] == 1.0
assert result.artifacts and client.list_artifacts(run.info.run_id)

# Traces.
@mlflow.trace
def add(a, b):
    return a + b


assert add(1, 2) == 3
mlflow.flush_trace_async_logging()
trace = mlflow.get_trace(mlflow.get_last_active_trace_id())
assert trace.info.state == "OK" and len(trace.data.spans) == 1
assert trace.info.trace_id in {t.info.trace_id for t in mlflow.search_traces(return_type="list")}
print("models: all good")
