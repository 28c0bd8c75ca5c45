"""A script that wants the headers of the request."""
import json


def init():
    pass


def run(request_headers, data):
    names = [name for name in sorted(request_headers) if name not in ("Host", "User-Agent", "Accept-Encoding", "Connection")]
    return {"type": type(request_headers).__name__, "headers": {name: request_headers[name] for name in names}, "data": json.loads(data)}
