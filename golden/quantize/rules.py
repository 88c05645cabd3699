"""Scale rules: which scale a block's values ask for."""

from __future__ import annotations

import numpy as np

from ..description import Level, Span
from ..errors import DesignError
from ..formats import Codebook, Format, Posit
from .scales import Array, Wanted, blocks, sums_of

#: How a block's scale follows from its values. ``absmax``: the greatest magnitude is within the
#: element's reach. ``nearest``: it lies next to the end of that reach. ``absmean``: the mean
#: magnitude becomes 1 (BitNet b1.58). Powers of two:
#: ``floor`` of OCP MX v1.0, 6.3, ``even``, ``ceil``, and ``rceil``, which is absmax of them.
#: ``mse``: of many stored scales, and those of the other rules, the one with the least squared
#: error.
SCALE_RULES = ("absmax", "nearest", "absmean", "floor", "even", "ceil", "rceil", "mse")


def default_rule(element: Format, level: Level) -> str:
    """The usual rule: posits are densest about 1, binary and ternary values are a sign of the mean
    magnitude, formats without zero have no room below."""
    if not level.integer and level.format.significand_width == 1:
        return "floor"
    if isinstance(element, Posit) or (element.maximum == 1 and element.bits <= 2):
        return "absmean"
    return "absmax" if element.has_zero or element.exponent_span == 0 else "mse"


def wanted(x: Array, span: Span, element: Format, rule: str) -> Wanted:
    """What ``rule``, any but ``mse``, asks of the scale of every block."""
    if rule == "absmean":
        mean = sums_of(np.abs(x), span) / sums_of(np.ones(x.shape), span)
        return Wanted(mean, np.ones(mean.shape), nearest=True)
    largest = np.abs(blocks(x, span)).max(axis=2)
    if rule in ("absmax", "nearest"):
        return Wanted(largest, np.full(largest.shape, reach(element)), rule == "nearest")
    return Wanted(power_of_two(largest, element, rule), np.ones(largest.shape))


def power_of_two(largest: Array, element: Format, rule: str) -> Array:
    """The scale that ``rule`` gives to blocks by their greatest magnitudes; 0 for 0.

    2**(e - emax), where emax is the exponent of the element's greatest value and e that of
    ``largest``: its ``floor``; of ``largest`` plus half a last place of the element (``even``); its
    ``ceil``. ``rceil`` is the least power of two with which ``largest`` is within reach. Sources:
    OCP MX v1.0, 6.3; torchao's ScaleCalculationMode; NVIDIA's cuBLAS for rceil.
    """
    top = reach(element)
    fraction, exponent = np.frexp(largest)  # the fraction lies in 1/2…1
    if rule == "rceil":
        exponent = np.frexp(largest / top)[1] - 1
        exponent = exponent + (np.ldexp(top, exponent) < largest)
    else:
        exponent = exponent - np.frexp(top)[1]
        if rule == "even":
            exponent = exponent + (fraction >= 1 - 2.0 ** -(mantissa_width(element) + 2))
        elif rule == "ceil":
            exponent = exponent + (fraction > 0.5)
    return np.where(largest > 0, np.ldexp(1.0, np.maximum(exponent, -1074)), 0.0)


def mantissa_width(element: Format) -> int:
    """Bits below the leading one: of a fixed-point number, of its greatest value."""
    if element.exponent_span:
        return element.significand_width - 1
    return max(int(reach(element) / np.ldexp(1.0, element.lsb)).bit_length() - 1, 0)


def reach(element: Format) -> float:
    """What the greatest magnitude of a block becomes: of a table, its greatest magnitude."""
    low = -element.minimum if isinstance(element, Codebook) else element.maximum
    found = float(max(element.maximum, low))
    if not found:
        raise DesignError(f"{element.name} holds nothing but zero: no scale can make values of it")
    return found
