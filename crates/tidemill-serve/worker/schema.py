"""`inference_schema`'s decorators, for environments without that package: they convert arguments and remember schemas."""
import copy
import functools
import inspect

from .schema_types import AbstractParameterType

VERSIONS = ["2.0", "3.0", "3.1"]
_schemas = {}
_versions = {}


def input_schema(param_name, param_type, convert_to_provided_type=True, optional=False):
    """Says of which type a parameter is, and converts its argument to that."""
    _check(param_type)

    def decorate(func):
        own = inspect.unwrap(func)
        names = list(inspect.signature(own).parameters)
        known = _schemas.setdefault(_name(own), {})
        if "input" not in known:
            known["input"] = {
                "type": "object",
                "properties": {name: {} for name in names},
                "example": {name: "" for name in names},
            }
        schema = copy.deepcopy(param_type.input_to_swagger())
        known["input"]["example"][param_name] = schema.pop("example")
        known["input"]["properties"][param_name] = schema
        _versions.setdefault(_name(own), {})["input"] = param_type.supported_versions()

        @functools.wraps(func)
        def converted(*args, **kwargs):
            if convert_to_provided_type:
                if param_name in kwargs:
                    if kwargs[param_name] or not optional:
                        kwargs[param_name] = param_type.convert(kwargs[param_name])
                elif not optional:
                    if param_name not in names:
                        raise ValueError("run() has no parameter %r, which @input_schema names" % param_name)
                    args = list(args)
                    place = names.index(param_name)
                    args[place] = param_type.convert(args[place])
            return func(*args, **kwargs)

        return converted

    return decorate


def output_schema(output_type):
    """Says what `run()` gives back; it changes nothing about it."""
    _check(output_type)

    def decorate(func):
        name = _name(inspect.unwrap(func))
        known = _schemas.setdefault(name, {})
        if "output" in known:
            raise ValueError("the output schema of %s is given twice" % name)
        known["output"] = output_type.input_to_swagger()
        _versions.setdefault(name, {})["output"] = output_type.supported_versions()
        return func

    return decorate


def get_input_schema(func):
    """The schema of the parameters."""
    return _schemas.get(_name(inspect.unwrap(func)), {}).get("input", {"type": "object"})


def get_output_schema(func):
    """The schema of what is given back."""
    return _schemas.get(_name(inspect.unwrap(func)), {}).get("output", {"type": "object"})


def get_supported_versions(func):
    """Versions of Swagger that can tell both schemas."""
    known = list(_versions.get(_name(inspect.unwrap(func)), {}).values())
    return sorted(version for version in VERSIONS if all(version in versions for versions in known))


def is_schema_decorated(func):
    """Whether a function has one of these decorators."""
    return _name(inspect.unwrap(func)) in _schemas


def get_schemas_dict():
    """All schemas."""
    return copy.deepcopy(_schemas)


def _name(func):
    return "%s.%s" % (getattr(func, "__module__", "?"), getattr(func, "__name__", "?"))


def _check(param_type):
    if not isinstance(param_type, AbstractParameterType):
        raise TypeError("a schema needs a parameter type, as StandardPythonParameterType(sample); this is %r" % (param_type,))
