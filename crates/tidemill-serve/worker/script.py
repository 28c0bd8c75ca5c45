"""A scoring script: loads it, calls `init()`, and calls `run()` for each request as Azure's inference server does."""
import errno
import importlib.util
import inspect
import json
import logging
import os
import sys
import time
import traceback
from types import ModuleType

from . import flasks, inputs, names, swagger
from .answer import AMLResponse
from .logs import log
from .request import AMLRequest

user = logging.getLogger("azmlinfsrv.user_script")

UNEXPECTED = "An unexpected error occurred in scoring script. Check the logs for more info."
# Headers that an answer without a body has not got.
OF_A_BODY = ("allow", "content-encoding", "content-language", "content-length", "content-md5", "content-range", "content-type", "last-modified")
INTERNAL = "An unexpected internal error occurred. Check the logs for more info."


class StartError(Exception):
    """Why a script cannot be served; what there was to say of it has been logged."""


class UserScriptException(Exception):
    """What a script raised, in the words by which Azure's logs are searched."""

    def __init__(self):
        Exception.__init__(self, "Caught an unhandled exception from the user script")


class UserScriptTimeout(Exception):
    """A script whose time was up, in the words by which Azure's logs are searched."""

    def __init__(self, timeout_ms):
        Exception.__init__(self, "Script failed to finish execution within the allocated time: %dms" % timeout_ms)


class Script:
    """A script that is ready."""

    def __init__(self, settings):
        self.limit = settings["answer_limit"]
        self.run, self.init = self._load(settings)
        self._analyse()
        user.info("Invoking user's init function")
        try:
            self.init()
        except BaseException as error:
            log.error("User's init function failed")
            log.error("Encountered Exception %s", _told(error, UserScriptException()))
            self._show_model(settings.get("model_dir"))
            raise StartError("init() failed: %s" % _last(error))
        user.info("Users's init has completed successfully")
        if "AML_DBG_MODEL_INFO" in os.environ or "AML_DBG_RESOURCE_INFO" in os.environ:
            log.warning("The debuggability features have been removed. If you have a use case for them please reach out to us.")
        self.documents = swagger.documents(self.run, settings["app_root"])

    def facts(self):
        """What the server must know of this script."""
        return {"wants_headers": self.wants_headers or self.raw or self.flask is not None, "raw": self.raw, "swagger": self.documents}

    def _load(self, settings):
        path = settings["entry_script"]
        try:
            if not os.path.exists(path):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            spec = importlib.util.spec_from_file_location("entry_module", path)
            if spec is None:
                raise ImportError("%s is no Python file" % path)
            module = importlib.util.module_from_spec(spec)
            self.source = spec.loader.get_source("entry_module") or "" if hasattr(spec.loader, "get_source") else ""
            spec.loader.exec_module(module)
        except BaseException as error:
            if isinstance(error, FileNotFoundError):
                self._not_there(path, settings["app_root"])
            log.error("Failed to import user script because it raised an unhandled exception: %s", path)
            log.error(traceback.format_exc())
            raise StartError("failed to import %s: %s" % (path, _last(error)))
        for name in ("init", "run"):
            if not hasattr(module, name):
                raise self._refused("User script at %s does not have a %s() function defined." % (path, name))
        inner = getattr(module, "driver_module", None)
        if isinstance(inner, ModuleType) and hasattr(inner, "run"):
            user.info("Found driver script at %s and the score script at %s", path, inner.__file__)
            return inner.run, module.init
        user.info("Found user script at %s", path)
        return module.run, module.init

    def _not_there(self, path, app_root):
        if path != os.path.join(app_root, "main.py"):
            log.error("No such file or directory.")
            return
        log.error("No score script found. Expected score script main.py.")
        log.error("Expected script to be found in PYTHONPATH: %s", sys.path)
        if os.path.isdir(app_root):
            log.error("Current contents of AML_APP_ROOT: %s", os.listdir(app_root))
        else:
            log.error("The directory %s not an accessible directory in the container.", app_root)

    def _refused(self, message):
        log.error(message)
        return StartError(message)

    def _analyse(self):
        parameters = list(inspect.signature(self.run).parameters.values())
        allowed = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        if any(parameter.kind not in allowed for parameter in parameters):
            raise self._refused("run() cannot accept positional-only arguments, *args, or **kwargs.")
        self.wants_headers = any(parameter.name == "request_headers" for parameter in parameters)
        self.parameters = [parameter for parameter in parameters if parameter.name != "request_headers"]
        if not self.parameters:
            more = 'an argument other than "request_headers"' if self.wants_headers else "an argument for input data"
            raise self._refused("run() needs to accept %s." % more)
        self.raw = names.raw_requested()
        util = sys.modules.get("inference_schema.schema_util") or sys.modules.get("tidemill_worker.schema")
        self.decorated = util is not None and util.is_schema_decorated(self.run)
        self.flask, self.flask_request = None, False
        if self.raw and self.decorated:
            raise self._refused("run() cannot be decorated with both @rawhttp and @input_schema")
        if "flask" in self.source and importlib.util.find_spec("flask") is not None:
            # What a script asks Flask for (`request`, `jsonify`) it finds, as in Azure's server.
            self.flask = flasks.app()
        if self.raw:
            own = sys.modules.get("azureml_inference_server_http.api.aml_request")
            if not issubclass(own.AMLRequest, AMLRequest):
                # The environment has Azure's package, and so its scripts are used to Flask.
                self.flask, self.flask_request = flasks.app(), True
            what = "flask request object" if self.flask_request else "request object"
            user.info("run() is decorated with @rawhttp. Server will invoke it with the %s.", what)
        elif self.decorated:
            told = ", ".join(parameter.name for parameter in self.parameters)
            user.info("run() is decorated with @input_schema. Server will invoke it with the following arguments: %s.", told)
        else:
            user.info("run() is not decorated. Server will invoke it with the input in JSON string.")
        self.first = self.parameters[0].name

    def _show_model(self, folder, most=200):
        if not folder or not os.path.exists(folder):
            return
        log.info("Model Directory Contents:")
        for shown, line in enumerate(_tree(os.path.normpath(folder))):
            if shown == most:
                log.info("Output Truncated. First %d lines shown.", most)
                return
            log.info(line)

    def score(self, meta, body, alarm):
        """Calls `run()`. Gives what the wire takes: kind of answer, what is said about it, body."""
        if not self.raw and meta["method"] not in ("GET", "POST"):
            return error(405, "Method not allowed")
        context = None
        try:
            if self.flask is not None:
                context = flasks.context(self.flask, meta, flasks.environ(meta, _headers(meta), body))
            given = self._given(meta, body)
        except inputs.BadInput as problem:
            return error(problem.status, str(problem))
        started = time.perf_counter()
        try:
            try:
                alarm.set(meta["timeout_ms"])
                output = self.run(**given)
            finally:
                alarm.clear()
            took = "%.3f" % ((time.perf_counter() - started) * 1000)
            return self._answer(output, took)
        except TimeoutError as problem:
            log.error("Encountered Exception: %s", _told(problem, UserScriptTimeout(meta["timeout_ms"])))
            return error(500, "Scoring timeout after %d ms" % meta["timeout_ms"], True)
        except Exception as problem:
            log.error("Encountered Exception: %s", _told(problem, UserScriptException()))
            return error(500, UNEXPECTED, True)
        finally:
            if context is not None:
                context.pop()

    def _given(self, meta, body):
        if self.raw:
            given = {self.first: self._raw(meta, body)}
        elif self.decorated:
            given = inputs.fields(meta, body, self.parameters)
        else:
            given = {self.first: inputs.text(meta, body)}
        if self.wants_headers:
            given["request_headers"] = _headers(meta)
        return given

    def _raw(self, meta, body):
        if not self.flask_request:
            return AMLRequest(dict(meta, headers=list(_headers(meta).items())), body)
        import flask

        return flask.request._get_current_object()

    def _answer(self, output, took):
        try:
            made = _made(output)
            if made is not None:
                log.info("run() output is HTTP Response")
                status, headers, content = made
                if status >= 500:
                    headers = [(name, value) for name, value in headers if name.lower() != "x-ms-run-function-failed"]
                    headers.append(("x-ms-run-function-failed", "True"))
                answer = RAW, json.dumps({"status": status, "headers": headers, "ms": took}).encode(), content
            else:
                content = json.dumps({} if output is None else output).encode()
                answer = JSON, took.encode(), content
        except Exception:
            log.error("Encountered Exception: %s", traceback.format_exc())
            return error(500, INTERNAL)
        if len(content) > self.limit:
            log.error("The answer of run() has %d bytes; --max-answer allows %d", len(content), self.limit)
            return error(500, INTERNAL)
        return answer


JSON, RAW, ERROR = 1, 2, 3


def error(status, message, failed=False):
    """An error of the contract."""
    return ERROR, json.dumps({"status": status, "message": message, "failed": failed}).encode(), b""


def _made(output):
    """Status, headers and body of an answer that a script made itself; `None` for a value."""
    flask = sys.modules.get("flask")
    if not isinstance(output, AMLResponse) and not (flask is not None and isinstance(output, flask.Response)):
        return None
    headers = [(str(name), str(value)) for name, value in output.headers.items()]
    if output.status_code == 304:
        # It tells nothing of a body that it has not got.
        headers = [(name, value) for name, value in headers if name.lower() not in OF_A_BODY]
    return output.status_code, headers, output.get_data()


def _headers(meta):
    """Headers by the names that a WSGI server gives them; several of one name are one, with commas. Names with `_` are left out,
    for they could pass for others with `-`."""
    found = {}
    for name, value in meta["headers"]:
        if "_" in name:
            continue
        name = "-".join(part.capitalize() for part in name.split("-"))
        found[name] = found[name] + "," + value if name in found else value
    return found


def _tree(path, depth=0):
    """Lines for what lies below a path, each by its depth."""
    line = "    " * depth + os.path.basename(path)
    if not os.path.isdir(path) or os.path.islink(path) and depth:
        yield line
        return
    yield line + os.sep
    for name in sorted(os.listdir(path)):
        yield from _tree(os.path.join(path, name), depth + 1)


def _told(problem, what):
    """The traceback of what a script raised, and what it was."""
    lines = traceback.format_exception(type(problem), problem, problem.__traceback__)
    return "".join(lines) + "azureml_inference_server_http.server.user_script.%s: %s" % (type(what).__name__, what)


def _last(error):
    """The last line of a traceback."""
    return "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
