"""What quantizers answer: beats as blocks, and blocks as beats again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..streams import Beats
from . import lfsr
from . import quantize_channels as channels
from . import quantize_tokens as tokens

if TYPE_CHECKING:
    from .quantize import Quantize

Array = npt.NDArray[Any]


def answer(unit: Quantize, sent: Mapping[str, Beats]) -> dict[str, Beats]:
    """What comes out for what went in: of whole blocks, and of tokens that have what they need."""
    given = sent["values"]
    if unit.channel:
        given = _moved(unit, given, sent["channel"])
    last = tokens.marks(unit, given.last)
    block, place, whole = places(last, unit.beats)
    token = np.cumsum(last) - last
    beside_tokens = {name: sent[name].values[0] for name in unit.tokens}
    if unit.token:
        beside_tokens["tensor"] = tokens.scales(unit, given.values[0], last)
    for held in beside_tokens.values():  # a token waits for them
        there = token < len(held)
        whole = min(whole, int(block[there].max(initial=-1)) + 1)
    kept = block < whole
    block, place, count = block[kept], place[kept], int(kept.sum())

    def in_blocks(beats: Array) -> Array:
        """(beats, lanes) -> (blocks, elements); what is missing in a short one is zero, which
        changes no greatest magnitude."""
        x = np.zeros((whole, unit.beats, *shape), beats.dtype)
        x[block, place] = beats[kept].reshape(count, *shape)
        return x.transpose(0, 2, 1, 3).reshape(whole * unit.parts, -1)

    shape = unit.parts, unit.width // unit.parts
    codes = np.zeros((count, unit.width), unit.element.dtype)
    beside = [np.zeros((count, unit.parts), fmt.dtype) for fmt in unit.held.values()]
    if whole:
        outer, random = None, None
        if unit.tensor:
            first = np.searchsorted(block, np.arange(whole))
            outer = np.repeat(beside_tokens["tensor"][token[first], 0], unit.parts)
        if unit.random_bits:
            seeds = beside_tokens["seed"][:, 0]
            drawn = np.zeros((len(last), unit.lanes), np.int64)
            drawn[kept] = lfsr.numbers(last[kept], seeds, unit.lanes, unit.random_bits)
            random = in_blocks(drawn)
        elements, *scales = unit.quantize(in_blocks(given.values[0]), outer, random)
        elements = elements.reshape(whole, unit.parts, unit.beats, -1).transpose(0, 2, 1, 3)
        codes = elements[block, place].reshape(count, -1)
        beside = [each.reshape(whole, unit.parts)[block] for each in scales]
    beside += [beside_tokens[name][token[kept]] for name in unit.made]
    fields = codes, *beside
    return {"result": Beats(fields, (None,) * len(fields), last[kept])}


def places(last: Array, beats: int) -> tuple[Array, Array, int]:
    """For beats with these marks: the block of each and its place there, and how many blocks
    are whole."""
    ends = np.zeros(len(last), bool)
    number, places = 0, np.zeros(len(last), np.int64)
    for index, mark in enumerate(last.tolist()):
        places[index] = number
        ends[index] = mark or number == beats - 1
        number = 0 if ends[index] else number + 1
    return np.cumsum(ends) - ends, places, int(ends.sum())


def _moved(unit: Quantize, given: Beats, channel: Beats) -> Beats:
    """Beats of values that have those of their channels."""
    count = min(len(given), len(channel))
    beside = dict(zip(unit.channel, (field[:count] for field in channel.values), strict=True))
    codes = channels.moved(unit, given.values[0][:count], beside)
    return Beats((codes,), (None,), given.last[:count])
