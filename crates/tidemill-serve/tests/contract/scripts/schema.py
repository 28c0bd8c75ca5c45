"""A decorated script: numpy in, standard types beside it."""
import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    pass


@input_schema("data", NumpyParameterType(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])))
@input_schema("factor", StandardPythonParameterType(2.0))
@output_schema(StandardPythonParameterType({"sums": [1.0, 2.0], "note": "text"}))
def run(data, factor=1.0):
    return {"sums": (data.sum(axis=1) * factor).tolist(), "note": str(data.dtype)}
