"""Matrices that groups, blocks and lanes do not divide: their results are those of the elements
that there are, and of the same matrices filled up by hand with zeros."""

from fractions import Fraction
from math import lcm

import numpy as np
import pytest
from descriptions import arithmetics, operands
from drawing import ELEMENTS, SCALES, quantized, scales
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
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
    padding,
)
from macsmith.golden.description import raw
from macsmith.golden.matrices import Matrices
from macsmith.golden.padding import padded, unit
from second_models.floats import FP32
from second_models.reals import real

LANES, LONGEST = 4, 64
EXACT = (Stage(),)
quietly = {"deadline": None, "suppress_health_check": list(HealthCheck)}
hows = st.tuples(st.sampled_from(ELEMENTS), st.sampled_from(SCALES))
shapes = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, LONGEST))


def engine(weight, activation, output=None, stages=EXACT, k_max=4096):
    arithmetic = Arithmetic(weight, activation, accumulate=stages, output=output or Output(),
                            k_max=k_max)  # fmt: skip
    return Engine("x", (arithmetic,), Build(1, 1, LANES))


def drawn(data, seed):
    """An engine and operands of any shape; not what needs more than 128 bits."""
    try:
        made = Engine("x", (data.draw(arithmetics(LANES)),), Build(1, 1, LANES))
    except DesignError:
        assume(False)
    arithmetic, rng = made.arithmetic, np.random.default_rng(seed)
    how, (rows, columns, k) = data.draw(hows), data.draw(shapes)
    w = quantized(rng, arithmetic.weight, *how, (rows, k))
    a = quantized(rng, arithmetic.activation, *how, (columns, k))
    form = arithmetic.output.bias
    bias = scales(rng, form, how[1], (rows,)) if form else None
    try:
        return made, w, a, bias, matmul(made, w, a, bias=bias)
    except DesignError as error:
        assert "bits, more than 128" in str(error)
        assume(False)


def zero(fmt):
    """A code of zero, whatever table is chosen; None where there is none."""
    legal = fmt.legal
    tables = [fmt.decode(legal, select) for select in range(1 << fmt.select_width)]
    found = legal[(np.stack(tables) == 0).all(axis=0)]
    return int(found[0]) if len(found) else None


def by_hand(operand, given, k):
    """``given`` with zeros up to ``k``, the last scale of each row once more where one is missing,
    or one where it is a float; None where a format has no zero."""
    codes = {}
    for name, fmt in operand.codes.items():
        code = zero(fmt)
        if code is None:
            return None
        held = given.codes[name]
        codes[name] = np.full((len(held), k), code, held.dtype)
        codes[name][:, : held.shape[1]] = held
    held = dict(given.scales)
    for level in operand.levels:
        while held[level.name].shape[1] < level.span.shape(1, k)[1]:
            more = held[level.name][:, -1:].copy()
            if not level.integer:
                more[:] = level.format.encode(1.0)
            held[level.name] = np.concatenate([held[level.name], more], axis=1)
    select = given.select
    if select is not None:
        missing = operand.select.span.shape(1, k)[1] - select.shape[1]
        select = np.concatenate([select, *[select[:, -1:]] * missing], axis=1)
    return Quantized(operand, codes, held, select)


def same(one, other):
    np.testing.assert_array_equal(one.values, other.values)
    for flag in ("nan", "positive", "negative"):
        np.testing.assert_array_equal(getattr(one.flags, flag), getattr(other.flags, flag))
    assert one.format == other.format


@given(data=st.data(), seed=st.integers(0, 1 << 30))
@settings(max_examples=150, derandomize=True, **quietly)
def test_zeros_by_hand_change_nothing(data, seed):
    """Zeros of the weight alone, of the activation alone, or of both, up to whole groups.

    Two zero points that meet need zeros of (q - z) instead: those are below.
    """
    made, w, a, bias, found = drawn(data, seed)
    arithmetic, k = made.arithmetic, w.shape[1]
    constant = [
        any(p.constant for p in s.planes) for s in (arithmetic.weight, arithmetic.activation)
    ]
    assume(not any(constant))
    whole = lcm(LANES, arithmetic.group or 1, arithmetic.accumulate[0].span or 1)
    longer = -(-k // whole) * whole
    filled = [by_hand(g.operand, g, longer) for g in (w, a)]
    assume(None not in filled)
    same(matmul(made, *filled, bias=bias), found)


@given(data=st.data(), seed=st.integers(0, 1 << 30))
@settings(max_examples=200, derandomize=True, **quietly)
def test_what_hardware_gets_changes_nothing(data, seed):
    """:func:`padded` gives whole steps and groups, the same results, and the same first codes; or
    it says that neither side has a zero."""
    made, w, a, bias, found = drawn(data, seed)
    try:
        filled = padded(made, Matrices(weight=w, activation=a))
    except DesignError as error:
        assert "neither" in str(error) and "\n" not in str(error)
        formats = [f for side in (w, a) for f in side.operand.codes.values()]
        constants = [any(p.constant for p in side.operand.planes) for side in (w, a)]
        assert any(zero(f) is None for f in formats) or all(constants)
        return
    k = filled.k
    assert k % unit(made) == 0 and k - w.shape[1] < unit(made) and k <= LONGEST
    for before, after in ((w, filled.weight), (a, filled.activation)):
        for name, codes in before.codes.items():
            np.testing.assert_array_equal(after.codes[name][:, : w.shape[1]], codes)
    same(matmul(made, filled.weight, filled.activation, bias=bias), found)


@given(operands(), operands(), hows, shapes, st.integers(0, 1 << 30))
@settings(max_examples=100, derandomize=True, **quietly)
def test_a_sum_is_over_the_elements_that_there_are(weight, activation, how, shape, seed):
    """In rational arithmetic, element by element, with the scale that stands at its place."""
    try:
        made = engine(weight, activation, Output(lookup("fp32")), k_max=LONGEST)
    except DesignError:
        assume(False)
    assume(all(level.when != "end" for level in made.arithmetic.levels))
    rng, (rows, columns, k) = np.random.default_rng(seed), shape
    w = quantized(rng, weight, *how, (rows, k))
    a = quantized(rng, activation, *how, (columns, k))
    left, right = values(w), values(a)
    assume(left is not None and right is not None)
    try:
        found = matmul(made, w, a).values
    except DesignError as error:
        assert "bits, more than 128" in str(error)
        assume(False)
    for n in range(rows):
        for m in range(columns):
            total = sum((x * y for x, y in zip(left[n], right[m], strict=True)), Fraction(0))
            assert int(found[n, m]) == FP32.code(FP32.round(real(total)))


def values(given_):
    """Each element as a fraction, all planes with their scales; None if one is not finite."""
    rows, k = given_.shape
    found = [[Fraction(0)] * k for _ in range(rows)]
    for plane in given_.operand.planes:
        for n in range(rows):
            for place in range(k):
                code = 0 if plane.constant else given_.codes[plane.code][n, place]
                table = 0
                if given_.select is not None and plane.element.select_width:
                    table = at(given_.select, given_.operand.select.span, n, place)
                factors = [plane.element.decode(np.asarray([code], np.uint32), table)[0]]
                for level in plane.scales:
                    scale = at(given_.scales[level.name], level.span, n, place)
                    factors.append(level.format.decode(np.asarray([scale]))[0])
                if not np.isfinite(factors).all():
                    return None
                product = Fraction(1)
                for factor in factors:
                    product *= Fraction(float(factor))
                found[n][place] += product
    return found


def at(array, span, row, place):
    """What an element's block has."""
    return array[row // span.rows if span.rows else 0, place // span.columns if span.columns else 0]


def test_two_zero_points_fill_with_one_of_them():
    """Σ (q - z) (p - y) has z y once for each element: a fill of zeros would count too many."""
    scale, zero_ = Level(lookup("fp32"), group(8)), Level(lookup("uint4"), group(8), "zero")
    side = Operand((Plane(lookup("uint4"), (scale,)), Plane(lookup("minus_one"), (zero_, scale))))
    made = engine(side, side, Output(lookup("fp32")), (Stage(), Stage("fp", format=lookup("fp32"))))
    rng = np.random.default_rng(4)
    w, a = (quantized(rng, side, "any", "tame", (3, 13)) for _ in range(2))
    filled = padded(made, Matrices(weight=w, activation=a))
    np.testing.assert_array_equal(
        filled.weight.codes["code"][:, 13:], np.repeat(w.scales["zero"][:, 1:], 3, axis=1)
    )
    same(matmul(made, filled.weight, filled.activation), matmul(made, w, a))


@pytest.mark.parametrize("fraction", [3, 13, 24])
def test_aligned_sums_fill_up_their_last_group(fraction):
    """A step of zeros truncates the sum anew: 33/8, summed in one step, has more bits than 3."""
    scale = Level(lookup("fp32"), group(16))
    side = Operand((Plane(lookup("e4m3"), (scale,)),))
    stages = (
        Stage("aligned", format=lookup("fp32"), fraction=fraction, terms=LANES),
        Stage("fp", format=lookup("fp32")),
    )
    made = engine(side, side, Output(lookup("fp32")), stages)

    def given_(values_):
        one = np.full((1, 1), 0x3F800000, np.uint32)
        return Quantized(side, {"code": lookup("e4m3").encode([values_])}, {"scale": one})

    w, a = given_([1, 1, 1, 1.125]), given_([1, 1, 1, 1])
    found = matmul(made, w, a)
    same(matmul(made, by_hand(side, w, 16), by_hand(side, a, 16)), found)
    assert found.decode()[0, 0] == (4 if fraction == 3 else 4.125)


@pytest.mark.parametrize("pair", [("bipolar4", "bipolar4"), ("binary", "denseshift4")])
def test_formats_without_zero_cannot_be_filled_up(pair):
    """The golden model needs no zeros; hardware that takes four elements at a time does."""
    made = Engine("x", (raw(*pair),), Build(1, 1, LANES))
    rng = np.random.default_rng(5)
    w, a = (quantized(rng, s, "any", "tame", (2, 7)) for s in
            (made.arithmetic.weight, made.arithmetic.activation))  # fmt: skip
    found = matmul(made, w, a)
    np.testing.assert_array_equal(found.decode(), w.dequantize() @ a.dequantize().T)
    with pytest.raises(DesignError, match=f"neither {pair[0]} of the weight nor {pair[1]} of the"):
        padded(made, Matrices(weight=w, activation=a))


def test_groups_that_are_not_there_have_the_scale_one():
    """Infinity in the last group's place would make NaN of a sum of zeros."""
    side = Operand((Plane(lookup("int8"), (Level(lookup("fp16"), group(8)),)),))
    stages = Stage(span=8), Stage("fp", format=lookup("fp32"))
    made = engine(side, Operand((Plane(lookup("int8")),)), Output(lookup("fp32")), stages, 64)
    infinite = np.full((1, 1), 0x7C00, np.uint16)
    w = Quantized(side, {"code": np.ones((1, 3), np.uint8)}, {"scale": infinite})
    a = quantized(np.random.default_rng(7), made.arithmetic.activation, "extreme", "tame", (1, 3))
    filled = padded(made, Matrices(weight=w, activation=a))
    assert filled.k == 8
    beyond = padding_of(w, 24)
    assert beyond.scales["scale"].tolist() == [[0x7C00, 0x3C00, 0x3C00]]
    same(matmul(made, beyond, by_hand(a.operand, a, 24)), matmul(made, w, a))


def padding_of(given_, k):
    return padding._longer(given_, k, {"code": np.zeros(1, np.uint8)})


@pytest.mark.parametrize("name, refused", [("bipolar4", True), ("binary", False)])
def test_one_zero_of_an_aligned_product_may_hide_nothing(name, refused):
    """0 times 8 counts with the exponent -126 + 3, which hides BF16's least numbers."""
    stages = (Stage("aligned", format=lookup("fp32"), fraction=3, terms=LANES),)
    sides = [Operand((Plane(lookup(f)),)) for f in (name, "bf16")]
    made = engine(*sides, Output(lookup("fp32")), stages)
    rng = np.random.default_rng(8)
    tiny = rng.integers(1, 0x100, (3, 5)).astype(np.uint16)  # below 2**-125
    w, a = quantized(rng, sides[0], "any", "tame", (2, 5)), Quantized(sides[1], {"code": tiny})
    if refused:
        with pytest.raises(DesignError, match="neither bipolar4 of the weight nor bf16 of the"):
            padded(made, Matrices(weight=w, activation=a))
        return
    filled = padded(made, Matrices(weight=w, activation=a))
    found = matmul(made, w, a)
    assert found.decode().any()
    same(matmul(made, filled.weight, filled.activation), found)


def test_a_group_of_all_that_k_may_be():
    """Hardware ends it where K ends, but for sums that align, which take every step of it."""
    side = Operand((Plane(lookup("e4m3"), (Level(lookup("fp32"), group(64)),)),))
    last = Stage("fp", format=lookup("fp32"))
    aligned = Stage("aligned", format=lookup("fp32"), fraction=3, terms=LANES)
    for first, wanted in ((Stage(), LANES), (aligned, 64)):
        assert unit(engine(side, side, Output(lookup("fp32")), (first, last), 64)) == wanted


def test_one_zero_is_enough():
    made = Engine("x", (raw("bipolar4", "int8"),), Build(1, 1, LANES))
    rng = np.random.default_rng(6)
    w = quantized(rng, made.arithmetic.weight, "any", "tame", (2, 7))
    a = quantized(rng, made.arithmetic.activation, "any", "tame", (3, 7))
    filled = padded(made, Matrices(weight=w, activation=a))
    assert not filled.activation.codes["code"][:, 7:].any()
    same(matmul(made, filled.weight, filled.activation), matmul(made, w, a))


def test_k_of_none_or_too_many_is_refused():
    made = Engine("x", (raw("int8", "int8", 64),), Build(1, 1, LANES))
    for k in (0, 65):
        with pytest.raises(DesignError, match=rf"^K must lie in 1…64 \(k-max\), got {k}$"):
            matmul(made, np.zeros((2, k), np.uint8), np.zeros((2, k), np.uint8))
