"""Makes the modules that scoring scripts import importable where the script's environment has not got them."""
import importlib
import importlib.abc
import importlib.machinery
import sys
import types

# Module of a script: module of this package that stands for it.
STAND_INS = {
    "azureml_inference_server_http": None,
    "azureml_inference_server_http.api": None,
    "azureml_inference_server_http.api.aml_request": "request",
    "azureml_inference_server_http.api.aml_response": "answer",
    "azureml_inference_server_http.log_config": "logs",
    "azureml": None,
    "azureml.contrib": None,
    "azureml.contrib.services": None,
    "inference_schema": None,
    "inference_schema.schema_decorators": "schema",
    "inference_schema.schema_util": "schema",
    "inference_schema.parameter_types": None,
    "inference_schema.parameter_types.abstract_parameter_type": "schema_types",
    "inference_schema.parameter_types.standard_py_parameter_type": "schema_types",
    "inference_schema.parameter_types.numpy_parameter_type": "schema_numpy",
    "inference_schema.parameter_types.pandas_parameter_type": "schema_pandas",
}
# The old names of Azure's two modules always mean the new ones, as in Azure's server.
OLD = {
    "azureml.contrib.services.aml_request": "azureml_inference_server_http.api.aml_request",
    "azureml.contrib.services.aml_response": "azureml_inference_server_http.api.aml_response",
}


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name not in self.names:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin="<tidemill>", is_package=self.names[name] is None)

    def create_module(self, spec):
        stands = self.names[spec.name]
        if stands is None:
            return None
        if "." in stands:
            module = importlib.import_module(stands)
        else:
            module = importlib.import_module("tidemill_worker." + stands)
        # A module of its own with the same content, so that the import machinery may mark it.
        copy = types.ModuleType(spec.name, module.__doc__)
        copy.__dict__.update({name: value for name, value in module.__dict__.items() if not name.startswith("__")})
        return copy

    def exec_module(self, module):
        pass


def set_up():
    """Names of the environment go before those that stand in for them."""
    sys.meta_path.insert(0, _Finder(OLD))
    sys.meta_path.append(_Finder(STAND_INS))


def raw_requested():
    """Whether a script has used `@rawhttp`, whichever of the modules it came from."""
    from . import request

    if request.raw_requested:
        return True
    module = sys.modules.get("azureml_inference_server_http.api.aml_request")
    return bool(module and getattr(module, "_rawHttpRequested", False))
