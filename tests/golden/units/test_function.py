"""Functions of one value: against mpmath over all codes, and the errors that units state."""

import ml_dtypes
import mpmath
import numpy as np
import pytest
from macsmith.golden.errors import DesignError, UnknownName
from macsmith.golden.functions import FUNCTIONS, curve
from macsmith.golden.functions.exact import ONE
from macsmith.golden.units import FunctionOfOne

from macsmith import lookup

MP = mpmath.mp.clone()
MP.prec = 200

#: The functions as mpmath has them.
REAL = {
    "silu": lambda x: x / (1 + MP.exp(-x)),
    "gelu": lambda x: x * MP.erfc(-x / MP.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x / 2 * (
        1 + MP.tanh(MP.sqrt(2 / MP.pi) * (x + MP.mpf("0.044715") * x**3))
    ),
    "gelu_quick": lambda x: x / (1 + MP.exp(MP.mpf("-1.702") * x)),
    "sigmoid": lambda x: 1 / (1 + MP.exp(-x)),
    "tanh": MP.tanh,
    "exp": MP.exp,
    "reciprocal": lambda x: 1 / x,
}  # fmt: skip
#: Mantissa bits, least exponent, greatest exponent, NumPy's type.
TYPES = {"bf16": (7, -126, 127, ml_dtypes.bfloat16), "fp16": (10, -14, 15, np.float16)}
PAIRS = [(name, form) for name in REAL for form in TYPES]


def unit(function, form, **given):
    return FunctionOfOne(name="f", function=function, format=lookup(form), **given)


def off(function, form, codes, results):
    """The errors of results, in units in the last place of the exact ones."""
    width, least, greatest, kind = TYPES[form]
    top = MP.mpf(2) ** (greatest + 1)
    numbers = codes.astype(np.uint16).view(kind).astype(np.float64)
    found = results.view(kind).astype(np.float64)
    errors = []
    for x, y in zip(numbers.tolist(), found.tolist(), strict=True):
        exact = MP.mpf(REAL[function](MP.mpf(x)))
        if abs(exact) >= top:
            assert abs(y) == np.inf and (y > 0) == (exact > 0), x
            continue
        value = MP.mpf(y) if np.isfinite(y) else (top if y > 0 else -top)
        unit = max(MP.frexp(exact)[1] - 1, least) if exact else least
        errors.append(abs(value - exact) / MP.mpf(2) ** (unit - width))
    return max(errors)


def finite(form, step=1):
    """Codes of numbers but zero, every so many."""
    width, _, greatest, _ = TYPES[form]
    end = (2 * greatest + 1) << width
    codes = np.arange(1, end, step)
    return np.concatenate([codes, codes | 0x8000]).astype(np.uint16)


#: Arguments, and how many bits of a function have to be right there.
SAMPLES = [2.0**-133, 3 * 2.0**-24, 0.037, 0.5, 1.0, 2.71, 5.625, 8.5, 12.9, 13.4, 80.5, 88.7]


@pytest.mark.parametrize("function", REAL)
def test_exact_values_have_many_bits(function):
    for x in SAMPLES:
        for sign in (1, -1):
            found = FUNCTIONS[function].magnitude(int(MP.mpf(x) * ONE), sign < 0)
            exact = abs(MP.mpf(REAL[function](sign * MP.mpf(x))))
            if 2.0**-140 < exact < 2.0**128:
                assert abs(MP.mpf(found) / ONE / exact - 1) < 2.0**-50, (x, sign)


def test_every_function_has_a_second_definition():
    assert set(REAL) == set(FUNCTIONS)


@pytest.mark.parametrize("function, form", PAIRS)
def test_errors_of_some_codes_are_no_greater_than_stated(function, form):
    made, codes = unit(function, form), finite(form, 131)
    assert off(function, form, codes, made.apply(codes)) <= float(made.off) + 2.0**-31


@pytest.mark.slow
@pytest.mark.parametrize("function, form", PAIRS)
def test_the_greatest_error_of_all_codes_is_the_one_stated(function, form):
    made, codes = unit(function, form), finite(form)
    found = float(off(function, form, codes, made.apply(codes)))
    assert abs(found - float(made.off)) < 2.0**-30
    assert 0.5 <= found <= 0.75


#: Of +0, -0, +infinity and -infinity.
SPECIAL = {
    "silu": [0.0, -0.0, np.inf, -0.0],
    "gelu": [0.0, -0.0, np.inf, -0.0],
    "gelu_tanh": [0.0, -0.0, np.inf, -0.0],
    "gelu_quick": [0.0, -0.0, np.inf, -0.0],
    "sigmoid": [0.5, 0.5, 1.0, 0.0],
    "tanh": [0.0, -0.0, 1.0, -1.0],
    "exp": [1.0, 1.0, np.inf, 0.0],
    "reciprocal": [np.inf, -np.inf, 0.0, -0.0],
}


@pytest.mark.parametrize("function, form", PAIRS)
def test_what_is_special_is_as_stated(function, form):
    made, fmt = unit(function, form), lookup(form)
    given = fmt.encode(np.array([0.0, -0.0, np.inf, -np.inf]), saturate=False)
    results = fmt.decode(made.apply(given))
    assert results.tolist() == SPECIAL[function]
    assert np.signbit(results).tolist() == np.signbit(SPECIAL[function]).tolist()
    width, _, greatest, _ = TYPES[form]
    codes = np.arange(1 << fmt.bits, dtype=fmt.dtype)
    nans = codes[(codes & 0x7FFF) > 2 * greatest + 1 << width]
    assert len(nans) == 2 * ((1 << width) - 1)
    assert set(made.apply(nans).tolist()) == {fmt.nan_code}


@pytest.mark.parametrize("function", ["tanh", "sigmoid"])
def test_fewer_hundredths_take_more_lines(function):
    near, far = (unit(function, "fp16", error=error) for error in (60, 95))
    assert near.off <= 0.6 < far.off <= 0.95
    assert near.curve.entries > far.curve.entries


def test_a_code_that_is_wrong_is_found():
    made = unit("tanh", "bf16")
    sound, codes = made.curve, finite("bf16")
    table = sound.table.copy()
    table[0x3F80] += 2
    worse = off("tanh", "bf16", codes, table[codes])
    assert worse > 1 > float(made.off)


def test_other_formats_between_them_are_served():
    made = unit("silu", "e6m9_ieee")
    assert 0.5 <= made.off <= 0.75 and len(made.curve.table) == 1 << 16


def test_a_stream_keeps_its_marks():
    made = unit("exp", "bf16", lanes=2, rows=3)
    trial = made.trials(4, np.random.default_rng(1))[3]
    answer = made.answer(trial)["result"]
    assert answer.last.tolist() == trial["values"].last.tolist()
    assert answer.values[0].tolist() == made.apply(trial["values"].values[0]).tolist()


def test_both_ends_of_every_binade_are_sent():
    trials = unit("exp", "fp16").bounds()
    found = {int(code) for trial in trials for code in trial["values"].values[0].flat}
    assert {0, 0x3FF, 0x400, 0x7BFF, 0x7C00, 0x8000, 0xFC00, 0xFFFF} <= found
    assert len(found) == 2 * 64


@pytest.mark.parametrize(
    "given, message",
    [
        ({"error": 40}, "error must be 50 to 99, got 40"),
        ({"table": "rom"}, "table must be one of logic, block, got 'rom'"),
        ({"format": lookup("e4m3")}, "functions are of bf16, fp16, or another float"),
        ({"format": lookup("fp32")}, "got fp32"),
        ({"format": lookup("int8")}, "got int8"),
        ({"lanes": 0}, "lanes must be 1 to"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        FunctionOfOne(name="f", **given)


def test_an_unknown_function_is_answered_with_close_ones():
    with pytest.raises(UnknownName, match="sigmoid"):
        FunctionOfOne(name="f", function="sigmoids")


def test_an_error_out_of_reach_is_told():
    with pytest.raises(DesignError, match="more than error = 49 hundredths"):
        curve("exp", lookup("bf16"), 49)
