"""Random truths and answers, and what scikit-learn says of them: written as arrays.bin, told.json and expected.json."""
import json
import sys
from pathlib import Path

import numpy as np
from sklearn import metrics as m
from sklearn.calibration import calibration_curve

draw = np.random.default_rng(7)


def write(folder, y, said, kind, classes, expected, curves=None):
    folder.mkdir(parents=True)
    arrays = [("y", y), (kind, said)]
    at, places = 0, {}
    with open(folder / "arrays.bin", "wb") as file:
        for name, values in arrays:
            flat = np.asarray(values, dtype="<f8").reshape(-1)
            places[name] = [at, flat.size]
            at += flat.size
            file.write(flat.tobytes())
    told = {"format": 1, "rows": len(y), "rows_without_target": 0, "features": [], "classes": classes, "load_seconds": 0, "memory_bytes": 0,
            "table": "", "python": "", "arrays": places, "latency_ms": [1.0, 2.0, 3.0, 10.0]}
    (folder / "told.json").write_text(json.dumps(told))
    expected = {"metrics": {name: float(value) for name, value in expected.items()}}
    (folder / "expected.json").write_text(json.dumps(expected | (curves or {})))


def ece(y, p):
    """Expected calibration error with the bins of `calibration_curve`."""
    observed, predicted = calibration_curve(y, p, n_bins=10, strategy="uniform")
    rows = np.bincount(np.searchsorted(np.linspace(0, 1, 11)[1:-1], p), minlength=10)
    return float((rows[rows > 0] * abs(observed - predicted)).sum() / len(y))


def binary(y, p, threshold):
    told = p >= threshold
    fpr, tpr, _ = m.roc_curve(y, p, drop_intermediate=False)
    return {
        "accuracy": m.accuracy_score(y, told), "balanced_accuracy": m.balanced_accuracy_score(y, told),
        "precision": m.precision_score(y, told, zero_division=0), "recall": m.recall_score(y, told), "f1": m.f1_score(y, told),
        "matthews": m.matthews_corrcoef(y, told), "roc_auc": m.roc_auc_score(y, p), "pr_auc": m.average_precision_score(y, p),
        "log_loss": m.log_loss(y, p), "brier": m.brier_score_loss(y, p), "calibration_error": ece(y, p),
    }, {"roc": [[float(a), float(b)] for a, b in zip(fpr, tpr)], "confusion": m.confusion_matrix(y, told).tolist()}


def main():
    folder = Path(sys.argv[1])
    for name, rows, ties in (("plain", 5000, False), ("ties", 3000, True), ("few", 40, False), ("rare", 20000, True)):
        y = (draw.random(rows) < (0.01 if name == "rare" else 0.3)).astype(float)
        p = np.clip(0.4 * y + 0.6 * draw.random(rows), 0, 1)
        p = np.round(p, 2) if ties else p
        expected, curves = binary(y, p, 0.5)
        curves = {} if name == "plain" else curves
        write(folder / ("binary_" + name), y, np.c_[1 - p, p], "scores", ["0", "1"], expected, curves)
    for name, rows, classes in (("three", 4000, 3), ("seven", 6000, 7)):
        y = draw.integers(0, classes, rows)
        scores = draw.random((rows, classes)) + 1.2 * np.eye(classes)[y] * draw.random((rows, 1))
        scores /= scores.sum(axis=1, keepdims=True)
        told = scores.argmax(axis=1)
        hit = np.eye(classes)[y]
        expected = {
            "accuracy": m.accuracy_score(y, told), "balanced_accuracy": m.balanced_accuracy_score(y, told),
            "precision": m.precision_score(y, told, average="macro"), "recall": m.recall_score(y, told, average="macro"),
            "f1": m.f1_score(y, told, average="macro"), "matthews": m.matthews_corrcoef(y, told),
            "roc_auc": m.roc_auc_score(y, scores, multi_class="ovr", average="macro"),
            "pr_auc": m.average_precision_score(hit, scores, average="macro"), "log_loss": m.log_loss(y, scores),
            "brier": ((scores - hit) ** 2).sum(axis=1).mean(), "calibration_error": ece(told == y, scores.max(axis=1)),
        }  # fmt: skip
        names = [str(one) for one in range(classes)]
        write(folder / ("classes_" + name), y, scores, "scores", names, expected, {"confusion": m.confusion_matrix(y, told).tolist()})
    y, told = draw.integers(0, 4, 900), draw.integers(0, 3, 900)
    expected = {
        "accuracy": m.accuracy_score(y, told), "balanced_accuracy": m.balanced_accuracy_score(y, told),
        "precision": m.precision_score(y, told, average="macro", zero_division=0), "recall": m.recall_score(y, told, average="macro"),
        "f1": m.f1_score(y, told, average="macro"), "matthews": m.matthews_corrcoef(y, told),
    }  # fmt: skip
    write(folder / "labels", y, told, "values", ["a", "b", "c", "d"], expected)
    for name, y in (("plain", draw.normal(5, 3, 5000)), ("skewed", np.exp(draw.normal(0, 2, 3001))), ("constant", np.full(10, 2.0))):
        said = y + draw.normal(0.3, 1, len(y))
        expected = {
            "rmse": m.root_mean_squared_error(y, said), "mae": m.mean_absolute_error(y, said), "max_error": m.max_error(y, said),
            "median_absolute_error": m.median_absolute_error(y, said), "r2": m.r2_score(y, said),
            "mape": m.mean_absolute_percentage_error(y, said), "bias": (said - y).mean(),
        }  # fmt: skip
        write(folder / ("numbers_" + name), y, said, "values", [], expected)


main()
