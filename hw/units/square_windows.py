"""Sums of squares of floats, in windows of exponents: a token after the other, without a pause."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.units.square_sum import REACH, SPAN_BITS, SquareSum
from ..arith.accumulator import Accumulator
from ..arith.greatest import greatest, levels
from ..arith.rows import Staggered, lateness, segment_of
from ..arith.square import cycles, square
from ..arith.timing import delayed, select
from .token_windows import TokenWindows

#: Bits of a place in a window that a multiplexer takes.
_AT_ONCE = 2


class Tags(NamedTuple):
    """Of even and odd windows: which one is summed, and whether a sum starts anew with a beat."""

    window: list[Value]
    load: list[Value]


class SquareWindows(TokenWindows):
    """V and w of :class:`.SquareSum`, of tokens that follow each other.

    Windows of even and of odd numbers have an accumulator each: what comes in a higher window of
    its kind starts it anew, what comes in a lower one is left out. So no sum is ever moved. All
    registers run at all times; ``done`` tells which cycle's result is a token's.

    Parameters
    ----------
    squares : :class:`SquareSum`
        What is summed.
    lanes : :class:`int`
        Values a cycle.

    Members
    -------
    i : :py:`In(lanes * values.bits)`
        Values, lane 0 in the low bits.
    valid, first, last : :py:`In(1)`
        They count; they are a token's first ones, its last ones.
    total : :py:`Out(squares.most.bit_length())`
        V, ``latency`` cycles after the last values.
    window : :py:`Out(…)`
        w.
    bad : :py:`Out(1)`
        A value was NaN or infinite.
    done : :py:`Out(1)`
        They are those of a token.
    """

    def __init__(self, squares: SquareSum, lanes: int):
        self.squares, self.lanes = squares, lanes
        super().__init__({
            "i": In(lanes * squares.values.bits),
            "valid": In(1), "first": In(1), "last": In(1),
            "total": Out(squares.most.bit_length()),
            "window": Out(range(max(squares.windows - 1, 2))),
            "bad": Out(1), "done": Out(1),
        })  # fmt: skip

    # Cycles from the values in their registers on.

    @property
    def _leading(self) -> bool:
        """Whether what counts has a leading one: no subnormal is in a window that does."""
        return self.squares.base > 1

    @property
    def _tag_width(self) -> int:
        return self.squares.values.exponent_width - SPAN_BITS - 1

    @property
    def _placed(self) -> int:
        """Cycles to squares in their windows."""
        squared = cycles(self.squares.values.significand_width, self._leading) + 1
        return max(squared, levels(self.lanes) + 2 if self._tag_width else 0) + 1

    @property
    def _summed(self) -> int:
        """Cycles to sums of both kinds of windows."""
        return self._placed + levels(self.lanes) + 1 + lateness(self.squares.part.bit_length())

    @property
    def latency(self) -> int:
        width = self.squares.most.bit_length() - REACH
        return 1 + self._summed + 1 + lateness(width) + 1

    def build(self, m: Module, io: Any) -> None:
        always, taken = Const(1, 1), self._taken(m, io, self.squares.values)
        parts, valid, first, _ = taken
        tags = self._tags(m, [part.exponent for part in parts], valid, first)
        pair = self._sums(m, parts, tags, valid, first)
        bad = self._bad(m, taken)

        # The window above and the one below, where it is next to it.
        late = self._summed - levels(self.lanes) - 1
        is_odd, beside, window = (
            delayed(m, always, value, late, name)
            for name, value in zip(("is_odd", "beside", "low"), self._upper(m, tags), strict=True)
        )
        upper, lower = (
            Signal.like(pair[0], name=f"{name}_sum", reset_less=True) for name in ("upper", "lower")
        )
        m.d.sync += [
            upper.eq(Mux(is_odd, pair[1], pair[0])),
            lower.eq(Mux(is_odd, pair[0], pair[1]) & beside.replicate(len(lower))),
        ]
        rest = self.latency - 1 - self._summed
        m.d.comb += [
            io.total.eq(self._joined(m, upper, lower)),
            io.window.eq(delayed(m, always, window, rest, "window")),
        ]
        self._ends(m, io, taken, bad)

    def _tags(self, m: Module, exponents: list[Value], valid: Value, first: Value) -> Tags:
        """The windows that are summed, a cycle after the greatest of a beat are found."""
        always, late, width = Const(1, 1), levels(self.lanes), self._tag_width
        if not width:
            return Tags([Const(0, 0), Const(0, 0)], [Const(0, 1), Const(0, 1)])
        valid = delayed(m, always, valid, late, "tag_valid", reset=True)
        first = delayed(m, always, first, late, "tag_first")
        windows, loads = [], []
        for kind in (0, 1):
            keys = [
                exponent[SPAN_BITS + 1 :] & (exponent[SPAN_BITS] == kind).replicate(width)
                for exponent in exponents
            ]
            most = greatest(m, always, keys, f"window_{kind}")
            tag = Signal(width, name=f"window_{kind}_held", reset_less=True)
            load = Signal(name=f"window_{kind}_load", reset_less=True)
            held, above = Signal(width, name=f"before_{kind}"), Signal(name=f"above_{kind}")
            start = self.squares.base - (self.squares.base % 2 != kind) >> 1
            m.d.comb += [held.eq(Mux(first, start, tag)), above.eq(most > held)]
            m.d.sync += load.eq(above)
            with m.If(valid):
                m.d.sync += tag.eq(Mux(above, most, held))
            windows.append(tag)
            loads.append(load)
        return Tags(windows, loads)

    def _upper(self, m: Module, tags: Tags) -> tuple[Value, Value, Value]:
        """Whether the uppermost window is an odd one, whether the other one is next to it, and the
        number of the window below."""
        if not self._tag_width:
            return Const(1, 1), Const(1, 1), Const(0, 1)
        even, odd = tags.window
        is_odd, beside = Signal(name="upper_is_odd"), Signal(name="lower_is_beside")
        window = Signal(len(even) + 1, name="lower_window")
        m.d.comb += [
            is_odd.eq(odd >= even),
            beside.eq(Mux(is_odd, even == odd, even == odd + 1)),
            window.eq(
                Mux(is_odd, Cat(Const(0, 1), odd), Cat(Const(1, 1), (even - 1)[: len(even)]))
            ),
        ]
        return is_odd, beside, window

    def _sums(
        self, m: Module, parts: list[Any], tags: Tags, valid: Value, first: Value
    ) -> list[Value]:
        """The sums of even and of odd windows."""
        always, squares, lanes = Const(1, 1), self.squares, self.lanes
        placed = [
            self._place(m, part.significand, part.exponent, tags, lane)
            for lane, part in enumerate(parts)
        ]
        width = squares.part.bit_length()
        segment = segment_of(width)
        begins = self._placed + levels(lanes)
        valid = delayed(m, always, valid, begins, "sum_valid", reset=True)
        first = delayed(m, always, first, begins, "sum_first")
        found = []
        for kind in (0, 1):
            sums = Staggered(m, always, segment, f"window_{kind}_sum")
            nodes = [(sums.spread(lane[kind]), 1) for lane in placed]
            while len(nodes) > 1:
                pairs = [nodes[index : index + 2] for index in range(0, len(nodes), 2)]
                nodes = []
                for pair in pairs:
                    count = sum(part[1] for part in pair)
                    bits = (count * squares.square).bit_length()
                    total = sums.plus(*(part[0] for part in pair), width=bits) if (
                        len(pair) > 1) else pair[0][0]  # fmt: skip
                    nodes.append((sums.late(total, 1), count))
            load = tags.load[kind]
            if self._tag_width:
                load = delayed(m, always, load, begins - levels(lanes) - 1, f"load_{kind}")
            own = squares.initial[squares.base % 2 == kind]
            addend = Range(0, 0, lanes * squares.square)
            block = Accumulator(
                addend, Range(0, 0, squares.part), Reachable(False, False), preload=True,
                segment=segment, staggered=True, late=lateness(width),
            )  # fmt: skip
            m.submodules[f"window_{kind}"] = block
            m.d.comb += [
                block.enable.eq(1),
                block.accumulate.eq(valid),
                block.first.eq(first | load),
                block.initial.eq(Mux(load, 0, own)),
                block.i.value.eq(nodes[0][0]),
            ]
            found.append(block.o.value)
        return found

    def _place(
        self, m: Module, significand: Value, exponent: Value, tags: Tags, lane: int
    ) -> list[Value]:
        """A square at its place, once for each kind of windows: 0 where it does not count."""
        always, name = Const(1, 1), f"lane_{lane}"
        squared = square(m, always, significand, self._leading, name)
        late = cycles(len(significand), self._leading)
        for low in range(0, SPAN_BITS, _AT_ONCE):
            wait = self._placed - 1 - late if low else 0
            squared = delayed(m, always, squared, wait, f"{name}_waits")
            late += wait
            index = delayed(m, always, exponent[low : low + _AT_ONCE], late, f"{name}_place_{low}")
            ways = [Cat(Const(0, way << low + 1), squared) for way in range(1 << _AT_ONCE)]
            wide = [Cat(way, Const(0, len(ways[-1]) - len(way))) for way in ways]
            moved = select(m, wide, index, f"{name}_moved_{low}")
            if low + _AT_ONCE < SPAN_BITS:
                squared, late = delayed(m, always, moved, 1, f"{name}_near_{low}"), late + 1
        found = []
        for kind in (0, 1):
            counts = exponent[SPAN_BITS] == kind
            if self._tag_width:
                at = levels(self.lanes) + 1
                own = delayed(m, always, counts, at, f"{name}_kind_{kind}")
                window = delayed(m, always, exponent[SPAN_BITS + 1 :], at, f"{name}_window")
                counts = own & (window == tags.window[kind])
                counts = delayed(m, always, counts, late - at, f"{name}_counts_{kind}")
            else:
                counts = delayed(m, always, counts, late, f"{name}_counts_{kind}")
            kept = Signal(len(moved), name=f"{name}_kept_{kind}", reset_less=True)
            m.d.sync += kept.eq(moved)
            with m.If(~counts):
                m.d.sync += kept.eq(0)
            found.append(kept)
        return found

    def _joined(self, m: Module, upper: Value, lower: Value) -> Value:
        """The sums of two windows as one, registered."""
        width = self.squares.most.bit_length() - REACH
        sums = Staggered(m, Const(1, 1), segment_of(width), "joined")
        above = Cat(lower[REACH:], Const(0, len(upper) - len(lower[REACH:])))
        total = sums.plus(sums.spread(upper), sums.spread(above), width=width)
        end = sums.time(width - 1)
        high = Cat(sums.late(total[a:b], end - sums.time(a)) for a, b in sums.cuts(width))
        return sums.late(Cat(sums.late(lower[:REACH], end), high), 1)
