"""Rounding to a float format: every FP16 value, every midpoint, every rung, and one ulp beside."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from macsmith.golden import DesignError, Minifloat, formats, lookup
from second_models.elements import element
from second_models.nearest import code, ladder, nan_code
from second_models.oracles import ML_DTYPES, ROUNDINGS, gfloat_encode, gfloat_info, ml_encode
from second_models.p3109 import NAMES as P3109

CATALOGUE = [
    name
    for name in formats.names()
    if isinstance(fmt := lookup(name), Minifloat)
    and name != "fp32"
    and (fmt.has_zero or fmt.has_nan)  # no ladder from zero: see test_formats_encode_grids.py
]
FORMATS = [*CATALOGUE, *(name for name in ML_DTYPES if name not in CATALOGUE)]
POLICIES = ("finite", "fn", "ieee", "fnuz")
SMALL = [f"e{e}m{m}" for e in range(1, 8) for m in range(7) if 3 <= 1 + e + m <= 8]
OTHERS = [f"{n}_{p}" for n in SMALL for p in POLICIES if f"{n}_{p}" not in FORMATS]
OTHERS += [name for name in P3109 if name not in FORMATS]

HALF = np.arange(0x7C01).astype(np.uint16).view(np.float16).astype(np.float64)
FP16_VALUES = np.concatenate([HALF, -HALF])


@cache
def steps(name):
    return ladder(element(name))


@cache
def edges(name, kind=np.float64):
    """Magnitudes of each value and midpoint, and the neighbours that ``kind`` has on either side.

    The last midpoint is where overflow begins; the last value is the first that is too large.
    """
    points = np.unique([*steps(name).rungs, *steps(name).middles])
    with np.errstate(over="ignore"):
        found = points.astype(kind)
        found = found[found == points]
        around = [found, np.nextafter(found, kind(0)), np.nextafter(found, kind(np.inf))]
    return np.unique(np.concatenate(around).astype(np.float64))


def every_edge(name, *kinds):
    """Both signs of the edges, after all FP16 values."""
    found = [edges(name, kind) for kind in kinds]
    return np.concatenate([FP16_VALUES, *found, *(-values for values in found)])


def equal(got, wanted, values):
    """All codes alike, or the first value that differs."""
    wrong = np.flatnonzero(np.asarray(got) != np.asarray(wanted))
    assert not wrong.size, (
        f"{wrong.size} differ, first {float(values[wrong[0]]).hex()}: "
        f"got {got[wrong[0]]:#x}, wanted {wanted[wrong[0]]:#x}"
    )


def codes(name, values, rounding="nearest_even", saturate=True):
    return lookup(name).encode(values, rounding, saturate)


def check(name, magnitudes, rounding):
    """Both signs, saturating or not. E8M0 knows no zero: see below."""
    item = element(name)
    magnitudes = magnitudes if lookup(name).has_zero else magnitudes[magnitudes > 0]
    for negative, saturate in product([False, True], repeat=2):
        places = [steps(name).place(x, rounding, negative) for x in magnitudes.tolist()]
        code_of = {place: code(item, place, negative, saturate) for place in set(places)}
        values = -magnitudes if negative else magnitudes
        wanted = [code_of[place] for place in places]
        equal(codes(name, values, rounding, saturate), wanted, values)


def one_nan(name, found):
    """Codes with every NaN replaced by one, so that payloads do not count."""
    nan = np.isnan(lookup(name).decode(found))
    return np.where(nan, nan_code(element(name)), found)


both = pytest.mark.parametrize("saturate", [True, False], ids=["saturate", "overflow"])
roundings = pytest.mark.parametrize("rounding", formats.ROUNDINGS)


@roundings
@pytest.mark.parametrize("name", FORMATS)
def test_every_fp16_value_goes_where_the_model_says(name, rounding):
    check(name, HALF, rounding)


@pytest.mark.often(400)
@roundings
@pytest.mark.parametrize("name", [*FORMATS, *OTHERS])
def test_every_edge_goes_where_the_model_says(name, rounding):
    check(name, edges(name), rounding)
    check(name, edges(name, np.float32), rounding)


@pytest.mark.often(500)
@both
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("name", [*FORMATS, *OTHERS])
def test_gfloat_agrees(name, rounding, saturate):
    """Where it can speak: gfloat has no overflow of finite formats, and nothing below the least
    value of unsigned ones.
    """
    fmt = lookup(name)
    if not (saturate or fmt.has_nan or fmt.has_inf):
        return
    values = every_edge(name, np.float64, np.float32)
    values = values[(values >= float(fmt.minimum)) & (values > 0) | fmt.signed]
    wanted = gfloat_encode(gfloat_info(name), values, rounding, saturate)
    got = codes(name, values, rounding, saturate)
    equal(one_nan(name, got), one_nan(name, wanted), values)


@both
@pytest.mark.parametrize("name", [n for n in ML_DTYPES if n != "e8m0"])
def test_ml_dtypes_agrees(name, saturate):
    """Sign of overflow included. It does not saturate (but for FP6 and FP4), so we clip first."""
    values = every_edge(name, np.float32)
    limit = float(lookup(name).maximum)
    clipped = np.clip(values, -limit, limit) if saturate else values
    wanted = ml_encode(ML_DTYPES[name], clipped.astype(np.float32))
    equal(codes(name, values, saturate=saturate), wanted, values)


@both
def test_fp32_is_numpy_s_float32(saturate):
    rng = np.random.default_rng(32)
    values = rng.integers(0, 1 << 64, 20000, np.uint64).view(np.float64)
    scaled = np.ldexp(rng.standard_normal(20000), rng.integers(-160, 127, 20000))
    with np.errstate(under="ignore"):
        ties = np.float32(scaled).astype(np.float64) * (1 + np.arange(20000) % 5 * 2.0**-25)
    values = np.concatenate([values[~np.isnan(values)], scaled, ties])
    limit = np.finfo(np.float32).max
    with np.errstate(over="ignore", under="ignore"):
        wanted = np.float32(np.clip(values, -limit, limit) if saturate else values)
    equal(codes("fp32", values, saturate=saturate), wanted.view(np.uint32), values)


@pytest.mark.parametrize("name", [*FORMATS, *OTHERS, "fp32"])
def test_decoding_then_encoding_gives_the_code_back(name):
    fmt = lookup(name)
    legal = fmt.legal if name != "fp32" else np.arange(0, 1 << 32, 65537, dtype=np.uint32)
    values = fmt.decode(legal)
    wanted = one_nan(name, legal)
    equal(fmt.encode(values, saturate=False), wanted, values)
    finite = np.isfinite(values)
    for rounding in formats.ROUNDINGS:
        equal(fmt.encode(values[finite], rounding), legal[finite], values[finite])


@both
@pytest.mark.parametrize("name", [*FORMATS, *OTHERS])
def test_nan_becomes_the_one_canonical_nan_or_is_refused(name, saturate):
    """ml_dtypes keeps the sign, and turns NaN into FP6's and FP4's -0; gfloat's payload differs."""
    fmt = lookup(name)
    if fmt.has_nan:
        assert (
            fmt.encode([np.nan, -np.nan], saturate=saturate).tolist()
            == [nan_code(element(name))] * 2
        )
    else:
        with pytest.raises(DesignError, match="NaN"):
            fmt.encode([np.nan], saturate=saturate)


@pytest.mark.parametrize(
    "value, saturated, overflowed",
    [(464.0, 0x7E, 0x7E), (464.25, 0x7E, 0x7F), (480.0, 0x7E, 0x7F), (np.inf, 0x7E, 0x7F)],
)
def test_e4m3_overflow_follows_ml_dtypes_without_saturation(value, saturated, overflowed):
    """Torch's cast always saturates; we follow ml_dtypes and gfloat, and saturate on request."""
    both_signs = [value, -value]
    assert codes("e4m3", both_signs).tolist() == [saturated, saturated | 0x80]
    assert codes("e4m3", both_signs, saturate=False).tolist() == [overflowed, overflowed | 0x80]


def test_e5m2_nan_has_ml_dtypes_payload():
    """0x7E is quiet; gfloat answers 0x7F."""
    assert codes("e5m2", [np.nan]) == [0x7E] == ml_encode(ML_DTYPES["e5m2"], np.float32([np.nan]))


def test_float64_is_rounded_once():
    """ml_dtypes goes through float32 and loses the 2^-50: it answers 448. gfloat rounds once."""
    value = np.array([464 * (1 + 2.0**-50)])
    wanted = gfloat_encode(gfloat_info("e4m3"), value, "nearest_even", False)
    assert codes("e4m3", value, saturate=False) == [0x7F] == one_nan("e4m3", wanted)
    assert ml_encode(ML_DTYPES["e4m3"], value.astype(np.float32)) == [0x7E]


@pytest.mark.parametrize("name, code", [("e4m3", 0x7F), ("e5m2", 0x7C), ("e4m3_fnuz", 0x80)])
def test_what_is_rounded_toward_zero_does_not_overflow(name, code):
    """IEEE 754-2019, 7.4, and gfloat; infinity itself stays what it is."""
    greatest = lookup(name).max_code
    for rule in ("toward_zero", "down", "odd"):
        assert codes(name, [1e9, np.inf], rule, saturate=False).tolist() == [greatest, code]
    assert codes(name, [1e9], "up", saturate=False) == [code]
    assert codes(name, [1e9], "toward_zero", saturate=True) == [greatest]


def test_e8m0_agrees_with_ml_dtypes_between_ties():
    """Down to 2^-126: ml_dtypes takes all float32 between 2^-127 and 1.5 · 2^-127 up to 2^-126."""
    values = every_edge("e8m0", np.float32)
    values = values[(values >= 2.0**-126) & np.isfinite(values)]
    values = values[~np.isin(values, steps("e8m0").middles)]
    wanted = ml_encode(ML_DTYPES["e8m0"], values.astype(np.float32))
    equal(codes("e8m0", values, saturate=False), wanted, values)


@pytest.mark.parametrize("value, even", [(1.5, 128), (3.0, 128), (6.0, 130), (0.75, 126)])
def test_e8m0_ties_go_to_the_even_code(value, even):
    """As gfloat; ml_dtypes and torch go up."""
    assert codes("e8m0", [value]) == [even]
    assert gfloat_encode(gfloat_info("e8m0"), np.array([value]), "nearest_even", True) == [even]


@pytest.mark.parametrize(
    "value, saturated, overflowed",
    [(0.0, 0, 0), (-0.0, 0, 0), (2.0**-140, 0, 0), (-1.0, 0, 255), (-np.inf, 0, 255)],
)
@roundings
def test_e8m0_has_neither_zero_nor_sign(value, saturated, overflowed, rounding):
    """Zero is the least scale, so that an empty block has one; ml_dtypes would call it NaN."""
    assert codes("e8m0", [value], rounding) == [saturated]
    assert codes("e8m0", [value], rounding, saturate=False) == [overflowed]


@pytest.mark.parametrize("name", ["e2m1", "e2m3", "e3m2", "e3m0"])
def test_finite_formats_always_saturate(name):
    fmt = lookup(name)
    greatest = fmt.max_code
    got = codes(name, [np.inf, -np.inf, 1e9], saturate=False)
    assert got.tolist() == [greatest, greatest | 1 << (fmt.bits - 1), greatest]
