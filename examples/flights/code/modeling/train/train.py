"""Fit a gradient boosting classifier on the prepared data and log it to MLflow.

The model takes plain columns (three strings, the rest doubles, missing allowed) and gives the
probabilities of landing on time and late. It is logged to the run, and the very same files are
copied to the output folder: their `MLmodel` names the run they came from.
"""

import argparse
import json
import logging
import time
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, Schema
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

CURVE_ROWS = 20_000
CURVE_STEPS = 10
SERVING_PACKAGES = ["mlflow-skinny", "cloudpickle", "numpy", "pandas", "scikit-learn"]


class Features(TypedDict):
    """What `features.json` of the prepare step says about its columns."""

    target: str
    categorical: list[str]
    numeric: list[str]
    notice_hours: int
    late_minutes: int


def build_model(
    features: Features, max_iter: int, learning_rate: float, max_leaf_nodes: int, seed: int
) -> Pipeline:
    """An unfitted pipeline; a category that was not trained on counts as missing."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = ColumnTransformer(
        [
            ("categorical", encoder, features["categorical"]),
            ("numeric", "passthrough", features["numeric"]),
        ]
    )
    boosting = HistGradientBoostingClassifier(
        max_iter=max_iter,
        learning_rate=learning_rate,
        max_leaf_nodes=max_leaf_nodes,
        min_samples_leaf=100,
        l2_regularization=1.0,
        categorical_features=list(range(len(features["categorical"]))),
        early_stopping=False,
        random_state=seed,
    )
    return Pipeline([("columns", columns), ("boosting", boosting)])


def split_columns(table: pd.DataFrame, features: Features) -> tuple[pd.DataFrame, pd.Series]:
    """The columns that a model sees, in their order, and the target (0 or 1)."""
    return table[features["categorical"] + features["numeric"]], table[features["target"]]


def learning_curve(model: Pipeline, x: pd.DataFrame, y: pd.Series) -> dict[int, float]:
    """Log loss (nats) on the given rows after every tenth part of the trees, by number of trees."""
    boosting = model.named_steps["boosting"]
    every = max(1, boosting.n_iter_ // CURVE_STEPS)
    stages = boosting.staged_predict_proba(model.named_steps["columns"].transform(x))
    return {n: log_loss(y, p, labels=[0, 1]) for n, p in enumerate(stages, start=1) if n % every == 0}


def signature_of(model: Pipeline, example: pd.DataFrame, features: Features) -> ModelSignature:
    """Three strings and doubles in, where a double may be missing; probabilities (n, 2) out."""
    columns = [ColSpec(DataType.string, name) for name in features["categorical"]]
    columns += [ColSpec(DataType.double, name, required=False) for name in features["numeric"]]
    outputs = infer_signature(model_output=model.predict_proba(example)).outputs
    return ModelSignature(inputs=Schema(columns), outputs=outputs)


def requirements() -> list[str]:
    """What a server needs to load and score the model, pinned to what trained it."""
    return [f"{name}=={version(name)}" for name in SERVING_PACKAGES]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prepared", type=Path, required=True, help="folder written by prepare.py")
    parser.add_argument("--max-iter", type=int, default=60, help="number of trees")
    parser.add_argument("--learning-rate", type=float, default=0.15, help="shrinkage of each tree")
    parser.add_argument("--max-leaf-nodes", type=int, default=31, help="leaves of a tree, at most")
    parser.add_argument("--seed", type=int, default=2013, help="seed of everything random")
    parser.add_argument("--model", type=Path, required=True, help="folder to write the model to")
    args = parser.parse_args()
    # The model is pickled on purpose: it is made and loaded by this project only.
    logging.getLogger("mlflow.sklearn").setLevel(logging.ERROR)

    features: Features = json.loads((args.prepared / "features.json").read_text())
    table = pd.read_parquet(args.prepared / "train.parquet")
    x, y = split_columns(table, features)
    model = build_model(features, args.max_iter, args.learning_rate, args.max_leaf_nodes, args.seed)

    with mlflow.start_run():
        mlflow.log_params(
            {
                "max_iter": args.max_iter,
                "learning_rate": args.learning_rate,
                "max_leaf_nodes": args.max_leaf_nodes,
                "seed": args.seed,
                "notice_hours": features["notice_hours"],
                "late_minutes": features["late_minutes"],
            }
        )
        started = time.perf_counter()
        model.fit(x, y)
        fit_s = time.perf_counter() - started
        sample = x.sample(min(CURVE_ROWS, len(x)), random_state=args.seed)
        for trees, loss in learning_curve(model, sample, y[sample.index]).items():
            mlflow.log_metric("train_log_loss", loss, step=trees)
        mlflow.log_metrics({"train_rows": len(x), "train_late_rate": y.mean(), "fit_seconds": fit_s})

        example = x.head(5)
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=signature_of(model, example, features),
            input_example=example,
            pip_requirements=requirements(),
            pyfunc_predict_fn="predict_proba",
            serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
        )
        args.model.mkdir(parents=True, exist_ok=True)
        mlflow.artifacts.download_artifacts(artifact_uri=logged.model_uri, dst_path=str(args.model))
    print(f"fitted {args.max_iter} trees on {len(x):,} rows in {fit_s:.1f} s; logged {logged.model_uri}")


if __name__ == "__main__":
    main()
