"""Scorers, and how far filters over traces go together, with MLflow's own client; and what start_run() takes."""

import json

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.genai.scorers import Guidelines, delete_scorer, get_scorer, list_scorers

client = MlflowClient()
store = client._tracing_client.store
exp = client.create_experiment("judged")
other = client.create_experiment("not-judged")
mlflow.set_experiment(experiment_id=exp)


def refused(code, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        assert text in str(error), str(error)
        return
    raise AssertionError(f"{call} was not refused")


assert Guidelines(name="kind", guidelines="be kind").register(experiment_id=exp).name == "kind"
Guidelines(name="kind", guidelines="be kinder").register(experiment_id=exp)
Guidelines(name="brief", guidelines="be brief").register(experiment_id=exp)
assert [scorer.name for scorer in list_scorers(experiment_id=exp)] == ["brief", "kind"]
assert list_scorers(experiment_id=other) == []
assert get_scorer(name="kind", experiment_id=exp).guidelines == "be kinder"
assert get_scorer(name="kind", experiment_id=exp, version=1).guidelines == "be kind"

versions = store.list_scorer_versions(exp, "kind")
assert [version.scorer_version for version in versions] == [1, 2]
assert versions[0].scorer_id == versions[1].scorer_id and versions[0].creation_time > 0
assert json.loads(versions[0]._serialized_scorer)["name"] == "kind"

refused("RESOURCE_DOES_NOT_EXIST", "Scorer with name 'nope' not found", get_scorer, name="nope", experiment_id=exp)
refused("RESOURCE_DOES_NOT_EXIST", "and version 9 not found", get_scorer, name="kind", experiment_id=exp, version=9)
refused("INVALID_PARAMETER_VALUE", "must be valid JSON", store.register_scorer, exp, "bad", "no json")
refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id", store.register_scorer, "4711", "bad", "{}")

delete_scorer(name="kind", experiment_id=exp, version=2)
assert get_scorer(name="kind", experiment_id=exp).guidelines == "be kind"
delete_scorer(name="kind", experiment_id=exp, version="all")
refused("RESOURCE_DOES_NOT_EXIST", "not found", delete_scorer, name="kind", experiment_id=exp, version="all")
assert [scorer.name for scorer in list_scorers(experiment_id=exp)] == ["brief"]

for at in range(4):
    with mlflow.start_span(f"step-{at % 2}"):
        mlflow.update_current_trace(tags={"half": str(at // 2)})
mlflow.flush_trace_async_logging()
together = store.calculate_trace_filter_correlation([exp], "name = 'step-0'", "tags.half = '1'")
assert (together.total_count, together.filter1_count, together.filter2_count, together.joint_count) == (4, 2, 2, 1)
assert together.npmi == 0 and abs(together.npmi_smoothed) < 1e-9
same = store.calculate_trace_filter_correlation([exp], "name = 'step-0'", "name = 'step-0'", "tags.half = '1'")
assert (same.total_count, same.joint_count, same.npmi) == (2, 1, 1)
never = store.calculate_trace_filter_correlation([exp], "name = 'step-0'", "name = 'nope'")
assert never.filter2_count == 0 and never.npmi != never.npmi

# Tags that a run starts with may have any key; an empty name leaves the one that there is.
with mlflow.start_run(run_name="named", tags={"git, branch": "main", "k=v": "1"}) as run:
    pass
client.set_tag(run.info.run_id, "mlflow.runName", "")
run = client.get_run(run.info.run_id)
assert run.info.run_name == "named" and run.data.tags["mlflow.runName"] == "named"
assert run.data.tags["git, branch"] == "main" and run.data.tags["k=v"] == "1"

# What changes nothing is no error.
client.create_registered_model("taken")
client.rename_registered_model("taken", "taken")
assert not client.update_registered_model("taken", "").description
