"""Butterflies against numpy.fft within their proven bound, scipy's matrices, and fractions."""

from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.units import Butterflies
from scipy.linalg import hadamard

from macsmith import lookup


def unit(**given):
    return Butterflies(name="b", **given)


def drawn(made, count, seed=0):
    """Codes at random, and at the ends."""
    rng = np.random.default_rng(seed)
    fmt = made.format
    values = rng.integers(fmt.low, fmt.high + 1, (count, made.points * made.parts))
    values[0], values[1] = fmt.low, np.where(values[1] < 0, fmt.low, fmt.high)
    return values, fmt.encode(values * 1.0)


def reversed_places(points):
    bits = points.bit_length() - 1
    return np.array([int(f"{place:0{bits}b}"[::-1], 2) for place in range(points)])


@pytest.mark.parametrize("points", [4, 8, 64, 1024])
@pytest.mark.parametrize("halved", [False, True])
@pytest.mark.parametrize("kernel", ["fft", "ifft"])
def test_the_fft_is_numpys_within_the_proven_bound(points, halved, kernel):
    made = unit(points=points, kernel=kernel, halved=halved)
    values, codes = drawn(made, 6)
    found = made.transform(codes).reshape(6, points, 2) * 2.0**made.result.lsb
    x = values[:, 0::2] + 1j * values[:, 1::2]
    wanted = np.fft.fft(x) if kernel == "fft" else np.fft.ifft(x) * points
    off = np.abs(found[..., 0] + 1j * found[..., 1] - wanted[:, reversed_places(points)]).max()
    bound = float(made.error)
    assert off <= bound + 1e-6, "float64 errs by less"
    # Of four points all matrices are exact.
    assert points == 4 or off > bound / 400, "the bound is of the right size"


@pytest.mark.parametrize("points", [16, 256])
def test_walsh_is_exact(points):
    made = unit(points=points, kernel="walsh", complex=False, format=lookup("int8"), fraction=3)
    values, codes = drawn(made, 4)
    assert (made.transform(codes) == values @ hadamard(points)).all()
    assert made.result.bits == 8 + made.steps, "the bounds grow by a bit a stage"


@pytest.mark.parametrize("complex_points", [False, True])
def test_stages_of_any_matrices_are_those_of_fractions(complex_points):
    """Each pair of each stage has a matrix of its own; ``round`` rounds sums, half to even."""
    parts = 1 + complex_points
    rng = np.random.default_rng(2)
    numbers = rng.integers(-9, 10, 3 * 8 * 2 * parts)
    made = unit(points=8, kernel="data", matrices=tuple(numbers.tolist()), fraction=3, lanes=2,
                complex=complex_points, format=lookup("int6"))  # fmt: skip
    values, codes = drawn(made, 5)
    wanted = []
    for row in values.tolist():
        x = [row[n * parts : (n + 1) * parts] for n in range(8)]
        given = iter(numbers.tolist())
        for distance in (4, 2, 1):
            for first in (n for n in range(8) if not n & distance):
                pair = [x[first], x[first + distance]]
                for place in (first, first + distance):
                    c = [[next(given) for _ in range(parts)] for _ in pair]
                    x[place] = [round(Fraction(part, 8)) for part in _product(c, pair)]
        wanted.append(sum(x, []))
    assert (made.transform(codes) == np.array(wanted)).all()


def _product(row, pair):
    if len(row[0]) == 1:
        return [sum(c[0] * x[0] for c, x in zip(row, pair, strict=True))]
    numbers = [complex(*c) * complex(*x) for c, x in zip(row, pair, strict=True)]
    return [int(sum(numbers).real), int(sum(numbers).imag)]


@pytest.mark.parametrize("given", [
    {"points": 16}, {"points": 16, "halved": True}, {"points": 64, "fraction": 8},
    {"points": 32, "kernel": "walsh", "complex": False, "halved": True},
])  # fmt: skip
def test_what_drives_numbers_to_their_bounds_stays_within_and_comes_near(given):
    made = unit(format=lookup("int8"), **given)
    found = np.concatenate([made.answer(trial)["result"].values[0] for trial in made.bounds()])
    low, high, _ = made.stage_bounds[-1]
    assert low <= found.min() and found.max() <= high
    assert found.max() > 0.6 * high and found.min() < 0.6 * low
    assert made.result.low <= low and high <= made.result.high


def test_a_transform_grows_by_a_bit_a_stage_and_halved_hardly():
    assert unit(points=1024).result.bits <= 16 + 10 + 1
    assert unit(points=1024, halved=True).result.bits <= 17
    assert unit(points=1024, halved=True).result.lsb == 10


@pytest.mark.parametrize(
    "given, message",
    [
        ({"points": 48}, "points must be a power of two, got 48"),
        ({"points": 2048}, "points must be 4 to 1024, got 2048"),
        ({"lanes": 3}, "lanes must be a power of two, got 3"),
        ({"format": lookup("bf16")}, "signed integers of up to 18 bits, got bf16"),
        ({"kernel": "ftt"}, "unknown kernel 'ftt'; close ones: fft"),
        ({"complex": False}, "kernel fft needs complex = true, got false"),
        ({"matrices": (1,)}, "matrices belong to kernel data, got kernel fft"),
        ({"kernel": "data", "points": 4}, "4 points take 32 numbers of matrices, got 0"),
        ({"kernel": "data", "points": 4, "complex": False, "matrices": (1 << 17,) * 16},
         "numbers of matrices must be -131071 to 131071, got 131072"),
        ({"fraction": 20}, "fraction must be 0 to 16, got 20"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_line(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**given)
