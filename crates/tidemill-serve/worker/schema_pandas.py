"""`inference_schema`'s parameter type of pandas tables, for environments without that package."""
import io
import json

import pandas as pd

from .schema_types import AbstractParameterType, swagger_of_dict, swagger_of_list

ORIENTS = ("split", "records", "index", "columns", "values", "table")


class PandasParameterType(AbstractParameterType):
    """A table with the sample's columns and types."""

    def __init__(self, sample_input, enforce_column_type=True, enforce_shape=True, apply_column_names=False, orient="records"):
        if not isinstance(sample_input, pd.DataFrame):
            raise TypeError("the sample must be a pandas DataFrame")
        if orient not in ORIENTS:
            raise ValueError("%r is no orient; there are %s" % (orient, ", ".join(ORIENTS)))
        AbstractParameterType.__init__(self, sample_input)
        self.enforce_column_type = enforce_column_type
        self.enforce_shape = enforce_shape
        self.apply_column_names = apply_column_names
        self.orient = orient

    def deserialize_input(self, input_data):
        if isinstance(input_data, pd.DataFrame):
            return input_data
        if not isinstance(input_data, (list, dict)):
            raise ValueError("the input is a %s; expected a list or an object" % type(input_data).__name__)
        table = pd.read_json(io.StringIO(json.dumps(input_data)), orient=self.orient, dtype=False)
        if self.apply_column_names:
            table.columns = self.sample_input.columns.copy()
        if self.enforce_column_type:
            known = self.sample_input.dtypes.to_dict()
            for name in table.columns:
                if str(known.get(name, object)).startswith("timedelta"):
                    table[name] = pd.to_timedelta(table[name])
            table = table.astype({name: known.get(name, object) for name in table.columns})
        if self.enforce_shape and table.shape[1] != self.sample_input.shape[1]:
            raise ValueError("the table has %d columns; expected %d" % (table.shape[1], self.sample_input.shape[1]))
        return table

    def input_to_swagger(self):
        sample = json.loads(self.sample_input.to_json(orient=self.orient, date_format="iso"))
        schema = swagger_of_list(sample) if self.orient in ("records", "values") else swagger_of_dict(sample)
        for column in self.sample_input.columns:
            kind = str(self.sample_input.dtypes[column])
            form = "date-time" if kind.startswith("datetime") else "timedelta" if kind.startswith("timedelta") else None
            if form:
                for place in self._places(schema, str(column)):
                    place["format"] = form
        schema["format"] = "pandas.DataFrame:" + self.orient
        return schema

    def _places(self, schema, column):
        """Where a schema tells of a column."""
        if self.orient == "records":
            return [schema["items"]["properties"][column]]
        if self.orient == "index":
            return [row["properties"][column] for row in schema["properties"].values()]
        if self.orient == "columns":
            return list(schema["properties"][column]["properties"].values())
        if self.orient == "table":
            return [schema["properties"]["data"]["items"]["properties"][column]]
        return []
