"""The exponents of zeros in sums that align.

A zero has the exponent -126. A greatest exponent that is not above the least one that a product
without zeros can have cuts nothing off, whatever it is: all that the accumulator ever held is a
multiple of the last place kept there. So where no product of a format's zero has an exponent
above that, hardware may give the zero any that is as harmless.
"""

from __future__ import annotations

from ...golden.aligned import ZERO_EXPONENT, leading
from ...golden.formats import Format
from .shapes import fraction_below


def least(fmt: Format) -> int:
    """The least exponent of a format's numbers, zero aside."""
    return fmt.lsb + leading(fmt) - fraction_below(fmt)


def counted(fmt: Format) -> int:
    """The exponent of a zero, above the least of its format."""
    return ZERO_EXPONENT - least(fmt)


def reach(fmt: Format) -> int:
    """The greatest exponent of a format's numbers, above the least."""
    return max(fmt.exponent_span, counted(fmt)) if fmt.has_zero else fmt.exponent_span


def matters(fmt: Format, other: Format) -> bool:
    """Whether products of a format's zero and an ``other`` can have the greatest exponent."""
    return fmt.has_zero and counted(fmt) + reach(other) > 0


def zero_exponent(fmt: Format, other: Format) -> int:
    """What a decoder gives as exponent of a zero that meets an ``other``: 0 is the least.

    Where any low one will do, it is less than that by a power of two: one bit beside the field's.
    """
    if matters(fmt, other):
        return counted(fmt)
    if not fmt.has_zero or reach(other) <= 0:
        return 0
    return -(1 << max((reach(other) - 1).bit_length(), fmt.exponent_span.bit_length()))
