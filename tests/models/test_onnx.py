"""ONNX models give the weights that onnxruntime multiplies with."""

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import pytest
from macsmith.golden.errors import DesignError
from macsmith.models import open_model
from onnx import TensorProto, helper, numpy_helper

ROWS, K = 12, 64
OPSET = [helper.make_opsetid("", 23), helper.make_opsetid("com.microsoft", 1)]


def saved(path, nodes, initializers, kind=TensorProto.FLOAT, rows=ROWS, out=TensorProto.FLOAT):
    """A model with the input x (vectors × K) and the output y, with weights as ``initializers``."""
    tensors = [
        item if isinstance(item, onnx.TensorProto) else numpy_helper.from_array(item, name)
        for name, item in initializers.items()
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, [None, K])],
        [helper.make_tensor_value_info("y", out, [None, rows])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=10)
    onnx.save(model, path)
    return path


def ran(path, x):
    options = onnxruntime.SessionOptions()  # as written: fused operators round otherwise
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def same_as_runtime(path):
    """The weights are what comes out for the unit vectors, in FP32."""
    [matrix] = open_model(path).matrices.values()
    wanted = ran(path, np.eye(K, dtype=np.float32)).T
    assert np.array_equal(matrix.values().astype(np.float32), wanted)
    assert matrix.quantized().operand == matrix.operand
    return matrix


@pytest.mark.parametrize(
    ("bits", "zeros"),
    [*((bits, zeros) for bits in (2, 4, 8) for zeros in ("none", "packed")), (4, "float")],
)
def test_matmul_nbits(tmp_path, rng, bits, zeros):
    groups = K // 32
    parts = {
        "b": rng.integers(0, 256, (ROWS, groups, 32 * bits // 8)).astype(np.uint8),
        "s": (2.0 ** rng.integers(-9, -3, ROWS * groups)).astype(np.float32),
    }
    names = ["x", "b", "s"]
    if zeros == "packed":
        parts["z"] = rng.integers(0, 256, ROWS * -(-groups * bits // 8)).astype(np.uint8)
        names.append("z")
    if zeros == "float":
        parts["z"] = rng.uniform(0, 15, ROWS * groups).astype(np.float32)
        names.append("z")
    node = helper.make_node(
        "MatMulNBits", names, ["y"], domain="com.microsoft", K=K, N=ROWS, bits=bits, block_size=32
    )
    path = saved(tmp_path / "m.onnx", [node], parts)
    if zeros == "float":
        [matrix] = open_model(path).matrices.values()
        q = np.stack([parts["b"] & 15, parts["b"] >> 4], -1).reshape(ROWS, groups, 32)
        s, z = (parts[name].reshape(ROWS, groups, 1).astype(np.float64) for name in "sz")
        wanted = (s * q + (-s * z).astype(np.float32)).reshape(ROWS, K)
        assert np.array_equal(matrix.values(), wanted)
    else:
        same_as_runtime(path)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("columns", [False, True])
def test_qlinear_matmul(tmp_path, rng, dtype, columns):
    info = np.iinfo(dtype)
    count = ROWS if columns else 1
    shape = (ROWS,) if columns else ()
    parts = {
        "w": rng.integers(info.min, info.max + 1, (K, ROWS)).astype(dtype),
        "ws": rng.uniform(0.01, 0.02, count).astype(np.float32).reshape(shape),
        "wz": rng.integers(info.min, info.max + 1, count).astype(dtype).reshape(shape),
        "one": np.array(1, np.float32),
        "zero": np.array(0, np.uint8),
        "ys": np.array(0.05, np.float32),
        "yz": np.array(128, np.uint8),
    }
    names = ["x", "one", "zero", "w", "ws", "wz", "ys", "yz"]
    node = helper.make_node("QLinearMatMul", names, ["y"])
    path = saved(tmp_path / "m.onnx", [node], parts, TensorProto.UINT8, out=TensorProto.UINT8)
    [matrix] = open_model(path).matrices.values()
    real = (parts["w"].astype(np.float64) - parts["wz"]) * parts["ws"].astype(np.float64)
    assert np.array_equal(matrix.values(), real.T)
    found = ran(path, np.eye(K, dtype=np.uint8)).T
    assert np.array_equal(found, np.clip(np.rint(matrix.values() / 0.05) + 128, 0, 255))


@pytest.mark.parametrize("zero", [None, 0, 7])
def test_matmul_integer(tmp_path, rng, zero):
    parts = {"w": rng.integers(-128, 128, (K, ROWS)).astype(np.int8)}
    names = ["x", "w"]
    if zero is not None:
        names += ["", "z"]
        parts["z"] = np.array(zero, np.int8)
    node = helper.make_node("MatMulInteger", names, ["y"])
    path = saved(tmp_path / "m.onnx", [node], parts, TensorProto.UINT8, out=TensorProto.INT32)
    [matrix] = open_model(path).matrices.values()
    assert np.array_equal(matrix.values(), ran(path, np.eye(K, dtype=np.uint8)).T)
    assert len(matrix.operand.planes) == (2 if zero else 1)


@pytest.mark.parametrize("kind", [TensorProto.INT4, TensorProto.UINT4, TensorProto.INT8,
                                  TensorProto.FLOAT8E4M3FN])  # fmt: skip
@pytest.mark.parametrize("scales", ["tensor", "rows", "blocks"])
@pytest.mark.parametrize("turned", [False, True])
def test_dequantize_linear(tmp_path, rng, kind, scales, turned):
    """K × rows before a MatMul, rows × K before a Gemm with transB."""
    shape = (ROWS, K) if turned else (K, ROWS)
    axis = int(turned)
    block = 16 if scales == "blocks" else 0
    grid = {
        "tensor": (),
        "rows": (ROWS,),
        "blocks": (ROWS, K // 16) if turned else (K // 16, ROWS),
    }[scales]
    low, high = {TensorProto.INT4: (-8, 8), TensorProto.UINT4: (0, 16)}.get(kind, (-128, 128))
    numbers = rng.integers(low, high, shape)
    tensor = helper.make_tensor("w", kind, shape, numbers.reshape(-1).astype(float).tolist()
                                if kind == TensorProto.FLOAT8E4M3FN
                                else numbers.reshape(-1).tolist())  # fmt: skip
    parts = {"w": tensor, "s": rng.uniform(0.01, 0.02, grid).astype(np.float32)}
    names = ["w", "s"]
    if kind == TensorProto.UINT4:
        zeros = rng.integers(0, 16, grid)
        parts["z"] = helper.make_tensor("z", kind, grid, np.ravel(zeros).tolist())
        names.append("z")
    axis = axis if scales == "blocks" else 1 - axis
    nodes = [
        helper.make_node("DequantizeLinear", names, ["d"], axis=axis, block_size=block),
        helper.make_node("Gemm", ["x", "d"], ["y"], transB=1)
        if turned
        else helper.make_node("MatMul", ["x", "d"], ["y"]),
    ]
    same_as_runtime(saved(tmp_path / "m.onnx", nodes, parts))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("rows", [False, True])
def test_floats_that_the_graph_quantizes(tmp_path, rng, dtype, rows):
    """QuantizeLinear, then DequantizeLinear, as tools leave them; some values saturate."""
    grid = (ROWS,) if rows else ()
    parts = {
        "w": (rng.normal(size=(K, ROWS)) * 2).astype(np.float32),
        "s": rng.uniform(0.01, 0.02, grid).astype(np.float32),
        "z": rng.integers(3, 100, grid).astype(dtype),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["w", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        helper.make_node("MatMul", ["x", "d"], ["y"]),
    ]
    same_as_runtime(saved(tmp_path / "m.onnx", nodes, parts))


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_floats_before_and_behind_a_transpose(tmp_path, rng, dtype):
    parts = {"w": rng.normal(size=(ROWS, K)).astype(dtype)}
    nodes = [helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]),
             helper.make_node("MatMul", ["x", "t"], ["y"])]  # fmt: skip
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    path = saved(tmp_path / "m.onnx", nodes, parts, kind, out=kind)
    [matrix] = open_model(path).matrices.values()
    assert np.array_equal(matrix.values(), parts["w"].astype(np.float64))


@pytest.mark.parametrize("narrow", [0, 1])
def test_quant_of_qonnx(tmp_path, rng, narrow):
    """q = clamp(round(x / scale)), by its documentation; its package is not at hand."""
    parts = {
        "w": rng.normal(size=(K, ROWS)).astype(np.float32),
        "s": rng.uniform(0.1, 0.2, (1, ROWS)).astype(np.float32),
        "z": np.array(0, np.float32),
        "b": np.array(4, np.float32),
    }
    nodes = [
        helper.make_node("Quant", ["w", "s", "z", "b"], ["q"], domain="qonnx.custom_op.general",
                         signed=1, narrow=narrow, rounding_mode="ROUND"),
        helper.make_node("MatMul", ["x", "q"], ["y"]),
    ]  # fmt: skip
    [matrix] = open_model(saved(tmp_path / "m.onnx", nodes, parts)).matrices.values()
    codes = np.clip(np.rint(parts["w"] / parts["s"]), -7 if narrow else -8, 7)
    assert np.array_equal(matrix.values(), (codes * parts["s"].astype(np.float64)).T)


def test_arrays_in_a_file_beside_the_model(tmp_path, rng):
    parts = {"w": rng.normal(size=(K, ROWS)).astype(ml_dtypes.bfloat16)}
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    path = saved(tmp_path / "m.onnx", [node], parts, TensorProto.BFLOAT16)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="m.data", size_threshold=0)
    [matrix] = open_model(path).matrices.values()
    assert np.array_equal(matrix.values(), parts["w"].astype(np.float64).T)
    (tmp_path / "m.data").write_bytes(b"short")
    with pytest.raises(DesignError, match=r"1536 bytes are needed at 0 of m.data, which has 5"):
        open_model(path)
    (tmp_path / "m.data").unlink()
    with pytest.raises(DesignError, match=r"lies in m.data, which is missing"):
        open_model(path)
    for entry in model.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = "../m.data"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(DesignError, match="outside the model's folder"):
        open_model(path)


@pytest.mark.parametrize(
    ("kind", "domain", "why"),
    [("Conv", "", "no matrices"), ("ConvTranspose", "", "no matrices"), ("RNN", "", "gates"),
     ("Einsum", "", "not read"), ("FusedMatMul", "com.microsoft", "not read")],
)  # fmt: skip
def test_other_operators_with_weights_are_named(tmp_path, rng, kind, domain, why):
    parts = {"w": rng.normal(size=(4, 3, 3, 3)).astype(np.float32)}
    node = helper.make_node(kind, ["x", "w"], ["y"], domain=domain)
    model = open_model(saved(tmp_path / "m.onnx", [node], parts))
    assert not model.matrices
    assert why in model.refused[f"1 × {kind}"].why


def test_products_of_activations_are_no_weights(tmp_path):
    nodes = [
        helper.make_node("Relu", ["x"], ["r"]),
        helper.make_node("MatMul", ["r", "x"], ["m"]),
        helper.make_node("Einsum", ["m", "x"], ["y"], equation="ij,jk->ik"),
    ]
    model = open_model(saved(tmp_path / "m.onnx", nodes, {}))
    assert not model.matrices and not model.refused


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([("MatMul", "w x", "y")], "on its left side"),
        ([("Cast", "w", "v"), ("MatMul", "x v", "y")], "no float matrix"),
        ([("Cast", "w", "v"), ("Identity", "v", "u"), ("MatMul", "u x", "y")], "left side"),
        ([("MatMul", "x cube", "y")], "no float matrix"),
    ],
)
def test_weights_of_products_that_are_not_read_are_named(tmp_path, rng, nodes, why):
    parts = {
        "w": rng.normal(size=(K, K)).astype(np.float32),
        "cube": rng.normal(size=(2, K, K)).astype(np.float32),
    }
    made = [
        helper.make_node(
            kind, given.split(), [to], name=kind, **({"to": 1} if kind == "Cast" else {})
        )
        for kind, given, to in nodes
    ]
    model = open_model(saved(tmp_path / "m.onnx", made, parts))
    assert not model.matrices
    assert why in model.refused["MatMul"].why


@pytest.mark.parametrize("wide, deep", [(200, 6), (1, 3000)])
def test_weights_are_found_through_any_number_of_nodes(tmp_path, rng, wide, deep):
    """Neither every way through the graph is followed, which were 200^6, nor every node by a call
    inside another."""
    parts = {"v0": rng.normal(size=(K, K)).astype(np.float32)}
    nodes = [
        helper.make_node("Concat", [f"v{number}"] * wide, [f"v{number + 1}"], axis=0)
        for number in range(deep)
    ]
    nodes.append(helper.make_node("MatMul", [f"v{deep}", "x"], ["y"], name="MatMul"))
    model = open_model(saved(tmp_path / "m.onnx", nodes, parts))
    assert "weights on its left side" in model.refused["MatMul"].why


def test_the_alpha_of_gemm_is_told(tmp_path, rng):
    parts = {"w": rng.normal(size=(K, ROWS)).astype(np.float32)}
    node = helper.make_node("Gemm", ["x", "w"], ["y"], alpha=0.5)
    [matrix] = open_model(saved(tmp_path / "m.onnx", [node], parts)).matrices.values()
    assert matrix.notes == (
        "Gemm multiplies the product by alpha = 0.5, which is not in the weights",
    )


def test_an_attribute_of_the_wrong_kind_is_refused(tmp_path, rng):
    parts = {"w": rng.normal(size=(K, ROWS)).astype(np.float32)}
    node = helper.make_node("Gemm", ["x", "w"], ["y"], name="p", alpha="half")
    model = open_model(saved(tmp_path / "m.onnx", [node], parts))
    assert model.refused["p"].why == "Gemm: attribute alpha is b'half', which is no float"


@pytest.mark.parametrize("kind", ["MatMulInteger", "QLinearMatMul", "DequantizeLinear"])
def test_zero_points_that_are_computed_are_not_passed_over(tmp_path, rng, kind):
    parts = {
        "w": rng.integers(0, 256, (K, ROWS)).astype(np.uint8),
        "s": np.float32(0.1),
        "z": np.uint8(3),
    }
    zero = helper.make_node("Identity", ["z"], ["zero"])
    product = {
        "MatMulInteger": [helper.make_node(kind, ["x", "w", "", "zero"], ["y"], name="p")],
        "QLinearMatMul": [
            helper.make_node(kind, ["x", "s", "z", "w", "s", "zero", "s", "z"], ["y"], name="p")
        ],
        "DequantizeLinear": [
            helper.make_node(kind, ["w", "s", "zero"], ["q"]),
            helper.make_node("MatMul", ["x", "q"], ["y"], name="p"),
        ],
    }[kind]
    parts = {name: np.asarray(array) for name, array in parts.items()}
    model = open_model(saved(tmp_path / "m.onnx", [zero, *product], parts))
    assert not model.matrices
    assert "zero_point is computed at run time" in model.refused["p"].why


def test_what_is_not_read_says_why(tmp_path, rng):
    parts = {
        "w": rng.normal(size=(K, ROWS)).astype(np.float32),
        "s": np.array(0.1, np.float32),
        "z": np.array(1, np.float32),
        "b": np.array(4, np.float32),
    }
    nodes = [
        helper.make_node("Quant", ["w", "s", "z", "b"], ["q"], domain="qonnx.custom_op.general"),
        helper.make_node("MatMul", ["x", "q"], ["y"], name="first"),
    ]
    model = open_model(saved(tmp_path / "m.onnx", nodes, parts))
    assert "Quant with a zero point is not read" in model.refused["first"].why
    (tmp_path / "bad.onnx").write_bytes(b"\x08\x0a\xff\xff")
    for data in (b"\x08\x0a\xff\xff", b"", bytes(100)):
        (tmp_path / "bad.onnx").write_bytes(data)
        with pytest.raises(DesignError, match="is no ONNX model"):
            open_model(tmp_path / "bad.onnx")
