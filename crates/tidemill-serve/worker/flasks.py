"""Requests as Flask has them, for scripts that ask Flask: the route and `g` as in Azure's inference server."""
import importlib.util
import io
import sys
import time


def app():
    """An application with the one route that a script can be asked by."""
    import flask

    package = importlib.util.find_spec("azureml_inference_server_http")
    is_azures = package is not None and package.origin != "<tidemill>"
    made = flask.Flask("azureml_inference_server_http.server.create_app" if is_azures else "azmlinfsrv")
    main = flask.Blueprint("main", "azmlinfsrv")
    main.add_url_rule("/score", "handle_score", _never, methods=["GET", "POST", "OPTIONS"], provide_automatic_options=False)
    made.register_blueprint(main)
    return made


def _never():
    """Requests are answered by the script, not by a view."""


def context(made, meta, given):
    """The context of a request, entered: who is done with the request leaves it by `pop`."""
    import datetime

    import flask

    entered = made.request_context(given)
    entered.push()
    legacy, client = flask.request.headers.get("x-ms-request-id", ""), flask.request.headers.get("x-ms-client-request-id", "")
    flask.g.api_name = "/score"
    flask.g.start_datetime = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)
    flask.g.starting_perf_counter = time.perf_counter()
    flask.g.request_id = meta["id"]
    flask.g.client_request_id = client or legacy
    flask.g.legacy_client_request_id = legacy or client or meta["id"]
    return entered


def environ(meta, headers, body):
    """The request as WSGI tells it (PEP 3333)."""
    host, _, port = headers.get("Host", "localhost:80").partition(":")
    environ = {
        "REQUEST_METHOD": meta["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": meta["path"],
        "QUERY_STRING": meta["query"],
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": meta.get("peer") or "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = value
    return environ
