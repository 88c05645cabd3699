"""The width of an exact sum: the table of ``formats.md`` D2, and that each bound is reached."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from macsmith.golden import Build, DesignError, Engine, lookup, matmul, raw
from macsmith.golden.bounds import result_range
from second_models.elements import element
from second_models.widths import extremes, width

LENGTHS = (1, 16, 32, 128, 4096, 16384)

#: Weight, activation: exponent of the unit; the width at each of LENGTHS.
TABLE = {
    ("int4", "int8"): (0, 12, 16, 17, 19, 24, 26),
    ("int4_sym", "int8_sym"): (0, 11, 15, 16, 18, 23, 25),
    ("uint4", "int8"): (0, 12, 16, 17, 19, 24, 26),
    ("int8", "int8"): (0, 16, 20, 21, 23, 28, 30),
    ("int4", "int4"): (0, 8, 12, 13, 15, 20, 22),
    ("int2", "int8"): (0, 10, 14, 15, 17, 22, 24),
    ("ternary", "int8"): (0, 9, 13, 14, 16, 21, 23),
    ("int16", "int16"): (0, 32, 36, 37, 39, 44, 46),
    ("e2m1", "e2m1"): (-2, 9, 13, 14, 16, 21, 23),
    ("e2m1", "int8"): (-1, 12, 16, 17, 19, 24, 26),
    ("e2m1", "e4m3"): (-10, 23, 27, 28, 30, 35, 37),
    ("e3m0", "int8"): (-2, 15, 19, 20, 22, 27, 29),
    ("e2m3", "e2m3"): (-6, 13, 17, 18, 20, 25, 27),
    ("e3m2", "e3m2"): (-8, 19, 23, 24, 26, 31, 33),
    ("e4m3", "e4m3"): (-18, 37, 41, 42, 44, 49, 51),
    ("e4m3", "e5m2"): (-25, 51, 55, 56, 58, 63, 65),
    ("e5m2", "e5m2"): (-32, 65, 69, 70, 72, 77, 79),
    ("mxint8", "mxint8"): (-12, 16, 20, 21, 23, 28, 30),
    ("fp16", "int4"): (-24, 44, 48, 49, 51, 56, 58),
    ("fp16", "int8"): (-24, 48, 52, 53, 55, 60, 62),
    ("fp16", "e2m1"): (-25, 45, 49, 50, 52, 57, 59),
    ("fp16", "fp16"): (-48, 81, 85, 86, 88, 93, 95),
}
#: Wider than 128 bits: refused, and the message names the width.
TOO_WIDE = {
    ("bf16", "int4"): (-133, 265, 269, 270, 272, 277, 279),
    ("bf16", "bf16"): (-266, 523, 527, 528, 530, 535, 537),
}
#: Pairs without a row in the table; unsigned sums need no sign bit.
OTHERS = [
    ("uint8", "uint8"),
    ("uint4", "uint4"),
    ("uint4", "ue4m3"),
    ("binary", "binary"),
    ("binary", "int8"),
    ("ternary", "ternary"),
    ("int3", "uint5"),
    ("e4m3_fnuz", "e5m2_fnuz"),
    ("e3m4_ieee", "e4m3_ieee"),
    ("ue5m3", "e2m1"),
    ("e1m2", "e2m2"),
    ("int8_sym", "int4"),
]


def rows(table):
    return [
        pytest.param(pair, unit, k, bits, id=f"{'x'.join(pair)}-{k}")
        for pair, (unit, *widths) in table.items()
        for k, bits in zip(LENGTHS, widths, strict=True)
    ]


@pytest.mark.parametrize("pair, unit, k, bits", rows(TABLE))
def test_the_published_table(pair, unit, k, bits):
    found = result_range(raw(*pair, k))
    assert (found.lsb, found.width) == (unit, bits) == (unit, width(*pair, k))


@pytest.mark.parametrize("pair, unit, k, bits", rows(TOO_WIDE))
def test_a_sum_wider_than_128_bits_is_refused_with_its_width(pair, unit, k, bits):
    with pytest.raises(DesignError, match=rf"\b{bits} bits.*aligned"):
        result_range(raw(*pair, k))
    assert width(*pair, k) == bits


def test_128_bits_are_the_limit():
    assert result_range(raw("fp16", "fp16", 1 << 47)).width == 128
    with pytest.raises(DesignError, match=r"\b129 bits"):
        result_range(raw("fp16", "fp16", 1 << 48))


@pytest.mark.parametrize("k", [1, 3, 7, 100, 4096])
@pytest.mark.parametrize("pair", OTHERS, ids="x".join)
def test_other_pairs_and_lengths(pair, k):
    assert result_range(raw(*pair, k)).width == width(*pair, k)


@cache
def code_of(name, value):
    """The code of a finite value given in units of the format's quantum."""
    item = element(name)
    wanted = value * Fraction(2) ** extremes(name)[2]
    return next(
        code
        for code in item.codes
        if (found := item.decode(code)).finite and found.fraction == wanted
    )


def extreme_sums(pair, k):
    """The four sums of k equal products of extreme values, as the golden model gives them."""
    lows_and_highs = [
        np.array([[code_of(name, value)] * k for value in extremes(name)[:2]], lookup(name).dtype)
        for name in pair
    ]
    engine = Engine("x", (raw(*pair, k_max=k),), Build(1, 1, 1))
    return [int(value) for value in matmul(engine, *lows_and_highs).values.flat]


@pytest.mark.parametrize("k", [1, 16, 128])
@pytest.mark.parametrize("pair", [*TABLE, *OTHERS], ids="x".join)
def test_extreme_data_reach_the_bound_and_overflow_one_bit_less(pair, k):
    found = result_range(raw(*pair, k))
    sums = extreme_sums(pair, k)
    assert (min(*sums, 0), max(*sums, 0)) == (min(found.low, 0), max(found.high, 0))
    signed = min(sums) < 0
    low, high = (
        (-1 << (found.width - 1), 1 << (found.width - 1))
        if signed
        else (
            0,
            1 << found.width,
        )
    )
    assert all(low <= value < high for value in sums)
    assert any(not low // 2 <= value < high // 2 for value in sums)


@pytest.mark.parametrize("pair", [("e4m3", "e4m3"), ("int16", "int16"), ("fp16", "fp16")])
def test_the_longest_reduction_does_not_overflow(pair):
    k = 4096
    scale = Fraction(2) ** (extremes(pair[0])[2] + extremes(pair[1])[2])
    low, high, _ = extremes(pair[0])
    assert max(extreme_sums(pair, k)) == k * max(low * low, high * high)
    assert result_range(raw(*pair, k)).lsb == scale.numerator.bit_length() - (
        scale.denominator.bit_length()
    )


@pytest.mark.parametrize("name", ["int4", "e4m3", "fp16", "binary", "ue4m3", "e8m0"])
def test_a_format_s_own_bounds(name):
    fmt = lookup(name)
    values = [v.fraction for c in element(name).codes if (v := element(name).decode(c)).finite]
    assert (fmt.minimum, fmt.maximum) == (min(values), max(values))
