"""``quantize`` and storage of matrices that groups, blocks and windows do not divide: the last ones
are those of the elements that there are, as if these were all."""

import numpy as np
import pytest
from macsmith.golden import Select, block, group, lookup, storage
from macsmith.golden.description import Sparse
from macsmith.golden.quantize.rules import SCALE_RULES
from macsmith.golden.sparse import compress, prune
from macsmith.golden.storage.words import affine

from macsmith import DesignError, Level, Operand, Plane, Quantized, design, quantize

FP16, FP32 = lookup("fp16"), lookup("fp32")


def one(name, span, fmt=FP16):
    return Operand((Plane(lookup(name), (Level(fmt, span),)),))


def offset(span):
    """d q + m, as Q4_1 has it."""
    return Operand(
        (Plane(lookup("uint4"), (Level(FP16, span, "d"),)),
         Plane(lookup("one"), (Level(FP16, span, "m"),)))
    )  # fmt: skip


def planes(span):
    levels = [Level(FP16, span, name) for name in ("a", "b")]
    return Operand(tuple(Plane(lookup("ternary"), (level,)) for level in levels))


def chosen(span):
    return Operand((Plane(lookup("bitmod4"), (Level(FP16, span),)),), Select(2, span))


SPANS = {"group 32": group(32), "block 3x32": block(3, 32), "group 64": group(64)}
KINDS = {
    **{rule: (lambda s: one("int4", s), rule) for rule in SCALE_RULES},
    "powers of two without zero": (lambda s: one("denseshift4", s), None),
    "posits": (lambda s: one("posit8_0", s), None),
    "offsets": (offset, None),
    "offsets, mse": (offset, "mse"),
    "planes": (planes, None),
    "tables": (chosen, None),
    "zero points": (lambda s: affine("uint4", s.columns) if s.rows == 1 else offset(s), "mse"),
}


def rows_and_columns(span, shape):
    """Whole blocks, and what is left: slices along both axes."""
    found = []
    for size, whole in ((span.rows or shape[0], shape[0]), (span.columns or shape[1], shape[1])):
        ends = [0, whole // size * size, whole]
        found.append([slice(b, e) for b, e in zip(ends, ends[1:], strict=False) if e > b])
    return found


@pytest.mark.parametrize("shape", [(4, 100), (5, 7), (3, 65)])
@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_part_is_quantized_by_itself(kind, span, shape):
    """Blocks do not know of each other where scales have one level."""
    (make, rule), span = KINDS[kind], SPANS[span]
    operand, rng = make(span), np.random.default_rng(7)
    x = rng.normal(size=shape) * np.exp2(rng.integers(-3, 4, (shape[0], 1))) + 0.5
    found = quantize(x, operand, scale_rule=rule)
    assert found.shape == shape
    for rows in rows_and_columns(span, shape)[0]:
        for columns in rows_and_columns(span, shape)[1]:
            part = quantize(x[rows, columns], operand, scale_rule=rule)
            for name, codes in part.codes.items():
                np.testing.assert_array_equal(found.codes[name][rows, columns], codes)
            high, wide = span.rows or shape[0], span.columns
            place = rows.start // high, columns.start // wide
            for name, scales in part.scales.items():
                mine = found.scales[name][place[0] :, place[1] :]
                np.testing.assert_array_equal(mine[: len(scales), : scales.shape[1]], scales)
            if part.select is not None:
                mine = found.select[place[0] :, place[1] :]
                np.testing.assert_array_equal(
                    mine[: len(part.select), : part.select.shape[1]], part.select
                )


@pytest.mark.parametrize("rule", ["absmax", "mse"])
@pytest.mark.parametrize("name", ["nvfp4", "gguf_q4_k", "gguf_q6_k", "gguf_iq4_xs"])
def test_outer_scales_take_the_elements_that_there_are(name, rule):
    """What is not there weighs like elements of zero: an outer scale is of the greatest ones.

    With a matrix of zeros behind the end, whole blocks have the same outer scales and codes.
    """
    operand = design(name).arithmetic.weight
    x = np.abs(np.random.default_rng(8).normal(size=(3, 300)))
    found = quantize(x, operand, scale_rule=rule)
    zeros = np.zeros((3, 512))
    zeros[:, :300] = x
    whole = quantize(zeros, operand, scale_rule=rule)
    np.testing.assert_array_equal(found.codes["code"][:, :256], whole.codes["code"][:, :256])
    for level in operand.levels:
        size = level.span.columns or 512
        held, other = found.scales[level.name], whole.scales[level.name]
        assert held.shape == level.span.shape(3, 300)
        np.testing.assert_array_equal(held[:, : 256 // size or 1], other[:, : 256 // size or 1])


def test_complex_codes():
    operand = design("ifairy").arithmetic.weight
    rng = np.random.default_rng(9)
    x = rng.normal(size=(3, 37)) + 1j * rng.normal(size=(3, 37))
    assert quantize(x, operand).shape == (3, 37)


@pytest.mark.parametrize("shape", ["2:4", "1:4", "3:8", "4:6"])
@pytest.mark.parametrize("k", [1, 2, 3, 9, 31, 34, 41])
def test_a_last_window_of_zeros_keeps_its_own(k, shape):
    kept, window = map(int, shape.split(":"))
    structure = Sparse(kept, window)
    x = np.zeros((2, k))
    x[1, -1] = 1
    places = structure.positions(prune(x, structure))
    assert places.shape == (2, structure.count(k)) and places.max() < k
    assert (np.diff(places) > 0).all() and k - 1 in places[1]


@pytest.mark.parametrize("shape", ["2:4", "1:4", "3:8", "4:6"])
@pytest.mark.parametrize("k", [1, 2, 3, 9, 31, 34, 41])
def test_a_last_window_keeps_what_it_has_up_to_as_many_as_any(k, shape):
    kept, window = map(int, shape.split(":"))
    structure, rng = Sparse(kept, window), np.random.default_rng(k)
    x = rng.normal(size=(5, k))
    places = structure.positions(prune(x, structure))
    for row in range(5):
        wanted = []
        for start in range(0, k, window):
            mine = range(start, min(start + window, k))
            wanted += sorted(sorted(mine, key=lambda i: -abs(x[row, i]))[:kept])
        assert places[row].tolist() == wanted
    dense = Operand((Plane(lookup("int8"), (Level(FP32, group(2 * window)),)),))
    found = quantize(x, Operand(dense.planes, None, structure))
    assert found.shape == (5, k) and found.kept == (5, structure.count(k))
    held = np.zeros((5, k))
    np.put_along_axis(held, places, np.take_along_axis(x, places, 1), 1)
    again = quantize(held, dense)
    np.testing.assert_array_equal(found.dequantize(), again.dequantize())
    same = compress(again, structure, found.indices)
    np.testing.assert_array_equal(same.codes["code"], found.codes["code"])


def test_what_a_sparse_matrix_cannot_be():
    structure = Sparse(2, 4)
    operand = Operand((Plane(lookup("int8")),), None, structure)
    codes, places = np.zeros((1, 4), np.uint8), np.array([[0, 1, 0, 3]])
    assert Quantized(operand, {"code": codes}, indices=places).shape == (1, 8)
    with pytest.raises(DesignError, match="stand within K = 7, got one for element 7"):
        Quantized(operand, {"code": codes}, indices=places, columns=7)
    with pytest.raises(DesignError, match="2:4 keeps 5 of K = 9, got 4 codes"):
        Quantized(operand, {"code": codes}, indices=places, columns=9)
    with pytest.raises(DesignError, match="columns are those of a sparse operand, got 4"):
        Quantized(Operand(operand.planes), {"code": codes}, columns=4)


ODD = [
    ("gptq4_g128", (16, 320)),
    ("gptq3_g128", (32, 160)),
    ("onnx4_g32", (3, 100)),
    ("onnx2_g16", (3, 100)),
    ("onnx8_g32_fp32", (5, 33)),
    ("dense_uint4", (5, 7)),
    ("dense_uint4_high", (5, 7)),
    ("dense_uint3", (5, 7)),
    ("dense_uint2", (5, 9)),
]


@pytest.mark.parametrize("name, shape", ODD)
def test_stored_matrices_of_any_length(name, shape):
    scheme, rng = storage.lookup(name), np.random.default_rng(10)
    codes = {n: rng.integers(0, 1 << f.bits, shape) for n, f in scheme.operand.codes.items()}
    scales = {
        level.name: rng.integers(0, 1 << level.format.bits, level.span.shape(*shape)).astype(
            level.format.dtype
        )
        for level in scheme.operand.levels
    }
    given = Quantized(scheme.operand, codes, scales)
    data = scheme.pack(given)
    assert len(data) == scheme.size(shape)
    for held in (scheme.unpack(data, shape), scheme.unpack_parts(scheme.pack_parts(given), shape)):
        for key, array in given.codes.items():
            np.testing.assert_array_equal(held.codes[key], array)
        for key, array in given.scales.items():
            np.testing.assert_array_equal(held.scales[key], array)


def test_an_odd_number_of_zero_points_a_row():
    """Five of 4 bits: three bytes a row, the last half empty, as ONNX Runtime has them."""
    scheme, rng = storage.lookup("onnx4_g64_fp32"), np.random.default_rng(11)
    held = quantize(rng.normal(size=(3, 320)), scheme.operand)
    parts, zeros = scheme.pack_parts(held), held.scales["zero"]
    assert zeros.shape == (3, 5) and parts["zero_points"].shape == (3, 3)
    wanted = [[z[0] | z[1] << 4, z[2] | z[3] << 4, z[4]] for z in zeros.tolist()]
    assert parts["zero_points"].tolist() == wanted
    plain = Quantized(Operand((Plane(lookup("uint4")),)), {"code": zeros})
    assert storage.pack("dense_uint4", plain) == bytes(sum(wanted, []))


@pytest.mark.parametrize(
    "name, shape, message",
    [
        ("q4_k", (2, 320), "q4_k: K must be whole blocks of 256, got 320"),
        ("q4_0", (2, 100), "q4_0: K must be whole blocks of 32, got 100"),
        ("awq4_g128", (8, 320), "awq4_g128: K must be whole blocks of 128, got 320"),
        ("gptq4_g128", (12, 320), "gptq4_g128: rows must be whole blocks of 8, got 12"),
        ("gptq4_g128", (8, 316), "gptq4_g128: K must be whole blocks of 8, got 316"),
        ("segments_e3m2", (2, 12), "segments_e3m2: K must be whole blocks of 8, got 12"),
        ("spqr", (16, 20), "spqr: K must be whole blocks of 16, got 20"),
    ],
)
def test_formats_of_whole_blocks_say_so(name, shape, message):
    with pytest.raises(DesignError, match=f"^{message}$"):
        storage.lookup(name).size(shape)


@pytest.mark.parametrize("name", ["onnx3_g32", "onnx4_g24", "onnx4_g8"])
def test_blocks_that_onnx_does_not_have(name):
    with pytest.raises(DesignError):
        storage.lookup(name)
