"""Rule aligned: tensor-core accumulation, aligned to the greatest exponent and truncated."""

import numpy as np
import pytest
from macsmith.golden import (
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Minifloat,
    Operand,
    Output,
    Plane,
    Quantized,
    Stage,
    group,
    lookup,
    matmul,
    raw,
)
from second_models import aligned as model
from second_models.elements import element

#: Weight, activation, accumulator, F, products a step.
UNITS = [
    ("int4", "bf16", "fp32", 24, 4),
    ("bf16", "bf16", "fp32", 24, 8),  # Ampere, Ada
    ("fp16", "fp16", "fp32", 23, 4),  # Volta
    ("fp16", "fp16", "fp32", 25, 16),  # Hopper
    ("e5m2", "e5m2", "e8m13_ieee", 13, 16),  # Hopper's FP8, "FP22"
    ("e4m3", "e4m3", "e8m13_ieee", 13, 32),
    ("e4m3", "e5m2", "fp32", 25, 32),  # Blackwell's FP8
    ("fp16", "fp16", "fp16", 12, 2),
    ("bf16", "int8", "bf16", 8, 4),
    ("e4m3_fnuz", "e5m2_fnuz", "fp16", 20, 4),
    ("e2m1", "bf16", "fp32", 30, 8),
    ("ternary", "bf16", "fp32", 24, 4),
    ("binary", "e5m2", "e8m13_ieee", 10, 4),
    ("mxint8", "e4m3", "fp32", 24, 4),
    ("uint4", "fp16", "fp32", 16, 4),
    ("int8_sym", "int4_sym", "fp32", 4, 4),
    ("e4m3", "int8", "fp32", 1, 4),
    ("e3m2", "e2m3", "fp32", 48, 1),
    ("posit8_1", "posit8_1", "fp32", 20, 4),
    ("posit8_0", "int4", "e8m13_ieee", 10, 2),
    ("bf16", "posit8_1", "fp32", 24, 4),
]
#: Formats, accumulators, F: every kind of zero, beside every width that is kept.
ZEROS = [
    (first, second, "e8m13_ieee" if fraction == 13 else "fp32", fraction, 4)
    for first, second in [
        ("e4m3", "e4m3"), ("e5m2", "e5m2"), ("fp16", "fp16"), ("bf16", "bf16"),
        ("e2m1", "e2m1"), ("int8", "bf16"),
    ]
    for fraction in (13, 23, 24, 25)
] + [
    ("e5m2", "e5m2", "fp16", 12, 4),
    ("int4", "bf16", "bf16", 8, 4),
    ("ternary", "fp16", "fp32", 20, 4),
    ("flint4", "bf16", "fp32", 24, 4),
    ("posit8_1", "bf16", "fp32", 24, 4),
    ("posit8_1", "int4", "fp16", 10, 4),
    ("e8m3b200", "e4m3", "fp32", 24, 4),
]  # fmt: skip
units = pytest.mark.parametrize("unit", UNITS, ids=lambda u: f"{u[0]}x{u[1]}-{u[2]}-F{u[3]}-{u[4]}")
KINDS = ("any code", "near one", "subnormal", "greatest", "cancelling", "few special")


def engine(first, second, accumulator, fraction, terms, partials=1):
    stage = Stage("aligned", None, lookup(accumulator), partials, fraction, terms)
    return Engine("x", (raw(first, second, accumulate=(stage,)),), Build(1, 1, terms))


def codes(rng, name, kind, shape):
    """Codes of one side; integers and code books know fewer kinds."""
    return _codes(rng, lookup(name), kind, shape).astype(lookup(name).dtype)


def _codes(rng, fmt, kind, shape):
    if not isinstance(fmt, Minifloat):
        return rng.choice(fmt.legal, shape)
    if kind == "any code":
        return rng.integers(0, 1 << fmt.bits, shape)
    mantissa, top = fmt.mantissa_width, 1 << (fmt.bits - 1)
    sign = rng.integers(0, 2, shape) * top
    near_one = (fmt.bias << mantissa) + rng.integers(-1 << mantissa, 1 << mantissa, shape)
    if kind == "few special":
        finite = np.isfinite(fmt.decode(fmt.legal))
        special = fmt.legal[~finite] if not finite.all() else [fmt.max_code]
        return np.where(rng.random(shape) < 0.03, rng.choice(special, shape), near_one) ^ sign
    if kind == "cancelling":
        turn = np.resize([0, top], shape)
        return np.repeat(near_one[:, :1], shape[1], axis=1) ^ turn ^ (rng.random(shape) < 0.1)
    magnitude = {
        "near one": near_one,
        "subnormal": rng.integers(0, 1 << mantissa, shape),
        "greatest": np.full(shape, fmt.max_code),
    }[kind]
    zero = False if fmt.has_negative_zero else magnitude == 0
    return np.where(zero, 0, magnitude | sign)


def agree(unit, w, a):
    first, second, accumulator, *rest = unit
    wanted = model.result(
        w.tolist(), element(first), a.tolist(), element(second), element(accumulator).float, *rest
    )
    result = matmul(engine(*unit), w, a)
    assert result.format == lookup(accumulator)
    got = result.values.tolist()
    assert [[f"{c:#x}" for c in row] for row in got] == [[f"{c:#x}" for c in row] for row in wanted]


@units
@pytest.mark.parametrize("kind", KINDS)
def test_the_model_agrees(unit, kind):
    rng = np.random.default_rng(13)
    k = 4 * unit[4]
    agree(unit, codes(rng, unit[0], kind, (5, k)), codes(rng, unit[1], kind, (6, k)))


@units
@pytest.mark.parametrize("kinds", [("near one", "subnormal"), ("greatest", "any code")])
def test_the_two_sides_differ_in_kind(unit, kinds):
    rng = np.random.default_rng(17)
    k = 6 * unit[4]
    agree(unit, codes(rng, unit[0], kinds[0], (5, k)), codes(rng, unit[1], kinds[1], (6, k)))


#: Partial sums, and steps: fewer, as many, more, many.
COUNTS = [(2, 1), (2, 5), (3, 2), (5, 13), (8, 8), (16, 1), (16, 37), (64, 70)]
#: The last one's accumulator has zeros above its least numbers.
PARTED = [*UNITS[:2], UNITS[4], UNITS[7], UNITS[10], *UNITS[14:17],
          ("e8m3b200", "e8m3b200", "e8m13b220_ieee", 24, 4)]  # fmt: skip


@pytest.mark.parametrize("unit", PARTED, ids=lambda u: f"{u[0]}x{u[1]}-{u[2]}-F{u[3]}-{u[4]}")
@pytest.mark.parametrize("partials, steps", COUNTS)
@pytest.mark.parametrize("kind", ["near one", "cancelling", "few special", "subnormal"])
def test_partial_sums(unit, partials, steps, kind):
    rng = np.random.default_rng(partials + steps)
    shape = (2, steps * unit[4])
    w, a = (codes(rng, name, kind, shape) for name in unit[:2])
    agree((*unit, partials), w, a)


def test_partial_sums_keep_apart_what_one_sum_loses():
    """1, then 2^-24 each step, which F = 24 keeps but FP32 beside a 1 does not."""
    w, ones = encoded("bf16", 1, 2.0**-24, 2.0**-24, 2.0**-24), encoded("bf16", 1, 1, 1, 1)
    for partials, wanted in [(1, 1), (2, 1 + 2**-23), (4, 1 + 2**-23), (64, 1 + 2**-23)]:
        made = engine("bf16", "bf16", "fp32", 24, 1, partials)
        assert matmul(made, w, ones).decode() == [[wanted]]


@pytest.mark.parametrize(
    "values, wanted",
    [
        ((np.inf, 1, 1), 0x7F800000),
        ((np.inf, -np.inf, 1), 0x7FC00000),
        ((1, 1, np.nan), 0x7FC00000),
        ((2.0**127, 2.0**127, 1), 0x7F800000),  # too large only where they are joined
        ((-(2.0**127), -(2.0**127), 1), 0xFF800000),
        ((1, -1, 0), 0x00000000),
    ],
)
def test_what_partial_sums_make_together(values, wanted):
    made = engine("bf16", "bf16", "fp32", 24, 1, 4)
    ones = encoded("bf16", *[1] * len(values))
    assert matmul(made, encoded("bf16", *values), ones).values == [[wanted]]


def among_zeros(rng, name, shape):
    """Zeros of both signs, the smallest and the greatest numbers, and others."""
    fmt = lookup(name)
    values = fmt.decode(fmt.legal)
    finite = fmt.legal[np.isfinite(values)]
    order = finite[np.argsort(np.abs(fmt.decode(finite)), kind="stable")]
    zeros = finite[fmt.decode(finite) == 0]
    some = [order[len(zeros) :][:6], order[-6:], order]
    drawn = [rng.choice(zeros, shape), *(rng.choice(kind, shape) for kind in some)]
    return np.choose(rng.choice(4, shape, p=[0.5, 0.2, 0.1, 0.2]), drawn).astype(fmt.dtype)


@pytest.mark.parametrize("unit", ZEROS, ids=lambda u: f"{u[0]}x{u[1]}-{u[2]}-F{u[3]}")
def test_the_model_agrees_among_zeros(unit):
    rng = np.random.default_rng(29)
    w, a = (
        among_zeros(rng, name, (rows, 2 * unit[4]))
        for name, rows in zip(unit[:2], (6, 7), strict=True)
    )
    agree(unit, w, a)


#: Formats, accumulator, F; the weight and the activation of one step, and what they make.
STEPS = [
    # E4M3's 0 × 448 has the exponent -126 + 8, and hides nothing: 2^-9 × 2^-9 stays.
    (("e4m3", "e4m3", "e8m13_ieee", 13), (0, 2**-9), (448, 2**-9), 2**-18),
    (("e4m3", "e4m3", "e8m13_ieee", 13), (448, -(2**-9)), (-0.0, 2**-9), -(2**-18)),
    # Beside 448 × 2^-9, exponents 8 - 6, the last place is 2^-11; 2^-18 is lost, 2^-11 is not.
    (("e4m3", "e4m3", "e8m13_ieee", 13), (448, 2**-9), (2**-9, 2**-9), 448 * 2**-9),
    (("e4m3", "e4m3", "e8m13_ieee", 13), (448, 2**-9), (2**-9, 2**-2), 448 * 2**-9 + 2**-11),
    (("fp16", "fp16", "fp32", 23), (0, 2**-24), (65504, 2**-24), 2**-48),
    (("e5m2", "e5m2", "fp32", 13), (0, 2**-16), (57344, 2**-16), 2**-32),
    # BF16's 0 × 2^127 has the exponent 1: F = 24 keeps 2^-23, and no more.
    (("bf16", "bf16", "fp32", 24), (0, 2**-23), (2.0**127, 1), 2**-23),
    (("bf16", "bf16", "fp32", 24), (0, 2**-24), (2.0**127, 1), 0),
    (("bf16", "bf16", "fp32", 24), (0, 2**-24), (2.0**126, 1), 2**-24),
    # An integer's zero counts as any other does, not with the integers' exponent of 7.
    (("int8", "bf16", "fp32", 24), (0, 1), (2.0**127, 2**-23), 2**-23),
    (("int8", "bf16", "fp32", 24), (0, 1), (2.0**127, 2**-24), 0),
    (("int8", "bf16", "fp32", 24), (0, 1), (2.0**100, 2**-24), 2**-24),
    (("int8", "bf16", "fp32", 24), (64, 1), (0, 2**-120), 2**-120),
    (("ternary", "bf16", "fp32", 24), (0, 1), (2.0**127, 2**-24), 0),
    (("posit8_0", "bf16", "fp32", 24), (0, 1), (2.0**127, 2**-23), 2**-23),
    # An FP16 accumulator's zero: counted with FP16's least exponent, -14, it would hide 2^-25.
    (("e5m2", "e5m2", "fp16", 10), (2**-12,) * 4, (2**-13,) * 4, 2**-23),
    # Two zeros: -252, less than what the accumulator has.
    (("bf16", "bf16", "fp32", 24), (0, 2**-63), (0, 2**-63), 2**-126),
]


@pytest.mark.parametrize("unit, w, a, wanted", STEPS)
def test_one_step_with_zeros(unit, w, a, wanted):
    pair = encoded(unit[0], *w), encoded(unit[1], *a)
    assert matmul(engine(*unit, len(w)), *pair).decode() == [[wanted]]


def test_a_zero_beside_what_the_accumulator_holds():
    """BF16's 0 × 2^127 cuts the accumulator's 2^-24 off, in a step of its own; 2^-23 stays."""
    for small, kept in [(2**-24, 0), (2**-23, 2**-23)]:
        pair = encoded("bf16", small, 0), encoded("bf16", 1, 2.0**127)
        assert matmul(engine("bf16", "bf16", "fp32", 24, 1), *pair).decode() == [[kept]]


def encoded(name, *values):
    return lookup(name).encode([values], saturate=False)


@pytest.mark.parametrize("accumulator, fraction", [("e8m13_ieee", 13), ("fp32", 25)])
def test_a_small_product_beside_two_large_ones_is_lost(accumulator, fraction):
    """MMA-Sim's vector (``formats.md`` D1): 448·448 - 448·448 + 2^-12 gives 0, exactly 2^-12."""
    w = np.pad(encoded("e4m3", 448, -448, 2**-6), ((0, 0), (0, 1)))
    a = np.pad(encoded("e4m3", 448, 448, 2**-6), ((0, 0), (0, 1)))
    unit = ("e4m3", "e4m3", accumulator, fraction, 4)
    assert matmul(engine(*unit), w, a).values == [[0]]
    exact = matmul(Engine("x", (raw("e4m3", "e4m3"),), Build(1, 1, 1)), w, a)
    assert exact.decode() == [[2.0**-12]]


@pytest.mark.parametrize("fraction", [1, 13, 24, 25, 48])
@pytest.mark.parametrize("below, kept", [(0, True), (1, False)])
def test_the_fraction_counts_from_the_greatest_exponent(fraction, below, kept):
    """1 + 2^-e - 1 in one step is 2^-e as long as e is at most F."""
    small = 2.0 ** -(fraction + below)
    unit = ("bf16", "bf16", "fp32", fraction, 4)
    ones = encoded("bf16", 1, 1, 1, 1)
    result = matmul(engine(*unit), encoded("bf16", 1, small, -1, 0), ones)
    assert result.decode() == [[small if kept else 0]]


@pytest.mark.parametrize(
    "w, a, wanted",
    [
        ((np.inf, 1), (1, 1), 0x7F800000),
        ((-np.inf, 1), (1, 1), 0xFF800000),
        ((np.inf, -np.inf), (1, 1), 0x7FC00000),
        ((np.inf, 1), (0, 1), 0x7FC00000),
        ((np.nan, 1), (0, 1), 0x7FC00000),
        ((2.0**127, 2.0**127), (1, 1), 0x7F800000),  # too large, although toward zero
        ((-(2.0**127), -(2.0**127)), (1, 1), 0xFF800000),
        ((2.0**127, 2.0**127), (1, -1), 0x00000000),
        ((0, 0), (-1, -1), 0x00000000),  # no -0
        ((1, 2.0**-24), (1, 1), 0x3F800000),  # toward zero, not to nearest
        ((-1, -(2.0**-24)), (1, 1.5), 0xBF800000),
    ],
)
def test_corners_in_one_step(w, a, wanted):
    unit = ("bf16", "bf16", "fp32", 24, 2)
    assert matmul(engine(*unit), encoded("bf16", *w), encoded("bf16", *a)).values == [[wanted]]


def test_infinity_stays_and_meets_its_opposite_in_a_later_step():
    unit = ("bf16", "bf16", "fp32", 24, 1)
    ones = encoded("bf16", 1, 1, 1)
    assert matmul(engine(*unit), encoded("bf16", np.inf, 5, -7), ones).values == [[0x7F800000]]
    assert matmul(engine(*unit), encoded("bf16", np.inf, 5, -np.inf), ones).values == [[0x7FC00000]]


def test_a_sum_just_below_overflow_is_none():
    """2^128 - 2^74 has 54 bits: no float64 between it and 2^128, which it would round to."""
    least, fp32 = 2.0**-23, lookup("fp32")
    addends = [2.0**122] * 63 + [2.0**121 * (2 - least), 2.0**97 * (2 - least)]
    assert sum(map(int, addends)) == 2**128 - 2**74
    w = fp32.encode([[addend / 2.0**61 for addend in addends]])
    a = fp32.encode(np.full((1, 65), 2.0**61))
    stage = Stage("aligned", format=fp32, fraction=48, terms=65)
    made = Engine("x", (raw("fp32", "fp32", 65, accumulate=(stage,)),), Build(1, 1, 65))
    assert matmul(made, w, a).values == [[fp32.max_code]]


@pytest.mark.parametrize("fraction", [0, 65, 1000])
def test_the_fraction_has_limits(fraction):
    with pytest.raises(DesignError, match="fraction"):
        Stage("aligned", format=lookup("fp32"), fraction=fraction, terms=4)


def test_products_of_two_constants_are_those_that_there_are():
    """Eleven of twelve: what fills up a group is no product, although its elements are never 0."""
    planes = [
        Plane(lookup(element), (Level(lookup("bf16"), group(4), scale),))
        for element, scale in (("int4", "s"), ("minus_one", "m"))
    ]
    sides = [Operand(tuple(planes))] * 2
    fp32 = lookup("fp32")
    stages = Stage("aligned", format=lookup("fp32"), fraction=24, terms=4), Stage("fp", format=fp32)
    arithmetic = Arithmetic(*sides, accumulate=stages, output=Output(fp32), k_max=16)
    one = np.full((1, 3), lookup("bf16").encode(1.0))
    given = [
        Quantized(side, {"code": np.zeros((1, 11), np.int8)}, {"s": one, "m": one})
        for side in sides
    ]
    found = matmul(Engine("x", (arithmetic,), Build(1, 1, 4)), *given)
    assert found.decode() == [[11]]


def test_k_is_a_whole_number_of_steps():
    with pytest.raises(DesignError):
        matmul(engine("int4", "bf16", "fp32", 24, 4), np.zeros((1, 6), int), np.zeros((1, 6), int))
