"""Measure a model on flights it has not seen, against simple rules, and by slice.

Writes `metrics.json`, `calibration.csv`, `slices.csv` and two plots, and logs all of it to MLflow.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from mlflow.pyfunc import PyFuncModel
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
)

BINS = 10


def scores(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Quality of probabilities `p` of being late, for truth `y` (0 or 1); log loss in nats.

    The areas are missing where `y` holds one class only.
    """
    both = 0 < y.mean() < 1
    return {
        "roc_auc": roc_auc_score(y, p) if both else float("nan"),
        "pr_auc": average_precision_score(y, p) if both else float("nan"),
        "log_loss": log_loss(y, p, labels=[0, 1]),
        "brier": brier_score_loss(y, p),
    }


def decisions(y: np.ndarray, p: np.ndarray, threshold: float) -> dict[str, float]:
    """Precision, recall, accuracy and share announced, if `p >= threshold` is announced as late."""
    (tn, fp), (fn, tp) = confusion_matrix(y, p >= threshold, labels=[0, 1])
    return {
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn) if tp + fn else 0.0,
        "accuracy": (tp + tn) / len(y),
        "announced_rate": (tp + fp) / len(y),
    }


def calibration(y: np.ndarray, p: np.ndarray) -> pd.DataFrame:
    """Flights in ten groups of equal size by probability: rows, mean `predicted`, share `observed`."""
    groups = pd.qcut(p, BINS, labels=False, duplicates="drop")
    table = pd.DataFrame({"predicted": p, "observed": y}).groupby(groups).mean()
    table.insert(0, "rows", pd.Series(groups).value_counts().sort_index())
    return table.reset_index(drop=True)


def calibration_error(table: pd.DataFrame) -> float:
    """Expected calibration error: mean distance of observed from predicted, weighted by rows."""
    distance = (table["observed"] - table["predicted"]).abs()
    return float((distance * table["rows"]).sum() / table["rows"].sum())


def baselines(train: pd.DataFrame, test: pd.DataFrame, target: str) -> dict[str, dict[str, float]]:
    """Scores of the two rules to beat: never late (accuracy), and the training rate of the carrier.

    `always_no` gives everyone the overall training rate as probability, which announces nobody.
    """
    y = test[target].to_numpy()
    overall = train[target].mean()
    by_carrier = test["carrier"].map(train.groupby("carrier")[target].mean()).fillna(overall)
    always_no = scores(y, np.full(len(y), overall)) | {"accuracy": float((y == 0).mean())}
    return {"always_no": always_no, "carrier_rate": scores(y, by_carrier.to_numpy())}


def slices(test: pd.DataFrame, p: np.ndarray, target: str) -> pd.DataFrame:
    """Rows, observed and predicted share of late flights, and scores, by carrier and by origin."""
    found = []
    for column in ("carrier", "origin"):
        for value, rows in test.groupby(column).indices.items():
            y = test[target].to_numpy()[rows]
            row = {"slice": column, "value": value, "rows": len(rows)}
            found.append(row | {"observed": y.mean(), "predicted": p[rows].mean()} | scores(y, p[rows]))
    return pd.DataFrame(found)


def plot_calibration(table: pd.DataFrame, path: Path) -> None:
    """Draw observed against predicted probability."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    top = float(table[["predicted", "observed"]].to_numpy().max()) * 1.05
    axes.plot([0, top], [0, top], color="grey", linewidth=1, label="perfect")
    axes.plot(table["predicted"], table["observed"], marker="o", label="model")
    axes.set(xlabel="predicted probability", ylabel="observed share late", title="Calibration")
    axes.legend()
    figure.savefig(path, dpi=100)


def plot_precision_recall(y: np.ndarray, p: np.ndarray, threshold: float, path: Path) -> None:
    """Draw precision against recall and mark the threshold in use."""
    precision, recall, _ = precision_recall_curve(y, p)
    chosen = decisions(y, p, threshold)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(recall, precision)
    axes.axhline(y.mean(), color="grey", linewidth=1, label="all flights late")
    axes.plot(chosen["recall"], chosen["precision"], marker="o", label=f"threshold {threshold}")
    axes.set(xlabel="recall", ylabel="precision", title="Precision and recall")
    axes.legend()
    figure.savefig(path, dpi=100)


def evaluate(
    model: PyFuncModel, train: pd.DataFrame, test: pd.DataFrame, target: str, threshold: float, report: Path
) -> dict[str, Any]:
    """Write the report on `model`, which gives probabilities; returns its metrics."""
    report.mkdir(parents=True, exist_ok=True)
    y = test[target].to_numpy()
    columns = model.metadata.get_input_schema().input_names()
    p = np.asarray(model.predict(test[columns]))[:, 1]
    bins = calibration(y, p)
    metrics = {
        "test_rows": len(y),
        "test_month": int(test["month"].max()),
        "test_late_rate": float(y.mean()),
        "mean_predicted": float(p.mean()),
        **scores(y, p),
        "calibration_error": calibration_error(bins),
        "threshold": threshold,
        **decisions(y, p, threshold),
        "baselines": baselines(train, test, target),
    }
    (report / "metrics.json").write_text(json.dumps(metrics, indent=2, default=float) + "\n")
    bins.to_csv(report / "calibration.csv", index=False, float_format="%.4f")
    slices(test, p, target).to_csv(report / "slices.csv", index=False, float_format="%.4f")
    plot_calibration(bins, report / "calibration.png")
    plot_precision_recall(y, p, threshold, report / "precision_recall.png")
    return metrics


def flat(metrics: dict[str, Any]) -> dict[str, float]:
    """Metrics under plain names; a baseline's become `baseline_<rule>_<metric>`."""
    plain = {key: value for key, value in metrics.items() if key != "baselines"}
    for rule, values in metrics["baselines"].items():
        plain |= {f"baseline_{rule}_{key}": value for key, value in values.items()}
    return plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prepared", type=Path, required=True, help="folder written by prepare.py")
    parser.add_argument("--model", type=Path, required=True, help="folder written by train.py")
    parser.add_argument("--threshold", type=float, default=0.3, help="announce as late from here")
    parser.add_argument("--report", type=Path, required=True, help="folder to write")
    args = parser.parse_args()

    target = json.loads((args.prepared / "features.json").read_text())["target"]
    train = pd.read_parquet(args.prepared / "train.parquet")
    test = pd.read_parquet(args.prepared / "test.parquet")
    model = mlflow.pyfunc.load_model(str(args.model))
    with mlflow.start_run():
        metrics = evaluate(model, train, test, target, args.threshold, args.report)
        mlflow.log_metrics(flat(metrics))
        mlflow.log_artifacts(str(args.report), "report")
    for name, value in flat(metrics).items():
        print(f"{name:34} {value:.4f}" if isinstance(value, float) else f"{name:34} {value:,}")


if __name__ == "__main__":
    main()
