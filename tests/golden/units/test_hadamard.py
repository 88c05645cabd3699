"""The Walsh-Hadamard transform against its matrix, and float steps against exact fractions."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Hadamard

from macsmith import lookup

BF16 = lookup("bf16")


def sylvester(points):
    """H of 2n points from four copies of H of n."""
    h = np.ones((1, 1), np.int64)
    while len(h) < points:
        h = np.block([[h, h], [h, -h]])
    return h


@pytest.mark.parametrize("points", [16, 32, 64, 128, 256])
@pytest.mark.parametrize("name", ["int4", "int8", "int16"])
def test_integers_are_the_matrix_product(points, name):
    unit = Hadamard(name="h", points=points, format=lookup(name))
    codes = np.random.default_rng(points).choice(np.asarray(unit.format.legal), (7, points))
    values = unit.format.integers(codes).astype(np.int64)
    assert (unit.transform(codes) == values @ sylvester(points)).all()
    assert unit.result.bits == unit.format.bits + points.bit_length() - 1


@pytest.mark.parametrize("points", [16, 32])
def test_bounds_are_reached_and_hold(points):
    unit = Hadamard(name="h", points=points, format=lookup("int3"), lanes=4, vectors=2)
    found = np.concatenate([unit.answer(trial)["result"].values[0] for trial in unit.bounds()])
    h = sylvester(points)
    high = (np.where(h > 0, 3, -4) * h).sum(axis=1).max()
    low = (np.where(h > 0, -4, 3) * h).sum(axis=1).min()
    assert found.max() == high and found.min() == low
    assert unit.result.low <= low and high <= unit.result.high


def steps(values, rounded):
    """Butterflies one by one, each sum through ``rounded``."""
    x, distance = list(values), len(values) // 2
    while distance:
        for place in range(len(x)):
            if not place & distance:
                a, b = x[place], x[place + distance]
                x[place], x[place + distance] = rounded(a, b), rounded(a, -b)
        distance //= 2
    return x


def test_bf16_sums_are_rounded_one_by_one():
    """Each addition in ml_dtypes, which rounds a + b in float32 and then to BF16: the same where
    float32 is exact, which small exponents' span makes sure of."""
    unit = Hadamard(name="h", points=16, format=BF16, sums=BF16)
    rng = np.random.default_rng(0)
    values = rng.integers(-127, 128, (20, 16)).astype(ml_dtypes.bfloat16)
    got = unit.transform(BF16.encode(values.astype(float)))
    for row, found in zip(values, got, strict=True):
        wanted = steps(row, lambda a, b: ml_dtypes.bfloat16(np.float32(a) + np.float32(b)))
        assert (found == np.array(wanted).view(np.uint16)).all()


@pytest.mark.parametrize("points", [16, 32])
def test_the_product_with_the_factor_is_rounded_once(points):
    """FP32 sums that are exact, times the FP32 nearest 2^(-n/2): one rounding to BF16."""
    unit = Hadamard(name="h", points=points, format=BF16, normalize="multiplied")
    values = np.random.default_rng(1).integers(-127, 128, (10, points))
    got = BF16.decode(unit.transform(BF16.encode(values.astype(float))))
    factor = Fraction(float(np.float32(2.0 ** (-unit.steps / 2))))
    for row, found in zip(values @ sylvester(points), got, strict=True):
        for total, value in zip(row.tolist(), found.tolist(), strict=True):
            assert Fraction(value) == nearest(total * factor)


def nearest(value, precision=8):
    """A fraction to so many significant bits, ties to even."""
    if not value:
        return value
    exponent = 0
    while abs(value) / Fraction(2) ** exponent >= 1 << precision:
        exponent += 1
    while abs(value) / Fraction(2) ** exponent < 1 << (precision - 1):
        exponent -= 1
    return Fraction(round(value / Fraction(2) ** exponent)) * Fraction(2) ** exponent


def test_specials_are_those_of_ieee_754():
    unit = Hadamard(name="h", points=16, format=BF16, sums=BF16)
    x = np.zeros((3, 16))
    x[0, 3], x[1, 0], x[1, 1], x[2] = np.inf, np.inf, np.inf, -0.0
    y = BF16.decode(unit.transform(BF16.encode(x, saturate=False)))
    assert np.isinf(y[0]).all() and (np.signbit(y[0]) == (sylvester(16)[3] < 0)).all()
    assert np.isnan(y[1]).any() and np.isposinf(y[1, 0])
    # -0 + -0 is -0; -0 - -0 is +0, and what follows stays so.
    assert np.signbit(y[2, 0]) and not np.signbit(y[2, 1:]).any()


def test_folding_changes_the_unit_alone():
    plain, folded = (
        Hadamard(name="h", points=64, normalize=normalize) for normalize in ("none", "folded")
    )
    codes = np.random.default_rng(0).integers(0, 256, (3, 64)).astype(np.uint8)
    assert (plain.transform(codes) == folded.transform(codes)).all()
    assert (plain.result.lsb, folded.result.lsb) == (0, -3)
    assert Hadamard(name="h", points=32, normalize="folded").result.lsb == -2


def test_beats_carry_points_in_natural_order():
    unit = Hadamard(name="h", points=16, lanes=2, vectors=3)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (2, 3, 16)).astype(np.uint8)
    beats = x.reshape(2, 3, 8, 2).transpose(0, 2, 1, 3).reshape(16, 6)
    last = rng.random(19) < 0.5
    sent = Beats((np.concatenate([beats, beats[:3]]),), (None,), last)
    found = unit.answer({"points": sent})["result"]
    assert len(found) == 16 and (found.last == last[:16]).all(), "what is not whole has no answer"
    wanted = unit.transform(x).reshape(2, 3, 8, 2).transpose(0, 2, 1, 3).reshape(16, 6)
    assert (found.values[0] == wanted).all()


@pytest.mark.parametrize(
    "given, message",
    [
        ({"points": 8}, "points must be 16 to 16384, got 8"),
        ({"points": 36}, "points must be a power of two, or one times .* 12, 20, 28, got 36"),
        ({"points": 48, "lanes": 8}, "lanes must be 1 to 4, got 8"),
        ({"signs": -1}, "signs must be 0 to 4294967295, got -1"),
        ({"lanes": 128}, "lanes must be 1 to 64, got 128"),
        ({"lanes": 3}, "lanes must be a power of two, got 3"),
        ({"format": lookup("uint8")}, "signed and have up to 24 bits, got uint8"),
        ({"format": lookup("e2m1")}, "or a signed float with NaN .* got e2m1"),
        ({"sums": BF16}, "sums of integers are exact"),
        ({"normalize": "half"}, "normalize must be one of none, folded, multiplied, got 'half'"),
        ({"normalize": "multiplied"}, "integers are not multiplied"),
        ({"format": BF16, "normalize": "folded"}, "floats have no unit to fold into"),
        ({"name": "module"}, "must not be a Verilog keyword, got 'module'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(given, message):
    with pytest.raises(DesignError, match=message):
        Hadamard(**{"name": "h", **given})
