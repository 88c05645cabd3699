"""The exponents of zeros in sums that align, worked out by hand."""

import pytest
from macsmith.hw.arith.zeros import matters, zero_exponent

from macsmith import lookup


@pytest.mark.parametrize(
    "fmt, other, exponent",
    [
        ("e4m3", "e4m3", -16),  # -126 + 8 is below all products: -16 + 14 is below 0, and cheap
        ("e5m2", "e5m2", -32),
        ("int4", "e4m3", -16),  # -126 + 8 is below 3 - 6
        ("e4m3", "int4", 0),  # INT4's exponent is always 3: the least product's already
        ("int4", "int8", 0),
        ("bf16", "bf16", 0),  # BF16's least exponent is -126
        ("bf16", "int8", 0),
        ("int8", "bf16", -133),  # INT8's is 7
        ("int4", "bf16", -129),
        ("ternary", "bf16", -126),
        ("e4m3", "bf16", -120),
        ("posit8_1", "bf16", -114),
        ("binary", "bf16", 0),  # has no zero
        ("e7m2_ieee", "e7m2_ieee", -64),  # -126 + 63 is above -62 - 62
        ("e8m3b200", "e4m3", 73),  # its least exponent is -199
    ],
)
def test_what_a_decoder_gives_for_a_zero(fmt, other, exponent):
    assert zero_exponent(lookup(fmt), lookup(other)) == exponent


@pytest.mark.parametrize(
    "fmt, other, counts",
    [
        ("e4m3", "e4m3", False),
        ("fp16", "fp16", False),
        ("fp16", "e4m3", False),
        ("bf16", "bf16", True),
        ("e4m3", "bf16", True),
        ("bf16", "e2m1", True),
        ("bf16", "int4", False),
        ("int4", "bf16", True),
        ("int16", "int16", False),
        ("e7m2_ieee", "e7m2_ieee", True),
    ],
)
def test_whose_zeros_can_have_the_greatest_exponent(fmt, other, counts):
    """Relative to the least product: -126 less the format's least, and the other's span."""
    assert matters(lookup(fmt), lookup(other)) == counts
