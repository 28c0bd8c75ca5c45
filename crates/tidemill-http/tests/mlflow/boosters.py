"""LightGBM, XGBoost and scikit-learn log as their pages in MLflow's docs show, and what was logged predicts as before."""

import json

import lightgbm as lgb
import mlflow
import numpy as np
import xgboost as xgb
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROUNDS = 12
client = MlflowClient()
mlflow.set_experiment("boosters")
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X.columns = [name.replace(" ", "_") for name in X.columns]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)


def curve(run, key):
    """A metric of every round, which ends at the value that the run shows."""
    points = client.get_metric_history(run.info.run_id, key)
    assert [point.step for point in points] == list(range(ROUNDS)), (key, [point.step for point in points])
    assert client.get_run(run.info.run_id).data.metrics[key] == points[-1].value
    return [point.value for point in points]


def files(run):
    return {file.path for file in client.list_artifacts(run.info.run_id)}


def read_json(run, path):
    with open(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=path)) as file:
        return json.load(file)


def logged_model(run):
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert len(outputs) == 1, outputs
    return f"models:/{outputs[0].model_id}"


# LightGBM's own API: https://mlflow.org/docs/latest/ml/traditional-ml/lightgbm/
mlflow.lightgbm.autolog()
params = {"objective": "binary", "metric": ["binary_logloss", "auc"], "num_leaves": 15, "learning_rate": 0.1, "verbose": -1, "num_threads": 1, "deterministic": True}
train_set = lgb.Dataset(X_train, label=y_train)
with mlflow.start_run(run_name="lightgbm") as run:
    booster = lgb.train(params, train_set, num_boost_round=ROUNDS, valid_sets=[train_set, lgb.Dataset(X_test, label=y_test, reference=train_set)], valid_names=["train", "valid"])
found = client.get_run(run.info.run_id)
assert found.data.params["num_leaves"] == "15" and found.data.params["metric"] == "['binary_logloss', 'auc']", found.data.params
loss = curve(run, "train-binary_logloss")
assert loss[-1] < loss[0] and len(curve(run, "valid-auc")) == ROUNDS
assert {"feature_importance_split.json", "feature_importance_gain.png"} <= files(run), files(run)
assert set(read_json(run, "feature_importance_gain.json")) == set(X.columns)
assert {tag.value for of in found.inputs.dataset_inputs for tag in of.tags} == {"train", "eval"}, found.inputs
loaded = mlflow.lightgbm.load_model(logged_model(run))
np.testing.assert_allclose(loaded.predict(X_test), booster.predict(X_test))
np.testing.assert_allclose(mlflow.pyfunc.load_model(logged_model(run)).predict(X_test), booster.predict(X_test))

# Its estimators.
with mlflow.start_run(run_name="lightgbm-estimator") as run:
    estimator = lgb.LGBMClassifier(n_estimators=ROUNDS, verbose=-1, n_jobs=1).fit(X_train, y_train, eval_set=[(X_test, y_test)])
assert client.get_run(run.info.run_id).data.params["boosting_type"] == "gbdt"
assert curve(run, "valid_0-binary_logloss")[-1] < 0.5
mlflow.lightgbm.autolog(disable=True)

# XGBoost's own API: https://mlflow.org/docs/latest/ml/traditional-ml/xgboost/
mlflow.xgboost.autolog(registered_model_name="xgboost-cancer")
dtrain, dtest = xgb.DMatrix(X_train, label=y_train), xgb.DMatrix(X_test, label=y_test)
with mlflow.start_run(run_name="xgboost") as run:
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 3, "eval_metric": ["logloss", "auc"], "nthread": 1}, dtrain, num_boost_round=ROUNDS, evals=[(dtrain, "train"), (dtest, "test")])
found = client.get_run(run.info.run_id)
assert found.data.params["max_depth"] == "3" and found.data.params["num_boost_round"] == str(ROUNDS), found.data.params
loss = curve(run, "train-logloss")
assert loss[-1] < loss[0] and len(curve(run, "test-auc")) == ROUNDS
assert {"feature_importance_weight.json", "feature_importance_weight.png"} <= files(run), files(run)
assert read_json(run, "feature_importance_weight.json") == booster.get_score(importance_type="weight")
version = client.get_model_version("xgboost-cancer", "1")
assert version.run_id == run.info.run_id and version.status == "READY", version
np.testing.assert_allclose(mlflow.xgboost.load_model("models:/xgboost-cancer/1").predict(dtest), booster.predict(dtest))
mlflow.xgboost.autolog(disable=True)

# Its estimators, with early stopping.
mlflow.xgboost.autolog()
with mlflow.start_run(run_name="xgboost-estimator") as run:
    estimator = xgb.XGBClassifier(n_estimators=200, max_depth=2, early_stopping_rounds=3, n_jobs=1).fit(X_train, y_train, eval_set=[(X_test, y_test)], verbose=False)
found = client.get_run(run.info.run_id).data
assert found.metrics["best_iteration"] == estimator.best_iteration, found.metrics
predicted = mlflow.pyfunc.load_model(logged_model(run)).predict(X_test)
np.testing.assert_array_equal(np.asarray(predicted), estimator.predict(X_test))
mlflow.xgboost.autolog(disable=True)

# scikit-learn: a pipeline, and what is computed after training under the names of the variables.
mlflow.sklearn.autolog()
iris_x, iris_y = load_iris(return_X_y=True)
with mlflow.start_run(run_name="sklearn") as run:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(iris_x, iris_y)
    score = pipeline.score(iris_x, iris_y)
found = client.get_run(run.info.run_id).data
assert found.params["logisticregression__max_iter"] == "200", found.params
assert any(key.startswith("Pipeline_score") and value == score for key, value in found.metrics.items()), found.metrics
assert {"training_confusion_matrix.png", "estimator.html"} <= files(run), files(run)
np.testing.assert_array_equal(mlflow.sklearn.load_model(logged_model(run)).predict(iris_x), pipeline.predict(iris_x))

names = {run.info.run_name: run.info.status for run in client.search_runs([client.get_experiment_by_name("boosters").experiment_id])}
assert names == dict.fromkeys(["lightgbm", "lightgbm-estimator", "xgboost", "xgboost-estimator", "sklearn"], "FINISHED"), names
