"""Sends the cases to a server that runs, and keeps what matters of each answer."""
import base64
import http.client
import json
import re

# What belongs to the HTTP library, or to the moment.
LEFT_OUT = {"date", "server", "connection", "content-length", "transfer-encoding", "x-ms-server-version", "keep-alive"}
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


# Sentences that each server words for itself.
WORDS = {"description"}


def plain(value):
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if name not in WORDS or not isinstance(item, str)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def ask(port, method, target, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, target, skip_accept_encoding=True)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    try:
        answer = connection.getresponse()
        content = answer.read()
    except (http.client.HTTPException, ConnectionError) as error:
        return {"closed": type(error).__name__}
    finally:
        connection.close()
    seen = []
    for name, value in answer.getheaders():
        name = name.lower()
        if name in LEFT_OUT:
            continue
        if UUID.match(value):
            value = "<uuid>"
        if name == "x-ms-run-fn-exec-ms":
            value = "<ms>" if re.match(r"^\d+\.\d{3}$", value) else value
        if name == "allow":
            value = ", ".join(sorted(part.strip() for part in value.split(",")))
        seen.append([name, value])
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "base64:" + base64.b64encode(content).decode()
    kept = {"status": answer.status, "headers": sorted(seen)}
    try:
        kept["json"] = json.loads(text)
        if kept["json"] != kept["json"] or "NaN" in text:
            del kept["json"]
            kept["text"] = text
    except ValueError:
        kept["text"] = text
    return kept
