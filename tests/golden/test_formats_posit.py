"""Posits and stochastic rounding against SoftPosit, gfloat and the definitions."""

from fractions import Fraction

import gfloat
import numpy as np
import pytest
import softposit
from macsmith.golden import DesignError, Stochastic, lookup
from second_models.oracles import gfloat_info
from second_models.others import posit_code, values

POSITS = [f"posit{n}_{es}" for n in range(3, 9) for es in range(4)]


def between(name):
    """Every value, every threshold, one ulp beside each, and far beyond; both signs."""
    fmt = lookup(name)
    longer = values(f"posit{fmt.width + 1}_{fmt.es}")
    points = np.array([float(v) for v in longer[1 : 1 << fmt.width]])
    around = [points, np.nextafter(points, 0), np.nextafter(points, np.inf)]
    found = np.unique(np.concatenate([*around, points / 3, [0.0, 1e-300, 1e300]]))
    return np.concatenate([found, -found])


@pytest.mark.parametrize("name", POSITS)
def test_every_code_equals_the_definition(name):
    wanted = [float(value) for value in values(name)]
    np.testing.assert_array_equal(lookup(name).decode(lookup(name).legal), wanted)


@pytest.mark.parametrize("name", [*POSITS, "posit12_1"])
def test_rounding_acts_on_the_bit_string(name):
    fmt, points = lookup(name), between(name)
    wanted = [posit_code(Fraction(x), fmt.width, fmt.es) for x in points.tolist()]
    np.testing.assert_array_equal(fmt.encode(points), wanted)


@pytest.mark.parametrize(
    "name, kind", [("posit8_0", softposit.posit8), ("posit16_1", softposit.posit16)]
)
def test_softposit_agrees(name, kind):
    """SoftPosit shows NaR as infinity; its raw code is ``.v.v``."""
    fmt = lookup(name)
    nar = fmt.nan_code
    codes = [code for code in fmt.legal.tolist() if code != nar]
    made = kind(0)
    shown = []
    for code in codes:
        made.fromBits(code)
        shown.append(float(made))
    np.testing.assert_array_equal(fmt.decode(codes), shown)
    points = between(name)[:: 1 if fmt.width == 8 else 7]
    points = points[(np.abs(points) < 1e30) & (np.abs(points) > 1e-30)]
    np.testing.assert_array_equal(fmt.encode(points), [kind(x).v.v for x in points.tolist()])


def test_nothing_but_zero_becomes_zero_and_only_nan_becomes_nar():
    fmt = lookup("posit8_0")
    assert fmt.encode([0.0, -0.0, 1e-9, -1e-9, 1e9, -1e9, np.inf]).tolist() == [
        0, 0, 1, 255, 127, 129, 127,
    ]  # fmt: skip
    assert fmt.encode([np.nan, np.inf, -np.inf], saturate=False).tolist() == [128, 128, 128]


@pytest.mark.parametrize("bits", [1, 3, 8])
@pytest.mark.parametrize("name", ["e4m3", "e2m1", "bf16"])
def test_stochastic_rounding_equals_gfloat(name, bits):
    """gfloat's StochasticFastest: the carry of the truncated fraction and the random bits."""
    rng = np.random.default_rng(bits)
    x = np.concatenate([rng.normal(0, 2, 2000), np.arange(-64, 64) / 16])
    random = rng.integers(0, 1 << bits, x.shape)
    info, mode = gfloat_info(name), gfloat.RoundMode.StochasticFastest
    wanted = [
        gfloat.round_float(info, v, mode, sat=True, srbits=int(r), srnumbits=bits)
        for v, r in zip(x.tolist(), random.tolist(), strict=True)
    ]
    got = lookup(name).decode(lookup(name).encode(x, Stochastic(bits, random)))
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", ["int4", "posit8_1", "iq4_nl", "bipolar3", "e3m2"])
def test_stochastic_rounding_is_fair_in_the_mean(name):
    """Over all random numbers the mean is the value, to what the random bits resolve."""
    fmt, bits = lookup(name), 10
    random = np.arange(1 << bits)[:, None]
    x = np.array([0.3, 1.2, -1.7, 2.6, -3.1])
    codes = fmt.encode(np.broadcast_to(x, (1 << bits, len(x))), Stochastic(bits, random))
    found = fmt.decode(codes)
    assert (np.abs(found.mean(0) - x) <= np.ptp(found, axis=0) / (1 << bits)).all()
    assert (np.ptp(found, axis=0) > 0).all()


@pytest.mark.parametrize(
    "bits, random, text",
    [
        (0, 0, "1 to 30 random bits, got 0"),
        (3, 8, "integers of 3 bits"),
        (3, 0.5, "integers of 3 bits"),
    ],
)
def test_random_numbers_must_fit(bits, random, text):
    with pytest.raises(DesignError, match=text):
        Stochastic(bits, random)


def test_random_numbers_are_one_a_value_or_one_for_all():
    fmt = lookup("int8")
    with pytest.raises(DesignError, match="shape"):
        fmt.encode([[1.0, 2.0]], Stochastic(4, np.zeros(3, int)))
    with pytest.raises(DesignError, match="random numbers"):
        fmt.encode([1.0], "stochastic")
    many = np.full(40_000, 1.5)
    random = np.arange(many.size) % 16
    assert (fmt.encode(many, Stochastic(4, random)) == 1 + (random >= 8)).all()


@pytest.mark.parametrize("name", ["int8", "e4m3", "bf16", "e2m1_finite"])
@pytest.mark.parametrize("rounding", ["up", "down", "odd"])
def test_directed_rounding(name, rounding):
    """Between two neighbours, the one that the rule names; gfloat agrees on floats."""
    fmt = lookup(name)
    x = np.random.default_rng(3).normal(0, 1.7, 3000).clip(-6, 6)
    near = fmt.decode(fmt.encode(x, "toward_zero"))
    away = np.where(x < 0, fmt.decode(fmt.encode(x, "down")), fmt.decode(fmt.encode(x, "up")))
    found = fmt.decode(fmt.encode(x, rounding))
    exact = near == x
    if rounding == "odd":
        odd = fmt.encode(x, "toward_zero") & 1 == 1
        wanted = np.where(exact | odd, near, away)
    else:
        wanted = np.where(exact | ((x < 0) == (rounding == "up")), near, away)
    np.testing.assert_array_equal(found, wanted)
    assert (np.abs(near) <= np.abs(x)).all() and (np.abs(away) >= np.abs(x)).all()
    if name != "int8":
        mode = {"up": "TowardPositive", "down": "TowardNegative", "odd": "ToOdd"}[rounding]
        if hasattr(gfloat.RoundMode, mode):
            rounded = gfloat.round_ndarray(gfloat_info(name), x, getattr(gfloat.RoundMode, mode))
            np.testing.assert_array_equal(found, rounded)
