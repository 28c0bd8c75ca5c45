"""The API of a scoring script in Swagger 2, OpenAPI 3 and 3.1, in the shape of Azure's inference server."""
import copy
import importlib.util
import json
import logging
import os
import sys

log = logging.getLogger("azmlinfsrv.swagger")

EMPTY = {"type": "object", "example": {}}
FAILED = "What went wrong."


def documents(run, app_root):
    """Version to document, as JSON text. A `swagger.json` beside the script goes before what can be told of it."""
    util = sys.modules.get("inference_schema.schema_util") or sys.modules.get("tidemill_worker.schema")
    decorated = util is not None and util.is_schema_decorated(run)
    versions = getattr(util, "get_supported_versions", lambda func: ["2.0", "3.0", "3.1"])(run) if decorated else ["2.0", "3.0", "3.1"]
    given = util.get_input_schema(run) if decorated else EMPTY
    taken = util.get_output_schema(run) if decorated else EMPTY
    found = {}
    for version, full, files, build in (
        ("2", "2.0", ("swagger.json", "swagger2.json"), _two),
        ("3", "3.0", ("swagger3.json",), _three),
        ("3.1", "3.1", ("swagger3.1.json",), _three_one),
    ):
        own = next(filter(None, (_read(app_root, name, version) for name in files)), None)
        if own is not None:
            found[version] = json.dumps(own)
        elif full in versions:
            document = build(copy.deepcopy(given), copy.deepcopy(taken))
            found[version] = json.dumps(_in_their_words(document, version))
    left_out = [version for version in ("2", "3", "3.1") if version not in found]
    if found and left_out:
        log.info("Swaggers are prepared for versions [%s] and skipped for versions [%s].", ", ".join(found), ", ".join(left_out))
    elif found:
        log.info("Swaggers are prepared for the following versions: [%s].", ", ".join(found))
    else:
        log.info("No swagger is prepared.")
    return found


def of_schemas(given, taken):
    """Documents of a model that needs no script."""
    builds = (("2", _two), ("3", _three), ("3.1", _three_one))
    return {version: json.dumps(build(copy.deepcopy(given), copy.deepcopy(taken))) for version, build in builds}


def _read(app_root, name, version):
    path = os.path.join(app_root, name)
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        return None
    log.info("Loaded user's swagger file for version [%s] from %s", version, path)
    return content


def _in_their_words(document, version):
    """With the sentences of Azure's package, where the environment has it; its scripts' clients may compare whole documents."""
    package = sys.modules.get("azureml_inference_server_http") or _package()
    folder = os.path.dirname(getattr(package, "__file__", None) or getattr(package, "origin", None) or "")
    path = os.path.join(folder, "server", "swagger%s_template.json" % version[0])
    if not folder or not os.path.isfile(path):
        return document
    (info, prefix), schemas = _service(), document.get("definitions") or document["components"]["schemas"]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for mark, value in (("$SERVICE_NAME$", info["title"]), ("$SERVICE_VERSION$", info["version"]), ("$PATH_PREFIX$", prefix)):
        text = text.replace(mark, json.dumps(value)[1:-1])
    theirs = json.loads(text)
    own = theirs["definitions"] if version == "2" else theirs["components"]["schemas"]
    own["ServiceInput"], own["ServiceOutput"] = schemas["ServiceInput"], schemas["ServiceOutput"]
    if version == "3.1":
        theirs["openapi"] = document["openapi"]
    return theirs


def _package():
    try:
        return importlib.util.find_spec("azureml_inference_server_http")
    except (ImportError, ValueError):
        return None


def _service():
    name = os.environ.get("SERVICE_NAME", "ML service")
    prefix = os.environ.get("SERVICE_PATH_PREFIX", "").strip("/")
    info = {
        "title": name,
        "description": "API specification for the Azure Machine Learning service " + name,
        "version": os.environ.get("SERVICE_VERSION", "1.0"),
    }
    return info, "/" + prefix if prefix else ""


def _two(given, taken):
    info, prefix = _service()
    failed = {"description": FAILED, "schema": {"$ref": "#/definitions/ErrorResponse"}}
    text = {"schema": {"type": "string"}}
    return {
        "swagger": "2.0",
        "info": info,
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": {"type": "apiKey", "name": "Authorization", "in": "header", "description": "For example: Bearer abc123"}},
        "paths": {
            prefix + "/": {
                "get": {
                    "operationId": "ServiceHealthCheck",
                    "description": "Whether the service is up.",
                    "responses": {
                        "200": dict(text, description="The service is up.", examples={"application/json": "Healthy"}),
                        "default": failed,
                    },
                }
            },
            prefix + "/score": {
                "post": {
                    "operationId": "RunMLService",
                    "description": "Runs the model on the input.",
                    "security": [{"Bearer": []}],
                    "parameters": [
                        {"name": "serviceInputPayload", "in": "body", "description": "The input.", "schema": {"$ref": "#/definitions/ServiceInput"}}
                    ],
                    "responses": {
                        "200": {"description": "The output of the model.", "schema": {"$ref": "#/definitions/ServiceOutput"}},
                        "default": failed,
                    },
                }
            },
            prefix + "/swagger.json": {
                "get": {
                    "operationId": "GetSwaggerSpec",
                    "description": "This document.",
                    "parameters": [{"name": "version", "in": "query", "required": False, "type": "integer", "enum": [2, 3]}],
                    "responses": {"200": dict(text, description="This document."), "default": failed},
                }
            },
        },
        "definitions": {"ServiceInput": given, "ServiceOutput": taken, "ErrorResponse": _error()},
    }


def _three(given, taken):
    info, prefix = _service()

    def answer(description, kind, schema):
        return {"description": description, "content": {kind: {"schema": schema}}}

    failed = answer(FAILED, "application/json", {"$ref": "#/components/schemas/ErrorResponse"})
    return {
        "openapi": "3.0.3",
        "info": info,
        "security": [{"Bearer": []}],
        "paths": {
            prefix + "/": {
                "get": {
                    "operationId": "ServiceHealthCheck",
                    "description": "Whether the service is up.",
                    "responses": {"200": answer("The service is up.", "text/plain", {"type": "string", "example": "Healthy"}), "default": failed},
                }
            },
            prefix + "/score": {
                "post": {
                    "operationId": "RunMLService",
                    "description": "Runs the model on the input.",
                    "security": [{"Bearer": []}],
                    "requestBody": answer("The input.", "application/json", {"$ref": "#/components/schemas/ServiceInput"}),
                    "responses": {
                        "200": answer("The output of the model.", "application/json", {"$ref": "#/components/schemas/ServiceOutput"}),
                        "default": failed,
                    },
                }
            },
            prefix + "/swagger.json": {
                "get": {
                    "operationId": "GetSwaggerSpec",
                    "description": "This document.",
                    "parameters": [{"name": "version", "in": "query", "required": False, "schema": {"type": "integer", "enum": [2, 3]}}],
                    "responses": {"200": answer("This document.", "text/plain", {"type": "string"}), "default": failed},
                }
            },
        },
        "components": {
            "schemas": {"ServiceInput": given, "ServiceOutput": taken, "ErrorResponse": _error()},
            "securitySchemes": {"Bearer": {"type": "apiKey", "name": "Authorization", "in": "header", "description": "For example: Bearer abc123"}},
        },
    }


def _three_one(given, taken):
    document = _three(given, taken)
    document["openapi"] = "3.1.0"
    return document


def _error():
    return {"type": "object", "properties": {"message": {"type": "string"}}}
