"""`inference_schema`'s parameter types of plain Python, for environments without that package."""
import base64
import datetime
import json

DATE, DATETIME, TIME = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S.%f %z", "%H:%M:%S.%f %z"


class AbstractParameterType:
    """A type, told by a sample of it."""

    def __init__(self, sample_input):
        self.sample_input = sample_input
        self.sample_data_type = type(sample_input)

    def deserialize_input(self, input_data):
        raise NotImplementedError

    def input_to_swagger(self):
        raise NotImplementedError

    def convert(self, value):
        """An argument, converted where it is not of this type already."""
        return value if isinstance(value, self.sample_data_type) else self.deserialize_input(value)

    def supported_versions(self):
        """Swagger 2 knows no lists of several types."""
        plain = _uniform(self.input_to_swagger()["example"])
        return ["2.0", "3.0", "3.1"] if plain else ["3.0", "3.1"]


class StandardPythonParameterType(AbstractParameterType):
    """A value of plain Python; dictionaries and lists may hold other types."""

    def convert(self, value):
        kind = self.sample_data_type
        if kind is dict:
            self._expect(value, dict)
            for name, inner in self.sample_input.items():
                if isinstance(inner, AbstractParameterType) and name in value:
                    value[name] = inner.convert(value[name])
            return value
        if kind in (list, tuple):
            self._expect(value, (list, tuple))
            inner = next((item for item in self.sample_input if isinstance(item, AbstractParameterType)), None)
            return [inner.convert(item) for item in value] if inner else value
        return AbstractParameterType.convert(self, value)

    def deserialize_input(self, input_data):
        kind = self.sample_data_type
        if kind is float and type(input_data) is int:
            return input_data
        if kind in (datetime.datetime, datetime.date, datetime.time) and isinstance(input_data, str):
            input_data = _moment(kind, input_data)
        elif kind in (bytes, bytearray) and isinstance(input_data, str):
            input_data = kind(base64.b64decode(input_data.encode()))
        self._expect(input_data, kind)
        return input_data

    def _expect(self, value, kind):
        if not isinstance(value, kind):
            raise ValueError("the input is a %s; expected %s" % (type(value).__name__, self.sample_data_type.__name__))

    def input_to_swagger(self):
        if self.sample_input is None:
            raise ValueError("a sample must not be None")
        schema = swagger_of(self.sample_input)
        try:
            json.dumps(schema)
        except TypeError as error:
            raise TypeError("the sample cannot be told as JSON: %s" % error)
        return schema


def swagger_of(value):
    """The schema of a value, with the value as example."""
    kind = type(value)
    if isinstance(value, AbstractParameterType):
        return value.input_to_swagger()
    if kind is bool:
        return {"type": "boolean", "example": value}
    if kind is int:
        return {"type": "integer", "format": "int64", "example": value}
    if kind is float:
        return {"type": "number", "format": "double", "example": value}
    if kind is str:
        return {"type": "string", "example": value}
    if kind in (bytes, bytearray):
        return {"type": "string", "format": "byte", "example": base64.b64encode(value).decode()}
    if kind is datetime.date:
        return {"type": "string", "format": "date", "example": value.strftime(DATE)}
    if kind is datetime.datetime:
        return {"type": "string", "format": "date-time", "example": _utc(value).strftime(DATETIME)}
    if kind is datetime.time:
        return {"type": "string", "format": "time", "example": _utc(value).strftime(TIME)}
    if kind in (list, tuple, range):
        return swagger_of_list(value)
    if kind is dict:
        return swagger_of_dict(value)
    return {"type": "object", "example": value}


def swagger_of_list(values):
    """An array; its items are as the last one is."""
    items, examples = {"type": "object"}, []
    for value in values:
        items = swagger_of(value)
        examples.append(items.pop("example"))
    return {"type": "array", "items": items, "example": examples}


def swagger_of_dict(values):
    """An object, all of whose fields are needed."""
    properties = {name: swagger_of(value) for name, value in values.items()}
    examples = {name: schema.pop("example") for name, schema in properties.items()}
    return {"type": "object", "required": list(properties), "properties": properties, "example": examples}


def _utc(moment):
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def _moment(kind, text):
    try:
        from dateutil import parser

        found = parser.parse(text)
    except ImportError:
        text = text.strip().replace("Z", "+00:00")
        if kind is datetime.time:
            return datetime.time.fromisoformat(text)
        found = datetime.datetime.fromisoformat(text)
    if kind is datetime.date:
        return found.date()
    return found.timetz() if kind is datetime.time else found


def _uniform(value):
    if type(value) is dict:
        return all(_uniform(item) for item in value.values())
    if type(value) is list and value:
        same = all(type(item) is type(value[0]) for item in value)
        return same and all(_uniform(item) for item in value if type(item) is list)
    return True
