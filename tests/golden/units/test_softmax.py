"""Softmax: against mpmath, within the bound that the unit states, on random and odd tokens."""

import ml_dtypes
import mpmath
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Softmax
from macsmith.golden.units.softmax_parts import Parts

from macsmith import lookup

MP = mpmath.mp.clone()
MP.prec = 120

#: Mantissa bits, least exponent, NumPy's type.
TYPES = {"bf16": (7, -126, ml_dtypes.bfloat16), "fp16": (10, -14, np.float16)}


def unit(form="bf16", **given):
    return Softmax(name="s", format=lookup(form), **{"token": 512, "lanes": 1, **given})


def off(made, form, codes):
    """The greatest error of a token in units in the last place of exact results, of those that are
    no subnormals and less than clip below the greatest; what is clipped must be 0."""
    width, least, kind = TYPES[form]
    x = codes.view(kind).astype(np.float64)
    y = made.softmax(codes).view(kind).astype(np.float64)
    apart = x.max() - x
    powers = [MP.exp(-MP.mpf(d)) for d in apart.tolist()]
    total, worst = MP.fsum(powers), 0.0
    for d, power, result in zip(apart.tolist(), powers, y.tolist(), strict=True):
        exact = power / total
        if d >= made.clip:
            assert result == 0 and exact < MP.exp(-made.clip) * 1.001
        elif exact >= 2.0**least and d < made.clip - 2.0 ** (-5 - width):
            place = MP.frexp(exact)[1] - 1 - width
            worst = max(worst, float(abs(MP.mpf(result) - exact) / MP.mpf(2) ** place))
    return worst


def tokens(form, rng):
    """Random tokens and adversarial ones."""
    fmt, kind = lookup(form), TYPES[form][2]
    for spread in (0.01, 1, 3, 9, 40):
        for count in (1, 2, 30, 512):
            yield fmt.encode(rng.normal(0, spread, count))
    yield np.zeros(512, kind).view(np.uint16)  # the greatest sum
    yield fmt.encode(np.concatenate([[0.0], np.full(511, -9.3)]))  # terms that are cut alike
    yield fmt.encode(np.concatenate([[0.0], np.full(511, -15.9)]))
    yield fmt.encode(np.concatenate([[20000.0], rng.normal(0, 3, 100)]))  # all clipped but one
    yield fmt.encode(-np.arange(512) / 16)  # every distance in sixteenths
    yield fmt.encode(np.linspace(-32, 0, 400))
    yield fmt.encode(np.full(300, -60000.0))


@pytest.mark.parametrize("form", TYPES)
def test_errors_stay_within_the_bound(form):
    made, rng = unit(form), np.random.default_rng(1)
    found = max(off(made, form, codes) for codes in tokens(form, rng))
    # Correct rounding is off by a half; a bound that is far away says little.
    assert 0.5 < found <= float(made.off) < 1


@pytest.mark.parametrize("clip", [16, 32, 64])
@pytest.mark.parametrize("form", TYPES)
def test_powers_and_reciprocals_stay_within_theirs(form, clip):
    parts = Parts(lookup(form), clip)
    rng = np.random.default_rng(2)
    whole = rng.uniform(0, clip - 0.1, 400)
    codes = np.rint(whole * 2**parts.fraction).astype(np.int64)
    significands, n = parts.power(codes)
    error = float(parts.error)
    for d, significand, down in zip(whole.tolist(), significands.tolist(), n.tolist(), strict=True):
        assert 1 << parts.bits - 1 <= significand < 1 << parts.bits
        found = MP.mpf(significand) / MP.mpf(2) ** (parts.bits + down)
        assert abs(found / MP.exp(-MP.mpf(d)) - 1) <= error
    for total in rng.integers(1 << parts.term, 1 << parts.term + 9, 400).tolist():
        significand, exponent = parts.reciprocal(total)
        assert 1 << parts.bits - 1 <= significand < 1 << parts.bits
        found = MP.mpf(significand) * MP.mpf(2) ** (exponent - parts.bits)
        exact = MP.mpf(2) ** parts.term / total
        assert abs(found / exact - 1) <= float(parts.reciprocal_error)


@pytest.mark.parametrize("form", TYPES)
def test_one_over_ln_2_is_the_nearest(form):
    for clip in (16, 32, 64):
        parts = Parts(lookup(form), clip)
        exact = MP.mpf(2) ** parts.places / MP.ln(2)
        assert parts.factor == int(MP.nint(exact))


@pytest.mark.parametrize("form", TYPES)
def test_specials_are_as_stated(form):
    made, fmt = unit(form), lookup(form)

    def results(*values):
        return fmt.decode(made.softmax(fmt.encode(np.array(values), saturate=False))).tolist()

    assert results(1.0, -np.inf) == [1.0, 0.0]
    assert results(2.0) == [1.0] and results(0.0, -0.0) == [0.5, 0.5]
    for token in ([1.0, np.nan], [np.inf, 1.0], [-np.inf, -np.inf], [-np.inf]):
        assert np.isnan(results(*token)).all()
    codes = np.array([fmt.encode(1.0), 1 << fmt.bits - 1 | fmt.nan_code], fmt.dtype)
    assert made.softmax(codes).tolist() == [fmt.nan_code] * 2


def test_tokens_end_with_last_or_when_they_are_full():
    made = unit(token=6, lanes=2)
    fmt, last = made.format, np.array([0, 1, 0, 0, 0, 0, 1, 0], bool)
    codes = fmt.encode(np.random.default_rng(3).normal(0, 1, (8, 2)))
    answer = made.answer({"values": Beats((codes,), (None,), last)})["result"]
    # Beats 0-1, 2-4 (full), 5-6; the last beat's token has not ended.
    assert answer.last.tolist() == [False, True, False, False, True, False, True]
    for start, end in ((0, 2), (2, 5), (5, 7)):
        wanted = made.softmax(codes[start:end].ravel()).reshape(-1, 2)
        assert answer.values[0][start:end].tolist() == wanted.tolist()


def test_longer_tokens_have_a_wider_bound():
    assert unit(token=256).off < unit(token=1024).off < unit(token=4096).off < 1.2


@pytest.mark.parametrize(
    "given, message",
    [
        ({"token": 10, "lanes": 4}, "a token of 10 values does not divide into beats of 4"),
        ({"clip": 20}, "clip must be 16, 32 or 64, got 20"),
        ({"token": 1 << 15}, "token must be 1 to 16384, got 32768"),
        ({"form": "e5m2"}, "a softmax is of bf16, fp16, or another float"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**given)


def test_too_long_a_token_is_told():
    with pytest.raises(DesignError, match="a token has 1 to 512 values, got an array of shape"):
        unit().softmax(np.zeros(513, np.uint16))
