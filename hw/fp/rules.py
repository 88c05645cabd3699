"""Rounding rules in logic: does a truncated magnitude, or a number rounded down, grow by one?"""

from __future__ import annotations

from typing import NamedTuple

from amaranth.hdl import Const, Value

NEAREST_EVEN = "nearest_even"


class Rest(NamedTuple):
    """What is known of a magnitude beyond its last place: one bit each.

    ``above`` a half, just ``half``, anything (``inexact``); whether the last place is ``odd``, and
    whether the value is ``negative``.
    """

    above: Value
    half: Value
    inexact: Value
    odd: Value
    negative: Value


def stays_finite(rounding: str, negative: Value) -> Value | None:
    """Whether a finite value that overflows becomes the greatest; None where it never does.

    As in :func:`macsmith.golden.formats.rounding.stays_finite`.
    """
    always = Const(1, 1)
    return {"toward_zero": always, "odd": always, "up": negative, "down": ~negative}.get(rounding)


def grows(rounding: str, rest: Rest) -> Value:
    """Whether a truncated magnitude grows by one; the names are the golden model's."""
    above, half, inexact, odd, negative = rest
    return {
        "nearest_even": above | (half & odd),
        "nearest_away": above | half,
        "toward_zero": Const(0, 1),
        "up": inexact & ~negative,
        "down": inexact & negative,
        "odd": inexact & ~odd,
    }[rounding]


def rises(rounding: str, rest: Rest) -> Value:
    """Whether a number that was rounded down rises by one; ``rest`` is that of the number."""
    above, half, inexact, odd, negative = rest
    return {
        "nearest_even": above | (half & odd),
        "nearest_away": above | (half & ~negative),
        "toward_zero": inexact & negative,
        "up": inexact,
        "down": Const(0, 1),
        "odd": inexact & ~odd,
    }[rounding]
