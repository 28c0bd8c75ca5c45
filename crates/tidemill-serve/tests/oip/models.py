"""Makes the models that tests serve: models.py FOLDER makes FOLDER/iris.onnx, FOLDER/types.onnx and a Triton folder FOLDER/triton."""
import pathlib
import shutil
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

CONFIG = """# Two versions, and a limit.
name: "iris"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "X" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "label" data_type: TYPE_INT64 dims: [ 1 ] }, { name: "probabilities" data_type: TYPE_FP32 dims: [ 3 ] } ]
version_policy: { all { } }
"""
TYPES = {
    "BOOL": TensorProto.BOOL, "INT8": TensorProto.INT8, "INT16": TensorProto.INT16, "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64, "UINT8": TensorProto.UINT8, "UINT16": TensorProto.UINT16, "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64, "FP32": TensorProto.FLOAT, "FP64": TensorProto.DOUBLE, "BYTES": TensorProto.STRING,
    "FP16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16,
}  # fmt: skip


def iris():
    data = load_iris()
    model = LogisticRegression(max_iter=500).fit(data.data.astype(np.float32), data.target)
    return to_onnx(model, data.data[:1].astype(np.float32), options={"zipmap": False}).SerializeToString()


def types():
    """Gives back each of its inputs, one of each type."""
    inputs = [helper.make_tensor_value_info(f"in_{name}", kind, ["rows", None]) for name, kind in TYPES.items()]
    outputs = [helper.make_tensor_value_info(f"out_{name}", kind, ["rows", None]) for name, kind in TYPES.items()]
    nodes = [helper.make_node("Identity", [f"in_{name}"], [f"out_{name}"]) for name in TYPES]
    graph = helper.make_graph(nodes, "types", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "iris.onnx").write_bytes(iris())
    (folder / "types.onnx").write_bytes(types())
    triton = folder / "triton"
    shutil.rmtree(triton, ignore_errors=True)
    for version in ("1", "2"):
        (triton / "iris" / version).mkdir(parents=True)
        shutil.copy(folder / "iris.onnx", triton / "iris" / version / "model.onnx")
    (triton / "iris" / "config.pbtxt").write_text(CONFIG)
    (triton / "types" / "1").mkdir(parents=True)
    shutil.copy(folder / "types.onnx", triton / "types" / "1" / "model.onnx")


main(pathlib.Path(sys.argv[1]))
