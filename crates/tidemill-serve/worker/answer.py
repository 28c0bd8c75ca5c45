"""`AMLResponse` for scripts whose environment has no Flask."""
import json

from .request import Headers


class AMLResponse:
    """An answer that a script makes by itself."""

    def __init__(self, message, status_code, response_headers={}, json_str=False, run_function_failed=False):
        self.status_code = int(status_code)
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

    @property
    def status(self):
        return str(self.status_code)

    @property
    def mimetype(self):
        return self.headers.get("Content-Type", "").split(";")[0]

    content_type = property(lambda self: self.headers.get("Content-Type"))

    def get_data(self, as_text=False):
        return self._body.decode() if as_text else self._body

    def set_data(self, value):
        self._body = _bytes(value)

    data = property(get_data, set_data)


def _bytes(message):
    if isinstance(message, str):
        return message.encode()
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message)
    return b"".join(part.encode() if isinstance(part, str) else bytes(part) for part in message)
