"""A decorated script whose sample mixes types: there is no swagger 2 of it."""
import datetime

from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema

sample = {
    "mixed": [1, "two", None],
    "when": datetime.datetime(2026, 1, 2, 3, 4, 5),
    "day": datetime.date(2026, 1, 2),
    "time": datetime.time(3, 4, 5),
    "bytes": b"abc",
    "pair": (1, 2),
    "deep": {"a": {"b": [1.5]}},
    "empty": [],
}


def init():
    pass


@input_schema(param_name="param", param_type=StandardPythonParameterType(sample))
@input_schema(param_name="at", param_type=StandardPythonParameterType(datetime.datetime(2026, 1, 2)))
@input_schema(param_name="raw", param_type=StandardPythonParameterType(b"x"))
def run(param, at, raw=b""):
    return {"kind": type(at).__name__, "year": at.year, "raw": raw.decode(), "keys": sorted(param)}
