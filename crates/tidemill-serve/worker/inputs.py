"""What `run()` is called with: text, parameters of a query, or fields of a JSON object."""
import codecs
import inspect
import json
from urllib.parse import unquote_to_bytes


class BadInput(Exception):
    """A request that is answered with `status` before the script sees it."""

    def __init__(self, message, status=400):
        Exception.__init__(self, message)
        self.status = status


def _percent(error):
    """Bytes that are no UTF-8 stay as they were written."""
    return "".join("%%%02X" % byte for byte in error.object[error.start : error.end]), error.end


codecs.register_error("tidemill_percent", _percent)


def pairs(query):
    """Names and values of a query, in their order; a name without `=` has an empty value."""
    found = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.append((_text(name), _text(value)))
    return found


def _text(part):
    return unquote_to_bytes(part.replace("+", " ")).decode("utf-8", "tidemill_percent")


def _value(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def of_query(query):
    """Parameters by name; each is read as JSON where it is JSON, and as text otherwise."""
    found = {}
    for name, value in pairs(query):
        found.setdefault(name, []).append(_value(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def is_form(content_type):
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    # Parts without a boundary between them cannot be told apart, and so the body stays what it is.
    return kind == "application/x-www-form-urlencoded" or (kind == "multipart/form-data" and "boundary=" in parameters.lower())


def text(meta, body):
    """The input of an undecorated `run()`: the body as text, or the query as JSON."""
    if meta["method"] == "GET":
        return json.dumps(of_query(meta["query"]))
    if is_form(meta["type"]):
        return ""
    try:
        return str(body, "utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("Input cannot be decoded as UTF-8: %s" % error)


def fields(meta, body, parameters):
    """The inputs of a decorated `run()`."""
    if meta["method"] == "GET":
        given = of_query(meta["query"])
    else:
        kind = meta["type"].split(";")[0].strip().lower()
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise BadInput("Expects Content-Type to be application/json", 415)
        try:
            given = json.loads(body)
        except ValueError as error:
            if not body:
                raise BadInput("POST body is empty. Expecting a JSON dictionary.")
            raise BadInput("POST body could not be decoded as JSON: %s" % error)
        except RecursionError:
            raise BadInput("POST body could not be decoded as JSON: it is nested too deeply")
        if not isinstance(given, dict):
            raise BadInput("POST body should be a JSON dictionary.")
    found = {}
    for parameter in parameters:
        value = given.get(parameter.name, parameter.default)
        if value is inspect.Parameter.empty:
            raise BadInput("A value is not provided for the %r parameter." % parameter.name)
        found[parameter.name] = value
    return found
