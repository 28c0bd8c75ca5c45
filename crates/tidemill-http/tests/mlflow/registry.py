"""The registry with MLflow's own client: what webhooks are told, links to artifacts, workspaces."""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import mlflow
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException

client = MlflowClient()
base = os.environ["MLFLOW_TRACKING_URI"]


def refused(code, text, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, str(error))
        assert text in str(error), str(error)
        return
    raise AssertionError(f"{call} was not refused")


def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


# Webhooks.
heard, fail_first = [], [1]


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if fail_first and self.path == "/retry":
            fail_first.pop()
            self.send_response(503)
            self.end_headers()
            return
        heard.append((self.path, dict(self.headers), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *args):
        pass


listener = HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=listener.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{listener.server_port}"
created = WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED)
version_created = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
alias_set = WebhookEvent(WebhookEntity.MODEL_VERSION_ALIAS, WebhookAction.CREATED)
hook = client.create_webhook("hook", f"{url}/a", [created, version_created, alias_set], description="all", secret="s3cret")
assert hook.status == WebhookStatus.ACTIVE and len(hook.events) == 3 and hook.description == "all"
retry = client.create_webhook("retry", f"{url}/retry", [created])
quiet = client.create_webhook("quiet", f"{url}/quiet", [created], status="DISABLED")
assert client.get_webhook(hook.webhook_id).name == "hook"
assert {w.name for w in client.list_webhooks()} == {"hook", "retry", "quiet"}
assert "s3cret" not in json.dumps(ask("GET", f"/api/2.0/mlflow/webhooks/{hook.webhook_id}"))
refused("INVALID_PARAMETER_VALUE", "Webhook name '-x' is invalid", client.create_webhook, "-x", url, [created])
refused("INVALID_PARAMETER_VALUE", "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https, http.", client.create_webhook, "x", "ftp://a", [created])
refused("RESOURCE_DOES_NOT_EXIST", "Webhook with ID none not found.", client.get_webhook, "none")
status, told = ask("POST", "/api/2.0/mlflow/webhooks", {"name": "x", "url": url, "events": [{"entity": "MODEL_VERSION", "action": "SET"}]})
assert status == 400 and told["message"] == "Invalid action 'set' for entity 'model_version'. Valid actions are: ['created']", told
result = client.test_webhook(hook.webhook_id)
assert result.success and result.response_status == 200 and result.response_body == "thanks", result
heard.clear()

client.create_registered_model("delay", tags={"a": "b"}, description="minutes")
with mlflow.start_run() as run:
    mlflow.log_text("weights", "model/weights.txt")
one = client.create_model_version("delay", f"runs:/{run.info.run_id}/model", run.info.run_id)
client.set_registered_model_alias("delay", "champion", one.version)
for _ in range(150):
    if len(heard) >= 4:
        break
    time.sleep(0.1)
by_path = {}
for path, headers, body in heard:
    by_path.setdefault(path, []).append((headers, json.loads(body), body))
assert sorted(by_path) == ["/a", "/retry"], by_path
told = {(b["entity"], b["action"]): b["data"] for _, b, _ in by_path["/a"]}
assert told[("registered_model", "created")] == {"name": "delay", "tags": {"a": "b"}, "description": "minutes"}, told
assert told[("model_version", "created")]["version"] == "1"
assert told[("model_version_alias", "created")] == {"name": "delay", "alias": "champion", "version": "1"}
headers, _, body = by_path["/a"][0]
headers = {key.lower(): value for key, value in headers.items()}
signed = f"{headers['x-mlflow-delivery-id']}.{headers['x-mlflow-timestamp']}.".encode() + body
expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
assert headers["x-mlflow-signature"] == f"v1,{expected}"
client.update_webhook(hook.webhook_id, status="DISABLED", name="other")
assert client.get_webhook(hook.webhook_id).status == WebhookStatus.DISABLED
client.delete_webhook(hook.webhook_id)
refused("RESOURCE_DOES_NOT_EXIST", "not found", client.get_webhook, hook.webhook_id)

# A run that another server holds is taken at its word; a logged model tells its versions as MLflow's server writes them.
client.create_registered_model("elsewhere")
far = client.create_model_version("elsewhere", "runs:/far/model", "far")
assert (far.run_id, far.source) == ("far", "runs:/far/model"), far
assert client.get_model_version_download_uri("elsewhere", far.version) == "runs:/far/model"
made = client.create_logged_model("0", name="told")
for _ in range(2):
    client.create_model_version("elsewhere", f"models:/{made.model_id}", model_id=made.model_id)
told = client.get_logged_model(made.model_id).tags["mlflow.modelVersions"]
assert told == json.dumps([{"name": "elsewhere", "version": version} for version in (2, 3)]), told

# History and the way back.
two = client.create_model_version("delay", f"runs:/{run.info.run_id}/model", run.info.run_id)
client.set_registered_model_alias("delay", "champion", two.version)
client.transition_model_version_stage("delay", "1", "Production")
client.transition_model_version_stage("delay", "2", "Production", archive_existing_versions=True)
workspace = base.split("/workspaces/")[1] if "/workspaces/" in base else "default"
root = base.split("/workspaces/")[0]


def v1(method, path):
    request = urllib.request.Request(f"{root}/api/v1/workspaces/{workspace}/models/delay{path}", b"" if method == "POST" else None, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


_, told = v1("GET", "/history")
shown = [(h["kind"], h["label"], h["version"], "ended_at" in h) for h in told["items"]]
assert sorted(shown) == sorted([
    ("alias", "champion", "1", True),
    ("alias", "champion", "2", False),
    ("stage", "Production", "1", True),
    ("stage", "Archived", "1", False),
    ("stage", "Production", "2", False),
]), shown
_, page = v1("GET", "/history?limit=2")
assert len(page["items"]) == 2 and page["next"]
_, rest = v1("GET", f"/history?limit=9&after={page['next']}")
assert len(rest["items"]) == 3
assert v1("POST", "/aliases/champion:rollback") == (200, {"alias": "champion", "version": "1", "rolled_back_from": "2"})
assert client.get_model_version_by_alias("delay", "champion").version == "1"
assert v1("POST", "/aliases/champion:rollback")[0] == 409
assert v1("POST", "/aliases/none:rollback")[0] == 404

# Links to artifacts.
def fetch(method, link, data=None):
    request = urllib.request.Request(link, data, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), {}


run_id = run.info.run_id
_, told = ask("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", {"run_id": run_id, "path": "a b/ü.bin"})
assert fetch("PUT", told["presigned_url"], b"bytes")[0] == 200
assert fetch("GET", told["presigned_url"])[0] == 403
_, told = ask("POST", "/api/2.0/mlflow/artifacts/presigned-download-url", {"run_id": run_id, "path": "a b/ü.bin"})
assert told["file_size"] == 5
assert fetch("GET", told["presigned_url"])[:2] == (200, b"bytes")
assert fetch("PUT", told["presigned_url"], b"x")[0] == 403
assert fetch("GET", told["presigned_url"].replace("%C3%BC.bin", "other"))[0] == 403
status, told = ask("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", {"run_id": run_id, "path": "../x"})
assert (status, told["message"]) == (400, "Invalid path"), told
status, told = ask("POST", "/api/2.0/mlflow/artifacts/presigned-download-url", {"run_id": run_id, "path": "x", "expiration": 604801})
assert told["message"] == "expiration must be between 1 and 604800 seconds (got 604801).", told
status, told = ask("POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", {"path": "x"})
assert told["message"] == "Exactly one of run_id and model_id must be provided.", told
folder = run.info.artifact_uri.split("mlflow-artifacts:/", 1)[1]
_, told = ask("GET", f"/api/2.0/mlflow-artifacts/presigned/{folder}/model/weights.txt")
assert fetch("GET", told["url"])[1] == b"weights"

# Uploads in parts.
_, begun = ask("POST", f"/api/2.0/mlflow-artifacts/mpu/create/{folder}/big", {"path": "/tmp/large.bin", "num_parts": 3})
parts = []
for credential in begun["credentials"]:
    number = credential["part_number"]
    status, _, headers = fetch("PUT", credential["url"], bytes([number]) * 4)
    assert status == 200
    etag = {key.lower(): value for key, value in headers.items()}["etag"]
    parts.append({"part_number": number, "etag": etag, "url": credential["url"]})
upload = {"path": "large.bin", "upload_id": begun["upload_id"]}
assert ask("POST", f"/api/2.0/mlflow-artifacts/mpu/complete/{folder}/big", {**upload, "parts": parts[:1] + parts[2:]})[0] == 400
assert ask("POST", f"/api/2.0/mlflow-artifacts/mpu/complete/{folder}/big", {**upload, "parts": parts}) == (200, {})
with open(client.download_artifacts(run_id, "big/large.bin"), "rb") as file:
    assert file.read() == b"\x01" * 4 + b"\x02" * 4 + b"\x03" * 4
_, begun = ask("POST", f"/api/2.0/mlflow-artifacts/mpu/create/{folder}", {"path": "x", "num_parts": 1})
assert ask("POST", f"/api/2.0/mlflow-artifacts/mpu/abort/{folder}", {"path": "x", "upload_id": begun["upload_id"]}) == (200, {})
status, told = ask("POST", f"/api/2.0/mlflow-artifacts/mpu/create/{folder}", {"path": "..", "num_parts": 1})
assert (status, told["message"]) == (400, "Invalid path"), told

# A small file, as pages upload it.
status, _, _ = fetch("POST", f"{base}/ajax-api/2.0/mlflow/upload-artifact?run_id={run_id}&path=notes/a.txt", b"note")
assert status == 200 and mlflow.artifacts.load_text(f"runs:/{run_id}/notes/a.txt") == "note"
status, told, _ = fetch("POST", f"{base}/ajax-api/2.0/mlflow/upload-artifact?run_id={run_id}", b"note")
assert json.loads(told)["message"] == "Request must specify path.", told

# Workspaces.
assert {w["name"] for w in ask("GET", "/api/3.0/mlflow/workspaces")[1]["workspaces"]} >= {"default"}
status, told = ask("POST", "/api/3.0/mlflow/workspaces", {"name": "team-w", "description": "theirs"})
assert (status, told) == (201, {"workspace": {"name": "team-w", "description": "theirs"}}), told
status, told = ask("POST", "/api/3.0/mlflow/workspaces", {"name": "team-w"})
assert (status, told["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS"), told
status, told = ask("POST", "/api/3.0/mlflow/workspaces", {"name": "A"})
assert told["message"] == "Workspace name 'A' must be between 2 and 63 characters.", told
status, told = ask("PATCH", "/api/3.0/mlflow/workspaces/team-w", {"description": "ours"})
assert told["workspace"]["description"] == "ours", told
assert ask("GET", "/api/3.0/mlflow/workspaces/team-w")[1]["workspace"]["description"] == "ours"
told = ask("DELETE", "/api/3.0/mlflow/workspaces/team-w")
assert told == (204, None), told
told = ask("GET", "/api/3.0/mlflow/workspaces/team-w")
assert told[0] == 404, told
told = ask("DELETE", "/api/3.0/mlflow/workspaces/default")
assert told[0] == 400, told
