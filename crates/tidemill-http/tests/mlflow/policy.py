"""A workspace that asks for tags and names, as MLflow's client meets it."""

import json
import os
import urllib.request

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

WARNING = "tidemill.policy.warning"
SERVER = os.environ["MLFLOW_TRACKING_URI"]


def policy(rules):
    body = json.dumps({"type": "policy", "tag_policy": rules}).encode()
    url = f"{SERVER}/api/v1/workspaces/default/policy"
    request = urllib.request.Request(url, body, {"content-type": "application/json"}, method="PUT")
    urllib.request.urlopen(request).close()


def refused(work, rule):
    try:
        work()
    except MlflowException as error:
        assert error.error_code == "PERMISSION_DENIED", error
        assert f"rule `{rule}`" in str(error), error
        return
    raise AssertionError(f"rule {rule} refused nothing")


client = MlflowClient()
policy(
    {
        "work-item": {"tag": "work_item", "pattern": "AB#[0-9]+", "effect": "refuse"},
        "names": {"name": "[a-z]+-.*", "effect": "refuse"},
    }
)
refused(lambda: mlflow.start_run(run_name="train-1"), "work-item")
refused(lambda: mlflow.start_run(run_name="Final", tags={"work_item": "AB#1"}), "names")
with mlflow.start_run(run_name="train-1", tags={"work_item": "AB#1"}) as run:
    mlflow.log_metric("loss", 0.1)
    refused(lambda: mlflow.set_tag("work_item", "later"), "work-item")
    refused(lambda: mlflow.delete_tag("work_item"), "work-item")
    refused(lambda: client.update_run(run.info.run_id, name="Final"), "names")
    with mlflow.start_run(nested=True, run_name="FOLD 1") as fold:
        mlflow.log_metric("loss", 0.2)
kept = client.get_run(run.info.run_id)
assert kept.info.status == "FINISHED" and kept.data.tags["work_item"] == "AB#1"
assert client.get_run(fold.info.run_id).info.status == "FINISHED"

policy({"reviewer": {"tag": "reviewer", "effect": "refuse", "checked": "end"}, "team": {"tag": "team"}})
run = mlflow.start_run()
said = client.get_run(run.info.run_id).data.tags[WARNING]
assert said == "rule `team` of workspace `default`: the tag `team` is missing", said
mlflow.set_tag("team", "ops")
assert WARNING not in client.get_run(run.info.run_id).data.tags
refused(lambda: client.set_terminated(run.info.run_id), "reviewer")
assert client.get_run(run.info.run_id).info.status == "RUNNING"
mlflow.set_tag("reviewer", "ada")
mlflow.end_run()
assert client.get_run(run.info.run_id).info.status == "FINISHED"
