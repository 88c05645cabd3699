"""Sums of points that stand a part of a block apart, with the signs of a small matrix's rows.

The points in the same place of all parts are taken into lines that turn: once a row they pass by,
and an adder tree sums them. What is kept has its sign already; from a row to the next, those turn
whose sign changes.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from amaranth.hdl import Cat, Module, Mux, ShapeLike, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ..arith.rows import plus
from ..arith.shapes import shape_of
from ..arith.tree import tree_levels
from .butterflies import adder, line


class Factor(wiring.Component):
    """The product of a small matrix and columns of ``order`` points, which come ``distance`` beats
    apart.

    A result a cycle with ``enable``, row by row, each for all columns of a block. The output
    follows the input by ``latency`` cycles with ``enable``.

    Parameters
    ----------
    shapes : of an input and of the output.
    order : of the matrix.
    distance : beats between two points of a column; columns of a block.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    load : :py:`In(1)`
        The input is the last point of a column, and the row that begins the first.
    flips : :py:`In(order)`
        Points of the column whose sign differs from the row before; with ``load``, from +.
    carries : :py:`In(order - 1)`
        Carries of the adders, level by level, each when its level adds: a one for every - of a row.
    i, o : input and output.
    """

    def __init__(self, shapes: tuple[ShapeLike, ShapeLike], order: int, distance: int):
        self.order, self.distance = order, distance
        ports = {"enable": In(1), "load": In(1), "flips": In(order), "carries": In(order - 1)}
        super().__init__(ports | {"i": In(shapes[0]), "o": Out(shapes[1])})

    def elaborate(self, platform: Any) -> Module:
        m, terms = Module(), []
        # All points of the column, the one that comes now last.
        column = [Value.cast(self.i)]
        for place in range(1, self.order):
            column.insert(0, line(m, self.enable, column[0], self.distance, f"column_{place}"))
        for place, point in enumerate(column):
            first = Signal(len(point), name=f"turning_{place}", reset_less=True)
            again = line(m, self.enable, first, self.distance - 1, f"line_{place}")
            with m.If(self.enable):
                m.d.sync += first.eq(self.turned(Mux(self.load, point, again), self.flips[place]))
            terms.append(first)
        m.d.comb += self.o.eq(self.total(m, terms))
        return m

    @abstractmethod
    def turned(self, value: Value, flip: Value) -> Value:
        """The point with the other sign, or as it is; integers as all bits' complement."""

    @abstractmethod
    def total(self, m: Module, terms: list[Signal]) -> Value:
        """The sum, in a binary tree of neighbours."""


class IntegerFactor(Factor):
    """Of integers, exact.

    Parameters
    ----------
    width, wide : of an input and of the output.
    order, distance : as of :class:`Factor`.
    """

    def __init__(self, width: int, wide: int, order: int, distance: int):
        self.width, self.wide = width, wide
        super().__init__((signed(width), signed(wide)), order, distance)

    @staticmethod
    def cycles(order: int) -> int:
        """From the last point of a column to its first result."""
        return 1 + tree_levels(order)

    def turned(self, value: Value, flip: Value) -> Value:
        return value ^ flip.replicate(self.width)

    def total(self, m: Module, terms: list[Signal]) -> Value:
        half, number = 1 << (self.width - 1), 0
        own = Range(0, -half, half - 1)
        nodes = [(term.as_signed(), own) for term in terms]
        while len(nodes) > 1:
            sums = []
            for (a, a_range), (b, b_range) in zip(nodes[::2], nodes[1::2], strict=False):
                values = a_range + b_range + Range(0, 0, 1)
                node = Signal(shape_of(values), name=f"sum_{number}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += node.eq(plus(a, b, self.carries[number], width=len(node)))
                sums.append((node, values))
                number += 1
            nodes = sums + [
                (line(m, self.enable, value, 1, f"late_{number}").as_signed(), values)
                for value, values in nodes[len(nodes) - len(nodes) % 2 :]
            ]
        return nodes[0][0]


class FloatFactor(Factor):
    """Of floats, each sum rounded once to nearest even.

    Parameters
    ----------
    format : :class:`Minifloat`
    order, distance : as of :class:`Factor`.
    """

    def __init__(self, format: Minifloat, order: int, distance: int):
        self.format = format
        super().__init__((format.bits, format.bits), order, distance)

    @staticmethod
    def cycles(format: Minifloat, order: int) -> int:
        """From the last point of a column to its first result."""
        return 1 + tree_levels(order) * adder(format).latency

    def turned(self, value: Value, flip: Value) -> Value:
        return Cat(value[:-1], value[-1] ^ flip)

    def total(self, m: Module, terms: list[Signal]) -> Value:
        nodes: list[Value] = list(terms)
        level = 0
        while len(nodes) > 1:
            sums = []
            for index, (a, b) in enumerate(zip(nodes[::2], nodes[1::2], strict=False)):
                add = adder(self.format)
                m.submodules[f"add_{level}_{index}"] = part = add.component()
                m.d.comb += [part.enable.eq(self.enable), part.a.eq(a), part.b.eq(b)]
                sums.append(part.o)
            late = nodes[len(nodes) - len(nodes) % 2 :]
            nodes = sums + [
                line(m, self.enable, node, add.latency, f"late_{level}") for node in late
            ]
            level += 1
        return nodes[0]
