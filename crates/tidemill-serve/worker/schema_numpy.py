"""`inference_schema`'s parameter type of numpy arrays, for environments without that package."""
import base64
import datetime

import numpy as np

from .schema_types import AbstractParameterType

UNITS = {
    "years": "Y", "months": "M", "weeks": "W", "days": "D", "hours": "h", "minutes": "m", "seconds": "s",
    "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns", "picoseconds": "ps", "femtoseconds": "fs",
    "attoseconds": "as",
}  # fmt: skip
STAMP = "%Y-%m-%d %H:%M:%S,%f"


class NumpyParameterType(AbstractParameterType):
    """An array of the sample's type, and of its shape but for the first dimension."""

    def __init__(self, sample_input, enforce_column_type=True, enforce_shape=True):
        if not isinstance(sample_input, np.ndarray):
            raise TypeError("the sample must be a numpy array")
        AbstractParameterType.__init__(self, sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape

    def deserialize_input(self, input_data):
        if isinstance(input_data, np.ndarray):
            return input_data
        if not isinstance(input_data, list):
            raise ValueError("the input is a %s; expected a list" % type(input_data).__name__)
        if self.enforce_column_type:
            kind = self.sample_input.dtype
            plain = not len(kind) and not kind.name.startswith(("datetime", "timedelta"))
            items = input_data if plain else [_item(value, kind) for value in input_data]
            array = np.array(items, dtype=kind)
        else:
            array = np.array(input_data)
        if self.enforce_shape:
            _check(array.shape, self.sample_input.shape)
        return array

    def input_to_swagger(self):
        items = _swagger(self.sample_input.dtype)
        for _ in self.sample_input.shape[1:]:
            items = {"type": "array", "items": items}
        example = [_example(items, value) for value in self.sample_input]
        return {"type": "array", "items": items, "example": example, "format": "numpy.ndarray"}


def _check(shape, expected):
    if len(shape) != len(expected):
        raise ValueError("the input has %d dimensions %s; expected %d" % (len(shape), shape, len(expected)))
    for place in range(1, len(expected)):
        if shape[place] != expected[place]:
            raise ValueError("dimension %d of the input has size %d; expected %d" % (place, shape[place], expected[place]))


def _item(value, kind):
    if len(kind):
        given = [value[name] for name in kind.names] if isinstance(value, dict) else value
        return tuple(_item(field, kind[place]) for place, field in enumerate(given))
    if isinstance(value, list):
        return [_item(part, kind) for part in value]
    if kind.name.startswith("datetime"):
        return np.datetime64(value)
    if kind.name.startswith("timedelta"):
        count, _, unit = value.strip().partition(" ")
        unit = unit.strip().lower()
        if unit not in UNITS:
            raise ValueError("%r is no time span; expected a number and a unit, as in `5 seconds`" % value)
        return np.timedelta64(int(count), UNITS[unit])
    return value


def _swagger(kind):
    if len(kind):
        return {"type": "object", "properties": {name: _swagger(kind[name]) for name in kind.names}}
    if kind.subdtype is not None:
        schema = _swagger(kind.subdtype[0])
        for _ in kind.subdtype[1]:
            schema = {"type": "array", "items": schema}
        return schema
    name = kind.name.lower()
    if kind.kind in "iu":
        return {"type": "integer", "format": name}
    if kind.kind == "b":
        return {"type": "boolean"}
    if name in ("float16", "float32"):
        return {"type": "number", "format": "float"}
    if name == "float64":
        return {"type": "number", "format": "double"}
    if kind.kind == "O":
        return {"type": "object"}
    if kind.kind == "M":
        return {"type": "string", "format": "date-time"}
    if kind.kind == "m":
        return {"type": "string", "format": "timedelta"}
    if kind.kind == "U":
        return {"type": "string"}
    if kind.kind in "SV":
        return {"type": "string", "format": "binary"}
    raise TypeError("there is no schema of numpy's %s" % name)


def _example(schema, value):
    kind, form = schema["type"], schema.get("format")
    if kind == "array":
        return [_example(schema["items"], item) for item in value]
    if kind == "object" and "properties" in schema:
        return {name: _example(inner, value[name]) for name, inner in schema["properties"].items()}
    if kind == "number":
        return float(value)
    if kind == "integer":
        return int(value)
    if form == "date-time":
        return value.astype("datetime64[us]").astype(datetime.datetime).strftime(STAMP)
    if form == "binary":
        return base64.b64encode(value).decode()
    return str(value)
