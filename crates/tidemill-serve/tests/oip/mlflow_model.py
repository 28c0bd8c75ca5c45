"""Makes an MLflow model (mlflow_model.py make FOLDER), or asks a server that runs it: by all ways (mlflow_model.py ask PORT), or
many at once, which are run together (mlflow_model.py together PORT)."""
import json
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

COLUMNS = ["a", "b"]


def make(folder):
    import mlflow
    from sklearn.linear_model import LinearRegression

    table = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.0, 1.0, 0.0, 1.0]})
    model = LinearRegression().fit(table, 2 * table["a"] + 10 * table["b"])
    signature = mlflow.models.infer_signature(table, model.predict(table))
    mlflow.sklearn.save_model(model, folder, signature=signature, input_example=table.head(1))


def sent(port, path, body, kind="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        try:
            return error.code, json.loads(text)
        except ValueError:
            return error.code, text


def near(found, expected):
    np.testing.assert_allclose(np.asarray(found, dtype=float).reshape(-1), expected, rtol=1e-6)


def ask(port):
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    split = {"columns": COLUMNS, "data": [[1, 0], [2, 1]]}
    records = [{"a": 1, "b": 0}, {"a": 2, "b": 1}]
    for body in ({"dataframe_split": split}, {"dataframe_records": records}, {"instances": records}, {"inputs": {"a": [1, 2], "b": [0, 1]}}):
        status, answer = sent(port, "/invocations", body)
        assert status == 200, (body, status, answer)
        near(answer["predictions"], [2, 14])
    status, answer = sent(port, "/invocations", b"a,b\n1,0\n2,1\n", "text/csv")
    near(answer["predictions"], [2, 14])
    status, answer = sent(port, "/invocations", {"nothing": 1})
    assert status == 400 and answer["error_code"] == "BAD_REQUEST", (status, answer)
    status, answer = sent(port, "/invocations", b"{", "application/json")
    assert status == 400, (status, answer)
    status, answer = sent(port, "/invocations", b"a", "image/png")
    assert status == 415, (status, answer)
    request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", b"{}", {"Content-Type": "text/plain"})
    try:
        urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        assert error.headers["Content-Type"] == "text/plain; charset=utf-8", error.headers
    status, answer = sent(port, "/invocations", {"dataframe_split": {"columns": ["a"], "data": [[1]]}})
    assert status == 400 and "missing inputs ['b']" in answer["message"], (status, answer)

    client = ScoringServerClient("127.0.0.1", port)
    client.wait_server_ready(timeout=5)
    near(client.invoke(pd.DataFrame(split["data"], columns=COLUMNS)).get_predictions(), [2, 14])
    assert client.get_version(), "the version of MLflow"

    for body in ({"input_data": split}, {"input_data": {**split, "index": [0, 1]}}, {"input_data": records}, {"input_data": {"a": [1, 2], "b": [0, 1]}}):
        status, answer = sent(port, "/score", body)
        assert status == 200 and isinstance(answer, list), (body, status, answer)
        near(answer, [2, 14])
    for body, words in (({"input_data": {"columns": ["a"], "data": [[1]]}}, "missing inputs"), ([], "JSON dictionary"), (b"{", "decoded as JSON")):
        status, answer = sent(port, "/score", body)
        assert status == 400 and words in answer["message"], (body, status, answer)

    about = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/linear"))
    assert about["inputs"] == [{"name": name, "datatype": "FP64", "shape": [-1, 1]} for name in COLUMNS], about
    columns = [{"name": name, "datatype": "FP64", "shape": [2, 1], "data": data} for name, data in (("a", [1, 2]), ("b", [0, 1]))]
    status, answer = sent(port, "/v2/models/linear/infer", {"id": "x", "inputs": columns})
    assert status == 200 and answer["id"] == "x", (status, answer)
    near(answer["outputs"][0]["data"], [2, 14])
    status, answer = sent(port, "/v2/models/linear/infer", {"inputs": columns[:1]})
    assert status == 400 and "missing inputs" in answer["error"], (status, answer)
    status, answer = sent(port, "/v2/models/linear/infer", {"inputs": [{"name": "all", "datatype": "FP64", "shape": [2, 2], "data": [[1, 0], [2, 1]]}]})
    near(answer["outputs"][0]["data"], [2, 14])
    print("all answered")


def together(port):
    def counted():
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/linear/stats"))["model_stats"][0]

    def one(number):
        # In either order of its inputs, and with more rows or fewer.
        rows = 1 + number % 2
        data = {"a": [float(1 + number + row) for row in range(rows)], "b": [float(row % 2) for row in range(rows)]}
        names = COLUMNS if number % 3 else COLUMNS[::-1]
        columns = [{"name": name, "datatype": "FP64", "shape": [rows, 1], "data": data[name]} for name in names]
        status, answer = sent(port, "/v2/models/linear/infer", {"id": str(number), "inputs": columns})
        assert status == 200 and answer["id"] == str(number), (status, answer)
        near(answer["outputs"][0]["data"], [2 * a + 10 * b for a, b in zip(data["a"], data["b"])])
        return rows

    before = counted()
    with ThreadPoolExecutor(16) as pool:
        rows = sum(pool.map(one, range(120)))
    after = counted()
    assert after["inference_count"] - before["inference_count"] == rows, (before, after, rows)
    runs = after["execution_count"] - before["execution_count"]
    assert 0 < runs < 100, f"120 requests were {runs} runs"
    # One that the model refuses is refused alone.
    bad = [{"name": "a", "datatype": "FP64", "shape": [1, 1], "data": [1.0]}]
    with ThreadPoolExecutor(4) as pool:
        wrong = [pool.submit(sent, port, "/v2/models/linear/infer", {"inputs": bad}) for _ in range(2)]
        assert one(7) == 2
    assert all(answer.result()[0] == 400 for answer in wrong), [answer.result() for answer in wrong]
    config = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/linear/config"))
    assert config["backend"] == "mlflow" and config["dynamic_batching"]["max_queue_delay_microseconds"] == 30000, config
    print("answered")


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    {"ask": ask, "together": together}[sys.argv[1]](int(sys.argv[2]))
