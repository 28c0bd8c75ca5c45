"""Asks a server of the Open Inference Protocol with Triton's own client: client.py HTTP_PORT GRPC_PORT iris|triton FOLDER."""
import pathlib
import sys

import ml_dtypes
import numpy as np
import onnxruntime
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException

http_port, grpc_port, what, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], pathlib.Path(sys.argv[4])
ROWS = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
EXPECTED = onnxruntime.InferenceSession(folder / "iris.onnx", providers=["CPUExecutionProvider"]).run(None, {"X": ROWS})


def refused(words, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except InferenceServerException as error:
        assert words in str(error), str(error)
    else:
        raise AssertionError(f"expected a refusal with {words!r}")


def rows_of(module, rows=ROWS, binary=None):
    given = module.InferInput("X", list(rows.shape), "FP32")
    if binary is None:
        given.set_data_from_numpy(rows)
    else:
        given.set_data_from_numpy(rows, binary_data=binary)
    return [given]


def check_iris(result):
    np.testing.assert_array_equal(result.as_numpy("label"), EXPECTED[0])
    np.testing.assert_allclose(result.as_numpy("probabilities"), EXPECTED[1], rtol=1e-6)


def alive(client):
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("iris")
    refused("unknown model", client.get_model_metadata, "nothing")
    refused("unknown model", client.infer, "nothing", rows_of(over_http if isinstance(client, over_http.InferenceServerClient) else over_grpc))


def by_http():
    client = over_http.InferenceServerClient(f"127.0.0.1:{http_port}")
    alive(client)
    server = client.get_server_metadata()
    assert server["name"] == "tidemill" and "binary_tensor_data" in server["extensions"], server
    about = client.get_model_metadata("iris")
    assert about["inputs"] == [{"name": "X", "datatype": "FP32", "shape": [-1, 4]}], about
    assert [output["name"] for output in about["outputs"]] == ["label", "probabilities"], about
    for given in (True, False):
        for taken in (True, False):
            outputs = [over_http.InferRequestedOutput(name, binary_data=taken) for name in ("label", "probabilities")]
            result = client.infer("iris", rows_of(over_http, binary=given), outputs=outputs, request_id="r1")
            check_iris(result)
            assert result.get_response()["id"] == "r1" and result.get_response()["model_name"] == "iris"
            check_iris(client.infer("iris", rows_of(over_http, binary=given)))
    only = client.infer("iris", rows_of(over_http), outputs=[over_http.InferRequestedOutput("probabilities", binary_data=False)])
    assert only.as_numpy("label") is None
    refused("unexpected inference output", client.infer, "iris", rows_of(over_http), outputs=[over_http.InferRequestedOutput("no")])
    refused("shape", client.infer, "iris", rows_of(over_http, np.zeros((2, 3), np.float32)))
    wrong = over_http.InferInput("X", [1, 4], "FP64")
    wrong.set_data_from_numpy(np.zeros((1, 4)))
    refused("FP64", client.infer, "iris", [wrong])
    other = over_http.InferInput("Y", [1, 4], "FP32")
    other.set_data_from_numpy(np.zeros((1, 4), np.float32))
    refused("unexpected inference input", client.infer, "iris", [other])
    return client


def stream(client):
    """Questions of one stream: each is answered, and one that cannot be does not end it."""
    import queue

    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    client.async_stream_infer("iris", rows_of(over_grpc), request_id="s1")
    client.async_stream_infer("nothing", rows_of(over_grpc), request_id="s2")
    client.async_stream_infer("iris", rows_of(over_grpc), request_id="s3")
    got = [answers.get(timeout=20) for _ in range(3)]
    client.stop_stream()
    check_iris(got[0][0])
    assert got[0][0].get_response().id == "s1" and got[2][0].get_response().id == "s3"
    assert got[1][0] is None and "unknown model" in str(got[1][1]), got[1]


def by_grpc(port):
    client = over_grpc.InferenceServerClient(f"127.0.0.1:{port}")
    stream(client)
    alive(client)
    about = client.get_model_metadata("iris")
    assert about.inputs[0].name == "X" and list(about.inputs[0].shape) == [-1, 4] and about.inputs[0].datatype == "FP32"
    assert client.get_server_metadata().name == "tidemill"
    result = client.infer("iris", rows_of(over_grpc), request_id="r2")
    check_iris(result)
    assert result.get_response().id == "r2"
    only = client.infer("iris", rows_of(over_grpc), outputs=[over_grpc.InferRequestedOutput("label")])
    np.testing.assert_array_equal(only.as_numpy("label"), EXPECTED[0])
    assert only.as_numpy("probabilities") is None
    refused("shape", client.infer, "iris", rows_of(over_grpc, np.zeros((2, 3), np.float32)))
    config = client.get_model_config("iris", as_json=True)["config"]
    assert config["name"] == "iris" and config["backend"] == "onnxruntime" and config["input"][0]["data_type"] == "TYPE_FP32", config
    refused("unknown model", client.get_model_config, "nothing")
    counted = client.get_inference_statistics("iris").model_stats[-1]
    assert counted.inference_count >= 2 and counted.execution_count >= 1 and counted.last_inference > 0, counted
    assert counted.inference_stats.success.count >= 1 and counted.inference_stats.success.ns >= counted.inference_stats.compute_infer.ns
    refused("unknown model", client.get_inference_statistics, "nothing")
    # Typed contents, which Triton's client never sends.
    request = over_grpc.service_pb2.ModelInferRequest(model_name="iris")
    tensor = request.inputs.add(name="X", datatype="FP32", shape=[2, 4])
    tensor.contents.fp32_contents.extend(ROWS.reshape(-1).tolist())
    answer = client._client_stub.ModelInfer(request)
    np.testing.assert_array_equal(np.frombuffer(answer.raw_output_contents[0], np.int64), EXPECTED[0])
    return client


def beside_inference(module, client):
    """Classes, compressed bodies, shared memory, traces and the log: served, or refused by name."""
    for binary in ({"binary_data": True}, {"binary_data": False}) if module is over_http else ({},):
        wanted = [module.InferRequestedOutput("probabilities", class_count=2, **binary)]
        classes = client.infer("iris", rows_of(module), outputs=wanted).as_numpy("probabilities")
        assert classes.shape == (2, 2), classes
        for row, expected in zip(classes, EXPECTED[1]):
            value, place = (row[0].decode() if isinstance(row[0], bytes) else row[0]).split(":")
            assert int(place) == expected.argmax() and abs(float(value) - expected.max()) < 1e-5, (row, expected)
    for algorithm in ("gzip", "deflate"):
        if module is over_http:
            check_iris(client.infer("iris", rows_of(module), request_compression_algorithm=algorithm, response_compression_algorithm=algorithm))
        else:
            check_iris(client.infer("iris", rows_of(module), compression_algorithm=algorithm))
    told = client.get_inference_statistics() if module is over_http else client.get_inference_statistics(as_json=True)
    assert {"success", "fail", "queue", "compute_input", "compute_infer", "compute_output"} <= set(told["model_stats"][0]["inference_stats"]), told
    answers = [client.async_infer("iris", rows_of(module)) for _ in range(4)] if module is over_http else []
    for answer in answers:
        check_iris(answer.get_result())
    assert not getattr(client.get_system_shared_memory_status(), "regions", None)
    assert not getattr(client.get_cuda_shared_memory_status(), "regions", None)
    client.unregister_system_shared_memory()
    client.unregister_cuda_shared_memory()
    refused("shared memory is not served", client.register_system_shared_memory, "r", "/r", 64)
    refused("shared memory is not served", client.register_cuda_shared_memory, "r", b"aGFuZGxl", 0, 64)
    far = module.InferInput("X", [2, 4], "FP32")
    far.set_shared_memory("r", 32)
    refused("shared memory is not served", client.infer, "iris", [far])
    json = {} if module is over_http else {"as_json": True}
    traces, log = client.get_trace_settings(**json), client.get_log_settings(**json)
    assert "trace_level" in str(traces) and "OFF" in str(traces), traces
    assert "log_verbose_level" in str(log), log
    refused("cannot be changed", client.update_trace_settings, settings={"trace_level": "TIMESTAMPS"})
    refused("cannot be changed", client.update_log_settings, {"log_verbose_level": 3})


def loaded_otherwise(client):
    """A configuration with the request to load, for that time."""
    client.load_model("iris", config='{"max_batch_size": 1}')
    refused("batch of 2", client.infer, "iris", rows_of(over_http if client is http_client else over_grpc))
    refused("ONNX models alone", client.load_model, "iris", config='{"backend": "pytorch"}')
    refused("repository's folder", client.load_model, "iris", config="{}", files={"file:1/model.onnx": b"x"})
    client.load_model("iris")
    check_iris(client.infer("iris", rows_of(over_http if client is http_client else over_grpc)))


def halves(module, client, **binary):
    """Types of two bytes, which are no JSON."""
    value = np.array([[0.5, -2.0]], np.float16)
    narrow, brain = module.InferInput("in_FP16", [1, 2], "FP16"), module.InferInput("in_BF16", [1, 2], "BF16")
    narrow.set_data_from_numpy(value, **binary)
    brain.set_data_from_numpy(value.astype(ml_dtypes.bfloat16), **binary)
    return [narrow, brain], {"FP16": value, "BF16": value.astype(ml_dtypes.bfloat16)}


def every_type(module, client, **binary):
    values = {
        "BOOL": np.array([[True, False]]), "INT8": np.array([[-128, 127]], np.int8), "INT16": np.array([[-3, 4]], np.int16),
        "INT32": np.array([[-5, 6]], np.int32), "INT64": np.array([[-(2**62), 7]], np.int64), "UINT8": np.array([[0, 255]], np.uint8),
        "UINT16": np.array([[1, 65535]], np.uint16), "UINT32": np.array([[1, 2**32 - 1]], np.uint32),
        "UINT64": np.array([[1, 2**63]], np.uint64), "FP32": np.array([[0.1, -1e30]], np.float32),
        "FP64": np.array([[0.1, -1e300]]), "BYTES": np.array([["é", ""]], dtype=object),
    }  # fmt: skip
    inputs = []
    for name, value in values.items():
        given = module.InferInput(f"in_{name}", list(value.shape), name)
        given.set_data_from_numpy(value, **binary)
        inputs.append(given)
    more, halved = halves(module, client, **({"binary_data": True} if module is over_http else {}))
    inputs += more
    outputs = [module.InferRequestedOutput(f"out_{name}", **binary) for name in values]
    result = client.infer("types", inputs, outputs=outputs)
    for name, value in values.items():
        back = result.as_numpy(f"out_{name}")
        if name == "BYTES":
            back = np.array([item.decode() if isinstance(item, bytes) else item for item in back.reshape(-1)], dtype=object).reshape(back.shape)
        np.testing.assert_array_equal(back, value, err_msg=name)
        assert back.dtype == value.dtype, name
    wanted = [module.InferRequestedOutput(f"out_{name}") for name in halved]
    result = client.infer("types", inputs, outputs=wanted)
    for name, value in halved.items():
        np.testing.assert_array_equal(result.as_numpy(f"out_{name}"), value, err_msg=name)


def repository(client):
    def states():
        index = client.get_model_repository_index()
        lines = index if isinstance(index, list) else [{"name": line.name, "version": line.version, "state": line.state} for line in index.models]
        return sorted((line["name"], line["version"], line["state"]) for line in lines)

    ready = [("iris", "1", "READY"), ("iris", "2", "READY"), ("types", "1", "READY")]
    assert states() == ready, states()
    client.unload_model("iris")
    assert not client.is_model_ready("iris") and client.is_server_live()
    assert states() == [("iris", "", "UNAVAILABLE"), ("types", "1", "READY")], states()
    client.load_model("iris")
    assert states() == ready, states()
    assert client.is_model_ready("iris", "1") and client.is_model_ready("iris", "2")
    refused("no such model", client.load_model, "nothing")
    refused("no such model", client.unload_model, "nothing")


# The address of HTTP speaks both.
http_client, grpc_client = by_http(), [by_grpc(port) for port in (http_port, grpc_port)][1]
for module, client in ((over_http, http_client), (over_grpc, grpc_client)):
    beside_inference(module, client)
if what == "triton":
    every_type(over_http, http_client, binary_data=True)
    every_type(over_http, http_client, binary_data=False)
    every_type(over_grpc, grpc_client)
    for client in (http_client, grpc_client):
        repository(client)
        loaded_otherwise(client)
    check_iris(http_client.infer("iris", rows_of(over_http), model_version="1"))
    refused("version 7", http_client.infer, "iris", rows_of(over_http), model_version="7")
    refused("batch of 9", http_client.infer, "iris", rows_of(over_http, np.zeros((9, 4), np.float32)))
else:
    http_client.unload_model("iris")
    refused("not ready", http_client.infer, "iris", rows_of(over_http))
    http_client.load_model("iris")
    check_iris(http_client.infer("iris", rows_of(over_http)))
print("all answered")
