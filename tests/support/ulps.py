"""How far results are from real numbers, computed with decimals, in units of the last place."""

from decimal import Decimal

import numpy as np


def binade(number):
    """The exponent of a positive decimal."""
    exponent = int(number.adjusted() * 3.33)
    while Decimal(2) ** exponent > number:
        exponent -= 1
    while Decimal(2) ** (exponent + 1) <= number:
        exponent += 1
    return exponent


def ulps(fmt, real, made, at=Decimal(0), slack=Decimal(0)):
    """How far a number of a format is from a decimal, beyond ``slack``: in units of the last place
    at the greater of the decimal and ``at``; infinities are checked to be due."""
    if not np.isfinite(made):
        edge = Decimal(float(fmt.maximum)) * (1 + Decimal(2) ** -(fmt.significand_width + 1))
        assert abs(real) + slack > edge * (1 - Decimal(2) ** -(fmt.significand_width + 2))
        return Decimal(0)
    size = max(abs(real), abs(at))
    place = max(binade(size) - fmt.mantissa_width, fmt.lsb) if size else fmt.lsb
    off = abs(Decimal(float(made)) - real)
    return max(off - slack, Decimal(0)) / Decimal(2) ** place
