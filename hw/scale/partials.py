"""Partial sums that come one after the other, added up by a tree: an adder a level.

A level of the tree gets its numbers in turn. It keeps the first of two and adds it to the second
when that comes; of an odd number, the last goes on as it is. So a tree of P numbers takes
log2(P) adders instead of P - 1, and gives the same: it adds the same pairs.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Mux, Signal

from ..fp.pipeline import Pipelined
from .dataflow import Dataflow, FlowNode, Wires


def tree(
    flow: Dataflow, count: int, number: FlowNode, place: FlowNode, adder: Pipelined
) -> FlowNode:
    """The sum of ``count`` numbers, as late as the last of them is added.

    Parameters
    ----------
    number : one of them in turn, for as long as it stays.
    place : which one, from 0.
    adder : what adds two, ``a`` and ``b``.
    """
    while count > 1:
        number, place = _level(flow, count, number, place, adder)
        count = (count + 1) // 2
    return number


def _level(
    flow: Dataflow, count: int, number: FlowNode, place: FlowNode, adder: Pipelined
) -> tuple[FlowNode, FlowNode]:
    """The sums of pairs in turn, and which of them is there."""
    total = flow.through(
        adder, a=FlowNode(number.time, lambda on: _first(on, number, place)), b=number
    )
    time = total.time
    after = FlowNode(time, lambda on: on.late(place, time)[1:])
    if count % 2 == 0:
        return total, after

    def chosen(on: Wires) -> Any:
        alone = on.late(place, time) == count - 1
        return Mux(alone, on.late(number, time), on.value(total))

    return FlowNode(time, chosen), after


def _first(on: Wires, number: FlowNode, place: FlowNode) -> Signal:
    """The first of a pair, once the second is there."""
    value = on.value(number)
    kept = Signal(len(value), name="first", reset_less=True)
    with on.m.If(on.enable & ~on.late(place, number.time)[0]):
        on.m.d.sync += kept.eq(value)
    return kept
