"""The short way of a product against the long one, the exact second model, and plain integers: at
the edges of what floats hold, and with what they do not hold."""

import sys
from collections import Counter
from fractions import Fraction

import corners
import numpy as np
import pytest
from drawing import quantized
from macsmith.golden import (
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
    group,
    lookup,
    matmul,
    raw,
)
from macsmith.golden.folded import groups, scaled, slices, whole
from macsmith.golden.formats import single
from plain import told
from second_models.exact import matrix

MATMUL = sys.modules["macsmith.golden.matmul"]
FP32, FP16 = lookup("fp32"), lookup("fp16")


@pytest.fixture
def ways(monkeypatch):
    """Which ways were taken, counted."""
    met = Counter()

    def count(place, name, word):
        inner = getattr(place, name)

        def counted(*given):
            found = inner(*given)
            met[word if found is not None else f"not {word}"] += 1
            return found

        monkeypatch.setattr(place, name, counted)

    count(MATMUL, "folded_value", "value")
    count(MATMUL, "folded_raw", "raw")
    count(groups, "value", "groups")
    count(whole, "_of_few", "few")
    count(scaled, "odd_product", "odd product")
    count(whole, "odd_sum", "odd sum")
    count(scaled, "odd_sum", "odd sum of a group")
    count(slices, "_cut", "slices")
    return met


def long_way(monkeypatch, *given, **more):
    with monkeypatch.context() as patch:
        patch.setattr(MATMUL, "foldable", lambda arithmetic: False)
        return matmul(*given, **more)


def same(result, other):
    assert result.format == other.format and result.values.dtype == other.values.dtype
    assert np.array_equal(result.values, other.values)
    for flag in ("nan", "positive", "negative"):
        assert np.array_equal(getattr(result.flags, flag), getattr(other.flags, flag))


def second(engine, weight, activation):
    """The second model's codes, or sums in their unit."""
    found = matrix.matrix(told(engine.arithmetic, weight, activation, engine.build.lanes))
    return found[0]


@pytest.mark.parametrize(
    ("seed", "count"), [(21, 150), pytest.param(22, 3000, marks=pytest.mark.slow)]
)
def test_random_descriptions(seed, count, ways, monkeypatch):
    for number in range(count):
        case = corners.case(np.random.default_rng([seed, number]))
        given = case.engine, case.weight, case.activation
        more = {"bias": case.bias, "initial": case.initial}
        try:
            result = matmul(*given, **more)
        except DesignError:
            continue
        same(result, long_way(monkeypatch, *given, **more))
    print(ways)
    for word in ("value", "raw", "groups", "few", "slices", "odd sum"):
        assert ways[word] and (word in ("slices", "odd sum") or ways[f"not {word}"]), word


def engine_of(weight, activation, fp=False, partials=2, span=None, output=FP32, k_max=4096):
    """An engine of two planes, given as (element, scales), with groups of 8, and of ``span`` where
    scales are floats."""
    sides = []
    for number, (element, scales) in enumerate((weight, activation)):
        levels = tuple(
            Level(lookup(name), group(8 if "int" in name else span or 8), f"s{number}{place}")
            for place, name in enumerate(scales)
        )
        sides.append(Operand((Plane(lookup(element), levels),)))
    last = (Stage("fp", format=FP32, partials=partials),) if fp else ()
    return Engine(
        "x",
        (
            Arithmetic(
                *sides, accumulate=(Stage(span=span), *last), output=Output(output), k_max=k_max
            ),
        ),
        Build(1, 1, 1),
    )


@pytest.mark.parametrize("k", [1023, 1024, 1025, 1999, 2048])
@pytest.mark.parametrize("value", [-128, 127])
def test_both_sides_of_24_bits(k, value, ways):
    """(-128)² × 1024 is 2**24: odd sums beyond are no float32."""
    codes = np.full((3, k), value & 255, np.uint8)
    codes[1, -1], codes[2, 0] = 1, 255
    result = matmul(Engine("x", (raw("int8", "int8"),), Build()), codes, codes)
    signed = codes.view(np.int8).astype(np.int64)
    assert (result.values == signed @ signed.T).all() and ways["raw"]


@pytest.mark.parametrize("bits", [26, 30, 31, 32, 33, 40, 50, 60, 75])
@pytest.mark.parametrize("columns", [1, 6])
def test_both_sides_of_53_bits(bits, columns, ways, monkeypatch):
    """One product is ``2**bits`` units of the least: a tie, or next to one, which decides."""
    engine = engine_of(("fp16", ()), ("fp16", ()))
    low = -12 if bits < 60 else -24  # an FP16 has ten bits more below it
    high = bits + 2 * low
    values, others = np.zeros((6, 3)), np.zeros((columns, 3))
    # 2**high (1 + 2**-24) + -2**(2 low): a tie of FP32 but for the last unit.
    values[:, 0], others[:, 0] = 2.0 ** (high // 2), 2.0 ** (high - high // 2)
    values[:, 1], others[:, 1] = 2.0 ** ((high - 24) // 2), 2.0 ** (high - 24 - (high - 24) // 2)
    values[:, 2], others[:, 2] = [2.0**low * sign for sign in (0, 1, -1, 0, 1, -1)], 2.0**low
    values[3:, :2] *= -1
    w, a = FP16.encode(values), FP16.encode(others)
    assert (FP16.decode(w) == values).all() and (FP16.decode(a) == others).all()
    result = matmul(engine, w, a)
    exact = [
        [
            sum(Fraction(x) * Fraction(y) for x, y in zip(row, column, strict=True))
            for column in others.tolist()
        ]
        for row in values.tolist()
    ]
    step = Fraction(2) ** (high - 23)
    for row, found in zip(exact, result.decode().tolist(), strict=True):
        for wanted, got in zip(row, found, strict=True):
            assert Fraction(got) == round(wanted / step) * step  # round: a tie goes to even
    assert ways["value"] and bool(ways["odd sum"]) == (bits + 22 > 53)
    same(result, long_way(monkeypatch, engine, w, a))


CASES = {
    "powers of two": (("e4m3", ("e8m0",)), ("e4m3", ("e8m0",))),
    "wide sums": (("e5m2", ("e8m0",)), ("e5m2", ("e8m0",))),
    "halves": (("int8", ("fp16",)), ("int8", ("fp16",))),
    "singles": (("int8", ("fp32",)), ("int8", ("fp32",))),
    "many bits": (("e4m3", ("fp32",)), ("fp16", ("fp32",))),
    "integers and a single": (("uint4", ("uint6", "fp16")), ("int8", ("fp32",))),
    "two a side": (("e2m1", ("ue4m3", "fp16")), ("e2m1", ("ue4m3",))),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("how", ["tame", "wild", "subnormal", "greatest", "zero", "special"])
@pytest.mark.parametrize("k", [24, 27])
def test_sums_in_fp32(name, how, k, ways, monkeypatch):
    """Ties, subnormal results, overflows, special scales: as the second model has them."""
    seed = sum(map(ord, name + how)) + k
    span = 16 if "integers" in name else None
    engine = engine_of(*CASES[name], fp=True, partials=3, span=span)
    rng, sides = (
        np.random.default_rng(seed),
        (engine.arithmetic.weight, engine.arithmetic.activation),
    )
    for elements in ("any", "extreme", "cancelling"):
        weight, activation = (
            quantized(rng, side, elements, how, shape)
            for side, shape in zip(sides, ((4, k), (2, k)), strict=True)
        )
        result = matmul(engine, weight, activation)
        assert result.values.tolist() == second(engine, weight, activation)
        same(result, long_way(monkeypatch, engine, weight, activation))
    assert ways["groups"] or how == "special" or name == "wide sums"


def test_ties_of_addends_that_53_bits_do_not_hold(ways):
    """Times 1 + 2**-23, a sum of 32 bits has 56: its float64 is a tie that it is not."""
    engine = engine_of(("e4m3", ("fp32",)), ("fp16", ("fp32",)), fp=True, partials=1)
    rng = np.random.default_rng(3)
    weight, activation = (
        quantized(rng, side, "any", "tame", (30, 8))
        for side in (engine.arithmetic.weight, engine.arithmetic.activation)
    )
    for side, element in ((weight, lookup("e4m3")), (activation, FP16)):
        side.codes["code"][:] = element.encode(
            rng.integers(-7, 8, (30, 8)) * 2.0 ** rng.integers(-6, 7, (30, 8))
        )
        scale = next(iter(side.scales.values()))
        scale[:] = FP32.encode(1 + rng.choice([1, 2, 3, (1 << 12) + 1], scale.shape) * 2.0**-23)
    found, wanted = matmul(engine, weight, activation), second(engine, weight, activation)
    assert found.values.tolist() == wanted and ways["odd product"]


@pytest.mark.parametrize("fp", [False, True])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("place", ["element", "scale"])
def test_one_that_is_special(fp, side, place, ways, monkeypatch):
    """One NaN or infinity makes its piece go the long way, and no other."""
    monkeypatch.setattr("macsmith.golden.pieces.ELEMENTS", 5 * 20)
    monkeypatch.setattr("macsmith.golden.pieces.RESULTS", 5 * 2)
    engine = engine_of(("e5m2", ("ue4m3",)), ("e5m2", ("ue4m3",)), fp)
    rng = np.random.default_rng(5)
    sides = [
        quantized(rng, operand, "zero", "tame", (15, 20))
        for operand in (engine.arithmetic.weight, engine.arithmetic.activation)
    ]
    for given in sides:
        given.codes["code"][:] = rng.integers(0x30, 0x48, (15, 20))
    codes = (
        sides[side].codes["code"] if place == "element" else next(iter(sides[side].scales.values()))
    )
    codes[7, 1] = 0x7C if place == "element" else 0x7F
    result = matmul(engine, *sides)
    same(result, long_way(monkeypatch, engine, *sides))
    assert np.isfinite(result.decode()).all(axis=1 - side).sum() == 14
    assert ways["value"] and ways["not value"]


@pytest.mark.parametrize("columns", [1, 9])
def test_exact_zeros_are_positive(columns):
    engine = engine_of(("e2m1", ("fp16",)), ("e2m1", ()))
    weight, activation = (
        quantized(np.random.default_rng(0), side, "zero", "tame", (3, size))
        for side, size in ((engine.arithmetic.weight, 8), (engine.arithmetic.activation, 8))
    )
    weight.codes["code"][:] = 8  # -0
    activation.codes["code"][:] = 2
    activation = activation.rows(0, 1) if columns == 1 else activation
    weight.scales["s00"][:] = FP16.encode(-1.0)
    assert (matmul(engine, weight, activation).values == 0).all()


@pytest.mark.parametrize("name", ["gguf_q4_1", "mxfp8_e5m2", "bitnet"])
def test_where_subnormals_are_lost(name, preset, monkeypatch):
    """A library can switch them off: then FP32 goes the way of integers."""
    engine = preset(name)
    rng = np.random.default_rng(1)
    sides = [
        quantized(rng, side, "any", how, (4, 96))
        for side, how in (
            (engine.arithmetic.weight, "subnormal"),
            (engine.arithmetic.activation, "tame"),
        )
    ]
    result = matmul(engine, *sides)
    monkeypatch.setattr(single, "subnormals", lambda: False)
    same(result, matmul(engine, *sides))


@pytest.mark.parametrize("columns", [2, 9])
def test_zero_points_on_both_sides(columns, ways):
    """Two constants meet as often as there are elements, in the last group too."""
    sides = []
    for number in range(2):
        scale = Level(lookup("int4"), group(8), f"s{number}")
        zero = Level(lookup("uint4"), group(8), f"z{number}")
        planes = Plane(lookup("uint4"), (scale,)), Plane(lookup("minus_one"), (zero, scale))
        sides.append(Operand(planes))
    engine = Engine("x", (Arithmetic(*sides, output=Output(FP32)),), Build(1, 1, 1))
    rng = np.random.default_rng(9)
    given = [
        quantized(rng, side, shape=(rows, 21))
        for side, rows in zip(sides, (3, columns), strict=True)
    ]
    left, right = (side.dequantize() for side in given)
    assert (matmul(engine, *given).decode() == left @ right.T).all() and ways["value"]
    assert not ways["not value"]
