"""Containers: what the formats' own packages write is read back, what is damaged is refused."""

import json

import gguf
import ml_dtypes
import numpy as np
import pytest
from checkpoints import write
from macsmith.golden.errors import DesignError
from macsmith.models import open_model, read_file
from macsmith.models.files.gguf import TYPES
from onnx import helper, numpy_helper
from safetensors.numpy import load_file, save_file

#: Types that gguf-py quantizes to.
QUANTIZABLE = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4", "BF16", "F16")


def gguf_file(path, rng, experts=False):
    """A small model, as gguf-py writes it; returns the weights that its own code reads back."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_string("general.name", "tiny ⅓")
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "a", "Ġb"])
    writer.add_array("tokenizer.ggml.scores", [0.5, -1.0, 2.0])
    real = {}
    for name in QUANTIZABLE:
        kind = gguf.GGMLQuantizationType[name]
        values = rng.normal(size=(2, 4, 512) if experts else (4, 512)).astype(np.float32)
        data = gguf.quants.quantize(values, kind)
        writer.add_tensor(f"{name}.weight", data, raw_dtype=kind)
        real[f"{name}.weight"] = gguf.quants.dequantize(data, kind)
    writer.add_tensor("norm.weight", np.ones(512, np.float32))
    for step in ("header", "kv_data", "tensors"):
        getattr(writer, f"write_{step}_to_file")()
    writer.close()
    return real


def test_the_table_of_types_is_that_of_gguf():
    for number, (name, elements, size) in TYPES.items():
        kind = gguf.GGMLQuantizationType._value2member_map_.get(number)
        if kind is None:  # newer than the package
            continue
        assert gguf.GGML_QUANT_SIZES[kind] == (elements, size), name
        assert kind.name.lower() in (name, {"float": "f", "int": "i", "bfloat": "bf"}.get(
            name.rstrip("0123456789"), "?") + name[len(name.rstrip("0123456789")):])  # fmt: skip


def test_gguf(tmp_path, rng):
    real = gguf_file(tmp_path / "m.gguf", rng)
    model = open_model(tmp_path / "m.gguf")
    assert list(model.matrices) == list(real)
    for name, values in real.items():
        assert np.array_equal(model.matrix(name).values(), values), name
    assert list(model.others) == ["norm.weight"]
    metadata = model.container.metadata
    assert metadata["general.name"] == "tiny ⅓"
    assert metadata["tokenizer.ggml.tokens"] == ["<s>", "a", "Ġb"]
    assert metadata["tokenizer.ggml.scores"].tolist() == [0.5, -1.0, 2.0]


def test_experts_of_gguf_are_matrices(tmp_path, rng):
    real = gguf_file(tmp_path / "m.gguf", rng, experts=True)
    model = open_model(tmp_path / "m.gguf")
    for name, values in real.items():
        for expert in range(2):
            assert np.array_equal(model.matrix(f"{name}[{expert}]").values(), values[expert])


def test_the_second_scale_of_nvfp4_in_gguf_multiplies(tmp_path, rng):
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    data = rng.integers(0, 120, (4, 8 * 36)).astype(np.uint8)  # codes of scales without NaN
    kind = getattr(gguf.GGMLQuantizationType, "NVFP4", 40)
    writer.add_tensor("a.weight", data, raw_dtype=kind)
    writer.add_tensor("b.weight", data, raw_dtype=kind)
    writer.add_tensor("b.scale", np.float32([0.125]))
    for step in ("header", "kv_data", "tensors"):
        getattr(writer, f"write_{step}_to_file")()
    writer.close()
    model = open_model(tmp_path / "m.gguf")
    plain, scaled = (model.matrix(f"{name}.weight") for name in "ab")
    assert np.array_equal(scaled.values(), plain.values() / 8)
    assert not model.others


def test_safetensors_are_read_as_the_package_does(tmp_path, rng):
    arrays = {
        "f": rng.normal(size=(3, 5)).astype(np.float32),
        "i": rng.integers(-9, 9, (2, 2, 2)),
        "b": rng.normal(size=4).astype(ml_dtypes.bfloat16),
        "flag": np.array([True, False]),
        "empty": np.zeros((0, 3), np.float16),
        "one": np.array(7, np.uint8),
    }
    save_file(arrays, tmp_path / "m.safetensors", {"made": "here"})
    container = read_file(tmp_path / "m.safetensors")
    assert container.metadata == {"made": "here"}
    for name, value in load_file(tmp_path / "m.safetensors").items():
        found = container[name].array()
        assert found.shape == value.shape
        assert found.tobytes() == value.tobytes(), name


def test_shards(tmp_path, rng):
    parts = {name: rng.normal(size=(4, 8)).astype(np.float32) for name in "ab"}
    for name, array in parts.items():
        save_file({name: array}, tmp_path / f"{name}.safetensors")
    index = tmp_path / "model.safetensors.index.json"
    places = {name: f"{name}.safetensors" for name in parts}
    index.write_text(json.dumps({"weight_map": places}), encoding="utf-8")
    for path in (index, tmp_path):
        model = open_model(path)
        for name, array in parts.items():
            assert np.array_equal(model.matrix(name).values(), array)
    places["a"] = "../a.safetensors"
    index.write_text(json.dumps({"weight_map": places}), encoding="utf-8")
    with pytest.raises(DesignError, match="outside the index's folder"):
        open_model(index)


def header(path, **changes):
    """A safetensors file with one array of 2 × 2 and a header with ``changes``."""
    item = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **changes}
    text = json.dumps({"w": item}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(16))
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "F3"}, "has dtype 'F3'; known"),
        ({"shape": [2, -2]}, r"has shape \[2, -2\], which is no list of lengths"),
        ({"shape": [1 << 40, 1 << 40]}, "more than 2"),
        ({"shape": [2, 3]}, r"F32 of shape \[2, 3\] is 24 bytes, data_offsets say 16"),
        ({"data_offsets": [0, 8], "shape": [2]}, "8 bytes behind the last array"),
        ({"data_offsets": [4, 20]}, "go beyond the file's end"),
        ({"data_offsets": [-4, 12]}, "which are no two places"),
        ({"data_offsets": "all"}, "which are no two places"),
    ],
)
def test_wrong_headers_of_safetensors(tmp_path, changes, message):
    with pytest.raises(DesignError, match=message):
        read_file(header(tmp_path / "m.safetensors", **changes))


@pytest.mark.parametrize(
    ("dtype", "shape"), [("C64", [2]), ("F8_E4M3FNUZ", [4, 4]), ("F8_E5M2FNUZ", [16])]
)
def test_types_that_no_matrix_has_leave_the_file_readable(tmp_path, dtype, shape):
    """One array of complex numbers, such as of rotations, is no reason to refuse a checkpoint."""
    path = header(tmp_path / "m.safetensors", dtype=dtype, shape=shape)
    model = open_model(path)
    assert list(model.others) == ["w"] and not model.matrices


def test_a_header_with_one_name_twice(tmp_path):
    item = '{"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}'
    text = f'{{"w": {item}, "w": {item}}}'.encode()
    (tmp_path / "m.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(1))
    with pytest.raises(DesignError, match="'w' stands twice"):
        read_file(tmp_path / "m.safetensors")


def test_a_file_that_became_shorter_is_told(tmp_path, rng):
    write(tmp_path, {"l.weight": rng.normal(size=(4, 8)).astype(np.float32)}, None)
    matrix = open_model(tmp_path).matrix("l.weight")
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DesignError, match="l.weight is no longer all there"):
        matrix.values()


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    for path, message in (
        (tmp_path / "notes.txt", "is no model file that is read"),
        (tmp_path / "absent", "No such file"),
        (tmp_path, "has no .safetensors, .gguf or .onnx file"),
    ):
        with pytest.raises(DesignError, match=message):
            read_file(path)


def damaged(data: bytes, rng) -> bytes:
    """``data`` with bytes changed, cut off, put in or taken out; mostly in the header."""
    found = bytearray(data)
    near = min(len(data), 2000)
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(0, near))
        match rng.integers(0, 5):
            case 0:
                found[place : place + 1] = bytes([rng.integers(0, 256)])
            case 1:
                found[place : place + 8] = int(rng.integers(0, 1 << 62)).to_bytes(8, "little")
            case 2:
                del found[place : place + int(rng.integers(1, 40))]
            case 3:
                found[place:place] = found[: int(rng.integers(1, 40))]
            case 4:
                del found[int(rng.integers(0, len(found))) :]
        near = min(len(found), 2000)
        if not near:
            break
    return bytes(found)


def good_file(kind, folder, rng):
    """A model of a kind, and which of its files is damaged."""
    if kind == "gguf":
        gguf_file(folder / "m.gguf", rng)
        return folder / "m.gguf"
    if kind == "onnx":
        parts = [numpy_helper.from_array(rng.integers(0, 9, (64, 8)).astype(np.int8), "w"),
                 numpy_helper.from_array(np.ones(8, np.float32), "s")]  # fmt: skip
        nodes = [helper.make_node("DequantizeLinear", ["w", "s"], ["d"]),
                 helper.make_node("MatMul", ["x", "d"], ["y"])]  # fmt: skip
        info = [helper.make_tensor_value_info(name, 1, [None, size])
                for name, size in (("x", 64), ("y", 8))]  # fmt: skip
        graph = helper.make_graph(nodes, "weights", info[:1], info[1:], parts)
        (folder / "m.onnx").write_bytes(helper.make_model(graph).SerializeToString())
        return folder / "m.onnx"
    arrays = {f"layer.{n}.weight": rng.normal(size=(4, 8)).astype(np.float32) for n in range(9)}
    config = None
    if kind != "safetensors":
        arrays = {f"layer.{n}.{name}": array for n in range(3) for name, array in (
            ("qweight", rng.integers(0, 99, (8, 16)).astype(np.int32)),
            ("qzeros", rng.integers(0, 99, (2, 2)).astype(np.int32)),
            ("scales", np.ones((2, 16), np.float16)))}  # fmt: skip
        config = {"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": False}
        config = {"model_type": "llama", "quantization_config": config}
    write(folder, arrays, config)
    return folder / ("config.json" if kind == "config" else "model.safetensors")


@pytest.mark.parametrize("kind", ["gguf", "safetensors", "gptq", "config", "onnx"])
@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_refused_in_a_line(tmp_path, kind, seed):
    """Each of 50 files is read, or refused in one line that names a file, an array or a node."""
    rng = np.random.default_rng(seed)
    path = good_file(kind, tmp_path, rng)
    good, refused = path.read_bytes(), 0
    names = (path.name, "layer", "weight", "model.safetensors", "MatMul", "DequantizeLinear")
    for number in range(50):
        path.unlink()  # the one before may still be mapped
        path.write_bytes(damaged(good, rng))
        try:
            model = open_model(path.parent if kind == "config" else path)
            for matrix in model.matrices.values():
                matrix.values()
            refused += bool(model.refused)
        except DesignError as error:
            refused += 1
            assert "\n" not in str(error), number
            assert any(name in str(error) for name in names), error
    assert refused > 10
