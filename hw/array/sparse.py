"""Sparse weights: every row picks the activations that its elements meet."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.description import Sparse


class Selector(wiring.Component):
    """What each lane multiplies, out of its window.

    Parameters
    ----------
    structure : :class:`Sparse`
    shape : of an element.
    lanes : how many; those of a window are neighbours.
    registered : whether a register follows.

    Members
    -------
    enable : :py:`In(1)`
        The register holds while low; only if there is one.
    index : :py:`In(ArrayLayout(index_bits, lanes))`
        Where in its window each lane's element stands, ascending within a window.
    i : :py:`In(ArrayLayout(shape, window * lanes))`
        The whole window of each lane, lane after lane.
    o : :py:`Out(ArrayLayout(shape, lanes))`
        An element a lane.
    """

    def __init__(self, structure: Sparse, shape: ShapeLike, lanes: int, registered: bool):
        self.structure, self.lanes, self.registered = structure, lanes, registered
        super().__init__(
            {
                **({"enable": In(1)} if registered else {}),
                "index": In(data.ArrayLayout(structure.index_bits, lanes)),
                "i": In(data.ArrayLayout(shape, structure.window * lanes)),
                "o": Out(data.ArrayLayout(shape, lanes)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, structure = Module(), self.structure
        for lane in range(self.lanes):
            # An index ascends, so that the ends of a window are out of reach for some.
            first = lane % structure.kept
            reach = range(first, structure.window - structure.kept + first + 1)
            window = {n: Value.cast(self.i[structure.window * lane + n]) for n in reach}
            found = _chosen(self.index[lane], window, structure.index_bits - 1)
            if not self.registered:
                m.d.comb += self.o[lane].eq(found)
                continue
            register = Signal(len(found), name=f"chosen_{lane}", reset_less=True)
            with m.If(self.enable):
                m.d.sync += register.eq(found)
            m.d.comb += self.o[lane].eq(register)
        return m


def _chosen(index: Value, choices: dict[int, Value], bit: int) -> Value:
    """The choice that ``index`` names, by its bits from ``bit`` down."""
    if len(choices) == 1:
        return next(iter(choices.values()))
    low = {n: value for n, value in choices.items() if not n >> bit & 1}
    high = {n: value for n, value in choices.items() if n >> bit & 1}
    if not low or not high:
        return _chosen(index, low or high, bit - 1)
    return Mux(index[bit], _chosen(index, high, bit - 1), _chosen(index, low, bit - 1))
