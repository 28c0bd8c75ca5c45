"""Scoring beside Azure's inference server and MLServer: echoing JSON, scikit-learn's iris, iris as ONNX over REST and gRPC; and what the gateway adds."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from common import PROGRAM, Server, folder, free_port, line, median, title, tree_rss_mb, wait_for_health

SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
TOOLS = pathlib.Path(os.environ.get("TIDEMILL_TEST_TOOLS", pathlib.Path.home() / ".cache/tidemill/test-tools"))
PYTHON = TOOLS / "serving/bin/python"
WORKERS = 2
# Load over gRPC, which `wrk` has not got.
LOAD = PROGRAM.with_name("examples") / "grpc_load"

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


def wrk(port, path, body, connections, seconds, headers=()):
    lua = pathlib.Path(__file__).with_name("score.lua")
    more = [word for header in headers for word in ("-H", header)]
    command = ["wrk", "-t", 1, "-c", connections, "-d", f"{max(1, round(seconds))}s", "--latency", "--timeout", "30s", *more, "-s", lua, f"http://127.0.0.1:{port}", "--", path, body]
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


# What `InferRequest` of both looks like, made by Triton's client.
MESSAGE = """
import sys
import numpy as np
from tritonclient.grpc import InferInput, service_pb2
rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
request = service_pb2.ModelInferRequest(model_name="iris")
request.inputs.add(name="X", datatype="FP32", shape=[2, 4])
request.raw_input_contents.append(rows.tobytes())
sys.stdout.buffer.write(request.SerializeToString())
"""
# MLServer has no runtime for ONNX of its own.
RUNTIME = """
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
class Iris(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession("iris.onnx", options, providers=["CPUExecutionProvider"])
        return True
    async def predict(self, payload):
        from mlserver.types import InferenceResponse
        given = {one.name: NumpyCodec.decode_input(one) for one in payload.inputs}
        names = [output.name for output in self.session.get_outputs()]
        outputs = [NumpyCodec.encode_output(name, value) for name, value in zip(names, self.session.run(names, given))]
        return InferenceResponse(model_name=self.name, outputs=outputs)
"""
CALL = "/inference.GRPCInferenceService/ModelInfer"


def onnx(place):
    """Iris by the Open Inference Protocol over REST and gRPC, beside MLServer, and through the gateway."""
    rows = {"name": "X", "datatype": "FP32", "shape": [2, 4], "data": [5.1, 3.5, 1.4, 0.2, 6.7, 3.0, 5.2, 2.3]}
    (place / "infer.json").write_text(json.dumps({"inputs": [rows]}))
    message = subprocess.run([PYTHON, "-c", MESSAGE], capture_output=True, check=True).stdout
    (place / "infer.bin").write_bytes(message)
    theirs = mlserver(place)
    port, grpc = free_port(), free_port()
    command = [PROGRAM, "serve", "--model-type", "onnx", "--model-dir", "iris.onnx", "--python", PYTHON, "--listen", f"127.0.0.1:{port}", "--grpc-listen", f"127.0.0.1:{grpc}", "--workers", WORKERS]
    with running(command, place, port, "/v2/health/ready") as process:
        ours = asked(place, port, grpc)
        memory = tree_rss_mb(process.pid)
    for how, name in (("rest", "REST"), ("grpc", "gRPC")):
        mine = ours[how]
        if mine is None:
            line(f"ONNX iris over {name}", "not run", ">= 10 x", "build the example `grpc_load` first")
            continue
        note = "MLServer cannot be installed"
        if theirs is not None:
            other = theirs[how]
            note = f"MLServer {other['many']['rate']:,.0f} /s: {mine['many']['rate'] / other['many']['rate']:.1f} x; p50 {other['one']['p50_ms']:.2f} ms"
        line(f"ONNX iris over {name}, 10 connections", f"{mine['many']['rate']:,.0f} /s", ">= 10 x", note)
        line("  p99; 1 connection: p50", f"{mine['many']['p99_ms']:.2f} ms; {mine['one']['p50_ms']:.3f} ms")
    line("  memory of server and sessions", f"{memory:.0f} MB", "", "" if theirs is None else f"MLServer {theirs['memory_mb']:.0f} MB")
    gateway(place)


def asked(place, port, grpc, model="iris", prefix="", metadata=(), headers=()):
    """What a server of the protocol reached with 10 connections and 1, by both ways."""
    path = f"{prefix}/v2/models/{model}/infer"
    wrk(port, path, place / "infer.json", 4, 1, headers)
    found = {"rest": {"many": wrk(port, path, place / "infer.json", 10, SECONDS, headers), "one": wrk(port, path, place / "infer.json", 1, SECONDS, headers)}}
    found["grpc"] = None
    if LOAD.exists():
        found["grpc"] = {"many": calls(place, grpc, 10, metadata), "one": calls(place, grpc, 1, metadata)}
    return found


def calls(place, port, connections, metadata):
    command = [LOAD, f"127.0.0.1:{port}", CALL, place / "infer.bin", connections, SECONDS, *metadata]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"serving: {done.stderr}")
    result = json.loads(done.stdout)
    if result["errors"]:
        print(f"  {result['errors']} calls failed")
    result["rate"] = result["requests"] / result["seconds"]
    return result


def mlserver(place):
    """The same of MLServer: with its workers and without, whichever is faster."""
    python = TOOLS / "mlserver/bin/python"
    if not python.exists():
        return None
    best = None
    for workers in (0, WORKERS):
        home = place / f"mlserver-{workers}"
        home.mkdir()
        shutil.copy(place / "iris.onnx", home / "iris.onnx")
        (home / "runtime.py").write_text(RUNTIME)
        (home / "model-settings.json").write_text(json.dumps({"name": "iris", "implementation": "runtime.Iris"}))
        port, grpc, metrics = free_port(), free_port(), free_port()
        settings = {"host": "127.0.0.1", "http_port": port, "grpc_port": grpc, "metrics_port": metrics, "parallel_workers": workers, "debug": False}
        (home / "settings.json").write_text(json.dumps(settings))
        try:
            with running([python.with_name("mlserver"), "start", "."], home, port, "/v2/models/iris/ready") as process:
                found = asked(place, port, grpc)
                found["memory_mb"] = tree_rss_mb(process.pid)
        except (subprocess.CalledProcessError, SystemExit) as error:
            print(f"  MLServer with {workers} parallel workers gave up: {error}\n{(home / 'server.log').read_text()[-600:]}")
            continue
        if best is None or found["rest"]["many"]["rate"] > best["rest"]["many"]["rate"]:
            best = found
    return best


def gateway(place):
    """What the gateway adds: an endpoint on a server, asked through it and at its instance."""
    (place / "data").mkdir()
    with Server(place / "data", "--environment-policy", "relaxed") as server:
        work = place / "gateway"
        work.mkdir()
        (work / "code").mkdir()
        shutil.copy(place / "echo.py", work / "code")
        (work / "endpoint.yml").write_text("name: echo\nauth_mode: key\n")
        (work / "deployment.yml").write_text(
            "name: blue\nendpoint_name: echo\ncode_configuration: {code: ./code, scoring_script: echo.py}\nenvironment: {image: \"python:3.11\"}\n"
            "request_settings: {max_concurrent_requests_per_instance: 20}\nenvironment_variables: {WORKER_COUNT: \"2\"}\n"
        )
        server.cli("online-endpoint", "create", "-f", work / "endpoint.yml")
        try:
            server.cli("online-deployment", "create", "-f", work / "deployment.yml", "--all-traffic")
            added(server, place)
        finally:
            # Instances outlive their server.
            server.cli("online-endpoint", "delete", "-n", "echo", "--yes")


def added(server, place):
    key = server.cli("online-endpoint", "get-credentials", "-n", "echo")["primaryKey"]
    by_key = [f"Authorization: Bearer {key}"]
    instance = instance_port(server.process.pid)
    for connections in (1, 10):
        direct, through = [], []
        # In turns, so that what the machine does meanwhile falls on both.
        for _ in range(3):
            direct.append(wrk(instance, "/score", place / "echo.json", connections, SECONDS / 3))
            through.append(wrk(server.port, "/endpoints/default/echo/score", place / "echo.json", connections, SECONDS / 3, by_key))
        p50 = [median([one["p50_ms"] for one in ones]) for ones in (direct, through)]
        plural = "" if connections == 1 else "s"
        line(f"gateway over direct, {connections} connection{plural}: added at p50", f"{p50[1] - p50[0]:.3f} ms", "<= 0.1 ms", f"{p50[0]:.3f} ms to {p50[1]:.3f} ms")


def instance_port(server):
    """Where the only instance listens: the port that a child of the server named to `tidemill serve`."""
    waiting = [server]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError):
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            if "serve" in words and "--listen" in words:
                return int(words[words.index("--listen") + 1].rsplit(":", 1)[1])
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    raise SystemExit("serving: no instance was found below the server")


main()
