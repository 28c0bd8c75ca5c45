"""A plain script: gives back what it gets, or does what it is told."""
import json
import os
import time

from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    global started
    started = True


def run(data):
    try:
        value = json.loads(data)
    except ValueError:
        return {"text": data}
    if not isinstance(value, dict) or "do" not in value:
        return value
    do = value["do"]
    if do == "raise":
        raise ValueError("the script is not happy")
    if do == "none":
        return None
    if do == "nan":
        return [float("nan"), float("inf"), -float("inf")]
    if do == "object":
        return object()
    if do == "bytes":
        return b"bytes"
    if do == "tuple":
        return (1, "two", True)
    if do == "sleep":
        time.sleep(value["s"])
        return "slept"
    if do == "model_dir":
        return os.environ["AZUREML_MODEL_DIR"]
    if do == "answer":
        return AMLResponse(value["message"], value["status"], value.get("headers", {}), json_str=value.get("json", False))
    if do == "base":
        raise KeyboardInterrupt
    return {"unknown": do}
