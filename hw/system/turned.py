"""Bytes moved by a number of places, in a circle or into another size: what converters share."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data

from ..units.word_reader import choose


def layout(size: int, grains: int) -> data.StructLayout:
    """``size`` bytes of a packet in ``grains``: of which are kept those of the mask, in the low
    bits; ``last`` ends the packet."""
    return data.StructLayout({"data": 8 * size, "keep": grains, "last": 1})


def turned(
    m: Module, lanes: Sequence[Value], places: Value, name: str, *, up: bool = False
) -> list[Value]:
    """Lane k becomes lane k + ``places`` of as many, in a circle; with ``up`` k - ``places``.

    ``places`` is less than there are lanes. Two of its bits choose at a time: a LUT a bit.
    """
    found, count = list(lanes), len(lanes)
    for low in range(0, (count - 1).bit_length(), 2):
        digit = places[low : low + 2]
        ways = [found[(n << low) % count :] + found[: (n << low) % count] for n in range(4)]
        if up:
            ways = [found[-(n << low) % count :] + found[: -(n << low) % count] for n in range(4)]
        most = (count - 1) >> low
        stage = [Signal(len(lane), name=f"{name}_{low}_{k}") for k, lane in enumerate(lanes)]
        for k, signal in enumerate(stage):
            m.d.comb += signal.eq(choose(digit, [way[k] for way in ways[: most + 1]]))
        found = [*stage]
    return found


def at(bits: Sequence[Value], index: Value, count: int, first: int) -> Value:
    """``bits[first + index]``, 0 beyond the last; ``index`` is less than ``count``."""
    zero = Const(0, 1)
    found = [bits[n] if n < len(bits) else zero for n in range(first, first + count)]
    return choose(index, found) if count > 1 else found[0]


def masked(lane: Value, out: Value) -> Value:
    """``lane``, or zeros where ``out``."""
    return Mux(out, 0, lane)
