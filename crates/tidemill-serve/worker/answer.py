"""`AMLResponse` for scripts whose environment has no Flask."""
import http
import json
import time

from .request import Headers


class AMLResponse:
    """An answer that a script makes by itself."""

    def __init__(self, message, status_code, response_headers={}, json_str=False, run_function_failed=False):
        self.status_code, self._reason = _status(200 if status_code is None else status_code)
        self.headers = Headers()
        if message is None or json_str:
            self._body = json.dumps({} if message is None else message).encode()
            self.headers.add("Content-Type", "application/json")
        else:
            self._body = _bytes(message)
            if "Content-Type" not in response_headers:
                self.headers.add("Content-Type", "text/html; charset=utf-8")
        self.headers.add("x-ms-run-function-failed", run_function_failed)
        for name, value in response_headers.items():
            for part in value.split(","):
                self.headers.add(name, part.strip())

    def _set_status(self, value):
        self.status_code, self._reason = _status(value)

    status = property(lambda self: "%d %s" % (self.status_code, self._reason or _reason(self.status_code)), _set_status)

    def _set_mimetype(self, value):
        is_text = value.startswith("text/") or value in ("application/javascript", "application/xml") or value.endswith("+xml")
        self.headers["Content-Type"] = value + ("; charset=utf-8" if is_text else "")

    mimetype = property(lambda self: self.headers.get("Content-Type", "").split(";")[0], _set_mimetype)
    content_type = property(lambda self: self.headers.get("Content-Type"), lambda self, value: self.headers.set("Content-Type", value))
    content_length = property(lambda self: len(self._body))
    response = property(lambda self: [self._body])
    is_json = property(lambda self: self.mimetype == "application/json" or self.mimetype.endswith("+json"))
    json = property(lambda self: self.get_json())

    def get_json(self, force=False, silent=False):
        if not (force or self.is_json):
            return None
        try:
            return json.loads(self._body)
        except ValueError:
            if silent:
                return None
            raise

    def set_cookie(self, key, value="", max_age=None, expires=None, path="/", domain=None, secure=False, httponly=False, samesite=None):
        parts = ["%s=%s" % (key, value)]
        if domain:
            parts.append("Domain=" + domain)
        if max_age is not None and expires is None:
            expires = time.time() + int(max_age)
        if expires is not None:
            expires = expires.timestamp() if hasattr(expires, "timestamp") else expires
            told = expires if isinstance(expires, str) else time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(expires))
            parts.append("Expires=" + told)
        if max_age is not None:
            parts.append("Max-Age=%d" % int(max_age))
        parts += ["Secure"] * bool(secure) + ["HttpOnly"] * bool(httponly)
        if path:
            parts.append("Path=" + path)
        if samesite:
            parts.append("SameSite=" + samesite.title())
        self.headers.add("Set-Cookie", "; ".join(parts))

    def delete_cookie(self, key, path="/", domain=None):
        self.set_cookie(key, expires=0, max_age=0, path=path, domain=domain)

    def get_data(self, as_text=False):
        return self._body.decode() if as_text else self._body

    def set_data(self, value):
        self._body = _bytes(value)

    data = property(get_data, set_data)


def _status(value):
    """The number and the words of a status, given as one of them or both."""
    number, _, reason = str(int(value) if not isinstance(value, str) else value).strip().partition(" ")
    return int(number), reason


def _reason(number):
    try:
        return http.HTTPStatus(number).phrase.upper()
    except ValueError:
        return "UNKNOWN"


def _bytes(message):
    if isinstance(message, str):
        return message.encode()
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message)
    return b"".join(part.encode() if isinstance(part, str) else bytes(part) for part in message)
