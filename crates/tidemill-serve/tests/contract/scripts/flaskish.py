"""A script that uses Flask by itself, as scripts for Azure's server may."""
import json

from flask import Response, g, jsonify, make_response, request


def init():
    pass


def run(data):
    do = json.loads(data)
    if do == "jsonify":
        return jsonify(a=1)
    if do == "make":
        made = make_response("made", 299)
        made.set_cookie("c", "v")
        return made
    if do == "stream":
        return Response((part for part in ["a", "b"]), mimetype="text/plain")
    if do == "g":
        return [g.request_id, g.client_request_id, g.legacy_client_request_id, g.api_name]
    if do == "route":
        return [request.endpoint, str(request.url_rule), request.blueprint, request.view_args, request.remote_addr]
    return {"method": request.method, "path": request.path, "type": request.content_type, "args": request.args.to_dict(), "own": request.headers.get("X-Own")}
