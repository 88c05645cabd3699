"""RMSNorm: its sums against fractions, its roots against integers, its results against decimals."""

from decimal import Decimal, getcontext
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import RmsNorm
from macsmith.golden.units.norm_trials import KINDS, drawn
from macsmith.golden.units.root_table import RootTable
from macsmith.golden.units.square_sum import SquareSum
from ulps import ulps

from macsmith import Options, design, lookup

FORMATS = ("values", "gamma", "result")


def unit(fmt="bf16", **given):
    given = {**dict.fromkeys(FORMATS, fmt), "token": 48, "lanes": 4, **given}
    return RmsNorm(
        name="n", **{key: lookup(v) if key in FORMATS and v else v for key, v in given.items()}
    )


@pytest.fixture(autouse=True)
def digits():
    """What is computed with decimals has 60 digits."""
    getcontext().prec = 60


def worst_of(unit, x, gamma, y):
    """How far results of a token are from the real numbers, in ulp; numbers, not codes."""
    mean = sum(Decimal(float(v)) ** 2 for v in x) / len(x) + Decimal(unit.eps)
    root, found = mean.sqrt(), []
    for value, factor, made in zip(x, gamma, y, strict=True):
        if not np.isfinite(factor):
            continue
        real = Decimal(float(value)) * Decimal(float(factor)) / root
        assert real or made == 0
        found.append(ulps(unit.result, real, made))
    return max(found, default=Decimal(0))


@pytest.mark.parametrize("token, eps", [(12, 1e-5), (16, 1e-8), (1, 1.0)])
@pytest.mark.parametrize("fmt", ["bf16", "fp16"])
def test_results_are_within_the_bound_of_the_real_numbers(fmt, token, eps):
    """Random tokens, a few great values, wide ranges, subnormal ones, and extremes."""
    norm = unit(fmt, token=token, lanes=1, eps=eps)
    rng, worst = np.random.default_rng(7), Decimal(0)
    for sent in [drawn(norm, kind, rng) for kind in range(len(KINDS))] + norm.bounds()[:6]:
        y = norm.answer(sent)["result"].values[0]
        parts = (sent["values"].values[0], sent["channel"].values[0], y)
        numbers = [norm.values.decode(part.reshape(-1, token)) for part in parts]
        for x, gamma, made in zip(*numbers, strict=True):
            if np.isfinite(x).all():
                worst = max(worst, worst_of(norm, x, gamma, made))
            else:
                assert np.isnan(made).all()
    assert Decimal("0.5") * (token > 1) <= worst <= Decimal(norm.error)
    assert norm.error < 0.57


@pytest.mark.parametrize("fmt", ["bf16", "fp16"])
def test_a_long_token_is_within_the_bound(fmt):
    norm = unit(fmt, token=4096)
    rng = np.random.default_rng(3)
    x = norm.values.encode(rng.standard_t(3, (1, 4096)))
    gamma = norm.gamma.encode(rng.normal(1, 0.3, 4096))
    y = norm.normalize(x, gamma)
    codes = (x[0], gamma, y[0])
    assert worst_of(norm, *(norm.values.decode(part) for part in codes)) <= Decimal(norm.error)


@pytest.mark.parametrize("fmt", ["bf16", "fp16", "e6m5_ieee", "e7m9_ieee"])
def test_sums_of_squares_are_exact_but_for_what_is_far_below(fmt):
    """By fractions, window by window, as the docstring says."""
    norm = unit(fmt, eps=1e-6)
    squares, values = norm.squares, norm.values
    eps = Fraction(1e-6) * norm.token
    rng = np.random.default_rng(1)
    for kind in range(6):
        codes = drawn(norm, kind, rng)["values"].values[0].reshape(-1, norm.token)
        for row, total, window in zip(codes, *squares.of(codes), strict=True):
            real = [Fraction(float(x)) ** 2 for x in values.decode(row)]
            unit_of = Fraction(2) ** (32 * int(window) - squares.origin)
            # An exponent field of 16·w and more is a square of 2^(32·w) units of window 0 and more.
            floor = unit_of * Fraction(2) ** (2 * values.mantissa_width)
            kept = sum(x for x in real if x >= floor or not window)
            rounded = abs(total * unit_of - kept - eps)
            assert rounded <= (eps if eps < floor and window else unit_of)
            assert abs(total * unit_of - sum(real) - eps) <= squares.error * (sum(real) + eps)
            assert squares.least <= total <= squares.most


@pytest.mark.parametrize("fmt", ["bf16", "fp16"])
def test_sums_are_rounded_as_floats_are(fmt):
    """Also between two of them, and up to the next power of two."""
    norm = unit(fmt)
    width = norm.sum.significand_width
    rng = np.random.default_rng(9)
    for place in (3, width - 1, width, width + 1, 50):
        totals = (1 << place) + rng.integers(0, 1 << place, 200)
        cut = max(place + 1 - width, 0)
        totals[:100] = totals[:100] >> cut << cut | (1 << cut) // 2  # ties
        totals[0] = (2 << place) - 1
        for total in totals.tolist():
            m, top = norm.rounded(total)
            fields = norm.sum.fields(norm.sum.encode(np.float64(total)))
            assert (m, top) == (fields.significand, fields.exponent + width - 1)


def test_the_order_of_a_token_does_not_matter():
    norm = unit(token=256, gamma=None)
    rng = np.random.default_rng(2)
    sizes = np.exp2(rng.uniform(-60, 60, (20, 256)))
    x = norm.values.encode(rng.choice([-1, 1], sizes.shape) * sizes)
    order = rng.permutation(256)
    np.testing.assert_array_equal(norm.normalize(x)[:, order], norm.normalize(x[:, order]))


@pytest.mark.parametrize("scale", [1, 2, 3, 48, 64, 768, 4096, 16384])
@pytest.mark.parametrize("bits", [13, 16])
def test_roots_are_within_their_bound_of_integers(scale, bits):
    """r² · w against k, in integers."""
    table = RootTable(scale, bits, (bits - 3) // 2, bits + 2)
    rng = np.random.default_rng(scale)
    m = rng.integers(1 << table.given - 1, 1 << table.given, 500)
    m[:2] = 1 << table.given - 1, (1 << table.given) - 1
    for odd in (0, 1):
        made, great = table.roots(m, np.full(m.shape, odd))
        assert (made >> bits - 1 == 1).all()
        for number, root, whole in zip(m.tolist(), made.tolist(), great.tolist(), strict=True):
            # sqrt(scale / 4^half / (m · 2^(1 - given + odd))) in units of 2^-80.
            square = (scale << 160 + table.given - 1) // (number << odd + 2 * table.half)
            exact = isqrt(square)
            value = root << 80 - bits + whole
            assert abs(value - exact) <= table.error * exact + 1
    assert table.error < 2.0 ** (1 - bits)


def test_what_is_no_number_makes_its_token_nan():
    norm = unit(token=4, lanes=2)
    one, inf, nan = 0x3F80, 0x7F80, 0x7FC0
    x = np.array([[one, one, one, one], [one, inf, one, one], [one, one, one, nan]])
    gamma = np.array([one, inf, nan, 0x8000])
    y = norm.normalize(x, gamma)
    # 1 / sqrt(1 + 1e-5) is next to 1.
    assert y.tolist() == [[one, inf, nan, 0x8000], [nan] * 4, [nan] * 4]


def test_zeros_stay_zeros():
    norm = unit("fp16", token=4)
    x = np.array([[0, 0x8000, 0, 0x8000]])
    assert norm.normalize(x, np.array([0x3C00, 0x3C00, 0xBC00, 0xBC00])).tolist() == [
        [0, 0x8000, 0x8000, 0]
    ]


def test_tokens_that_are_not_whole_give_nothing():
    norm = unit(token=8, lanes=2, vectors=2)
    sent = drawn(norm, 0, np.random.default_rng(1))
    found = norm.answer(sent)["result"]
    assert len(found) == 12 and found.last.tolist() == [False, False, False, True] * 3
    values, channel = sent["values"], sent["channel"]
    cut = {
        "values": Beats((values.values[0][:11],), (None,), values.last[:11]),
        "channel": Beats((channel.values[0][:6],), (None,), channel.last[:6]),
    }
    assert len(norm.answer(cut)["result"]) == 6
    np.testing.assert_array_equal(norm.answer(cut)["result"].values[0], found.values[0][:6])


def test_vectors_side_by_side_share_their_channels():
    norm, one = unit(token=8, lanes=2, vectors=3), unit(token=8, lanes=2)
    sent = drawn(norm, 0, np.random.default_rng(4))
    found = norm.answer(sent)["result"].values[0].reshape(-1, 3, 2)
    for vector in range(3):
        own = sent["values"].values[0].reshape(-1, 3, 2)[:, vector]
        beats = {**sent, "values": Beats((own,), (None,), sent["values"].last)}
        np.testing.assert_array_equal(one.answer(beats)["result"].values[0], found[:, vector])


@pytest.mark.parametrize("name", ["rmsnorm_bf16", "rmsnorm_fp16"])
def test_presets_have_a_bound(name):
    norm = design(name, Options(set=("eps=1e-6",)))
    assert norm.token == 4096 and norm.eps == 1e-6 and 0.5 < norm.error < 0.57


@pytest.mark.parametrize(
    "given, message",
    [
        ({"token": 6}, "a token of 6 values does not divide into beats of 4 lanes"),
        ({"token": 1 << 15}, "token must be 1 to 16384, got 32768"),
        ({"eps": 0.0}, r"eps must be 2\^-40 to 1, got 0.0"),
        ({"values": "e4m3"}, "values must be a signed float of 5 to 8 exponent bits"),
        ({"gamma": "int8"}, "gamma must be a signed float"),
        ({"result": "fp32"}, "up to 11 significand bits with NaN and infinity, such as bf16"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**given)


def test_an_eps_that_the_sums_cannot_hold_is_told():
    with pytest.raises(DesignError, match="choose another eps"):
        SquareSum(lookup("fp16"), 1, Fraction(2) ** -60).check()


def test_an_eps_that_is_no_number_is_told():
    with pytest.raises(TypeError, match="eps must be a float such as 1e-5"):
        unit(eps=1)
    with pytest.raises(DesignError, match="eps must be of type float, got 'x'"):
        design("rmsnorm_bf16", Options(set=("eps=x",)))
