"""A model trains on little data, is the same every time, and scores plain columns."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import Model
from sklearn.pipeline import Pipeline

from evaluate import baselines, calibration, calibration_error, decisions, evaluate, scores
from prepare import CATEGORICAL, NUMERIC, TARGET, build, split
from register import objections, source_of, tags_of
from train import Features, build_model, learning_curve, requirements, signature_of, split_columns

FEATURES: Features = {
    "target": TARGET,
    "categorical": CATEGORICAL,
    "numeric": NUMERIC,
    "notice_hours": 2,
    "late_minutes": 15,
}


@pytest.fixture
def parts(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows of the made-up timetable."""
    return split(build(flights, weather, planes, 2, 15))


@pytest.fixture
def model(parts: tuple[pd.DataFrame, pd.DataFrame]) -> Pipeline:
    """A small fitted model."""
    return build_model(FEATURES, 20, 0.1, 7, 2013).fit(*split_columns(parts[0], FEATURES))


@pytest.fixture
def served(model: Pipeline, parts: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path) -> Path:
    """Folder of the model as MLflow saves it."""
    x, _ = split_columns(parts[0], FEATURES)
    mlflow.sklearn.save_model(
        model,
        tmp_path / "model",
        signature=signature_of(model, x.head(), FEATURES),
        pip_requirements=requirements(),
        pyfunc_predict_fn="predict_proba",
        serialization_format="cloudpickle",
    )
    return tmp_path / "model"


def test_the_same_seed_gives_the_same_model(
    model: Pipeline, parts: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    again = build_model(FEATURES, 20, 0.1, 7, 2013).fit(*split_columns(parts[0], FEATURES))
    x, _ = split_columns(parts[1], FEATURES)
    assert (again.predict_proba(x) == model.predict_proba(x)).all()


def test_more_trees_fit_the_training_rows_better(
    model: Pipeline, parts: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    curve = learning_curve(model, *split_columns(parts[0], FEATURES))
    assert list(curve) == list(range(2, 21, 2))
    assert curve[20] < curve[2]


def test_it_beats_chance_where_there_is_something_to_learn(
    model: Pipeline, parts: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    x, y = split_columns(parts[1], FEATURES)
    assert scores(y.to_numpy(), model.predict_proba(x)[:, 1])["roc_auc"] > 0.6


def test_a_saved_model_scores_one_json_row_with_missing_and_unknown_values(served: Path) -> None:
    row = {name: 1.0 for name in NUMERIC} | {"carrier": "??", "origin": "JFK", "dest": "LAX"}
    row |= {"origin_delay_minutes": None, "wind_gust_mph": None}
    frame = pd.DataFrame([row]).astype({"origin_delay_minutes": "float64", "wind_gust_mph": "float64"})
    probabilities = np.asarray(mlflow.pyfunc.load_model(str(served)).predict(frame))
    assert probabilities.shape == (1, 2)
    assert probabilities.sum() == pytest.approx(1.0)


def test_a_saved_model_refuses_a_row_without_its_carrier(served: Path) -> None:
    frame = pd.DataFrame([{name: 1.0 for name in NUMERIC} | {"origin": "JFK", "dest": "LAX"}])
    with pytest.raises(mlflow.exceptions.MlflowException, match="carrier"):
        mlflow.pyfunc.load_model(str(served)).predict(frame)


def test_the_report_holds_metrics_slices_and_plots(
    served: Path, parts: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    report = tmp_path / "report"
    evaluate(mlflow.pyfunc.load_model(str(served)), *parts, TARGET, 0.3, report)
    metrics = json.loads((report / "metrics.json").read_text())
    assert metrics["test_rows"] == len(parts[1])
    slices = pd.read_csv(report / "slices.csv")
    assert slices.groupby("slice")["rows"].sum().to_dict() == {
        "carrier": len(parts[1]),
        "origin": len(parts[1]),
    }
    assert (report / "calibration.png").stat().st_size > 0
    assert (report / "precision_recall.png").stat().st_size > 0


def test_decisions_count_what_is_announced() -> None:
    y, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.3, 0.2])
    assert decisions(y, p, 0.3) == {
        "precision": 0.5,
        "recall": 0.5,
        "accuracy": 0.5,
        "announced_rate": 0.5,
    }
    assert decisions(y, p, 0.9)["precision"] == 0.0


def test_calibration_error_is_nought_for_honest_and_large_for_wrong_probabilities() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(20_000)
    y = (rng.random(20_000) < p).astype(int)
    assert calibration_error(calibration(y, p)) < 0.02
    assert calibration_error(calibration(y, p**4)) > 0.1


def test_baselines_know_the_training_rows_only() -> None:
    train = pd.DataFrame({"carrier": ["AA", "AA", "UA", "UA"], TARGET: [1, 1, 0, 0]})
    test = pd.DataFrame({"carrier": ["AA", "UA", "ZZ", "ZZ"], TARGET: [1, 0, 1, 0]})
    rules = baselines(train, test, TARGET)
    assert rules["always_no"]["accuracy"] == 0.5
    assert rules["carrier_rate"]["roc_auc"] == 0.875


def test_a_model_is_refused_with_every_reason() -> None:
    metrics = {"roc_auc": 0.6, "log_loss": 0.5, "baselines": {"always_no": {"log_loss": 0.4}}}
    assert len(objections(metrics, 0.65)) == 2
    assert objections(metrics | {"roc_auc": 0.7, "log_loss": 0.3}, 0.65) == []
    assert objections(metrics | {"roc_auc": float("nan"), "log_loss": 0.3}, 0.65)


def test_tags_are_short_text() -> None:
    metrics = dict.fromkeys(
        ["roc_auc", "pr_auc", "log_loss", "brier", "calibration_error", "precision", "recall"], 0.123456
    )
    tags = tags_of(metrics | {"threshold": 0.3, "test_month": 10, "test_rows": 27_010})
    assert (tags["roc_auc"], tags["threshold"]) == ("0.1235", "0.3")
    assert (tags["test_month"], tags["test_rows"]) == ("10", "27010")


def test_the_source_is_the_logged_model_or_else_the_run() -> None:
    assert source_of(Model(run_id="r", model_id="m-1")) == "models:/m-1"
    assert source_of(Model(run_id="r")) == "runs:/r/model"
