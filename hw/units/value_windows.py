"""Sums of floats, in windows of exponents: a token after the other, without a pause."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.units.value_sum import SPAN_BITS, ValueSum
from ..arith.accumulator import Accumulator
from ..arith.greatest import greatest, levels
from ..arith.rows import Staggered, lateness, segment_of
from ..arith.table import look_up
from ..arith.timing import delayed, select
from .token_windows import TokenWindows

#: Bits of a place in a window that a multiplexer takes.
_AT_ONCE = 2


class Tag(NamedTuple):
    """Of one kind of windows: which one is summed, and whether its sum starts anew with a beat."""

    window: Value
    load: Value


class ValueWindows(TokenWindows):
    """-S of :class:`.ValueSum`, of tokens that follow each other.

    Windows are of as many kinds as count, by turns, and each kind has an accumulator: what comes in
    a higher window of its kind starts it anew, what comes in a lower one is left out. So no sum is
    ever moved. All registers run at all times; ``done`` tells which cycle's result is a token's.

    Parameters
    ----------
    values : :class:`ValueSum`
        What is summed.
    lanes : :class:`int`
        Values a cycle.

    Members
    -------
    i : :py:`In(lanes * values.bits)`
        Values, lane 0 in the low bits.
    valid, first, last : :py:`In(1)`
        They count; they are a token's first ones, its last ones.
    total : :py:`Out(width)`
        -S, ``latency`` cycles after the last values, in two's complement.
    low : :py:`Out(…)`
        The lowest window that counts, less ``values.base``.
    bad : :py:`Out(1)`
        A value was NaN or infinite.
    done : :py:`Out(1)`
        They are those of a token.
    """

    def __init__(self, values: ValueSum, lanes: int):
        self.values, self.lanes = values, lanes
        self.bounds = Range(0, -values.total, values.total)
        super().__init__({
            "i": In(lanes * values.values.bits),
            "valid": In(1), "first": In(1), "last": In(1),
            "total": Out(self.bounds.width),
            "low": Out(self.low_width),
            "bad": Out(1), "done": Out(1),
        })  # fmt: skip

    @property
    def low_width(self) -> int:
        """Bits of the lowest window's number."""
        return max((self.values.windows - self.values.kinds - self.values.base).bit_length(), 1)

    @property
    def _tagged(self) -> bool:
        """Whether there are more windows than count."""
        return self.values.windows > self.values.kinds

    # Cycles from the values in their registers on.

    @property
    def _placed(self) -> int:
        """Cycles to values in their windows."""
        return max(SPAN_BITS // _AT_ONCE, levels(self.lanes) + 2 if self._tagged else 0) + 1

    @property
    def _part(self) -> Range:
        """A window's sum."""
        most = self.values.count * self.values.most
        return Range(0, -most, most)

    @property
    def _summed(self) -> int:
        """Cycles to sums of all kinds of windows."""
        return self._placed + levels(self.lanes) + 1 + lateness(self._part.width)

    @property
    def latency(self) -> int:
        return 1 + self._summed + self.values.kinds + lateness(self.bounds.width)

    def build(self, m: Module, io: Any) -> None:
        taken = self._taken(m, io, self.values.values)
        parts, valid, first, _ = taken
        windows = [part.exponent[SPAN_BITS:] for part in parts]
        tags = self._tags(m, windows, valid, first)
        placed = [self._place(m, part, tags, lane) for lane, part in enumerate(parts)]
        sums = [
            self._sum(m, [lane[kind] for lane in placed], tags[kind].load, kind, valid, first)
            for kind in range(self.values.kinds)
        ]
        low, ranked = self._ranked(m, tags, sums)
        bad = self._bad(m, taken)
        m.d.comb += [io.total.eq(self._joined(m, ranked)), io.low.eq(low)]
        self._ends(m, io, taken, bad)

    def _kind(self, window: int) -> tuple[int, int]:
        """The number of a window among those of its kind, and its kind."""
        return divmod(window, self.values.kinds)

    def _tags(self, m: Module, windows: list[Value], valid: Value, first: Value) -> list[Tag]:
        """The windows that are summed, a cycle after the greatest of a beat are found."""
        always, late, values = Const(1, 1), levels(self.lanes), self.values
        if not self._tagged:
            return [Tag(Const(kind, 1), Const(0, 1)) for kind in range(values.kinds)]
        valid = delayed(m, always, valid, late, "tag_valid", reset=True)
        first = delayed(m, always, first, late, "tag_first")
        width, found = self._kind(values.windows - 1)[0].bit_length(), []
        for kind in range(values.kinds):
            numbers = [
                number if own == kind else 0
                for number, own in map(self._kind, range(values.windows))
            ]
            keys = [
                look_up(m, window, numbers, width, f"window_{kind}_of_{lane}")
                for lane, window in enumerate(windows)
            ]
            most = greatest(m, always, keys, f"window_{kind}")
            tag = Signal(width, name=f"window_{kind}_held", reset_less=True)
            load = Signal(name=f"window_{kind}_load", reset_less=True)
            held, above = Signal(width, name=f"before_{kind}"), Signal(name=f"above_{kind}")
            start = -((kind - values.base) // values.kinds)  # the first one from ``base`` on
            m.d.comb += [held.eq(Mux(first, start, tag)), above.eq(most > held)]
            m.d.sync += load.eq(above)
            with m.If(valid):
                m.d.sync += tag.eq(Mux(above, most, held))
            size = (values.windows - 1).bit_length()
            every = [
                min(number * values.kinds + kind, values.windows - 1)
                for number in range(1 << width)
            ]
            found.append(Tag(look_up(m, tag, every, size, f"summed_{kind}"), load))
        return found

    def _place(self, m: Module, part: Any, tags: list[Tag], lane: int) -> list[tuple[Value, Value]]:
        """What is subtracted of a value at its place, once for each kind of windows: 0 where it
        does not count. A one is missing to it where the second bit is set."""
        always, name = Const(1, 1), f"lane_{lane}"
        # A negative number is its inverted bits and a missing one.
        minus = ~part.sign
        moved, late = part.significand ^ minus.replicate(len(part.significand)), 0
        for low in range(0, SPAN_BITS, _AT_ONCE):
            wait = self._placed - 1 - SPAN_BITS // _AT_ONCE if low else 0
            moved, late = delayed(m, always, moved, wait, f"{name}_waits"), late + wait
            index = delayed(
                m, always, part.exponent[low : low + _AT_ONCE], late, f"{name}_place_{low}"
            )
            fill = delayed(m, always, minus, late, f"{name}_minus_{low}")
            most = (1 << _AT_ONCE) - 1 << low
            ways = [
                Cat(fill.replicate(way << low), moved, fill.replicate(most - (way << low)))
                for way in range(1 << _AT_ONCE)
            ]
            moved = delayed(m, always, select(m, ways, index, f"{name}_moved_{low}"), 1,
                            f"{name}_near_{low}")  # fmt: skip
            late += 1
        minus = delayed(m, always, minus, late, f"{name}_minus")
        found, window = [], part.exponent[SPAN_BITS:]
        at = levels(self.lanes) + 1 if self._tagged else 0
        window = delayed(m, always, window, at, f"{name}_window")
        for kind, tag in enumerate(tags):
            counts = delayed(m, always, window == tag.window, late - at, f"{name}_counts_{kind}")
            kept = Signal(len(moved) + 1, name=f"{name}_kept_{kind}", reset_less=True)
            missing = Signal(name=f"{name}_missing_{kind}", reset_less=True)
            m.d.sync += [kept.eq(Cat(moved, minus)), missing.eq(minus)]
            with m.If(~counts):
                m.d.sync += [kept.eq(0), missing.eq(0)]
            found.append((kept.as_signed(), missing))
        return found

    def _sum(
        self, m: Module, placed: list[tuple[Value, Value]], load: Value, kind: int,
        valid: Value, first: Value,
    ) -> Value:  # fmt: skip
        """The sum of a kind of windows: a tree, each of whose sums takes the one that is missing to
        its first number, and an accumulator."""
        always, lanes, total = Const(1, 1), self.lanes, self._part
        segment = segment_of(total.width)
        sums = Staggered(m, always, segment, f"window_{kind}_sum")
        most = self.values.most + 1
        nodes = [(sums.spread(value), missing, 1) for value, missing in placed]
        while len(nodes) > 1:
            pairs = [nodes[index : index + 2] for index in range(0, len(nodes), 2)]
            nodes = []
            for a, *rest in pairs:
                value, missing, count = a
                if rest:
                    b, left, more = rest[0]
                    count += more
                    width = Range(0, -count * most, count * most).width
                    value, missing = sums.plus(value, b, missing, width=width).as_signed(), left
                nodes.append((sums.late(value, 1), sums.late(missing, 1), count))
        begins = self._placed + levels(lanes)
        if self._tagged:
            load = delayed(m, always, load, begins - levels(lanes) - 1, f"load_{kind}")
        block = Accumulator(
            Range(0, -lanes * most, lanes * most), total, Reachable(False, False),
            segment=segment, staggered=True, late=lateness(total.width), short=True,
        )  # fmt: skip
        m.submodules[f"window_{kind}"] = block
        m.d.comb += [
            block.enable.eq(1),
            block.accumulate.eq(delayed(m, always, valid, begins, f"sum_valid_{kind}", reset=True)),
            block.first.eq(delayed(m, always, first, begins, f"sum_first_{kind}") | load),
            block.missing.eq(nodes[0][1]),
            block.i.value.eq(nodes[0][0]),
        ]
        return Value.cast(block.o.value)

    def _ranked(self, m: Module, tags: list[Tag], sums: list[Value]) -> tuple[Value, list[Value]]:
        """The lowest window's number when all is joined, and the windows' sums, the lowest first,
        in registers."""
        always, values = Const(1, 1), self.values
        if not self._tagged:
            return Const(0, 1), [delayed(m, always, total, 1, f"rank_{n}")
                                 for n, total in enumerate(sums)]  # fmt: skip
        windows = [delayed(m, always, tag.window, 1, f"of_kind_{n}") for n, tag in enumerate(tags)]
        top = greatest(m, always, windows, "top")
        count = levels(len(windows))
        windows = [delayed(m, always, own, count, f"{n}_at_top") for n, own in enumerate(windows)]
        at = levels(self.lanes) + 2 + count
        found = []
        for rank in range(values.kinds):
            above = values.kinds - 1 - rank
            hits = [
                delayed(m, always, own + above == top, self._summed - at, f"{rank}_is_{n}")
                for n, own in enumerate(windows)
            ]
            parts = [total.as_unsigned() for total in sums]
            terms = (
                total & hit.replicate(len(total)) for total, hit in zip(parts, hits, strict=True)
            )
            chosen: Value = reduce(or_, terms)
            found.append(delayed(m, always, chosen.as_signed(), 1, f"rank_{rank}"))
        low = (top - (values.kinds - 1 + values.base))[: self.low_width]
        return delayed(m, always, low, self.latency - 1 - at, "low"), found

    def _joined(self, m: Module, ranked: list[Value]) -> Value:
        """The sums of all windows as one."""
        width, kinds = self.bounds.width, len(ranked)
        sums = Staggered(m, Const(1, 1), segment_of(width), "joined")
        total, bounds, part = sums.spread(ranked[0]), self._part, self._part
        for rank in range(1, kinds):
            lsb = rank << SPAN_BITS
            own = Range(lsb, part.low, part.high)
            both = Range(0, bounds.low + (part.low << lsb), bounds.high + (part.high << lsb))
            addend = sums.late(sums.spread(ranked[rank], lsb), rank - 1)
            total = sums.joined(total, bounds, addend, own, both)
            total, bounds = sums.late(total, 1), both
        total = sums.extended(total, width)
        end = sums.time(width - 1)
        return Cat(sums.late(total[a:b], end - sums.time(a)) for a, b in sums.cuts(width))
