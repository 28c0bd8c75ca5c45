"""Creates a container in Azurite, or prints a shared access signature, with nothing but the standard library."""

import base64
import email.utils
import hashlib
import hmac
import sys
import urllib.parse
import urllib.request

port, key, verb, *rest = sys.argv[1:]
account = "devstoreaccount1"


def sign(text):
    return base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()


if verb == "container":
    path = f"/{account}/{rest[0]}"
    headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2019-12-12"}
    canonical = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    kind = "application/octet-stream"
    text = "PUT" + "\n" * 5 + kind + "\n" * 7 + canonical + f"/{account}{path}\nrestype:container"
    headers["Authorization"] = f"SharedKey {account}:{sign(text)}"
    headers["Content-Type"] = kind
    url = f"http://127.0.0.1:{port}{path}?restype=container"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(url, data=b"", method="PUT", headers=headers))
else:
    fields = {"sv": "2019-12-12", "ss": "b", "srt": "sco", "sp": "rl", "se": "2099-01-01T00:00:00Z", "spr": "https,http"}
    text = "\n".join([account, fields["sp"], fields["ss"], fields["srt"], "", fields["se"], "", fields["spr"], fields["sv"], ""])
    print("?" + urllib.parse.urlencode({**fields, "sig": sign(text)}))
