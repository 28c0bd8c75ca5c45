"""Makes an MLflow model (mlflow_model.py make FOLDER), or asks a server that runs it by all ways (mlflow_model.py ask PORT)."""
import json
import sys
import urllib.error
import urllib.request

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


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    ask(int(sys.argv[2]))
