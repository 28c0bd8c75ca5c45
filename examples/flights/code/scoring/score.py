"""Scores flights: the probability of each to land late.

A request holds a table, as an MLflow model takes it: `{"input_data": {"columns": [...], "data": [[...], ...]}}`. The answer is
`{"late": [...]}`, a probability a row. Columns that are not given are missing; one that the model does not know is an error.
"""

import json
import os
from typing import Any

import mlflow.pyfunc
import pandas as pd

MOST_ROWS = 10_000


def init() -> None:
    """Load the model once, when the process starts."""
    global model, columns
    folder = os.environ["AZUREML_MODEL_DIR"]
    model = mlflow.pyfunc.load_model(os.path.join(folder, os.listdir(folder)[0]))
    columns = {spec.name: spec.type.name for spec in model.metadata.get_input_schema()}


def table_of(request: dict[str, Any]) -> pd.DataFrame:
    """The rows of a request, with every column that the model wants; ValueError for what is none."""
    given = request.get("input_data")
    if not isinstance(given, dict) or not given.get("data"):
        raise ValueError("input_data needs `columns` and at least one row of `data`")
    if len(given["data"]) > MOST_ROWS:
        raise ValueError(f"{len(given['data'])} rows are too many; {MOST_ROWS} at most")
    table = pd.DataFrame(given["data"], columns=given["columns"])
    unknown = [name for name in table.columns if name not in columns]
    if unknown:
        raise ValueError(f"the model does not know {', '.join(unknown)}")
    table = table.reindex(columns=list(columns))
    for name, kind in columns.items():
        table[name] = table[name].astype(str) if kind == "string" else pd.to_numeric(table[name]).astype("float64")
    return table


def run(data: str) -> dict[str, list[float]]:
    """Answer one request."""
    probabilities = model.predict(table_of(json.loads(data)))
    return {"late": [float(row[1]) for row in probabilities]}
