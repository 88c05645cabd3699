"""What the short way is made of, against exact integers and rationals."""

from fractions import Fraction
from math import frexp

import numpy as np
import pytest
from macsmith.golden import blas, lookup
from macsmith.golden.exact import to_float
from macsmith.golden.folded.factor import Bounds, Factor, element_factor, measured
from macsmith.golden.folded.odd import odd_product, odd_sum
from macsmith.golden.folded.slices import Sums

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (5, 3, 7), (513, 1, 600), (70, 600, 33), (40, 90, 700), (3, 9, 1 << 15)]
)
@pytest.mark.parametrize("groups", [1, 3])
def test_products_in_pieces(shape, groups):
    n, m, k = shape
    left, right = (RNG.integers(-8, 8, (groups, size, k)) for size in (n, m))
    found = blas.product(left.astype(np.float32), right.astype(np.float32))
    assert (found == left @ right.swapaxes(1, 2)).all()


def test_no_call_is_so_large_that_it_gets_threads(monkeypatch):
    calls, real = [], np.matmul

    def counted(a, b, **more):
        calls.append(a.shape[-2] * a.shape[-1] * b.shape[-1])
        return real(a, b, **more)

    monkeypatch.setattr(blas.np, "matmul", counted)
    for n, m, k in ((1000, 1, 4096), (300, 300, 300), (2, 2, 4096), (9, 4096, 9)):
        blas.product(np.zeros((n, k), np.float32), np.zeros((m, k), np.float32))
    assert max(calls) <= blas.CALL


def odd(exact):
    """A rational rounded to odd at 53 bits, by a shift."""
    negative, exact = exact < 0, abs(exact)
    if not exact:
        return 0.0
    exponent = exact.numerator.bit_length() - exact.denominator.bit_length()
    unit = Fraction(2) ** (exponent - 53)
    while exact / unit >= 1 << 53:
        unit *= 2
    whole, rest = divmod(exact, unit)
    found = float((whole | bool(rest)) * unit)
    return -found if negative else found


def test_products_are_rounded_to_odd():
    # Of 24 bits by 53: most are inexact, and ties and exact ones are among them.
    a = RNG.integers(-(1 << 24), 1 << 24, 4000) * 2.0 ** RNG.integers(-60, 60, 4000)
    b = RNG.integers(-(1 << 53), 1 << 53, 4000) >> RNG.integers(0, 50, 4000)
    found = odd_product(a, b.astype(np.float64))
    wanted = [odd(Fraction(x) * int(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert found.tolist() == wanted


@pytest.mark.parametrize(
    "units", [(0, 0), (0, 1), (-30, 5), (0, 51), (0, 52), (0, 53), (-7, 23, 50), (0, 20, 40, 57)]
)
def test_sums_are_rounded_to_odd(units):
    parts = [RNG.integers(-(1 << 52), 1 << 52, 2000) >> RNG.integers(0, 52, 2000) for _ in units]
    parts[0][:9] = parts[-1][:9] = 0, 1, -1, 2, -2, 1 << 51, -(1 << 51), 3, -3
    parts[0][:4] = 0, 0, 1, -1
    found = odd_sum([(p * 2.0**unit, unit) for p, unit in zip(parts, units, strict=True)])
    for place in range(2000):
        exact = sum(int(p[place]) * Fraction(2) ** u for p, u in zip(parts, units, strict=True))
        assert found[place] == odd(exact), place
    assert not np.signbit(found[found == 0]).any()


@pytest.mark.parametrize("bits", [(20, 20), (24, 24), (41, 8), (53, 9), (30, 30), (53, 53)])
@pytest.mark.parametrize("each", [1, 3, 16])
def test_factors_too_wide_are_cut(bits, each):
    """Slices multiply to what the whole does, and none of their sums needs more than 53 bits."""
    numbers = [
        RNG.integers(-(1 << (b - 1)), 1 << (b - 1), (size, 16)) * 2 - 1
        for b, size in zip(bits, (4, 3), strict=True)
    ]
    numbers[0][0], numbers[1][0] = (1 << bits[0]) - 1, (1 << bits[1]) - 1
    factors = [
        Factor(n.astype(np.float64), Bounds(0, (1 << b) - 1), b)
        for n, b in zip(numbers, bits, strict=True)
    ]
    sums = Sums([tuple(factors)], [each])
    parts = sums.parts(0, sums.count)
    assert (len(parts) > 1) == (((1 << bits[0]) - 1) * ((1 << bits[1]) - 1) * each >= 1 << 53)
    left, right = (n.astype(object) for n in numbers)
    for begin, start in enumerate(range(0, 16, each)):
        exact = left[:, start : start + each] @ right[:, start : start + each].T
        total = sum(np.vectorize(Fraction, otypes="O")(values[begin]) for values, _ in parts)
        assert (total == exact).all()


@pytest.mark.parametrize("name", ["e4m3", "e5m2", "fp16", "ue4m3", "bf16", "e2m1", "fp32"])
def test_measured_bounds_hold_and_are_tight(name):
    fmt = lookup(name)
    for _ in range(50):
        codes = RNG.choice(fmt.legal if fmt.bits <= 16 else RNG.integers(0, 1 << 31, 9), (1, 5))
        values = fmt.decode(codes.astype(fmt.dtype))
        found = measured(fmt, values)
        if not np.isfinite(values).all():
            assert found is None
            continue
        assert found.high * 2.0**found.lsb == np.abs(values).max()
        assert (np.ldexp(values, -found.lsb) % 1 == 0).all()
        fields = fmt.fields(codes.astype(fmt.dtype))
        there = fields.significand > 0
        assert found.lsb == fields.exponent[there].min(initial=10**6) or not there.any()


@pytest.mark.parametrize(
    "name",
    [
        "uint4",
        "int4",
        "int8",
        "int8_sym",
        "mxint8",
        "e2m1",
        "e4m3",
        "ternary",
        "iq4_nl",
        "posit8_0",
        "int16",
        "fp16",
        "e8m0",
        "uint1",
    ],
)
@pytest.mark.parametrize("columns", [7, 8])
def test_elements_are_what_they_decode_to(name, columns):
    """Codes two at a time, one by one, and in another order of memory."""
    fmt = lookup(name)
    legal = fmt.legal[np.isfinite(fmt.decode(fmt.legal))]
    codes = RNG.choice(legal, (6, columns))
    for given in (codes, np.asfortranarray(codes), codes[1:], codes[:, ::-1]):
        found = element_factor(fmt, given)
        assert (found.values.astype(np.float64) == fmt.decode(given)).all()
        most = found.bounds.high * 2.0**found.bounds.lsb
        assert np.abs(found.values).max() <= most
        assert all(frexp(v)[0] * 2**found.digits % 1 == 0 for v in found.values.ravel().tolist())


@pytest.mark.parametrize("kind", [np.int64, object])
def test_integers_are_rounded_to_odd(kind):
    """Next to a power of two, too, which a float64 of the integer would reach."""
    values = [
        sign * ((1 << bits) + step)
        for bits in (0, 5, 52, 53, 54, 57, 61)
        for sign in (1, -1)
        for step in (-3, -2, -1, 0, 1, 2, 3, 5, 7, 9)
    ]
    found = to_float(np.array(values, kind), 3)
    assert found.tolist() == [odd(Fraction(8 * value)) for value in values]
