"""Bit slicing (``formats.md`` B13): a stored integer served at fewer bits."""

from __future__ import annotations

from fractions import Fraction
from math import floor


def served(code: int, width: int, signed: bool, rule: str, dropped: int) -> int:
    """The value of a code with ``dropped`` bits fewer, in the stored code's unit."""
    q = code - (1 << width) if signed and code >> (width - 1) else code
    r = width - min(dropped, width - 1)
    if r == width:
        return q
    step = Fraction(2) ** (width - r)
    least, most = (-(2 ** (r - 1)), 2 ** (r - 1) - 1) if signed else (0, 2**r - 1)
    round_bit = int(f"{code:0{width}b}"[r])  # the first bit behind those that are kept
    found = {
        "trunc": floor(q / step),
        "slice": min(floor(q / step) + round_bit, most),
        "extra": floor(q / step) + round_bit,
        "double": min(max(round(q / step), least), most),  # Python rounds halves to even
    }[rule]
    return int(found * step)
