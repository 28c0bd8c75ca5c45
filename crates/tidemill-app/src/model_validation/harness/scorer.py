"""The model: loaded as a deployment loads it, asked, and its answers as numbers of one kind."""
import importlib.util
import json
import os
import shutil
import sys
import time

CHUNK = 20_000
SCRIPT_CHUNK = 500


class Refused(Exception):
    """Why a model cannot be scored, for people."""


def model_dir(path, name, folder):
    """The folder that holds the model under its own name, as scoring scripts expect it. A copy: MLflow follows no links out of it."""
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, name)
    if os.path.isdir(path):
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(path, target)
    return folder


def load(spec, folder, scoring):
    """The model, ready."""
    model = Script(spec, folder, scoring) if spec.get("scoring") else Pyfunc(spec, folder)
    model.memory_bytes = _resident()
    return model


def _resident():
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0


def _only(folder):
    return os.path.join(folder, os.listdir(folder)[0])


class Pyfunc:
    """A model that MLflow wrote."""

    def __init__(self, spec, folder):
        self.spec, self.folder = spec, _only(folder)
        if not os.path.isfile(os.path.join(self.folder, "MLmodel")):
            raise Refused("the model is none of MLflow's, so `scoring` must name the script that scores it")
        began = time.perf_counter()
        try:
            from mlflow import pyfunc
        except ImportError as error:
            raise Refused("the environment has no MLflow: %s" % error)
        self.model = pyfunc.load_model(self.folder)
        self.load_seconds = time.perf_counter() - began
        self.schema = self.model.metadata.get_input_schema()
        self._estimator = None

    def names(self):
        return [str(name) for name in self.schema.input_names()] if self.schema is not None and self.schema.has_input_names() else None

    def predict(self, x):
        if self.spec["task"] == "classification" and self._tells_labels(x):
            estimator = self._try_estimator()
            if hasattr(estimator, "predict_proba"):
                return _chunks(x, CHUNK, lambda part: sklearn_says(self.spec, estimator, part))
        classes = getattr(self._try_estimator(), "classes_", None)
        return _chunks(x, CHUNK, lambda part: Said.of(self.model.predict(part), classes))

    def _tells_labels(self, x):
        if not hasattr(self, "_labels"):
            self._labels = Said.of(self.model.predict(x.head(5)), None).width == 1
        return self._labels

    def _try_estimator(self):
        if self._estimator is None:
            try:
                self._estimator = self.estimator()
            except Exception:
                self._estimator = False
        return self._estimator or None

    def estimator(self):
        """The scikit-learn estimator inside."""
        if "sklearn" not in self.model.metadata.flavors:
            raise Refused("only scikit-learn models can be fitted anew")
        import mlflow.sklearn

        return mlflow.sklearn.load_model(self.folder)

    def parameters(self):
        estimator = self._try_estimator()
        if not hasattr(estimator, "get_params"):
            return {}
        plain = (bool, int, float, str, type(None))
        return {key: str(value)[:200] for key, value in estimator.get_params().items() if isinstance(value, plain)}


class Script:
    """A scoring script: `init()`, then `run()` with what a caller would send."""

    def __init__(self, spec, folder, code):
        asked = spec["scoring"]
        path = os.path.join(code or "", asked["scoring_script"])
        if not os.path.isfile(path):
            raise Refused("there is no scoring script %s in its code" % asked["scoring_script"])
        os.environ["AZUREML_MODEL_DIR"] = folder
        sys.path[:0] = [os.path.abspath(code), os.path.dirname(os.path.abspath(path))]
        began = time.perf_counter()
        module = importlib.util.spec_from_file_location("scoring_script", path)
        self.module = importlib.util.module_from_spec(module)
        module.loader.exec_module(self.module)
        if not callable(getattr(self.module, "run", None)):
            raise Refused("the scoring script has no function `run`")
        if callable(getattr(self.module, "init", None)):
            self.module.init()
        self.load_seconds = time.perf_counter() - began
        self.answer, self.inside = asked.get("answer"), _only(folder)

    def names(self):
        """Those of its signature, where MLflow wrote the model."""
        if not os.path.isfile(os.path.join(self.inside, "MLmodel")):
            return None
        try:
            from mlflow.models import Model

            schema = Model.load(self.inside).get_input_schema()
        except Exception:
            return None
        return [str(name) for name in schema.input_names()] if schema is not None and schema.has_input_names() else None

    def predict(self, x):
        return _chunks(x, SCRIPT_CHUNK, self._ask)

    def _ask(self, part):
        split = json.loads(part.to_json(orient="split", date_format="iso"))
        answer = self.module.run(json.dumps({"input_data": split}))
        if hasattr(answer, "get_data"):
            answer = answer.get_data()
        if isinstance(answer, (bytes, str)):
            answer = json.loads(answer)
        if self.answer is not None:
            if not isinstance(answer, dict) or self.answer not in answer:
                raise Refused("the answer of the scoring script has no field `%s`: %.200r" % (self.answer, answer))
            answer = answer[self.answer]
        elif isinstance(answer, dict):
            raise Refused("the scoring script answers with an object; name the field with `answer`: %.200r" % (answer,))
        said = Said.of(answer, None)
        if len(said.values) != len(part):
            raise Refused("the scoring script was asked about %d rows and answered with %d" % (len(part), len(said.values)))
        return said

    def estimator(self):
        raise Refused("a model that is scored by a script cannot be fitted anew")

    def parameters(self):
        return {}


def _chunks(x, size, ask):
    parts = [ask(x.iloc[at : at + size]) for at in range(0, len(x), size)]
    return parts[0].joined(parts[1:])


def sklearn_says(spec, estimator, x):
    """Probabilities where the estimator has them, else what it predicts."""
    classes = getattr(estimator, "classes_", None)
    if spec["task"] == "classification" and hasattr(estimator, "predict_proba"):
        return Said.of(estimator.predict_proba(x), classes)
    return Said.of(estimator.predict(x), classes)


class Said:
    """What a model said, a row each: one value, or one of each class."""

    def __init__(self, values, classes):
        self.values, self.classes = values, classes

    @classmethod
    def of(cls, answer, classes):
        if hasattr(answer, "columns"):
            if answer.shape[1] > 1 and classes is None:
                classes = list(answer.columns)
            answer = answer.to_numpy()
        elif hasattr(answer, "to_numpy"):
            answer = answer.to_numpy()
        values = answer.tolist() if hasattr(answer, "tolist") else list(answer)
        values = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in values]
        classes = None if classes is None else [plain(one) for one in classes]
        return cls(values, classes)

    @property
    def width(self):
        return len(self.values[0]) if self.values and isinstance(self.values[0], list) else 1

    def rows(self):
        return self.values

    def joined(self, others):
        for other in others:
            self.values = self.values + other.values
        return self


def plain(value):
    """A class as one key, whether it is 1, 1.0, numpy's or a text."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def features_of(spec, model, table):
    """The columns that the model sees, in its order."""
    names = spec.get("features") or model.names() or [name for name in table.columns if name != spec["target"]]
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise Refused("the model wants the column %s, and the table has none" % ", ".join(map(str, missing)))
    return [str(name) for name in names]


class Truth:
    """The target as numbers, and answers beside it: classes become their place in the list of classes."""

    def __init__(self, spec, target, model):
        self.is_classes, self.target, self.not_numbers = spec["task"] == "classification", target, 0
        self.keys = [plain(value) for value in target.tolist()] if self.is_classes else None
        self.classes, self.said = [], None

    def take(self, said):
        """The answers of the model itself: they settle the classes."""
        if self.is_classes:
            known = set(self.keys)
            if said.width > 1:
                known |= set(said.classes or range(said.width))
            elif not self._are_probabilities(said):
                known |= {plain(value) for value in said.values if value is not None}
            self.order = sorted(known, key=lambda key: (isinstance(key, str), key))
            self.classes = [str(key) for key in self.order]
            self.place = {key: at for at, key in enumerate(self.order)}
            if said.width > 1 and len(self.order) != said.width and not set(said.classes or []) >= known:
                raise Refused("the model tells %d probabilities and the target has the classes %s" % (said.width, ", ".join(self.classes)))
        self.said = self.encode(said)
        kind, values = self.said
        flat = [one for row in values for one in row] if kind == "scores" else values
        self.not_numbers = sum(1 for one in flat if one != one or one in (float("inf"), float("-inf")))

    def _are_probabilities(self, said):
        values = [one for one in said.values if isinstance(one, float) and one == one]
        return len(values) > 0 and len(set(self.keys)) <= 2 and not {plain(one) for one in values} <= set(self.keys)

    def truth(self):
        if not self.is_classes:
            return [_number(value) for value in self.target.tolist()]
        return [self.place[key] for key in self.keys]

    def encode(self, said):
        """`scores` (one a class), or `values`."""
        if not self.is_classes:
            return "values", [_number(value) for value in said.values]
        if said.width > 1:
            classes = said.classes or self.order[: said.width]
            places = [self.place[plain(one)] for one in classes]
            rows = []
            for row in said.values:
                full = [0.0] * len(self.order)
                for place, value in zip(places, row):
                    full[place] = _number(value)
                rows.append(full)
            return "scores", rows
        if len(self.order) == 2 and self._are_probabilities(said):
            return "scores", [[1 - _number(value), _number(value)] for value in said.values]
        return "values", [self.place.get(plain(value), float("nan")) if value is not None else float("nan") for value in said.values]

    def put(self, store, prefix, encoded):
        kind, values = encoded
        store.put(prefix + kind, values)


def _number(value):
    try:
        return float("nan") if value is None else float(value)
    except (TypeError, ValueError):
        return float("nan")
