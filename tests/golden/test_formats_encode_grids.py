"""Rounding to integers and to code books: FP16 values, half-way points, and one ulp beside."""

from fractions import Fraction
from functools import cache
from math import floor

import numpy as np
import pytest
from macsmith.golden import Codebook, DesignError, Integer, formats, lookup
from second_models.elements import BITMOD_SPECIALS, E2M1_HALVES, element
from second_models.grids import encode_table, into_range, round_to_integer
from second_models.oracles import ML_INTEGERS

INTEGERS = [name for name in formats.names() if isinstance(lookup(name), Integer)]
BITMOD = [
    tuple([*E2M1_HALVES, 2 * special, *(-half for half in E2M1_HALVES[1:])])
    for special in BITMOD_SPECIALS
]
#: name -> table, unit, rule for ties.
TABLES = {
    "binary": ((-1, 1), 0, "up"),
    "ternary": ((0, 1, 0, -1), 0, "even"),
    "one": ((1,), 0, "even"),
    "minus_one": ((-1,), 0, "even"),
    "odd and even": ((-7, -4, 2, 5), 0, "even"),  # -1 lies between two even entries: the lower
    "only odd": ((-3, -1, 1, 5), -2, "even"),  # no even entry: the lower
    "repeated": ((5, 0, 5, 0), 1, "down"),  # the first of equals
    **{f"bitmod {s:+}": (t, -1, "down") for s, t in zip(BITMOD_SPECIALS, BITMOD, strict=True)},
}

both = pytest.mark.parametrize("saturate", [True, False], ids=["saturate", "wrap"])
roundings = pytest.mark.parametrize("rounding", ["nearest_even", "nearest_away", "toward_zero"])

HALF = np.arange(1 << 16).astype(np.uint16).view(np.float16).astype(np.float64)
FP16_VALUES = HALF[np.isfinite(HALF)]


def beside(points):
    """The points, and their float64 neighbours; those of zero at a distance that can be scaled."""
    points = np.asarray(points, np.float64)
    below, above = np.nextafter(points, -np.inf), np.nextafter(points, np.inf)
    below[points == 0], above[points == 0] = -(2.0**-1000), 2.0**-1000
    return np.concatenate([points, below, above])


def halves(low, high):
    """Every half from below ``low`` to above ``high``, and its neighbours; long ranges are cut."""
    ends = np.arange(-2, 2.5, 0.5)
    middle = np.arange(low, high, 0.5) if high - low < 1024 else ends
    return beside(np.concatenate([low + ends, high + ends, middle]))


@cache
def rounded(rounding):
    return [round_to_integer(x, rounding) for x in FP16_VALUES.tolist()]


def modelled(item, integers, saturate):
    width, low, high = item.width, item.low, item.high
    return [into_range(i, width, low, high, saturate) for i in integers]


@both
@roundings
@pytest.mark.parametrize("name", [name for name in INTEGERS if not lookup(name).exponent])
def test_every_fp16_value_goes_where_the_model_says(name, rounding, saturate):
    fmt = lookup(name)
    wanted = np.array(modelled(fmt, rounded(rounding), saturate))
    legal = np.isin(wanted, fmt.legal)  # a wrapped symmetric integer may hit the unused code
    got = fmt.encode(FP16_VALUES[legal], rounding, saturate)
    np.testing.assert_array_equal(got, wanted[legal])


@both
@roundings
@pytest.mark.parametrize("name", [*INTEGERS, "int1", "uint1", "int32", "uint32"])
def test_every_half_goes_where_the_model_says(name, rounding, saturate):
    fmt = lookup(name)
    values = halves(fmt.low, fmt.high) * 2.0**fmt.lsb
    integers = [round_to_integer(x, rounding, fmt.lsb) for x in values.tolist()]
    wanted = np.array(modelled(fmt, integers, saturate))
    legal = wanted != 1 << (fmt.bits - 1) if fmt.symmetric else np.full(wanted.shape, True)
    np.testing.assert_array_equal(fmt.encode(values[legal], rounding, saturate), wanted[legal])


@pytest.mark.parametrize("name", [n for n in ML_INTEGERS if n in INTEGERS])
def test_wrapping_toward_zero_is_ml_dtypes_cast(name):
    """Its casts of floats truncate and wrap; small integers only, the rest is undefined in C."""
    fmt = lookup(name)
    values = np.arange(-128, 128, 0.25) if fmt.bits < 8 else np.arange(0, fmt.high, 0.25)
    wide = np.trunc(values).astype(np.int32).astype(ML_INTEGERS[name])
    wanted = wide.view(np.uint16 if fmt.bits > 8 else np.uint8) & ((1 << fmt.bits) - 1)
    np.testing.assert_array_equal(fmt.encode(values, "toward_zero", saturate=False), wanted)


@pytest.mark.parametrize("name", INTEGERS)
def test_infinities_saturate_and_cannot_wrap(name):
    fmt = lookup(name)
    assert (
        fmt.integers(fmt.encode([-np.inf, np.inf, -1e300, 1e300])).tolist()
        == [
            fmt.low,
            fmt.high,
        ]
        * 2
    )
    for value in (np.inf, -np.inf):
        with pytest.raises(DesignError):
            fmt.encode([value], saturate=False)


def entry(name):
    table, unit, ties = TABLES[name]
    return Codebook(name, (table,), exponent=unit, ties=ties)


@both
@roundings
@pytest.mark.parametrize("name", TABLES)
def test_every_sixteenth_of_a_code_book_goes_where_the_model_says(name, rounding, saturate):
    """Beyond its ends, a code book gives the end, saturating or not."""
    table, unit, ties = TABLES[name]
    sixteenths = beside(np.arange(16 * min(table) - 64, 16 * max(table) + 64) / 16)
    wanted = [encode_table(table, ties, Fraction(x), rounding) for x in sixteenths.tolist()]
    got = entry(name).encode(sixteenths * 2.0**unit, rounding, saturate)
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("name", ["binary", "ternary", "one", "minus_one"])
def test_the_catalogue_holds_these_code_books(name):
    assert lookup(name) == entry(name)


@pytest.mark.parametrize("select, special", list(enumerate(BITMOD_SPECIALS)))
@roundings
def test_bitmod_encodes_with_the_table_in_force(select, special, rounding, preset):
    fmt = preset("bitmod4").arithmetic.weight.planes[0].element
    assert fmt == Codebook("bitmod4", tuple(BITMOD), exponent=-1, ties="down")
    values = beside(np.arange(-40, 41) / 4)
    alone = entry(f"bitmod {special:+}").encode(values, rounding)
    np.testing.assert_array_equal(fmt.encode(values, rounding, select=select), alone)
    assert fmt.encode([special], rounding, select=select) == [0b1000]


@pytest.mark.parametrize("name", [*INTEGERS, *TABLES])
def test_nan_is_refused(name):
    fmt = entry(name) if name in TABLES else lookup(name)
    with pytest.raises(DesignError, match="NaN"):
        fmt.encode([np.nan])


@roundings
@pytest.mark.parametrize("name", [*INTEGERS, *TABLES])
def test_decoding_then_encoding_gives_the_code_back(name, rounding):
    """Codes that share a value come back as the first of them."""
    fmt = entry(name) if name in TABLES else lookup(name)
    table = TABLES[name][0] if name in TABLES else fmt.legal.tolist()
    wanted = [table.index(value) for value in table] if name in TABLES else table
    for saturate in (True, False):
        assert fmt.encode(fmt.decode(fmt.legal), rounding, saturate).tolist() == wanted


def test_mxint8_has_both_ends():
    """0x80 is -2: decoders know it, so it may be encoded (``formats.md`` B1)."""
    assert lookup("mxint8").encode([-3.0, -2.0, 1.0, 1.984375, 3.0]).tolist() == [
        0x80, 0x80, 0x40, 0x7F, 0x7F,
    ]  # fmt: skip
    assert float(element("mxint8").decode(0x80)) == -2.0


@both
@pytest.mark.parametrize("name", ["denseshift2", "denseshift3", "denseshift4"])
def test_powers_of_two_take_the_nearest(name, saturate):
    """Half-way the even code; zero and all below the least become the least; none overflows."""
    fmt = lookup(name)
    powers = [Fraction(2) ** p for p in range(1 << (fmt.bits - 1))]
    points = beside(np.arange(0, 2 * float(powers[-1]) + 8, 0.25))
    for x in np.concatenate([points[points > 0], [1e-9, 1e30]]).tolist():
        distances = [(abs(Fraction(x) - p), code & 1, code) for code, p in enumerate(powers)]
        wanted = min(distances)[2]
        sign = 1 << (fmt.bits - 1)
        assert fmt.encode([x, -x], saturate=saturate).tolist() == [wanted, wanted + sign]
    assert fmt.encode([0.0]).tolist() == [0]


@pytest.mark.parametrize("name", ["denseshift2", "denseshift3", "denseshift4", "bipolar3"])
def test_without_zero_up_and_down_pass_it(name):
    """The next value up or down, of either sign; the ends saturate."""
    fmt = lookup(name)
    entries = np.unique(fmt.decode(fmt.legal))
    for x in beside(np.arange(entries[0] - 1, entries[-1] + 1.25, 0.25)).tolist():
        above, below = entries[entries >= x], entries[entries <= x]
        for rule, wanted in (
            ("up", above.min() if above.size else entries[-1]),
            ("down", below.max() if below.size else entries[0]),
        ):
            assert fmt.decode(fmt.encode([x], rule)) == [wanted], (x, rule)


@pytest.mark.cases(0)
@both
@pytest.mark.parametrize("name", [f"bipolar{n}" for n in range(1, 9)])
def test_bipolar_integers_take_the_nearest_odd_number(name, saturate):
    """Half-way, the even code; below zero as above it."""
    fmt = lookup(name)
    values = beside(np.arange(fmt.low, fmt.high + 0.25, 0.25))
    entries = {2 * code - fmt.high: code for code in range(1 << fmt.bits)}
    for x in values[(values >= fmt.low) & (values <= fmt.high)].tolist():
        # Odd numbers are two apart: the nearest are among these.
        around = [entry for entry in range(floor(x) - 2, floor(x) + 4) if entry in entries]
        near = min(abs(Fraction(x) - entry) for entry in around)
        ties = [entries[entry] for entry in around if abs(Fraction(x) - entry) == near]
        wanted = ties[0] if len(ties) == 1 else next(code for code in ties if code % 2 == 0)
        assert fmt.encode([x], saturate=saturate).tolist() == [wanted], x
    assert fmt.encode([-99e9, 99e9]).tolist() == [0, fmt.high]
