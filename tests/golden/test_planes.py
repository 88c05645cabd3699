"""Planes of unlike formats and scales that share an accumulator: units, signs, infinities."""

from fractions import Fraction

import numpy as np
import pytest
from drawing import agree, listed, quantized
from macsmith.golden import (
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
from macsmith.golden.bounds import inner_range
from macsmith.golden.terms import accumulators
from second_models import saturating
from second_models.elements import element
from second_models.floats import FP32
from second_models.reals import real, total
from second_models.sums import accumulate

SIZE = 8
EXACT = (Stage(),)


def plane(name, *scales):
    """An element with group scales: "format called"."""
    levels = [Level(lookup(text.split()[0]), group(SIZE), text.split()[1]) for text in scales]
    return Plane(lookup(name), tuple(levels))


def engine(weight, activation=None, stages=EXACT, combine=(), output="fp32"):
    activation = activation or (plane("int8"),)
    arithmetic = Arithmetic(
        Operand(tuple(weight)), Operand(tuple(activation)),
        combine=combine, accumulate=stages, k_max=64,
        output=Output(lookup(output) if output else None),
    )  # fmt: skip
    return Engine("x", (arithmetic,), Build(1, 1, SIZE))


def drawn(made, how_scales="tame", seed=1):
    rng = np.random.default_rng(seed)
    w = quantized(rng, made.arithmetic.weight, "any", how_scales, (3, 32))
    return w, quantized(rng, made.arithmetic.activation, "any", how_scales, (4, 32))


def value(given, number, row, k):
    """Element k of a plane, with its scales."""
    item = given.operand.planes[number]
    found = element(item.element.name).decode(int(given.codes[item.code][row, k]))
    for level in item.scales:
        code = int(given.scales[level.name][row, k // SIZE])
        found = found * element(level.format.name).decode(code)
    return found


#: Planes of the weight: units differ between pairs, parts (integer scales) and terms.
WEIGHTS = [
    [plane("int4"), plane("e2m1")],
    [plane("mxint8", "fp16 s"), plane("int8", "fp16 s")],
    [plane("e2m1", "mxint8 a"), plane("int4", "int4 b"), plane("mxint8")],
    [plane("int4", "fp16 s"), plane("e2m1", "ue4m3 t")],
    [plane("int4", "ue4m3 t", "int8 a"), plane("int4", "e5m2 u"), plane("e3m2", "ue4m3 t")],
]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("weight", WEIGHTS, ids=range(len(WEIGHTS)))
def test_the_exact_sum_of_all_planes(weight, sign):
    """The last plane is added or subtracted."""
    signs = [1] * (len(weight) - 1) + [sign]
    made = engine(weight, combine=(tuple((s,) for s in signs),))
    w, a = drawn(made)

    def one(n, m):
        products = [
            value(w, p, n, k) * value(a, 0, m, k) * real(s) for p, s in enumerate(signs)
            for k in range(32)
        ]  # fmt: skip
        return FP32.code(FP32.round(total(products)))

    agree(matmul(made, w, a).values, [[one(n, m) for m in range(4)] for n in range(3)])


@pytest.mark.parametrize("combine", [(((1, 0), (0, -1)), ((0, 1), (1, 0))), (((-1, 1), (1, -1)),)])
def test_signs_turn_infinities_too(combine):
    """Complex products: what is subtracted brings its infinity with the other sign."""
    planes = [plane("e5m2"), plane("e5m2")]
    made, rng = engine(planes, planes, combine=combine), np.random.default_rng(2)

    def drawn_codes(rows):
        magnitude = np.where(rng.random((rows, 8)) < 0.02, 0x7C, rng.integers(1, 0x7C, (rows, 8)))
        return magnitude | rng.integers(0, 2, (rows, 8)) << 7

    w, a = (
        Quantized(side, {"code": drawn_codes(rows), "code1": drawn_codes(rows)})
        for side, rows in ((made.arithmetic.weight, 12), (made.arithmetic.activation, 12))
    )

    def one(table, n, m):
        products = [
            value(w, i, n, k) * value(a, j, m, k) * real(sign)
            for i, signs in enumerate(table) for j, sign in enumerate(signs) if sign
            for k in range(8)
        ]  # fmt: skip
        return FP32.code(FP32.round(total(products)))

    wanted = [[[one(table, n, m) for m in range(12)] for n in range(12)] for table in combine]
    agree(matmul(made, w, a).values, wanted if len(combine) > 1 else wanted[0])
    assert {0x7F800000, 0xFF800000} <= {code for t in wanted for row in t for code in row}


@pytest.mark.parametrize("span, many", [(None, 1), (16, 2)])
@pytest.mark.parametrize("width", ["int10", "int14"])
def test_an_inner_sum_can_wrap(width, span, many):
    """INT within a group or a span, then FP32: an integer scale inside, no float scale to round."""
    stages = (
        Stage("int", span=span, format=lookup(width)),
        Stage("fp", format=lookup("fp32"), partials=2),
    )
    made = engine([plane("int4", "int4 a")], stages=stages)
    w, a = drawn(made, "wild")

    def one(n, m):
        def product(k):
            found = (value(w, 0, n, k) * value(a, 0, m, k)).fraction
            assert found.denominator == 1
            return int(found)

        step = SIZE * many
        sums = [
            saturating.wrapped(map(product, range(k, k + step)), lookup(width).bits)
            for k in range(0, 32, step)
        ]
        return FP32.code(accumulate([real(Fraction(s)) for s in sums], 2))

    agree(matmul(made, w, a).values, [[one(n, m) for m in range(4)] for n in range(3)])


def test_a_group_s_exact_sum_has_128_bits_at_most():
    stages = Stage(), Stage("fp", format=lookup("fp32"))
    made = engine([plane("int4", "fp16 s")], [plane("bf16")], stages)
    text = "^an exact sum of 8 products needs 268 bits, more than 128: choose --accumulate aligned"
    with pytest.raises(DesignError, match=text):
        matmul(made, *drawn(made))


def test_a_raw_result_of_unlike_planes_is_in_the_finest_unit():
    made = engine([plane("int4"), plane("e2m1")], output=None)
    w, a = drawn(made)
    result = matmul(made, w, a)
    unit = Fraction(2) ** result.format.lsb

    def one(n, m):
        products = [value(w, p, n, k) * value(a, 0, m, k) for p in range(2) for k in range(32)]
        return total(products).fraction / unit

    assert result.format.lsb == -1
    assert listed(result.values) == [[one(n, m) for m in range(4)] for n in range(3)]


def test_the_width_holds_all_planes_at_their_extremes():
    """64 times 8·128 from either of two INT4 planes; a third one's UINT4 scales are 15."""
    made = engine([plane("int4"), plane("int4"), plane("int4", "uint4 s")], output=None)
    w, a = drawn(made)
    everywhere = {"code": np.full((1, 64), 8), "code1": np.full((1, 64), 8)}
    codes = everywhere | {"code2": np.full((1, 64), 8)}
    w = Quantized(w.operand, codes, {"s": np.full((1, 8), 15)})
    a = Quantized(a.operand, {"code": np.full((1, 64), 128)})
    result = matmul(made, w, a)
    assert result.values.tolist() == [[17 * 64 * 8 * 128]] == [[result.format.high]]
    assert result.format.low == -17 * 64 * 8 * 127


def test_the_width_of_an_inner_sum_is_that_of_its_span(preset):
    """Q4_K: 256 products of UINT4, INT8 and a UINT6 scale, although the group has 32."""
    arithmetic = preset("gguf_q4_k").arithmetic
    found = inner_range(accumulators(arithmetic)[0].terms[0], arithmetic)
    assert (found.low, found.high) == (-256 * 15 * 128 * 63, 256 * 15 * 127 * 63)
