"""How the words of a command line are read: each function returns a value or tells the rule."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError

#: The word for what is left to the plan: that of designs, which help texts do not load.
AUTO = "auto"


def whole(text: str) -> int:
    """A whole number, or the rule and the value."""
    try:
        return int(text, 0)
    except ValueError:
        raise ArgumentTypeError(f"must be a whole number, got {text!r}") from None


def whole_or_auto(text: str) -> int | str:
    """A whole number, or the word that leaves it to the plan."""
    if text == AUTO:
        return text
    try:
        return whole(text)
    except ArgumentTypeError:
        raise ArgumentTypeError(f"must be a whole number or {AUTO}, got {text!r}") from None


def widths(text: str) -> int | str:
    """A whole number, or widths of streams, which :mod:`macsmith.options` reads."""
    return text if "=" in text or "," in text else whole(text)


def natural(text: str) -> int:
    """A whole number that is not negative."""
    if whole(text) < 0:
        raise ArgumentTypeError(f"must not be negative, got {text}")
    return whole(text)


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if whole(text) < 1:
        raise ArgumentTypeError(f"must be at least 1, got {text}")
    return whole(text)


def seeds(text: str) -> tuple[int, ...]:
    """How many seeds, the first from 1 on; or which, with commas between them."""
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or min(found) < 1:
        raise ArgumentTypeError(
            f"must be how many seeds, such as 5, or which, such as 3,7,11, got {text!r}"
        )
    return tuple(range(1, found[0] + 1)) if len(found) == 1 else found


def amount(text: str) -> float:
    """A number from 0 on."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise ArgumentTypeError(f"must be a number from 0 on, got {text!r}")
    return value


def bounds(text: str) -> tuple[float, float]:
    """Two numbers with a comma between them."""
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise ArgumentTypeError(f"must be LOW,HIGH such as -6,6, got {text!r}") from None
    return low, high


def megahertz(text: str) -> float:
    """A frequency."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"must be a number of MHz, got {text!r}") from None
