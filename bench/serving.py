"""Scoring beside Azure's inference server: echoing JSON, scikit-learn's iris, and iris as ONNX; rate, latency and memory."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from common import PROGRAM, folder, free_port, line, title, tree_rss_mb, wait_for_health

SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
TOOLS = pathlib.Path(os.environ.get("TIDEMILL_TEST_TOOLS", pathlib.Path.home() / ".cache/tidemill/test-tools"))
PYTHON = TOOLS / "serving/bin/python"
WORKERS = 2

ECHO = """
import json
def init(): pass
def run(data): return json.loads(data)
"""
IRIS = """
import json, os, pickle
import numpy as np
def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "iris.pkl"), "rb") as file:
        model = pickle.load(file)
def run(data):
    return model.predict(np.array(json.loads(data)["data"])).tolist()
"""
# The same work without any server, as often as it can in some seconds: how much two processes can do at all.
BARE = """
import json, sys, time
exec(open(sys.argv[1]).read())
init()
body, until, done = open(sys.argv[2]).read(), time.perf_counter() + float(sys.argv[3]), 0
while time.perf_counter() < until:
    json.dumps(run(body))
    done += 1
print(done)
"""
TRAIN = """
import pickle, sys
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from skl2onnx import to_onnx
data = load_iris()
model = LogisticRegression(max_iter=500).fit(data.data.astype(np.float32), data.target)
with open(sys.argv[1] + "/iris.pkl", "wb") as file:
    pickle.dump(model, file)
with open(sys.argv[1] + "/iris.onnx", "wb") as file:
    file.write(to_onnx(model, data.data[:1].astype(np.float32), options={"zipmap": False}).SerializeToString())
"""


def main():
    if shutil.which("wrk") is None:
        raise SystemExit("serving: `wrk` is missing; install it with `apt-get install wrk`")
    if "SERVING_INSIDE" not in os.environ:
        # Azure's server listens on all addresses: both run in a network of their own, where there is nobody else.
        command = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, __file__]
        raise SystemExit(subprocess.call(command, env={**os.environ, "SERVING_INSIDE": "1"}))
    with folder() as place:
        (place / "echo.py").write_text(ECHO)
        (place / "iris.py").write_text(IRIS)
        (place / "echo.json").write_text(json.dumps({"data": [[5.1, 3.5, 1.4, 0.2]], "more": {"name": "x", "flags": [True, None]}}))
        (place / "iris.json").write_text(json.dumps({"data": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]}))
        subprocess.run([PYTHON, "-c", TRAIN, place], check=True)
        title(f"scoring: {SECONDS} s each, {WORKERS} workers, wrk on the same cores")
        loads = {"echo": [10, 1], "iris": [10]}
        theirs = {script: measured(azure, place, script, connections) for script, connections in loads.items()}
        ours = {script: measured(tidemill, place, script, connections) for script, connections in loads.items()}
        bare = bare_rate(place)
        table(ours, theirs, bare)
        onnx(place)


@contextlib.contextmanager
def running(command, place, port, path="/"):
    with open(place / "server.log", "wb") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, cwd=place, env={**os.environ, "AZUREML_MODEL_DIR": str(place)})
        try:
            wait_for_health(process, f"http://127.0.0.1:{port}{path}")
            yield process
        finally:
            process.terminate()
            process.wait()


def azure(place, script, port):
    return [PYTHON.with_name("azmlinfsrv"), "--entry_script", place / f"{script}.py", "--port", port, "--worker_count", WORKERS]


def tidemill(place, script, port):
    return [PROGRAM, "serve", "--entry-script", f"{script}.py", "--python", PYTHON, "--listen", f"127.0.0.1:{port}", "--workers", WORKERS]


def measured(server, place, script, connections):
    """What each load reached, and the memory of server and workers after it."""
    port, found = free_port(), {}
    with running(server(place, script, port), place, port) as process:
        wrk(port, "/score", place / f"{script}.json", 4, 1)
        for count in connections:
            found[count] = wrk(port, "/score", place / f"{script}.json", count, SECONDS)
        found["memory_mb"] = tree_rss_mb(process.pid)
    return found


def wrk(port, path, body, connections, seconds):
    lua = pathlib.Path(__file__).with_name("score.lua")
    command = ["wrk", "-t", 1, "-c", connections, "-d", f"{seconds}s", "--latency", "--timeout", "30s", "-s", lua, f"http://127.0.0.1:{port}", "--", path, body]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.strip().splitlines()[-1])
    if result["errors"]:
        print(f"  {result['errors']} requests failed")
    result["rate"] = result["requests"] / result["seconds"]
    return result


def bare_rate(place):
    """Predictions a second of as many bare processes as there are workers."""
    command = [PYTHON, "-c", BARE, place / "iris.py", place / "iris.json", SECONDS]
    environment = {**os.environ, "AZUREML_MODEL_DIR": str(place)}
    processes = [subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True, env=environment) for _ in range(WORKERS)]
    return sum(int(process.communicate()[0]) for process in processes) / SECONDS


def table(ours, theirs, bare):
    def against(script, count, key):
        mine, other = ours[script][count][key], theirs[script][count][key]
        unit = "/s" if key == "rate" else "ms"
        ratio = mine / other if key == "rate" else other / mine
        return f"azmlinfsrv {other:,.{0 if key == 'rate' else 2}f} {unit}: {ratio:.1f} x"

    line("echo JSON, 10 connections", f"{ours['echo'][10]['rate']:,.0f} /s", ">= 5 x", against("echo", 10, "rate"))
    line("  p99", f"{ours['echo'][10]['p99_ms']:.2f} ms", "", against("echo", 10, "p99_ms"))
    line("echo JSON, 1 connection: p50", f"{ours['echo'][1]['p50_ms']:.3f} ms", "<= 0.25 ms", against("echo", 1, "p50_ms"))
    rate = ours["iris"][10]["rate"]
    line("iris in run(), 10 connections", f"{rate:,.0f} /s", ">= 3 x", against("iris", 10, "rate"))
    line("  of what two bare processes predict", f"{rate / bare:.0%}", "or >= 90 %", f"bare {bare:,.0f} /s")
    line("memory of server and workers, echo", f"{ours['echo']['memory_mb']:.0f} MB", "", f"azmlinfsrv {theirs['echo']['memory_mb']:.0f} MB")


def onnx(place):
    """Iris by the Open Inference Protocol over REST."""
    rows = {"name": "X", "datatype": "FP32", "shape": [2, 4], "data": [5.1, 3.5, 1.4, 0.2, 6.7, 3.0, 5.2, 2.3]}
    (place / "infer.json").write_text(json.dumps({"inputs": [rows]}))
    port = free_port()
    command = [PROGRAM, "serve", "--model-type", "onnx", "--model-dir", "iris.onnx", "--python", PYTHON, "--listen", f"127.0.0.1:{port}", "--workers", WORKERS]
    with running(command, place, port, "/v2/health/ready") as process:
        wrk(port, "/v2/models/iris/infer", place / "infer.json", 4, 1)
        many = wrk(port, "/v2/models/iris/infer", place / "infer.json", 10, SECONDS)
        one = wrk(port, "/v2/models/iris/infer", place / "infer.json", 1, SECONDS)
        line("ONNX iris over REST, 10 connections", f"{many['rate']:,.0f} /s", "", f"p99 {many['p99_ms']:.2f} ms")
        line("  1 connection: p50", f"{one['p50_ms']:.3f} ms", "", f"memory {tree_rss_mb(process.pid):.0f} MB")


main()
