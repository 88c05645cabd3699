"""The best split of a width into exponent and mantissa, beside the integer of that width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .explore import Explored, Found


class Split(NamedTuple):
    """For weights and activations of a width, on some data.

    ``best`` loses least, ``integer`` of the integers; each with the scheme that serves it best.
    """

    bits: int
    data: str
    best: Explored
    integer: Explored


def splits(found: Found) -> Iterator[Split]:
    """Of each width that has designs of one format on both sides."""
    for bits in found.space.bits:
        own = [
            item
            for item in found.every
            if item.choice.weight == item.choice.activation and _bits(item) == bits
        ]
        integers = [item for item in own if item.choice.integers]
        if not integers:
            continue
        for data in found.data:
            ranked = [
                max(items, key=lambda item: (round(item.lost[data.name], 1), -item.cost))
                for items in (own, integers)
            ]
            yield Split(bits, data.name, *ranked)


def _bits(item: Explored) -> int:
    """Bits of the weight's element."""
    return item.candidate.engine.modes[0].weight.planes[0].element.bits
