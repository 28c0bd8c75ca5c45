"""A model that MLflow wrote, run by its `pyfunc` flavour: MLflow's own requests, Azure's `input_data`, and tensors."""
import json
import os
import struct
import time
import traceback

from .inputs import is_form
from .logs import log

JSON, RAW, ERROR, INFERRED = 1, 2, 3, 4
UNEXPECTED = "An unexpected error occurred in scoring script. Check the logs for more info."
# Types of the Open Inference Protocol by numpy's.
OF_NUMPY = {
    "bool": "BOOL", "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64", "uint8": "UINT8", "uint16": "UINT16",
    "uint32": "UINT32", "uint64": "UINT64", "float16": "FP16", "float32": "FP32", "float64": "FP64",
}  # fmt: skip
OF_PROTOCOL = {datatype: name for name, datatype in OF_NUMPY.items()}
OF_MLFLOW = {"boolean": "BOOL", "integer": "INT32", "long": "INT64", "float": "FP32", "double": "FP64"}


class StartError(Exception):
    """Why a model cannot be served."""


class BadTensor(Exception):
    """Tensors that cannot be the input of this model."""


class Pyfunc:
    """A model that is ready."""

    def __init__(self, settings):
        folder = _folder(settings["model_dir"])
        try:
            import mlflow
            from mlflow import pyfunc
            from mlflow.pyfunc import scoring_server
        except ImportError as error:
            raise StartError("the environment has no MLflow that can serve: %s; add `mlflow` to it" % error)
        os.environ["MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = "true"
        log.info("Loading the MLflow model %s", folder)
        try:
            self.model = pyfunc.load_model(folder)
        except BaseException as error:
            log.error(traceback.format_exc())
            raise StartError("MLflow cannot load %s: %s: %s" % (folder, type(error).__name__, error))
        self.server, self.mlflow, self.limit = scoring_server, mlflow.__version__, settings["answer_limit"]
        self.schema = self.model.metadata.get_input_schema()
        self.taken = self.model.metadata.get_output_schema()
        log.info("The model is loaded")

    def facts(self):
        """What the server must know of this model."""
        return {"mlflow": self.mlflow, "inputs": _told(self.schema, "input"), "outputs": _told(self.taken, "output"), "swagger": self._swagger()}

    def _swagger(self):
        from . import swagger

        given = {"type": "object", "required": ["input_data"], "properties": {"input_data": {}, "params": {"type": "object"}}, "example": {"input_data": {}}}
        if self.schema is not None and self.schema.has_input_names():
            names = [str(name) for name in self.schema.input_names()]
            given["example"] = {"input_data": {"columns": names, "data": [[None] * len(names)]}}
        return swagger.of_schemas(given, {"type": "array", "items": {}, "example": []})

    def score(self, meta, body, alarm):
        """Azure's `/score`: `input_data`, or what MLflow takes; the answer is the predictions alone."""
        if meta["method"] != "POST":
            return _error(405, "Method not allowed")
        try:
            given = json.loads(b"" if is_form(meta["type"]) else body)
        except (ValueError, RecursionError) as error:
            return _error(400, "POST body could not be decoded as JSON: %s" % error)
        if not isinstance(given, dict):
            return _error(400, "POST body should be a JSON dictionary.")
        params = given.pop("params", None)
        if "input_data" in given:
            data = given["input_data"]
            split = isinstance(data, dict) and "data" in data and set(data) <= {"columns", "index", "data"}
            given = {"dataframe_split" if split else "inputs": data}

        def work():
            output = self._predict(self.server.infer_and_parse_data(given, self.schema), params)
            text = _json(self.server, output)
            return JSON, b"", text[text.index(":") + 1 : -1].strip().encode()

        return self._guarded(meta, alarm, work, lambda error: _error(error.get_http_status_code(), error.message))

    def invoke(self, meta, body, alarm):
        """MLflow's `/invocations`, by the code of the MLflow that is installed."""

        def work():
            kind = meta["type"] or "application/json"
            # MLflow 3 reads the bytes itself, and says in its own words what is wrong with them; 2 wants a text.
            given = bytes(body) if int(self.mlflow.split(".")[0]) >= 3 else body.decode("utf-8")
            made = self.server.invocations(given, kind, self.model, self.schema)
            return _raw(made.status, made.mimetype, made.response)

        def refused(error):
            return _raw(error.get_http_status_code(), "application/json", error.serialize_as_json())

        return self._guarded(meta, alarm, work, refused)

    def infer(self, meta, body, alarm):
        """The Open Inference Protocol."""

        def work():
            outputs, content = _tensors(self._predict(self._input(meta["inputs"], body), meta.get("params")), self.taken)
            return INFERRED, json.dumps({"outputs": outputs}).encode(), content

        return self._guarded(meta, alarm, work, lambda error: _error(400, error.message))

    def _predict(self, data, params):
        return self.model.predict(data, params=params) if params else self.model.predict(data)

    def _guarded(self, meta, alarm, work, refused):
        from mlflow.exceptions import MlflowException

        started = time.perf_counter()
        try:
            try:
                alarm.set(meta["timeout_ms"])
                kind, told, content = work()
            finally:
                alarm.clear()
        except TimeoutError:
            return _error(500, "Scoring timeout after %d ms" % meta["timeout_ms"], True)
        except MlflowException as error:
            log.error("Encountered Exception: %s", traceback.format_exc())
            return refused(error)
        except (BadTensor, UnicodeDecodeError) as error:
            return _error(400, str(error))
        except Exception:
            log.error("Encountered Exception: %s", traceback.format_exc())
            return _error(500, UNEXPECTED, True)
        if len(content) > self.limit:
            log.error("The answer has %d bytes; --max-answer allows %d", len(content), self.limit)
            return _error(500, UNEXPECTED, True)
        if kind == JSON:
            told = ("%.3f" % ((time.perf_counter() - started) * 1000)).encode()
        return kind, told, content

    def _input(self, inputs, body):
        import pandas

        arrays, start = {}, 0
        for tensor in inputs:
            arrays[tensor["name"]] = _array(tensor, body[start : start + tensor["size"]])
            start += tensor["size"]
        if self.schema is not None and self.schema.is_tensor_spec():
            named = self.schema.has_input_names()
            return arrays if named else next(iter(arrays.values()))
        if self.schema is None and len(arrays) == 1:
            return next(iter(arrays.values()))
        if len(arrays) == 1 and self.schema is not None and len(self.schema.input_names() or []) > 1:
            only = next(iter(arrays.values()))
            names = self.schema.input_names()
            if only.ndim == 2 and only.shape[1] == len(names):
                return pandas.DataFrame(only, columns=names)
        rows = {len(array) for array in arrays.values()}
        if len(rows) > 1:
            raise BadTensor("the inputs have different first dimensions: %s" % sorted(rows))
        wide = [name for name, array in arrays.items() if array.ndim > 1 and array.shape[1:] != (1,)]
        if wide:
            raise BadTensor("the input %r has shape %s; a column has [rows] or [rows, 1]" % (wide[0], list(arrays[wide[0]].shape)))
        return pandas.DataFrame({name: array.reshape(-1) for name, array in arrays.items()})


def _folder(given):
    """The folder with the file MLmodel: this one, or the only one below it."""
    if os.path.isfile(os.path.join(given, "MLmodel")):
        return given
    below = [entry.path for entry in os.scandir(given) if entry.is_dir()] if os.path.isdir(given) else []
    found = [path for path in below if os.path.isfile(os.path.join(path, "MLmodel"))]
    if len(found) != 1:
        raise StartError("%s holds no MLflow model: there is no file MLmodel in it" % given)
    return found[0]


def _told(schema, kind):
    """A signature in the words of the Open Inference Protocol."""
    if schema is None:
        return []
    told = []
    for place, spec in enumerate(schema.inputs):
        name = spec.name if getattr(spec, "name", None) is not None else "%s-%d" % (kind, place)
        if schema.is_tensor_spec():
            told.append({"name": str(name), "datatype": OF_NUMPY.get(spec.type.name, "BYTES"), "shape": list(spec.shape)})
        else:
            told.append({"name": str(name), "datatype": OF_MLFLOW.get(getattr(spec.type, "name", ""), "BYTES"), "shape": [-1, 1]})
    return told


def _array(tensor, content):
    import numpy

    shape = tensor["shape"]
    if tensor["datatype"] == "BYTES":
        items, start = [], 0
        while start + 4 <= len(content):
            (length,) = struct.unpack_from("<I", content, start)
            items.append(content[start + 4 : start + 4 + length])
            start += 4 + length
        try:
            items = [item.decode() for item in items]
        except UnicodeDecodeError:
            pass
        array = numpy.empty(len(items), dtype=object)
        array[:] = items
        return array.reshape(shape)
    kind = OF_PROTOCOL.get(tensor["datatype"])
    if kind is None:
        raise BadTensor("the input %r is of type %s, which numpy has not got" % (tensor["name"], tensor["datatype"]))
    return numpy.frombuffer(content, dtype=numpy.dtype(kind).newbyteorder("<")).reshape(shape).copy()


def _tensors(output, schema):
    """What a model gave back, as tensors."""
    import numpy
    import pandas

    if isinstance(output, pandas.DataFrame):
        named = {str(name): column.to_numpy() for name, column in output.items()}
    elif isinstance(output, dict):
        named = {str(name): numpy.asarray(value) for name, value in output.items()}
    else:
        told = _told(schema, "output")
        if hasattr(output, "toarray"):
            output = output.toarray()
        named = {told[0]["name"] if len(told) == 1 else "output-0": numpy.asarray(output)}
    outputs, contents = [], []
    for name, array in named.items():
        array = numpy.atleast_1d(array)
        datatype = OF_NUMPY.get(array.dtype.name)
        if datatype is None:
            datatype = "BYTES"
            items = [item if isinstance(item, bytes) else str(item).encode() for item in array.reshape(-1)]
            content = b"".join(struct.pack("<I", len(item)) + item for item in items)
        else:
            content = numpy.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes()
        outputs.append({"name": name, "datatype": datatype, "shape": list(array.shape), "size": len(content)})
        contents.append(content)
    return outputs, b"".join(contents)


def _json(server, output):
    import io

    text = io.StringIO()
    server.predictions_to_json(output, text)
    return text.getvalue()


def _raw(status, kind, content):
    content = content.encode() if isinstance(content, str) else bytes(content)
    if kind.startswith("text/") and "charset" not in kind:
        # As the framework of MLflow's server tells it.
        kind += "; charset=utf-8"
    return RAW, json.dumps({"status": status, "headers": [["Content-Type", kind]], "ms": None}).encode(), content


def _error(status, message, failed=False):
    return ERROR, json.dumps({"status": status, "message": message, "failed": failed}).encode(), b""
