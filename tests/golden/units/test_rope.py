"""Rotary position embedding: against rational arithmetic, and NumPy's complex products."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden import fp
from macsmith.golden.errors import DesignError
from macsmith.golden.units import Rope

from macsmith import lookup

TYPES = {"bf16": (7, -126, ml_dtypes.bfloat16), "fp16": (10, -14, np.float16)}


def unit(form="bf16", **given):
    return Rope(name="r", **{"format": lookup(form), "lanes": 2, **given})


def rounded(exact, width, least):
    """A Fraction to nearest even, with so many mantissa bits and so small an exponent."""
    if not exact:
        return exact
    size, exponent = abs(exact), least
    while size >= Fraction(2) ** (exponent + 1):
        exponent += 1
    step = Fraction(2) ** (exponent - width)
    return round(exact / step) * step


def numbers(codes, form):
    return [Fraction(float(x)) for x in codes.view(TYPES[form][2])]


@pytest.mark.parametrize("form", TYPES)
def test_a_pair_is_the_exact_product_rounded_once(form):
    fmt, rng = lookup(form), np.random.default_rng(1)
    width, least, kind = TYPES[form]
    values = fmt.encode(rng.normal(0, 1, (300, 2)) * np.exp2(rng.integers(-12, 3, (300, 2))))
    turn = rng.uniform(-4, 4, 300)
    cos, sin = fmt.encode(np.cos(turn)), fmt.encode(np.sin(turn))
    made = unit(form).turn(values, cos[:, None], sin[:, None])
    for row, c, s, result in zip(values, numbers(cos, form), numbers(sin, form), made, strict=True):
        a, b = numbers(row, form)
        wanted = [rounded(x, width, least) for x in (a * c - b * s, b * c + a * s)]
        assert numbers(result, form) == wanted


def test_a_sum_of_far_numbers_is_no_tie():
    """1 + 2^-8 is a tie of BF16, which 2^-100 more or less decides; float64 does not see it."""
    one, near = np.array([1 + 2.0**-8]), np.array([2.0**-100])
    bf16 = lookup("bf16")
    assert bf16.encode(fp.odd_sum(one, near)).tolist() == bf16.encode(one + 2.0**-30).tolist()
    assert bf16.encode(fp.odd_sum(one, -near)).tolist() == bf16.encode(np.ones(1)).tolist()
    assert fp.odd_sum(one, one).tolist() == [2 + 2.0**-7]


@pytest.mark.parametrize("pairs", ["halves", "adjacent"])
def test_heads_are_turned_as_complex_numbers(pairs):
    rng, fmt = np.random.default_rng(2), lookup("fp16")
    made = unit("fp16", lanes=8, rows=2, pairs=pairs)
    trial = made._trial("turned", 0, rng)
    found = fmt.decode(made.answer(trial)["result"].values[0]).reshape(-1, 2, 8)
    x = fmt.decode(trial["values"].values[0]).reshape(-1, 2, 8)
    cos, sin = (fmt.decode(part)[:, None, :] for part in trial["scale"].values)
    split = {"halves": (slice(0, 4), slice(4, 8)), "adjacent": (slice(0, 8, 2), slice(1, 8, 2))}
    first, second = split[pairs]
    wanted = (x[..., first] + 1j * x[..., second]) * (cos + 1j * sin)
    together = found[..., first] + 1j * found[..., second]
    assert np.abs(together - wanted).max() < 2.0**-10 * np.abs(wanted).max() * 2


def test_specials_are_as_in_ieee_754():
    fmt = lookup("bf16")
    values = fmt.encode(
        np.array([[np.inf, 1], [np.inf, 1], [np.nan, 1], [-0.0, 0.0]]), saturate=False
    )
    turns = (
        fmt.encode(np.array([[0.5], [1.0], [1.0], [1.0]])),
        fmt.encode(np.array([[0.5], [0.0], [0.0], [0.0]])),
    )
    found = fmt.decode(unit().turn(values, *turns))
    assert found[0].tolist() == [np.inf, np.inf]
    # Infinity times zero is no number, nor is what it is added to.
    assert found[1][0] == np.inf and np.isnan(found[1][1])
    assert np.isnan(found[2]).all()
    assert found[3].tolist() == [0, 0] and np.signbit(found[3]).tolist() == [True, False]


def test_beats_are_turned_by_the_angles_that_come_with_them():
    made = unit(lanes=4, rows=2)
    trial = made.trials(3, np.random.default_rng(3))[1]
    assert [len(trial[name]) for name in ("values", "scale")] == [8, 8]
    cut = {**trial, "scale": trial["scale"].only(made.streams[1], ["cos", "sin"])}
    cut["scale"] = type(cut["scale"])(
        tuple(v[:5] for v in cut["scale"].values), (None, None), cut["scale"].last[:5]
    )
    assert len(made.answer(cut)["result"]) == 5


@pytest.mark.parametrize(
    "given, message",
    [
        ({"lanes": 3}, "their number must be even, got 3"),
        ({"pairs": "thirds"}, "pairs must be one of halves, adjacent, got 'thirds'"),
        ({"angle": lookup("fp32")}, "angle must be a signed float with NaN of up to 12"),
        ({"form": "int8"}, "format must be a signed float with NaN"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**given)
