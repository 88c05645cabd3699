"""Stored arrays of every type: read as what they are, or refused; never misread."""

import array
import mmap

import ml_dtypes
import numpy as np
import pytest
from drawing import quantized
from macsmith.golden import (
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Operand,
    Output,
    Plane,
    Stage,
    lookup,
    matmul,
    storage,
)
from macsmith.golden.storage import Mapped, Scaled
from macsmith.golden.storage.scaled import FORMATS
from stored import drawn

NAMES = (*storage.names(), "gptq4_row", "gptq4_g128_v2", "packed3_g64_zero", "dense_e4m3",
         "dense_int8", "dense_bf16", "segments_int5_fp32")  # fmt: skip
TYPES = ("bfloat16", "float8_e4m3fn", "float8_e8m0fnu", "float4_e2m1fn", "int4", "uint4", "bool",
         "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16",
         "float32", "float64", "complex64", "complex128", "object", "U1", "S4", "V2")  # fmt: skip

#: What arrays of scales are called.
SCALES = ("scales", "weight_scale")

#: Eight inputs and outputs, q = 9, z = 8.
EIGHT = {"qweight": np.full((1, 8), 0x99999999, np.uint32), "qzeros": np.uint32([[0x77777777]])}


def dtype(name):
    return np.dtype(getattr(ml_dtypes, name, name))


def example(name):
    """A scheme, a matrix of it and its parts."""
    scheme, rng = storage.lookup(name), np.random.default_rng(1)
    held = drawn(rng, scheme, (32, 48 if name == "spqr" else 256))
    return scheme, held, scheme.pack_parts(held)


def same(found, held):
    assert found.operand == held.operand
    for key in held.codes:
        np.testing.assert_array_equal(found.codes[key], held.codes[key])
    for key in held.scales:
        np.testing.assert_array_equal(found.scales[key], held.scales[key])


def floats(scheme, part):
    """The type of a part whose items are whole floats, such as scales; None for packed codes."""
    if part in SCALES:
        return {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32"}[scheme.scale.name]
    return {"dense_e4m3": "float8_e4m3fn"}.get(scheme.name)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits_in_every_type(name):
    """Words are integers of their width, floats of their own type or unsigned."""
    scheme, held, parts = example(name)
    for key, words in parts.items():
        own = floats(scheme, key)
        for kind in map(dtype, TYPES):
            if kind.name == "object" or kind.itemsize != words.dtype.itemsize:
                continue
            given = {**parts, key: words.view(kind)}
            taken = kind in (words.dtype, own) if own else kind.kind in "iu"
            if taken:
                same(scheme.unpack_parts(given, held.shape), held)
            elif key in SCALES and kind.name in ("bfloat16", "float32"):
                # Of the same width, but another format of scales: not these scales.
                if scheme.scale == FORMATS[0]:
                    found = scheme.unpack_parts(given, held.shape).scales["scale"]
                    order = (
                        "C" if name.startswith(("onnx", "packed")) else "F"
                    )  # others: channels last
                    np.testing.assert_array_equal(found.ravel(), words.ravel(order))
                    assert scheme.unpack_parts(given, held.shape).operand != held.operand
                else:
                    with pytest.raises(DesignError, match=f"{key}: codes of"):
                        scheme.unpack_parts(given, held.shape)
            else:
                with pytest.raises(DesignError, match=f"{key}.* must be .*got ") as error:
                    scheme.unpack_parts(given, held.shape)
                assert "view" in str(error.value) or key == "output_positions"
                assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_numbers_in_every_type(name):
    """Converted, the words of a part are words no more, unless the type has their width."""
    scheme, held, parts = example(name)
    for key, words in parts.items():
        for kind in TYPES:
            with np.errstate(all="ignore"):
                if kind == "V2":
                    continue
                given = {**parts, key: words.astype(dtype(kind))}
            width = dtype(kind).kind in "iu" and dtype(kind).itemsize == words.dtype.itemsize
            if key == "output_positions" and dtype(kind).kind in "iuO":
                # Numbers, of any integer type that holds them.
                width = kind == "object" or np.iinfo(kind).max >= words.max()
            if width and not (floats(scheme, key) and dtype(kind).kind == "i"):
                same(scheme.unpack_parts(given, held.shape), held)
            elif key in SCALES and kind in ("float16", "bfloat16", "float32"):
                continue  # scales that happen to have these values
            elif kind == floats(scheme, key):
                continue
            else:
                with pytest.raises(DesignError) as error:
                    scheme.unpack_parts(given, held.shape)
                assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_byte_order_and_strides_of_parts_change_nothing(name):
    scheme, held, parts = example(name)
    swapped = {key: words.astype(words.dtype.newbyteorder(">")) for key, words in parts.items()}
    spread = {key: np.repeat(words, 2, axis=-1)[..., ::2] for key, words in parts.items()}
    listed = {key: np.asfortranarray(words) for key, words in parts.items()}
    for given in (swapped, spread, listed):
        same(scheme.unpack_parts(given, held.shape), held)


@pytest.mark.parametrize("name", [n for n in NAMES if isinstance(storage.lookup(n), Mapped)])
def test_streams_are_bytes(name):
    scheme, held, _ = example(name)
    data = scheme.pack(held)
    whole = np.frombuffer(data, np.uint8)
    with mmap.mmap(-1, len(data)) as mapped:
        mapped[:] = data
        for given in (data, bytearray(data), memoryview(data), mapped, array.array("B", data),
                      whole, whole.view(np.int8), whole.reshape(1, -1),
                      np.repeat(whole, 2)[::2], memoryview(np.repeat(whole, 2))[::2]):  # fmt: skip
            same(scheme.unpack(given, held.shape), held)
            del given
    for kind in TYPES:
        if kind in ("int8", "uint8", "object") or len(data) % dtype(kind).itemsize:
            continue
        with pytest.raises(DesignError, match=r"data must be bytes: got an array of .*\.view"):
            scheme.unpack(whole.view(dtype(kind)), held.shape)
    for wrong in (array.array("H", data), memoryview(whole.view(np.uint16)), list(data)):
        with pytest.raises(DesignError, match="data must be bytes"):
            scheme.unpack(wrong, held.shape)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_checkpoints_bring_the_format_of_their_scales(kind):
    """0.01 in BF16 is 0.010009765625; and so for the two others, by NumPy's rounding."""
    scales = np.full((1, 8), 0.01, dtype(kind))
    held = storage.unpack_parts("gptq4_g8", {**EIGHT, "scales": scales}, (8, 8))
    wanted = {"float16": 0.01000213623046875, "bfloat16": 0.010009765625}.get(kind)
    assert (held.dequantize() == (wanted or float(np.float32(0.01)))).all()
    fmt = lookup(kind)
    assert held.operand.levels[0].format == fmt
    own = storage.lookup("gptq4_g8" if fmt == FORMATS[0] else f"gptq4_g8_{fmt.name}")
    assert own.operand == held.operand
    parts = own.pack_parts(held)
    np.testing.assert_array_equal(parts["scales"].view(scales.dtype), scales)
    same(own.unpack(own.pack(held), (8, 8)), held)
    same(own.unpack_parts({**EIGHT, "scales": scales}, (8, 8)), held)


@pytest.mark.parametrize("scales", [np.ones((1, 8), np.int16), np.ones((1, 8), np.int64),
                                    np.ones((1, 8)), np.ones((1, 8), bool), [[1] * 8],
                                    np.ones((1, 8), np.uint32), np.ones((1, 8), object),
                                    np.ones((1, 8), ml_dtypes.float8_e4m3fn)])  # fmt: skip
@pytest.mark.parametrize("name", ["gptq4_g8", "gptq4_g8_bf16"])
def test_scales_of_another_type_are_refused(name, scales):
    with pytest.raises(DesignError, match=r"scales: codes of (fp|bf)16 must be .*\.encode"):
        storage.unpack_parts(name, {**EIGHT, "scales": scales}, (8, 8))


@pytest.mark.parametrize("name", ["gptq4_g32", "gptq3_row", "awq4_g32", "segments_e3m2"])
@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_scales_of_every_format_in_every_scheme_that_has_an_array_of_them(name, kind):
    """Against NumPy: the scales' values times what a scheme with scales of one gives."""
    scheme, rng, shape = storage.lookup(name), np.random.default_rng(2), (32, 64)
    parts = scheme.pack_parts(quantized(rng, scheme.operand, shape=shape))
    count = parts["scales"].shape
    one = scheme.unpack_parts({**parts, "scales": np.ones(count, np.float16)}, shape)
    scales = rng.normal(size=count).astype(dtype(kind))
    found = storage.unpack_parts(name, {**parts, "scales": scales}, shape)
    values = scales.astype(np.float64)
    values = values.reshape(32, -1) if name.startswith("segments") else values.T
    wide = np.repeat(values, 64 // values.shape[1], axis=1)
    np.testing.assert_allclose(found.dequantize(), one.dequantize() * wide, rtol=1e-12)


def test_a_matrix_with_other_scales_is_packed_by_its_own_scheme():
    scheme, held, _ = example("awq4_g128_bf16")
    for call in (storage.pack, storage.pack_parts):
        with pytest.raises(DesignError, match="scales are bf16, not fp16; .* is awq4_g128_bf16$"):
            call("awq4_g128", held)
    assert scheme.with_scales(lookup("fp16")) == storage.lookup("awq4_g128")
    with pytest.raises(DesignError, match="scales are in one of fp16, bf16, fp32, got e4m3"):
        scheme.with_scales(lookup("e4m3"))


def test_engines_multiply_by_scales_of_every_format():
    """A row of q - z = 1 and a scale of 0.01, times a row of ones: K times the scale."""
    for kind in ("float16", "bfloat16", "float32"):
        scales = np.full((1, 8), 0.01, dtype(kind))
        held = storage.unpack_parts("gptq4_g8", {**EIGHT, "scales": scales}, (8, 8))
        fp32 = lookup("fp32")
        arithmetic = Arithmetic(
            held.operand,
            Operand((Plane(lookup("int8")),)),
            accumulate=(Stage(), Stage("fp", format=fp32)),
            output=Output(fp32),
        )
        made = Engine("x", (arithmetic,), Build(1, 1, 8))
        found = matmul(made, held, np.ones((1, 8), np.int8))
        assert (found.decode() == 8 * float(scales[0, 0])).all()


@pytest.mark.parametrize("kind", TYPES)
def test_groups_of_inputs_are_integers(kind):
    parts = {**EIGHT, "scales": np.ones((1, 8), np.float16)}
    scheme, g_idx = storage.lookup("gptq4_g8"), np.zeros(8)
    if kind not in ("V2", "object"):
        given = {**parts, "g_idx": g_idx.astype(dtype(kind))}
        if dtype(kind).kind in "iu":
            assert scheme.unpack_parts(given, (8, 8)).shape == (8, 8)
            assert storage.unpack_act_order(scheme, given, (8, 8))[1].tolist() == list(range(8))
        else:
            for call in (scheme.unpack_parts, lambda *a: storage.unpack_act_order(scheme, *a)):
                with pytest.raises(DesignError, match="g_idx must be integers"):
                    call(given, (8, 8))
    for wrong in (np.zeros(9, int), np.zeros((8, 1), int), np.int64(0)):
        with pytest.raises(DesignError, match="g_idx must be a number for each of 8 inputs"):
            scheme.unpack_parts({**parts, "g_idx": wrong}, (8, 8))


def test_what_is_no_array_at_all():
    for wrong in (None, "scales", [[1], [1, 2]], {1: 2}):
        for key in ("qweight", "qzeros", "scales", "g_idx"):
            parts = {**EIGHT, "scales": np.ones((1, 8), np.float16), key: wrong}
            with pytest.raises(DesignError) as error:
                storage.unpack_parts("gptq4_g8", parts, (8, 8))
            assert "\n" not in str(error.value)


def test_maps_take_integers_and_bytes():
    block = storage.lookup("dense_uint4").parts[0].map
    assert block.pack({"code": np.array([[1, 2]])}).tolist() == [[0x21]]
    for wrong in (np.array([[1.0, 2]]), np.array([[True, False]]), np.array([[-1, 2]])):
        with pytest.raises(DesignError, match="code must"):
            block.pack({"code": wrong})
    with pytest.raises(DesignError, match="blocks must be bytes"):
        block.unpack(np.array([[1.0]]))


def test_which_schemes_have_scales_of_their_own():
    kinds = {name for name in NAMES if isinstance(storage.lookup(name), Scaled)}
    own = ("gptq", "awq", "packed", "onnx", "segments")
    assert kinds == {name for name in NAMES if name.startswith(own)}
    for wrong in ("gptq4_g128_fp16", "awq4_g64_e4m3", "dense_e4m3_bf16", "q4_0_bf16"):
        with pytest.raises(DesignError, match="unknown"):
            storage.lookup(wrong)
