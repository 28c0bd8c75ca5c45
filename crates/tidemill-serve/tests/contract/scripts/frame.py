"""A decorated script: a table in, and a parameter that may be left out."""
import pandas as pd
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

sample = pd.DataFrame({"age": [1, 2], "name": ["a", "b"], "rate": [0.5, 1.5], "when": pd.to_datetime(["2026-01-01", "2026-01-02"])})
wrapped = StandardPythonParameterType({"table": PandasParameterType(sample), "options": {"deep": [1, 2]}, "flag": True})


def init():
    pass


@input_schema("Inputs", wrapped)
@input_schema("GlobalParameters", StandardPythonParameterType({"method": "predict"}), optional=True)
@output_schema(StandardPythonParameterType([1, 2]))
def run(Inputs, GlobalParameters={"method": "predict"}):
    table = Inputs["table"]
    return {"rows": len(table), "types": [str(kind).replace("str", "object") for kind in table.dtypes.head(3)], "ages": table["age"].tolist(), "method": GlobalParameters["method"]}
