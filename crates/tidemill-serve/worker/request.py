"""`AMLRequest` and `@rawhttp` for scripts whose environment has no Flask: what scripts use of a Flask request, and no more."""
import base64
import io
import json
import re
from urllib.parse import unquote

from . import flasks
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

    def add(self, name, value, **parameters):
        value = "; ".join([str(value)] + [_parameter(key, given) for key, given in parameters.items() if given is not None])
        if "\n" in value or "\r" in value:
            raise ValueError("Header values must not contain newline characters.")
        self._items.append((name, value))

    add_header = add

    def set(self, name, value, **parameters):
        self.remove(name)
        self.add(name, value, **parameters)

    def setdefault(self, name, value):
        if name not in self:
            self.add(name, value)
        return self[name]

    def extend(self, *others, **named):
        for name, value in _pairs(others, named):
            self.add(name, value)

    def update(self, *others, **named):
        pairs = _pairs(others, named)
        for name, _ in pairs:
            self.remove(name)
        self.extend(pairs)

    def pop(self, name, *default):
        if default and name not in self:
            return default[0]
        value = self[name]
        self.remove(name)
        return value

    def clear(self):
        del self._items[:]

    __setitem__ = set

    def remove(self, name):
        self._items = [(known, value) for known, value in self._items if known.lower() != name.lower()]

    __delitem__ = remove

    def to_wsgi_list(self):
        return list(self._items)


def _pairs(others, named):
    found = []
    for other in others:
        other = other.items() if hasattr(other, "items") else other
        for name, value in other:
            found.extend((name, each) for each in (value if isinstance(value, (list, tuple)) else [value]))
    return found + list(named.items())


def _parameter(name, value):
    value = str(value)
    plain = value and all(letter.isalnum() or letter in "!#$%&'*+-.^_`|~" for letter in value)
    return "%s=%s" % (name.replace("_", "-"), value if plain else '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"'))


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

    def items(self, multi=False):
        if not multi:
            return dict.items(self)
        return [(name, value) for name, values in self._lists.items() for value in values]

    def listvalues(self):
        return self._lists.values()

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

    def __init__(self, name, filename, headers, content):
        io.BytesIO.__init__(self, content)
        self.name, self.filename, self.headers = name, filename, headers
        self.content_type = headers.get("Content-Type")
        self.mimetype, self.mimetype_params = _kind(self.content_type)
        self.content_length = headers.get("Content-Length", 0, type=int)

    @property
    def stream(self):
        return self

    def save(self, destination):
        if hasattr(destination, "write"):
            destination.write(self.getvalue())
        else:
            with open(destination, "wb") as file:
                file.write(self.getvalue())


def _kind(content_type):
    """The type of a body without its parameters, and these."""
    kind, *parameters = (content_type or "").split(";")
    parameters = [part.strip().partition("=") for part in parameters]
    return kind.strip().lower(), {name.lower(): value.strip('"') for name, sign, value in parameters if sign}


class UserAgent(str):
    """Who asks, by its own words."""

    string = property(str)


class Authorization(Values):
    """What a client shows: `type`, and a `token` or a `username` and `password`."""

    def __init__(self, text):
        kind, _, rest = text.partition(" ")
        self.type, self.token, self.parameters = kind.lower(), None, {}
        if self.type == "basic":
            user, _, password = base64.b64decode(rest).decode("utf-8", "replace").partition(":")
            self.parameters = {"username": user, "password": password}
        elif "=" in rest.rstrip("="):
            named = (part.strip().partition("=") for part in rest.split(","))
            self.parameters = {name: value.strip('"') for name, _, value in named}
        else:
            self.token = rest.strip()
        Values.__init__(self, self.parameters.items())
        self.username, self.password = self.parameters.get("username"), self.parameters.get("password")


class Accept(list):
    """What a client accepts, the best first."""

    def __init__(self, text):
        found = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, *parameters = (piece.strip() for piece in part.split(";"))
            quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
            try:
                found.append((name, float(quality)))
            except ValueError:
                continue
        list.__init__(self, sorted(found, key=lambda one: -one[1]))

    @property
    def best(self):
        return self[0][0] if self else None

    def values(self):
        return (name for name, _ in self)

    def quality(self, name):
        fits = (name, name.partition("/")[0] + "/*", "*/*", "*")
        return next((quality for known, quality in self if known in fits), 0)

    def __contains__(self, name):
        return self.quality(name) > 0

    def best_match(self, names, default=None):
        rated = [(self.quality(name), name) for name in names]
        best = max((quality for quality, _ in rated), default=0)
        return next((name for quality, name in rated if quality == best and quality > 0), default)


class AMLRequest:
    """A raw request."""

    root_path = script_root = ""
    is_secure = False
    endpoint, blueprint, view_args, routing_exception = "main.handle_score", "main", {}, None
    max_content_length = remote_user = None

    def __init__(self, meta=None, body=b""):
        meta = meta or {}
        self.method = meta.get("method", "GET")
        self.query_string = meta.get("query", "").encode("latin-1")
        self.path = unquote(meta.get("path", "/"))
        self.headers = Headers(meta.get("headers", ()))
        self.remote_addr = meta.get("peer")
        self.scheme = "http"
        self.host = self.headers.get("Host", "")
        self._meta, self._body, self._form = meta, body, None

    @property
    def content_type(self):
        return self.headers.get("Content-Type")

    @property
    def mimetype(self):
        return _kind(self.content_type)[0]

    @property
    def mimetype_params(self):
        return _kind(self.content_type)[1]

    content_encoding = property(lambda self: self.headers.get("Content-Encoding"))
    referrer = property(lambda self: self.headers.get("Referer"))
    origin = property(lambda self: self.headers.get("Origin"))
    user_agent = property(lambda self: UserAgent(self.headers.get("User-Agent", "")))
    accept_mimetypes = property(lambda self: Accept(self.headers.get("Accept", "")))
    accept_languages = property(lambda self: Accept(self.headers.get("Accept-Language", "")))
    accept_encodings = property(lambda self: Accept(self.headers.get("Accept-Encoding", "")))
    accept_charsets = property(lambda self: Accept(self.headers.get("Accept-Charset", "")))

    @property
    def authorization(self):
        text = self.headers.get("Authorization")
        try:
            return Authorization(text) if text else None
        except ValueError:
            return None

    @property
    def access_route(self):
        forwarded = self.headers.get("X-Forwarded-For")
        return [part.strip() for part in forwarded.split(",")] if forwarded else [self.remote_addr]

    @property
    def environ(self):
        return flasks.environ(self._meta, dict(self.headers.items()), self._body)

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
    def root_url(self):
        return self.scheme + "://" + self.host + "/"

    host_url = url_root = root_url

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
        return Values((name, _cookie(value)) for name, sign, value in parts if sign)

    def get_data(self, cache=True, as_text=False, parse_form_data=False):
        return self._body.decode("utf-8", "replace") if as_text else self._body

    @property
    def data(self):
        return b"" if self._is_form() else self._body

    @property
    def stream(self):
        return io.BytesIO(self._body)

    input_stream = stream

    def close(self):
        """Nothing is open."""

    def get_json(self, force=False, silent=False, cache=True):
        if not (force or self.is_json):
            if silent:
                return None
            raise ValueError("the request has no JSON: its Content-Type is %r" % (self.content_type,))
        try:
            return json.loads(self._body)
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


def _cookie(value):
    """A cookie's value as it was meant: RFC 6265 lets it stand in quotes, with what must not be bare as octal escapes."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return re.sub(r"\\([0-3][0-7]{2}|.)", lambda found: chr(int(found[1], 8)) if len(found[1]) == 3 else found[1], value[1:-1])


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
            files.append((name, File(name, filename, Headers(part.raw_items()), content)))
    return fields, files


# What Azure's module calls it.
Request = AMLRequest
