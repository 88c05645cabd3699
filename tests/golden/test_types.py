"""What is handed in as codes has the right type, or is refused: never read as another's.

Every format meets an array of every type, of the same numbers. What it answers is what the numbers
mean by NumPy and ml_dtypes, or a DesignError of one line.
"""

import array

import ml_dtypes
import numpy as np
import pytest
from array_types import INTEGERS, ML, OTHERS, OWN, TYPES, dtype, ones
from macsmith.golden import DesignError, lookup
from macsmith.golden.formats.catalogue import ALIASES


def test_types_of_a_format_are_those_of_its_aliases():
    """The other way round: what a type's name means as a format."""
    for name in ML:
        if name in ALIASES or name.startswith(("int", "uint")):
            assert lookup(name).type_name == name
    for name, own in OWN.items():
        if own is not None or lookup(name).type_only:
            assert lookup(name).type_name == own


@pytest.mark.parametrize("name", [name for name, own in OWN.items() if own in ML])
def test_every_code_in_the_format_s_own_type(name):
    """Each code that ml_dtypes has, in rows that are not contiguous: the values that it says."""
    fmt, own = lookup(name), dtype(OWN[name])
    codes = fmt.legal
    given = np.stack([codes, codes], axis=-1).view(own)[:, 0]
    np.testing.assert_array_equal(fmt.check(given, bits_only=True), codes)
    with np.errstate(invalid="ignore"):  # of signaling NaNs
        np.testing.assert_array_equal(fmt.decode(given), given.astype(np.float64))


def test_spare_bits_of_small_types():
    """Of integers they mean nothing; of floats ml_dtypes itself takes some for the sign."""
    given = np.array([0x35, 0xF5], np.uint8)
    for name in ("int4", "uint4"):
        view = given.view(dtype(name))
        np.testing.assert_array_equal(lookup(name).decode(view), view.astype(np.float64))
    with pytest.raises(DesignError, match="codes of e2m1 must lie in 0…15, got 245"):
        lookup("e2m1").decode(given.view(ml_dtypes.float4_e2m1fn))


def test_scales_without_sign_come_in_the_type_with_one():
    """As NVFP4's do in checkpoints; what is below zero, or -0, is none."""
    given = np.array([448, 2**-9, 0, np.nan]).astype(ml_dtypes.float8_e4m3fn)
    np.testing.assert_array_equal(lookup("ue4m3").decode(given), given.astype(np.float64))
    for wrong in (-1, -0.0):
        with pytest.raises(DesignError, match="codes of ue4m3 must lie in 0…127, got"):
            lookup("ue4m3").received(np.array([wrong]).astype(ml_dtypes.float8_e4m3fn), scale=True)


def test_a_signaling_nan_is_a_nan():
    nan = np.array([0x7F81], np.uint16).view(ml_dtypes.bfloat16)
    assert lookup("e4m3").encode(nan) == 0x7F


@pytest.mark.often(400)
@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("given", TYPES)
def test_a_format_takes_its_own_type_and_codes(name, given, scale):
    """Of the number 1: the code of 1 in the own type, the code 1 in integers that can be no more,
    and no third thing."""
    fmt, sent = lookup(name), ones(given)
    integer = given in INTEGERS and (not fmt.type_only or (fmt.bits <= 8 and not scale))
    own = given in ML + OTHERS + INTEGERS and given == OWN[name]
    if own or integer or dtype(given) == fmt.dtype:
        wanted = sent.astype(np.float64) if own and given not in INTEGERS else fmt.decode([[1] * 4])
        found = fmt.received(sent, scale=scale)
        assert found.dtype == fmt.dtype
        np.testing.assert_array_equal(fmt.decode(found), wanted)
    else:
        with pytest.raises(DesignError, match=r"\.encode") as error:
            fmt.received(sent, scale=scale)
        assert "\n" not in str(error.value)
        if dtype(given).itemsize == np.dtype(fmt.dtype).itemsize:
            assert f".view(np.{np.dtype(fmt.dtype).name})" in str(error.value)


@pytest.mark.parametrize("given", [[[1, -1]], [[300]], np.array([[-1]], np.int8), [[1 << 70]],
                                   [[1.0]], [["1"]], [[1], [1, 2]], None, "1", [[None]],
                                   np.ma.masked_array([[1.0]], [[True]])])  # fmt: skip
@pytest.mark.parametrize("name", ["e4m3", "uint4", "posit8_0", "nf4_8"])
def test_what_is_no_code(name, given):
    for function in (lookup(name).received, lookup(name).decode, lookup(name).integers):
        with pytest.raises(DesignError, match="codes of"):
            function(given)


def test_negative_numbers_are_codes_only_in_the_own_type():
    signed = np.array([[-3, 127, -128]], np.int8)
    assert lookup("int8").decode(signed).tolist() == [[-3, 127, -128]]
    for wider in (np.int16, np.int64):
        with pytest.raises(DesignError, match=r"must lie in 0…255, got -128; \.encode makes codes"):
            lookup("int8").decode(signed.astype(wider))
    with pytest.raises(DesignError, match="int8_sym is symmetric and has no code 0x80"):
        lookup("int8_sym").decode(signed)


@pytest.mark.parametrize("name", ["fp32", "fp16", "bf16", "int16", "e4m3", "uint4"])
def test_byte_order_strides_and_shapes_change_nothing(name):
    """Big-endian arrays of the own type and of codes, transposed, of no or of one dimension."""
    fmt = lookup(name)
    codes = fmt.encode(np.arange(-3, 4) if fmt.low < 0 else np.arange(7))
    own = codes.view(dtype(OWN[name]))
    swapped = own.astype(own.dtype.newbyteorder(">"))
    for given in (codes.astype(codes.dtype.newbyteorder(">")), swapped, own[::-1][::-1],
                  np.asfortranarray(np.stack([own, own]))[0]):  # fmt: skip
        found = fmt.received(given, scale=True)
        assert found.dtype.isnative
        np.testing.assert_array_equal(found, codes)
    assert fmt.received(own[0]).shape == ()
    assert fmt.received([]).shape == (0,)


def test_arrays_of_other_libraries_are_arrays():
    """Anything that NumPy takes: the standard library's arrays too."""
    assert lookup("e4m3").decode(array.array("B", [0x38])).tolist() == [1.0]
    with pytest.raises(DesignError, match="codes of fp32 must be uint32 or float32, got int32"):
        lookup("fp32").received(array.array("i", [1]), scale=True)
    assert lookup("fp32").decode(lookup("fp32").received(array.array("f", [1.0]))).tolist() == [1]
