"""LayerNorm: its differences against fractions, its results against decimals."""

from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import LayerNorm
from macsmith.golden.units.norm_trials import KINDS, drawn
from macsmith.golden.units.value_sum import ValueSum
from ulps import ulps

from macsmith import Options, design, lookup

FORMATS = ("values", "gamma", "beta", "result")


def unit(fmt="bf16", **given):
    given = {**dict.fromkeys(FORMATS, fmt), "token": 48, "lanes": 4, **given}
    return LayerNorm(
        name="n", **{key: lookup(v) if key in FORMATS and v else v for key, v in given.items()}
    )


@pytest.fixture(autouse=True)
def digits():
    """What is computed with decimals has 120 digits: as far apart values of a token may be."""
    getcontext().prec = 120


def worst_of(unit, x, gamma, beta, y):
    """How far results of a token are from the real numbers, in ulp; numbers, not codes."""
    exact = [Decimal(float(v)) for v in x]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / len(exact)
    root, found = (variance + Decimal(unit.eps)).sqrt(), []
    for value, factor, addend, made in zip(exact, gamma, beta, y, strict=True):
        if not np.isfinite(factor) or not np.isfinite(addend):
            assert not np.isfinite(made)
            continue
        product = (value - mean) / root * Decimal(float(factor))
        if beyond(unit, product):
            continue
        slack = Decimal(unit.lost) * abs(Decimal(float(factor)))
        real = product + Decimal(float(addend))
        found.append(ulps(unit.result, real, made, product, slack))
    return max(found, default=Decimal(0))


def beyond(unit, product):
    """Whether a product, beside a beta, is infinite before that is added."""
    return unit.beta and abs(product) * (1 + Decimal(2) ** -16) >= Decimal(2) ** 128


def told(unit, sent):
    """Values, gammas, betas and results of tokens, as numbers."""
    y = unit.answer(sent)["result"].values[0]
    parts = {"values": sent["values"].values[0]} | dict.fromkeys(("gamma", "beta"))
    if unit.channel:
        parts |= zip(unit.channel, sent["channel"].values, strict=True)
    ones, zeros = np.ones(y.size), np.zeros(y.size)
    formats = {"values": unit.values, **unit.channel}
    numbers = [
        formats[name].decode(codes) if codes is not None else (ones if name == "gamma" else zeros)
        for name, codes in parts.items()
    ]
    return zip(*(part.reshape(-1, unit.token) for part in (*numbers, unit.result.decode(y))),
               strict=True)  # fmt: skip


@pytest.mark.parametrize("token, eps", [(12, 1e-5), (16, 1e-8), (1, 1.0)])
@pytest.mark.parametrize(
    "fmt, changes",
    [("bf16", {}), ("fp16", {}), ("bf16", {"beta": None}), ("fp16", {"gamma": None})],
)
def test_results_are_within_the_bound_of_the_real_numbers(fmt, changes, token, eps):
    """Random tokens, a few great values, wide ranges, means far from zero, and extremes."""
    norm = unit(fmt, token=token, lanes=1, eps=eps, **changes)
    rng, worst = np.random.default_rng(7), Decimal(0)
    for sent in [drawn(norm, kind, rng) for kind in range(2 * len(KINDS))] + norm.bounds()[:9]:
        for x, gamma, beta, made in told(norm, sent):
            if np.isfinite(x).all():
                worst = max(worst, worst_of(norm, x, gamma, beta, made))
            else:
                assert np.isnan(made).all()
    assert Decimal("0.45") * (token > 1) <= worst <= Decimal(norm.error)
    assert norm.error < 0.64


def test_what_is_lost_is_little_and_does_happen():
    """Of tokens whose values are far apart the bound needs ``lost``; of FP16 nothing is lost."""
    norm = unit(token=12, lanes=1, beta=None, gamma=None)
    assert 2e-9 < norm.lost < 3e-9 and unit("fp16").lost == 0
    x = np.array([1.0, -1.0] + [2.0**-60 * n for n in range(1, 11)])
    made = norm.result.decode(norm.normalize(norm.values.encode(x)[None]))[0]
    assert (made[2:] == 0).all() and abs(made[0] - 6**0.5) < 2.0**-7


@pytest.mark.parametrize("fmt", ["bf16", "fp16"])
def test_a_long_token_is_within_the_bound(fmt):
    norm = unit(fmt, token=4096)
    rng = np.random.default_rng(3)
    x = norm.values.encode(rng.standard_t(3, (1, 4096)) + 5)
    gamma, beta = (norm.gamma.encode(rng.normal(mean, 0.3, 4096)) for mean in (1, 0))
    y = norm.normalize(x, gamma, beta)
    numbers = [norm.values.decode(part) for part in (x[0], gamma, beta, y[0])]
    assert worst_of(norm, *numbers) <= Decimal(norm.error)


@pytest.mark.parametrize("fmt", ["bf16", "fp16", "e6m5_ieee", "e7m9_ieee", "e8m10_ieee"])
@pytest.mark.parametrize("count", [1, 12, 48])
def test_differences_are_exact_before_they_are_rounded(fmt, count):
    """By fractions: the mean of what is not far below the greatest, rounded to nearest even."""
    values = lookup(fmt)
    centre = ValueSum(values, count, 13)
    norm = unit(fmt, token=count, lanes=1, gamma=None, beta=None)
    rng = np.random.default_rng(count)
    for kind in range(len(KINDS) - 2):
        codes = drawn(norm, kind, rng)["values"].values[0].reshape(-1, count)
        for row, made in zip(codes, centre.differences(codes), strict=True):
            real = [Fraction(float(x)) for x in values.decode(row)]
            top = max(map(abs, real))
            exponent = max(np.frexp(float(top))[1] - 1 + values.bias, 1) if top else 1
            low = max(int(exponent) // 16 - 2, centre.base)
            least = Fraction(2) ** (16 * low - values.bias) if low else 0
            kept = [x if abs(x) >= least else Fraction(0) for x in real]
            for x, y in zip(kept, centre.centred.decode(made).tolist(), strict=True):
                exact = count * x - sum(kept)
                assert (exact == 0) == (y == 0)
                if exact:
                    place = Fraction(2) ** (int(np.frexp(abs(y))[1]) - 13)
                    off = abs(Fraction(y) - exact)
                    assert off < place / 2 or (off == place / 2 and Fraction(y) / place % 2 == 0)


def test_a_constant_token_is_beta():
    """All values are at the mean: zeros, and so what is added."""
    norm = unit("fp16", token=4, lanes=2)
    x = np.full((1, 4), 0x7BFF)
    gamma, beta = np.array([0x3C00, 0xBC00, 0x3C00, 0]), np.array([0x3C00, 0x8000, 0x8000, 0x0001])
    assert norm.normalize(x, gamma, beta).tolist() == [[0x3C00, 0x8000, 0, 1]]


def test_a_shift_of_all_values_changes_nothing():
    """x + 4 where both are exact: variance and differences stay."""
    norm = unit("fp16", token=64, gamma=None, beta=None)
    x = np.random.default_rng(5).integers(-512, 512, (3, 64)) / 256
    first, second = (norm.normalize(norm.values.encode(given)) for given in (x, x + 4))
    np.testing.assert_array_equal(first, second)


def test_the_order_of_a_token_does_not_matter():
    norm = unit(token=256, gamma=None, beta=None)
    rng = np.random.default_rng(2)
    sizes = np.exp2(rng.uniform(-60, 60, (20, 256)))
    x = norm.values.encode(rng.choice([-1, 1], sizes.shape) * sizes)
    order = rng.permutation(256)
    np.testing.assert_array_equal(norm.normalize(x)[:, order], norm.normalize(x[:, order]))


def test_what_is_no_number_makes_its_token_nan():
    norm = unit(token=4, lanes=2)
    one, inf, nan, minus = 0x3F80, 0x7F80, 0x7FC0, 0xBF80
    x = np.array([[one, minus, one, minus], [one, inf, one, one], [one, one, one, nan]])
    gamma, beta = np.array([one, inf, nan, one]), np.array([inf, inf, one, 0x8000])
    y = norm.normalize(x, gamma, beta)
    # 1 / sqrt(1 + 1e-5) is next to 1; -inf + inf is NaN.
    assert y.tolist() == [[inf, nan, nan, minus], [nan] * 4, [nan] * 4]


def test_tokens_that_are_not_whole_give_nothing():
    norm = unit(token=8, lanes=2, vectors=2)
    sent = drawn(norm, 0, np.random.default_rng(1))
    found = norm.answer(sent)["result"]
    assert len(found) == 12 and found.last.tolist() == [False, False, False, True] * 3
    values, channel = sent["values"], sent["channel"]
    cut = {
        "values": Beats((values.values[0][:11],), (None,), values.last[:11]),
        "channel": Beats(tuple(v[:6] for v in channel.values), (None,) * 2, channel.last[:6]),
    }
    np.testing.assert_array_equal(norm.answer(cut)["result"].values[0], found.values[0][:6])


@pytest.mark.parametrize("name", ["layernorm_bf16", "layernorm_fp16"])
def test_presets_have_a_bound(name):
    norm = design(name, Options(set=("eps=1e-6",)))
    assert norm.token == 4096 and norm.eps == 1e-6 and 0.5 < norm.error < 0.64


@pytest.mark.parametrize(
    "given, message",
    [
        ({"token": 6}, "a token of 6 values does not divide into beats of 4 lanes"),
        ({"eps": 2.0}, r"eps must be 2\^-40 to 1, got 2.0"),
        ({"values": "e4m3"}, "values must be a signed float of 5 to 8 exponent bits"),
        ({"beta": "int8"}, "beta must be a signed float"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**given)
