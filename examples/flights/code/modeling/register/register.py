"""Register the evaluated model, with its metrics as tags, if it is good enough.

Registration is a step of its own, after evaluation: a model that is not better than the simple
rules never gets a version. The version points at the model that the training run logged. Run
again for the same model, it finds the version that is there.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import Model

TAGS = [
    "roc_auc",
    "pr_auc",
    "log_loss",
    "brier",
    "calibration_error",
    "threshold",
    "precision",
    "recall",
    "test_month",
    "test_rows",
]


def objections(metrics: dict[str, Any], min_roc_auc: float) -> list[str]:
    """Why a model with these metrics must not be registered; empty if nothing speaks against it."""
    found = []
    if not metrics["roc_auc"] >= min_roc_auc:
        found.append(f"its ROC AUC of {metrics['roc_auc']:.3f} is below {min_roc_auc}")
    for rule, baseline in metrics["baselines"].items():
        if not metrics["log_loss"] < baseline["log_loss"]:
            found.append(
                f"its log loss of {metrics['log_loss']:.4f} is no better than "
                f"{baseline['log_loss']:.4f} of the rule {rule}"
            )
    return found


def tags_of(metrics: dict[str, Any]) -> dict[str, str]:
    """The metrics that a model version carries, as text with at most four decimals."""
    return {key: f"{metrics[key]:.4f}".rstrip("0").rstrip(".") for key in TAGS}


def source_of(model: Model) -> str:
    """URI of the model that was logged; trackers before MLflow 3 know it by its run only."""
    return f"models:/{model.model_id}" if model.model_id else f"runs:/{model.run_id}/model"


def register(client: MlflowClient, name: str, model: Model, metrics: dict[str, Any]) -> int:
    """Register `model` under `name` and return the version's number; the same model has one version."""
    tags = tags_of(metrics)
    try:
        client.create_registered_model(name, description="Probability that a flight lands late.")
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_ALREADY_EXISTS", "RESOURCE_CONFLICT"):
            raise
    for version in client.search_model_versions(f"name = '{name}' and run_id = '{model.run_id}'"):
        if version.tags.get("model_uuid") == model.model_uuid:
            return int(version.version)
    version = client.create_model_version(
        name,
        source=source_of(model),
        run_id=model.run_id,
        model_id=model.model_id,
        tags=tags | {"model_uuid": str(model.model_uuid)},
    )
    return int(version.version)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="folder written by train.py")
    parser.add_argument("--report", type=Path, required=True, help="folder written by evaluate.py")
    parser.add_argument("--name", default="flights-delay", help="name of the registered model")
    parser.add_argument("--min-roc-auc", type=float, default=0.65, help="refuse a model below this")
    parser.add_argument("--registered", type=Path, required=True, help="JSON file to write")
    args = parser.parse_args()

    metrics = json.loads((args.report / "metrics.json").read_text())
    against = objections(metrics, args.min_roc_auc)
    if against:
        sys.exit(f"failed to register {args.name}: " + "; ".join(against))
    model = Model.load(str(args.model))
    version = register(MlflowClient(), args.name, model, metrics)
    args.registered.parent.mkdir(parents=True, exist_ok=True)
    args.registered.write_text(json.dumps({"name": args.name, "version": version}) + "\n")
    print(f"{args.name} version {version}: ROC AUC {metrics['roc_auc']:.3f} on month {metrics['test_month']}")


if __name__ == "__main__":
    main()
