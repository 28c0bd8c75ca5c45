"""`AMLRequest` and `@rawhttp` for scripts whose environment has no Flask: what scripts use of a Flask request, and no more."""
import io
import json
from urllib.parse import unquote

from .inputs import pairs

raw_requested = False


def rawhttp(func):
    """Marks `run()`: it wants the raw request."""
    global raw_requested
    raw_requested = True
    return func


class Headers:
    """Headers by name, whatever the case; several of one name in their order."""

    def __init__(self, items=()):
        self._items = [(str(name), str(value)) for name, value in items]

    def getlist(self, name):
        return [value for known, value in self._items if known.lower() == name.lower()]

    get_all = getlist

    def get(self, name, default=None, type=None):
        values = self.getlist(name)
        if not values:
            return default
        if type is None:
            return values[0]
        try:
            return type(values[0])
        except (TypeError, ValueError):
            return default

    def __getitem__(self, name):
        values = self.getlist(name)
        if not values:
            raise KeyError(name)
        return values[0]

    def __contains__(self, name):
        return bool(self.getlist(name))

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __repr__(self):
        return "Headers(%r)" % (self._items,)

    def items(self):
        return list(self._items)

    def keys(self):
        return [name for name, _ in self._items]

    def values(self):
        return [value for _, value in self._items]

    def add(self, name, value):
        self._items.append((name, str(value)))

    def add_header(self, name, value):
        self.add(name, value)

    def set(self, name, value):
        self.remove(name)
        self.add(name, value)

    __setitem__ = set

    def remove(self, name):
        self._items = [(known, value) for known, value in self._items if known.lower() != name.lower()]

    __delitem__ = remove

    def to_wsgi_list(self):
        return list(self._items)


class Values(dict):
    """Parameters by name: the first of each as in a dictionary, all by `getlist`."""

    def __init__(self, items=()):
        self._lists = {}
        for name, value in items:
            self._lists.setdefault(name, []).append(value)
        dict.__init__(self, {name: values[0] for name, values in self._lists.items()})

    def getlist(self, name):
        return list(self._lists.get(name, []))

    def lists(self):
        return self._lists.items()

    def to_dict(self, flat=True):
        return dict(self) if flat else {name: list(values) for name, values in self._lists.items()}

    def get(self, name, default=None, type=None):
        value = dict.get(self, name, default)
        if type is None or name not in self:
            return value
        try:
            return type(value)
        except (TypeError, ValueError):
            return default


class File(io.BytesIO):
    """A file of a form."""

    def __init__(self, name, filename, content_type, content):
        io.BytesIO.__init__(self, content)
        self.name, self.filename, self.content_type, self.mimetype = name, filename, content_type, content_type

    @property
    def stream(self):
        return self

    def save(self, destination):
        if hasattr(destination, "write"):
            destination.write(self.getvalue())
        else:
            with open(destination, "wb") as file:
                file.write(self.getvalue())


class AMLRequest:
    """A raw request."""

    def __init__(self, meta=None, body=b""):
        meta = meta or {}
        self.method = meta.get("method", "GET")
        self.query_string = meta.get("query", "").encode("latin-1")
        self.path = unquote(meta.get("path", "/"))
        self.headers = Headers(meta.get("headers", ()))
        self.remote_addr = meta.get("peer")
        self.scheme = "http"
        self.host = self.headers.get("Host", "")
        self._body = body
        self._form = None

    @property
    def content_type(self):
        return self.headers.get("Content-Type")

    @property
    def mimetype(self):
        return (self.content_type or "").split(";")[0].strip().lower()

    @property
    def mimetype_params(self):
        parts = [part.strip().partition("=") for part in (self.content_type or "").split(";")[1:]]
        return {name.lower(): value.strip('"') for name, _, value in parts}

    @property
    def content_length(self):
        return self.headers.get("Content-Length", type=int)

    @property
    def is_json(self):
        kind = self.mimetype
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))

    @property
    def args(self):
        return Values(pairs(self.query_string.decode("latin-1")))

    @property
    def full_path(self):
        return self.path + "?" + self.query_string.decode("latin-1")

    @property
    def base_url(self):
        return self.scheme + "://" + self.host + self.path

    @property
    def url(self):
        query = self.query_string.decode("latin-1")
        return self.base_url + ("?" + query if query else "")

    @property
    def cookies(self):
        parts = [part.strip().partition("=") for part in self.headers.get("Cookie", "").split(";")]
        return Values((name, value) for name, sign, value in parts if sign)

    def get_data(self, cache=True, as_text=False, parse_form_data=False):
        return self._body.decode("utf-8", "replace") if as_text else self._body

    @property
    def data(self):
        return b"" if self._is_form() else self._body

    @property
    def stream(self):
        return io.BytesIO(self._body)

    def get_json(self, force=False, silent=False, cache=True):
        if not (force or self.is_json):
            if silent:
                return None
            raise ValueError("the request has no JSON: its Content-Type is %r" % (self.content_type,))
        try:
            return json.loads(self._body.decode("utf-8"))
        except ValueError:
            if silent:
                return None
            raise

    @property
    def json(self):
        return self.get_json()

    def _is_form(self):
        return self.mimetype in ("multipart/form-data", "application/x-www-form-urlencoded")

    def _parsed(self):
        if self._form is None:
            fields, files = [], []
            if self.mimetype == "application/x-www-form-urlencoded":
                fields = pairs(self._body.decode("latin-1"))
            elif self.mimetype == "multipart/form-data":
                fields, files = _parts(self._body, self.content_type)
            self._form = Values(fields), Values(files)
        return self._form

    @property
    def form(self):
        return self._parsed()[0]

    @property
    def files(self):
        return self._parsed()[1]

    @property
    def values(self):
        return Values(pairs(self.query_string.decode("latin-1")) + [(k, v) for k, vs in self.form.lists() for v in vs])


def _parts(body, content_type):
    """Fields and files of a form in parts (RFC 7578), read by the mail parser of the standard library."""
    from email.parser import BytesParser
    from email.policy import HTTP

    head = b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n"
    fields, files = [], []
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        filename = part.get_filename()
        content = part.get_payload(decode=True) or b""
        if filename is None:
            fields.append((name, content.decode("utf-8", "replace")))
        else:
            files.append((name, File(name, filename, part.get_content_type(), content)))
    return fields, files


# What Azure's module calls it.
Request = AMLRequest
