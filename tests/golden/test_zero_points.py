"""Zero points on the weight, the activation or both: s (q - z), against the definition and ORT."""

import numpy as np
import pytest
from drawing import SCALES, agree, elements, listed, quantized
from macsmith.golden import (
    ROW,
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Quantized,
    Stage,
    group,
    lookup,
    matmul,
)
from second_models import affine
from second_models.elements import element
from second_models.floats import FP32
from second_models.onnx_model import matmul_nbits
from second_models.outputs import Tail, code

EXACT = (Stage(),)
FP = Stage(), Stage("fp", format=lookup("fp32"), partials=3)


def operand(name, size, scale, zero):
    """``name`` elements in groups of ``size``; without ``zero`` there are no zero points."""
    level = Level(lookup(scale), group(size))
    planes = [Plane(lookup(name), (level,))]
    if zero:
        own = Level(lookup(zero), group(size), "zero")
        planes.append(Plane(lookup("minus_one"), (own, level)))
    return Operand(tuple(planes))


def engine(weight, activation, stages=EXACT, output="fp32"):
    arithmetic = Arithmetic(
        weight, activation, accumulate=stages, output=Output(lookup(output)), k_max=256
    )
    return Engine("x", (arithmetic,), Build(1, 1, 8))


def integers(fmt, codes):
    return listed(fmt.integers(codes))


def side(given):
    """A quantized operand as the second model takes it."""
    plane, zero = given.operand.affine
    level = plane.scales[0]
    scales = given.scales[level.name]
    zeros = integers(zero.format, given.scales[zero.name]) if zero else (0 * scales).tolist()
    made = element(level.format.name).float
    q = integers(plane.element, given.codes["code"])
    return affine.Side(q, listed(scales), zeros, made, level.span.columns)


#: Weight: element, group, scale, zero point; the same of the activation.
PAIRS = [
    (("uint4", 32, "fp16", "uint4"), ("int8", 32, "fp16", None)),
    (("uint4", 32, "fp16", "uint4"), ("uint8", 32, "fp16", "uint8")),
    (("int4", 16, "ue4m3", "int4"), ("uint8", 32, "bf16", "uint8")),
    (("uint2", 64, "e5m2", "uint8"), ("int8", 16, "e5m2", "int8")),
    (("int8", 32, "fp16", None), ("uint8", 16, "ue4m3", "uint8")),
]
pairs = pytest.mark.parametrize(
    "pair", PAIRS, ids=lambda p: "-".join(str(word) for side in p for word in side)
)


def compare(pair, stages, how, how_scales, seed):
    made = engine(operand(*pair[0]), operand(*pair[1]), stages)
    arithmetic, rng = made.arithmetic, np.random.default_rng(seed)
    w = quantized(rng, arithmetic.weight, how, how_scales, (3, 192))
    a = quantized(rng, arithmetic.activation, how, how_scales, (4, 192))
    model = side(w), side(a), arithmetic.group
    if len(stages) > 1:
        wanted = affine.rounded(*model, stages[1].partials)
    else:
        wanted = affine.exact(*model)
    agree(matmul(made, w, a).values, [[FP32.code(FP32.round(v)) for v in row] for row in wanted])


@pairs
@pytest.mark.parametrize("how_scales", SCALES)
@pytest.mark.parametrize("how", ["any", "extreme"])
def test_rounded_group_by_group(pair, how, how_scales):
    compare(pair, FP, how, how_scales, 1)


@pytest.mark.parametrize("how_scales", SCALES)
@pytest.mark.parametrize("pair", [PAIRS[0], PAIRS[1], PAIRS[3]], ids=["weight", "both", "wide"])
def test_exact_over_all_k(pair, how_scales):
    compare(pair, EXACT, "any", how_scales, 2)


@pairs
@pytest.mark.parametrize("ends", [(0, 0), (0, -1), (-1, 0), (-1, -1)])
def test_zero_points_at_both_ends_with_codes_at_both_ends(pair, ends):
    """Every extreme of q against every extreme of z: the widths hold the difference."""
    made = engine(operand(*pair[0]), operand(*pair[1]), FP)
    rng = np.random.default_rng(3)
    both = []
    for given, end in zip((made.arithmetic.weight, made.arithmetic.activation), ends, strict=True):
        drawn = quantized(rng, given, "extreme", "tame", (2, 64))
        if zero := given.affine[1]:
            values = zero.format.decode(zero.format.legal)
            drawn.scales["zero"][:] = zero.format.legal[np.argsort(values)[end]]
        both.append(drawn)
    wanted = affine.rounded(side(both[0]), side(both[1]), made.arithmetic.group, 3)
    agree(matmul(made, *both).values, [[FP32.code(v) for v in row] for row in wanted])


def test_a_zero_point_a_row_acts_in_the_integer_sum():
    """(q - z) summed exactly, one rounding, then the scales of row and column."""
    scale = Level(lookup("fp32"), ROW)
    zero = Level(lookup("uint8"), ROW, "zero", "group")
    planes = Plane(lookup("uint8"), (scale,)), Plane(lookup("minus_one"), (zero, scale))
    made = engine(Operand(planes), Operand(planes))
    rng = np.random.default_rng(4)
    w = quantized(rng, made.arithmetic.weight, "any", "wild", (5, 96))
    a = quantized(rng, made.arithmetic.activation, "any", "wild", (6, 96))
    tail = Tail(FP32, "fp32")

    def one(n, m):
        q = w.codes["code"][n].astype(int) - int(w.scales["zero"][n, 0])
        x = a.codes["code"][m].astype(int) - int(a.scales["zero"][m, 0])
        factors = [FP32.decode(int(s.scales["scale"][i, 0])) for s, i in ((w, n), (a, m))]
        return code(tail.result(affine.real(int(q @ x)), factors), "fp32")

    agree(matmul(made, w, a).values, [[one(n, m) for m in range(6)] for n in range(5)])


def test_w4a8_is_its_definition(preset):
    made = preset("w4a8")
    rng = np.random.default_rng(5)
    w = quantized(rng, made.arithmetic.weight, "any", "tame", (3, 512))
    a = quantized(rng, made.arithmetic.activation, "any", "tame", (2, 512))
    ones = np.full((2, 4), 0x3C00)  # the activation's scale waits for the end
    x = integers(lookup("int8"), a.codes["code"])
    plain = affine.Side(x, listed(ones), listed(0 * ones), element("fp16").float, 128)
    sums, tail = affine.exact(side(w), plain, 128), Tail(FP32, "fp32")
    factors = [FP32.decode(int(s)) for s in a.scales["scale"][:, 0]]
    wanted = [
        [code(tail.result(*pair), "fp32") for pair in zip(row, ([f] for f in factors), strict=True)]
        for row in sums
    ]
    agree(matmul(made, w, a).values, wanted)


@pytest.mark.parametrize(
    "block, k", [(16, 256), (32, 256), (64, 256), (128, 256), (32, 100), (128, 200), (64, 16)]
)
@pytest.mark.parametrize("zero", [True, False])
@pytest.mark.parametrize("name", ["int8", "fp16"])
def test_onnxruntime_s_matmulnbits_agrees(name, zero, block, k):
    """Scales are powers of two and all sums below 2^24 of a unit, so float32 is exact there.

    Without zero points ORT means 8: INT4's code is the nibble with its first bit inverted. Some
    blocks do not divide K.
    """
    rng = np.random.default_rng(block)
    blocks = -(-k // block)
    kind = ("uint4", "uint4") if zero else ("int4", None)
    weight = operand(kind[0], block, "fp16", kind[1])
    codes, zeros = rng.integers(0, 16, (6, k)), rng.integers(0, 16, (6, blocks))
    powers = 2.0 ** rng.integers(-6, 3, (6, blocks))
    x = rng.integers(-128, 128, (5, k)) / (1 if name == "int8" else 16)
    scales = {"scale": lookup("fp16").encode(powers)} | ({"zero": zeros} if zero else {})
    w = Quantized(weight, {"code": codes if zero else codes ^ 8}, scales)
    made = engine(weight, Operand((Plane(lookup(name)),)))
    theirs = matmul_nbits(x, codes, powers, zeros if zero else None, block)
    ours = matmul(made, w, lookup(name).encode(x))
    assert np.array_equal(ours.decode().T, theirs)


def test_scales_are_as_many_as_groups():
    made = engine(operand("uint4", 32, "fp16", "uint4"), Operand((Plane(lookup("int8")),)))
    rng = np.random.default_rng(6)
    with pytest.raises(DesignError, match=r"must have shape \(2, 2\), got \(2, 1\)"):
        Quantized(
            made.arithmetic.weight,
            {"code": elements(rng, lookup("uint4"), "any", (2, 48))},
            {"scale": np.zeros((2, 1), np.uint16), "zero": np.zeros((2, 1), int)},
        )
