"""Formats, values and rules that cannot be are refused in one line."""

import numpy as np
import pytest
from macsmith.golden import storage
from macsmith.golden.description.serialize import from_toml
from macsmith.golden.formats import Posit, Stochastic

from macsmith import DesignError, design, lookup, quantize

DESIGN = """
name = "mine"
[[modes]]
[[modes.weight.planes]]
element = %s
[[modes.activation.planes]]
element = "int8"
"""

ELEMENTS = [
    ('{ family = "sliced", name = "s", width = 8, signed = true, rule = "zzz" }', "slice rule"),
    ('{ family = "codebook", name = "c", tables = [[0, 1e99]] }', "integer|type int"),
    (f'{{ family = "codebook", name = "c", tables = [[0, {2**50}]] }}', "reach 2.*48 at most"),
    ('{ family = "codebook", name = "c", tables = [[0, 1]], exponent = 999 }', "exponent of c"),
    ('{ family = "integer", name = "i", width = 8, exponent = -4000 }', "exponent of i"),
    (
        '{ family = "minifloat", name = "m", exponent_width = 4, mantissa_width = 3, '
        'policy = "fn", bias = 12345 }',
        "bias of m must lie in",
    ),
    ('{ family = "posit", name = "p", width = 17, es = 1 }', "3 to 16 bits"),
    ('{ family = "posit", name = "p", width = 8, es = 4 }', "0 to 3 exponent bits"),
    ('{ family = ["a"] }', "family is a name"),
    ('{ family = "minifloats" }', "close ones: minifloat"),
]


@pytest.mark.parametrize("element, message", ELEMENTS)
def test_an_element_that_cannot_be(element, message):
    with pytest.raises(DesignError, match=message) as error:
        from_toml(DESIGN % element)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("values", [["a"], [1j], [[1, 2], [3]], {"a": 1}, [b"1"]])
def test_what_is_no_real_number(values):
    with pytest.raises(DesignError, match="int8 encodes real numbers"):
        lookup("int8").encode(values)


@pytest.mark.parametrize("rounding", [None, 3, ["up"]])
def test_what_is_no_rounding(rounding):
    with pytest.raises(DesignError, match="a rounding is a rule's name or a Stochastic"):
        lookup("e4m3").encode([1.0], rounding)


@pytest.mark.parametrize("bits", [1.5, 0, 31, "8"])
def test_what_is_no_count_of_random_bits(bits):
    with pytest.raises(DesignError, match="1 to 30 random bits"):
        Stochastic(bits, 0)


@pytest.mark.parametrize("select", [4, -1, [0, 4], 0.5])
def test_a_table_that_is_not_there(select):
    with pytest.raises(DesignError, match="selections of bitmod4 must"):
        lookup("bitmod4").decode([1, 2], select)


def test_no_codes_have_no_values():
    for name in ("int8", "fp32", "bitmod4"):
        assert lookup(name).decode([]).shape == (0,)


def test_posits_may_be_as_wide_as_the_widest():
    fmt = Posit("posit16_3", 16, 3)
    codes = fmt.legal
    values = fmt.decode(codes)
    np.testing.assert_array_equal(fmt.encode(values), codes)


@pytest.mark.parametrize("data", [None, [1, 2], "abc", 5])
def test_what_is_no_stored_data(data):
    with pytest.raises(DesignError, match="q4_0: data must be bytes"):
        storage.unpack("q4_0", data, (1, 32))


def test_dfloat11_packs_into_its_parts():
    bf16 = design("bf16xbf16").arithmetic.weight
    held = quantize(np.random.default_rng(1).normal(size=(4, 64)), bf16)
    parts = storage.pack_parts("dfloat11", held)
    found = storage.unpack_parts("dfloat11", parts, (4, 64))
    np.testing.assert_array_equal(found.codes["code"], held.codes["code"])


def test_a_storage_scheme_is_no_design():
    with pytest.raises(DesignError, match="spqr is a storage scheme.* codes of uint3"):
        design("spqr")
