"""An integer sum that saturates: after every addend it is cut to its range, so order matters."""

from __future__ import annotations

from collections.abc import Iterable


def total(addends: Iterable[int], low: int, high: int, start: int = 0) -> int:
    """``start`` plus the addends, one after the other."""
    for addend in addends:
        start = min(max(start + addend, low), high)
    return start


def wrapped(addends: Iterable[int], width: int) -> int:
    """The two's complement integer of ``width`` bits that all addends leave."""
    half = 1 << (width - 1)
    return (sum(addends) + half) % (2 * half) - half


def steps(products: list[int], terms: int) -> list[int]:
    """Sums of ``terms`` products that follow one another."""
    return [sum(products[k : k + terms]) for k in range(0, len(products), terms)]
