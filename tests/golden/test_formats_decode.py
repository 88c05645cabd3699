"""Every code of every format up to 16 bits means what the definition, ml_dtypes and gfloat say."""

import hashlib
from fractions import Fraction

import gfloat
import numpy as np
import pytest
from macsmith.golden import DesignError, UnknownName, formats, lookup
from macsmith.golden.formats.oracles import oracles
from second_models.elements import BITMOD_SPECIALS, bitmod4, element
from second_models.oracles import ML_DTYPES, ML_INTEGERS, gfloat_info, ml_decode
from second_models.p3109 import NAMES as P3109

POLICIES = ("finite", "fn", "ieee", "fnuz")
SMALL = [(e, m) for e in range(1, 8) for m in range(7) if 3 <= 1 + e + m <= 8]
MINIFLOATS = [f"e{e}m{m}_{policy}" for e, m in SMALL for policy in POLICIES] + [*P3109]
UNSIGNED = ["ue4m3", "ue5m3"]
UP_TO_16_BITS = [name for name in formats.names() if name != "fp32"]
#: Those whose codes mean one thing, without a table chosen at run time.
SINGLE = [name for name in UP_TO_16_BITS if not lookup(name).select_width]

#: formats.md A0: name -> sha256 of the float64 table (first 16 digits), sum of finite magnitudes.
PINS = {
    "e4m3": ("98959cdf4be234fd", 10815.75),
    "e5m2": ("0ebeb4cd681ba45c", 720895.9995117188),
    "e4m3_fnuz": ("10ad41a5ddbd0da6", 5887.875),
    "e5m2_fnuz": ("0480d2f04b2d4dad", 720895.9997558594),
    "e4m3_ieee": ("7f62eb713ead2676", 5887.75),
    "e3m4_ieee": ("46b25061b2275ab3", 744.0),
    "e8m0": ("a3dfaeaa54eb87b7", 2.0**128 - 2.0**-127),
    "e2m3": ("2cad943ffd993823", 168.0),
    "e3m2": ("fe6ecfe7e41d29e0", 350.0),
    "e2m1": ("bafb8c3b8a81bdda", 36.0),
}


def same(got, wanted):
    """Equal values, and equal signs where they are not NaN: -0 is not +0."""
    np.testing.assert_array_equal(got, wanted)
    real = ~np.isnan(np.asarray(wanted))
    np.testing.assert_array_equal(np.signbit(got)[real], np.signbit(wanted)[real])


def table(name):
    """What the package says of all legal codes."""
    return lookup(name).decode(lookup(name).legal)


@pytest.mark.parametrize("name", [*UP_TO_16_BITS, *MINIFLOATS, "e4m3b11_fnuz", "int1", "uint1"])
def test_every_code_equals_the_definition(name):
    item = element(name)
    assert (lookup(name).bits, lookup(name).legal.tolist()) == (item.bits, list(item.codes))
    same(table(name), [float(item.decode(code)) for code in item.codes])


@pytest.mark.parametrize("name", ML_DTYPES | ML_INTEGERS)
def test_every_code_equals_ml_dtypes(name):
    item = lookup(name)
    dtype = (ML_DTYPES | ML_INTEGERS)[name]
    same(table(name), ml_decode(dtype, item.bits, item.legal))


@pytest.mark.parametrize(
    "name", [*MINIFLOATS, *UNSIGNED, "e4m3b11_fnuz", "e8m0", "mxint8", "fp16", "bf16"]
)
def test_every_code_equals_gfloat(name):
    same(table(name), gfloat.decode_ndarray(gfloat_info(name), lookup(name).legal.astype(np.int64)))


@pytest.mark.parametrize("name", PINS)
def test_tables_have_the_pinned_hash_and_sum(name):
    values = table(name)
    finite = values[np.isfinite(values)]
    canonical = np.where(np.isnan(values), np.uint64(0x7FF8000000000000), values.view(np.uint64))
    digest = hashlib.sha256(canonical.astype("<u8").tobytes()).hexdigest()
    assert (digest[:16], np.abs(finite).sum()) == PINS[name]


@pytest.mark.parametrize("name", [*SINGLE, *MINIFLOATS])
def test_the_integer_view_is_the_value_in_units_of_the_quantum(name):
    """Bounds are tight, special codes count as zero, and a code's value is integer · 2^lsb."""
    fmt, item = lookup(name), element(name)
    values = [item.decode(code) for code in item.codes]
    units = [value.fraction / Fraction(2) ** fmt.lsb for value in values]
    finite = [unit for unit, value in zip(units, values, strict=True) if value.finite]
    assert [int(unit) for unit in fmt.integers(fmt.legal)] == units
    assert (fmt.low, fmt.high) == (min(finite), max(finite))


@pytest.mark.parametrize("name", [*SINGLE, *MINIFLOATS])
def test_fields_are_sign_significand_and_exponent(name):
    """Their product is the value; the widths that hardware is built from are those of the codes."""
    fmt, item = lookup(name), element(name)
    fields = fmt.fields(fmt.legal)
    values = [item.decode(code) for code in item.codes]
    finite = [value.finite for value in values]
    kinds = {"": formats.Kind.FINITE, "inf": formats.Kind.INFINITE, "nan": formats.Kind.NAN}
    assert fields.kind.tolist() == [kinds[value.special] for value in values]
    significands, exponents = fields.significand[finite], fields.exponent[finite]
    signed = np.where(fields.sign[finite], -1, 1) * significands.astype(np.int64)
    same(
        np.ldexp(signed.astype(float), exponents) + 0.0,
        np.array([float(value) for value in values])[finite] + 0.0,
    )
    assert int(fields.significand.max()).bit_length() == fmt.significand_width
    assert int(exponents.max()) - int(exponents.min()) == fmt.exponent_span


@pytest.mark.parametrize("select, special", list(enumerate(BITMOD_SPECIALS)))
def test_bitmod_tables_put_the_special_value_on_the_code_of_minus_zero(select, special, preset):
    fmt = preset("bitmod4").arithmetic.weight.planes[0].element
    same(fmt.decode(np.arange(16), select), [float(bitmod4(code, select)) for code in range(16)])
    assert fmt.decode([0b1000], select) == [special]


def test_p3109_has_120_formats_of_3_to_8_bits():
    """54 signed and 66 unsigned ones; values of binary8p3se and binary8p1ue worked out by hand."""
    assert len(set(P3109)) == len(P3109) == 120
    assert sum(lookup(name).signed for name in P3109) == 54
    codes = [0x00, 0x01, 0x3C, 0x40, 0x7E, 0x7F, 0x80, 0x81, 0xFF]
    wanted = [0, 2**-17, 0.5, 1, 49152, np.inf, np.nan, -(2**-17), -np.inf]
    same(lookup("binary8p3se").decode(codes), wanted)
    codes, wanted = [0, 1, 128, 253, 254, 255], [0, 2.0**-127, 1, 2.0**125, np.inf, np.nan]
    same(lookup("binary8p1ue").decode(codes), wanted)


@pytest.mark.parametrize(
    "alias, name",
    [
        ("float8_e4m3fn", "e4m3"),
        ("float8_e4m3", "e4m3_ieee"),
        ("e4m3_fn", "e4m3"),
        ("e5m2_ieee", "e5m2"),
        ("e2m1_finite", "e2m1"),
        ("e3m3_finite", "e3m3"),
        ("ue4m3_fn", "ue4m3"),
        ("float16", "fp16"),
        ("p3109_k8p3se", "binary8p3se"),
        ("p3109_k3p3uf", "binary3p3uf"),
        ("e5m10_ieee", "fp16"),
        ("e8m7_ieee", "bf16"),
        ("e8m23_ieee", "fp32"),
        ("E4M3", "e4m3"),
    ],
)
def test_aliases(alias, name):
    assert lookup(alias) == lookup(name)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("e, m", [*SMALL, (8, 0), (5, 10), (8, 7), (8, 13), (8, 23)])
def test_a_format_is_found_again_by_the_name_it_shows(e, m, policy):
    fmt = lookup(f"e{e}m{m}_{policy}")
    assert lookup(fmt.name) == fmt


@pytest.mark.parametrize(
    "name, error",
    [
        ("e1m0_ieee", DesignError),  # no finite value but zero
        ("e9m1", UnknownName),
        ("e2m24", UnknownName),
        ("ue4m3_fnuz", UnknownName),  # -0 is NaN's code: an unsigned format has none
        ("e4m3_fnn", UnknownName),
        ("binary8p8se", UnknownName),  # no bit is left for a sign
        ("binary9p3se", UnknownName),
        ("binary2p1uf", UnknownName),
        ("int0", UnknownName),
        ("int65", UnknownName),
        ("uint4_sym", UnknownName),
        ("int1_sym", UnknownName),
        ("", UnknownName),
    ],
)
def test_a_format_that_cannot_be_is_refused_in_one_line(name, error):
    with pytest.raises(error) as caught:
        lookup(name)
    message = str(caught.value)
    assert "\n" not in message and name in message


@pytest.mark.parametrize("name", UP_TO_16_BITS)
def test_a_code_outside_the_format_is_refused(name):
    fmt = lookup(name)
    for code in (1 << fmt.bits, -1):
        with pytest.raises(DesignError):
            fmt.decode([code])


@pytest.mark.parametrize("width", [*range(2, 9), 16])
def test_a_symmetric_integer_refuses_its_unused_code(width):
    with pytest.raises(DesignError):
        lookup(f"int{width}_sym").decode([1 << (width - 1)])


def test_the_oracles_that_are_named_are_those_compared_with():
    """softposit's comparison is in test_formats_posit."""
    gfloat_names = {*MINIFLOATS, *UNSIGNED, "e4m3b11_fnuz", "e8m0", "mxint8", "fp16", "bf16"}
    decoded = {lookup(name).name for name in gfloat_names}
    for name in UP_TO_16_BITS:
        fmt, wanted = lookup(name), set()
        if name in ML_DTYPES | ML_INTEGERS:
            dtype = (ML_DTYPES | ML_INTEGERS)[name]
            wanted.add("numpy" if dtype.__module__ == "numpy" else "ml_dtypes")
        if fmt.name in decoded:
            wanted.add("gfloat")
        if name in ("posit8_0", "posit16_1"):
            wanted.add("softposit")
        assert set(oracles(fmt)) == (wanted or {"definition"}), name


@pytest.mark.parametrize("name", ["fp32", "bf16", "fp16", "e4m3", "int8", "posit16_1", "mxint8"])
def test_a_code_alone_gives_what_it_gives_among_others(name):
    """Arrays without axes: integers beyond 64 bits are Python's, which NumPy hands out alone."""
    fmt = lookup(name)
    for code in (0, 1, 1 << (fmt.bits - 2), (1 << fmt.bits) - 1):
        alone = np.asarray(code, fmt.dtype)
        for read in (fmt.integers, fmt.decode):
            found, [among] = read(alone), read(alone[None])
            assert np.shape(found) == ()
            assert np.asarray(found).item() == among or (found != found and among != among)
