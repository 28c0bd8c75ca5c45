"""Asks a server that puts requests together: batching.py HTTP_PORT FOLDER. Answers are those of each request alone, and runs are fewer."""
import pathlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException

port, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
session = onnxruntime.InferenceSession(folder / "iris.onnx", providers=["CPUExecutionProvider"])
client = over_http.InferenceServerClient(f"127.0.0.1:{port}")
# The client over HTTP is for one thread.
kept = threading.local()


def infer(rows):
    if not hasattr(kept, "client"):
        kept.client = over_http.InferenceServerClient(f"127.0.0.1:{port}")
    given = over_http.InferInput("X", list(rows.shape), "FP32")
    given.set_data_from_numpy(rows)
    return kept.client.infer("iris", [given])


def stats():
    return client.get_inference_statistics("iris")["model_stats"][-1]


def ask(number):
    rows = np.random.default_rng(number).uniform(0, 8, (1 + number % 3, 4)).astype(np.float32)
    result, expected = infer(rows), session.run(None, {"X": rows})
    np.testing.assert_array_equal(result.as_numpy("label"), expected[0])
    np.testing.assert_allclose(result.as_numpy("probabilities"), expected[1], rtol=1e-5)
    return len(rows)


before = stats()
with ThreadPoolExecutor(24) as pool:
    rows = sum(pool.map(ask, range(240)))
after = stats()
assert after["inference_count"] - before["inference_count"] == rows, (before, after, rows)
assert after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"] == 240, after
runs = after["execution_count"] - before["execution_count"]
assert 0 < runs < 200, f"240 requests were {runs} runs"

# What fits nothing is refused alone, and what is as large as a batch goes alone.
try:
    infer(np.zeros((1, 5), dtype=np.float32))
except InferenceServerException as error:
    assert "shape" in str(error), error
else:
    raise AssertionError("five columns are none of this model")
assert ask(2) == 3 and infer(np.zeros((8, 4), dtype=np.float32)).as_numpy("label").shape == (8,)
config = client.get_model_config("iris")
assert config["dynamic_batching"] == {"preferred_batch_size": [8], "max_queue_delay_microseconds": 20000}, config
assert config["input"] == [{"name": "X", "data_type": "TYPE_FP32", "dims": config["input"][0]["dims"]}], config
assert {"model_stats"} == set(client.get_inference_statistics()), "all models"
print("answered")
