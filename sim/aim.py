"""Factors that bring a product to where its rounding is easily wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import frexp, ldexp

import numpy as np
import numpy.typing as npt

from ..golden.formats import Format, Integer, Minifloat
from .codes import Generator

#: What :func:`aimed` can hit, in the words of :mod:`.classes`.
AIMS = (
    *("exact", "tie", "just below a tie", "just above a tie", "least above a tie"),
    *("carry", "least normal", "overflow"),
)

#: Which of them meets a class, where its name is another.
AIM_OF = {
    "odd": "exact",
    "tie to even below": "tie",
    "tie to even above": "tie",
    "subnormal": "exact",
    "inexact subnormal": "just above a tie",
    "subnormal tie": "tie",
    "greatest": "overflow",
    "least overflow": "overflow",
}


def aimed(value: float, fmt: Format, factor: Format, aim: str, rng: Generator) -> float | None:
    """A number of the format ``factor`` by which ``value`` times it hits ``aim`` in ``fmt``.

    Half of the results are subnormal, where there are such. None if no number is found, or the aim
    is none of AIMS.
    """
    if aim not in AIMS or not np.isfinite(value) or not value or not isinstance(factor, Minifloat):
        return None
    odd, exponent = _odd(abs(value))
    for _ in range(8):
        places, top = _place(fmt, aim, rng)
        for number in _multipliers(odd, places, factor.significand_width, aim, rng):
            # The product's leading bit stands at `top`.
            shift = top - exponent - (odd * number).bit_length() + 1
            found = ldexp(number, shift) if abs(shift) < 1000 else 0.0
            if found and _holds(factor, number, shift):
                signed = factor.low < 0 and rng.random() < 0.5
                return -found if signed else found
    return None


def below_power(kept: int, width: int, most: int, rng: Generator) -> tuple[int, int] | None:
    """A number up to ``most``, and an odd factor of ``width`` bits: their product is rounded up to
    a power of two in ``kept`` bits. None if there are no such."""
    for factor in (rng.permutation(np.arange(1 << width - 2, 1 << width - 1)) * 2 + 1).tolist():
        top = (most * factor).bit_length() - 1
        number, rest = divmod(1 << top, factor)
        if number and top > kept and rest <= 1 << top - kept - 1:
            return number, factor
    return None


@cache
def _ends(fmt: Minifloat) -> tuple[float, int]:
    """The greatest value, and the exponent of its leading bit."""
    return float(fmt.maximum), int(np.floor(np.log2(float(fmt.maximum))))


def _holds(fmt: Minifloat, number: int, shift: int) -> bool:
    """Whether a format has the value ``number * 2**shift``."""
    zeros = (number & -number).bit_length() - 1
    if number.bit_length() - zeros > fmt.significand_width:
        return False
    least = fmt.lsb if fmt.has_zero else 1 - fmt.bias
    return shift + zeros >= least and ldexp(number, shift) <= _ends(fmt)[0]


def _odd(value: float) -> tuple[int, int]:
    """``value`` as an odd integer and the exponent of its last place."""
    fraction, exponent = frexp(value)
    number = int(ldexp(fraction, 53))
    zeros = (number & -number).bit_length() - 1
    return number >> zeros, exponent - 53 + zeros


def bits_of(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """From the first bit of each value that is set to the last: of 0 and what is not finite, 0."""
    finite = np.where(np.isfinite(values), values, 0)
    return np.asarray(
        [_odd(abs(value))[0].bit_length() if value else 0 for value in finite.ravel()]
    )


def _place(fmt: Format, aim: str, rng: Generator) -> tuple[int, int]:
    """How many places of a result are kept, and the exponent of its leading bit."""
    if isinstance(fmt, Integer):
        top = int(rng.integers(0, max(fmt.bits - 1, 1)))
        return top + 1, top + fmt.lsb
    assert isinstance(fmt, Minifloat)
    least, highest = 1 - fmt.bias, _ends(fmt)[1]
    if aim == "overflow":
        return fmt.mantissa_width + 1, highest
    if aim == "least normal":
        return fmt.mantissa_width, least - 1
    # A subnormal result's last place is too large to be next to by the least that there is.
    if aim != "least above a tie" and rng.random() < 0.5:
        lost = int(rng.integers(1, fmt.mantissa_width + 1)) if fmt.mantissa_width else 0
        return fmt.mantissa_width + 1 - lost, least - lost
    low, high = max(least, -40), min(highest, 40)
    return fmt.mantissa_width + 1, int(rng.integers(low, max(high, low + 1)))


def _multipliers(odd: int, places: int, most: int, aim: str, rng: Generator) -> Iterator[int]:
    """Integers of at most so many bits whose product with ``odd`` hits the aim in ``places``."""
    length = odd.bit_length()
    if aim in ("exact", "tie"):
        bits = places + (aim == "tie")
        low, high = -(-(1 << bits - 1) // odd), ((1 << bits) - 1) // odd
        if low <= high and low.bit_length() <= most:
            yield int(rng.integers(low, high, endpoint=True)) | 1
    elif aim in ("carry", "least normal", "overflow"):
        # The largest multiple below a power of two; the next reaches it.
        whole = (1 << length + most) // odd
        while whole.bit_length() > most:
            whole >>= 1
        yield whole + int(aim == "overflow" and rng.random() < 0.5)
    else:
        order = rng.permutation(np.arange(2, most + 1))
        order = np.arange(most, 1, -1) if aim == "least above a tie" else order
        yield from _next_to_ties(
            odd, places, most, -1 if aim == "just below a tie" else 1, order, rng
        )


def _next_to_ties(
    odd: int, places: int, most: int, side: int, order: npt.NDArray[np.int64], rng: Generator
) -> Iterator[int]:
    """``order`` are the places that the product loses, one after the other."""
    for lost in order.tolist():
        half, size = 1 << lost - 1, 1 << lost
        number = (half + side) * pow(odd, -1, size) % size
        # Bits above those that the low places of the product depend on are free.
        free = places + lost - odd.bit_length() - lost
        if free > 0 and lost + free <= most:
            number |= int(rng.integers(1 << free - 1, 1 << free)) << lost
        if number.bit_length() <= most and (odd * number).bit_length() == places + lost:
            yield number
