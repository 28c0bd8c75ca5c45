"""What scripts ask a raw request, and do to an answer; both by name."""
from azureml_inference_server_http.api.aml_request import rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse

ASKED = {
    "urls": lambda r: [url.replace(r.host, "host") for url in (r.root_url, r.host_url, r.url_root)] + [r.root_path, r.script_root, r.is_secure, r.scheme],
    "route": lambda r: [r.endpoint, r.blueprint, r.view_args, r.routing_exception],
    "who": lambda r: [r.user_agent.string, str(r.user_agent), r.referrer, r.origin, r.access_route, r.remote_addr, r.remote_user],
    "authorization": lambda r: [r.authorization.type, r.authorization.token],
    "accept": lambda r: [r.accept_mimetypes.best, list(r.accept_mimetypes), r.accept_languages.best, "text/html" in r.accept_mimetypes],
    "accept_match": lambda r: [r.accept_mimetypes.best_match(["text/html", "application/json"]), r.accept_mimetypes.best_match(["x/y"], "none")],
    "cookies": lambda r: dict(r.cookies),
    "body": lambda r: [r.content_encoding, r.mimetype_params, r.input_stream.read().decode()],
    "environ": lambda r: [r.environ["REQUEST_METHOD"], r.environ["PATH_INFO"], r.environ["CONTENT_TYPE"], r.environ["HTTP_X_OWN"]],
    "args": lambda r: [list(r.args.items(multi=True)), list(r.args.lists()), r.args.get("n", type=int)],
    "files": lambda r: [[f.content_type, f.mimetype, f.mimetype_params, f.content_length, f.headers.get("X-Part")] for f in r.files.getlist("f")],
    "json": lambda r: r.get_json(),
    "names": lambda r: sorted(name for name in dict(r.headers) if name.startswith("X-")),
}


def changed(change):
    answer = AMLResponse("text", 200)
    given = change(answer)
    return answer if given is None or change in KEPT else given


KEPT = []


def kept(change):
    KEPT.append(change)
    return change


ANSWERED = {
    "cookie": lambda a: a.set_cookie("a", "b", path="/p", secure=True, httponly=True, samesite="Lax"),
    "mimetype": lambda a: setattr(a, "mimetype", "text/csv"),
    "content_type": lambda a: setattr(a, "content_type", "text/csv"),
    "status": lambda a: setattr(a, "status", "419 Odd"),
    "update": lambda a: a.headers.update({"X-A": "1"}),
    "extend": lambda a: a.headers.extend({"X-A": "1"}),
    "setdefault": kept(lambda a: a.headers.setdefault("X-A", "1")),
    "pop": kept(lambda a: a.headers.pop("Content-Type")),
    "clear": lambda a: a.headers.clear(),
    "parameters": lambda a: a.headers.add("X-A", "1", filename="a b"),
    "told": lambda a: [a.status, a.content_length, a.is_json, a.get_json(), len(a.response)],
    "words": lambda a: AMLResponse("x", "201 Made"),
    "no_status": lambda a: AMLResponse("x", None),
    "newline": lambda a: AMLResponse("x", 200, {"X-A": "a\nb"}),
    "not_modified": lambda a: AMLResponse("", 304, {"X-A": "1"}),
    "latin": lambda a: AMLResponse("x", 200, {"X-A": "\u00e9"}),
    "json": lambda a: AMLResponse({"a": 1}, 200, json_str=True).json,
}


def init():
    pass


@rawhttp
def run(request):
    if "answer" in request.args:
        return changed(ANSWERED[request.args["answer"]])
    return ASKED[request.args["ask"]](request)
