"""Which LUTs may share one dual-output LUT site, and a near-maximal choice of such pairs.

A site of a 7-series or UltraScale(+) slice holds a LUT6, or two functions of together at most five
distinct inputs: one leaves through O6, the other through O5 (UG474, UG574: "dual 5-input LUTs").
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

SHARED_INPUTS = 5

#: Partners looked at for one function along one net, and in one improvement; bounds the time.
_SPAN = 96


@dataclass(frozen=True)
class Function:
    """What one half of a site computes.

    Parameters
    ----------
    inputs : distinct nets; a function of six never shares.
    position : the carry position whose O6 this function is, or None for a free one.
    open : at a carry position: the slice's MUX output is free, so that O5 can leave by it.
    feeds : the carry position whose DI is the only reader of this function: O5 reaches DI inside.
    alone : never shares, whatever its inputs.
    """

    inputs: frozenset[int]
    position: tuple[int, int] | None = None
    open: bool = True
    feeds: tuple[int, int] | None = None
    alone: bool = False


def legal(a: Function, b: Function) -> bool:
    """Whether ``a`` and ``b`` may share a site.

    At most five distinct inputs; not two carry positions; beside a carry position only if the
    slice's MUX output is free there, or if the second function feeds just that position's DI.
    """
    if a.alone or b.alone or len(a.inputs | b.inputs) > SHARED_INPUTS:
        return False
    if a.position is not None and b.position is not None:
        return False
    for carry, other in ((a, b), (b, a)):
        if carry.position is not None and not carry.open and other.feeds != carry.position:
            return False
    return True


def pair(functions: Sequence[Function]) -> list[tuple[int, int]]:
    """Disjoint legal pairs, as indices (low, high), sorted: many, not provably the most.

    Greedy by size: functions of many inputs first, each with its largest legal partner along a
    shared net, then those that fit without sharing, then augmenting paths of length three.
    The same functions in the same order give the same pairs.
    """
    return _Matching(functions).run()


class _Matching:
    def __init__(self, functions: Sequence[Function]):
        self.functions = functions
        self.size = [len(f.inputs) for f in functions]
        self.mate: dict[int, int] = {}
        self.usable = [
            i for i, f in enumerate(functions) if not f.alone and self.size[i] <= SHARED_INPUTS
        ]
        self.by_net: dict[int, list[int]] = {}
        # Free functions, and carry positions, of each size, that any small function may join.
        self.buckets = [[_Bucket(self.mate) for _ in range(SHARED_INPUTS + 1)] for _ in range(2)]
        for index in self.usable:
            function = functions[index]
            for net in sorted(function.inputs):
                self.by_net.setdefault(net, []).append(index)
            if function.position is None or function.open:
                self.buckets[function.position is not None][self.size[index]].items.append(index)

    def run(self) -> list[tuple[int, int]]:
        self._feeders()
        order = sorted(self.usable, key=lambda i: (-self.size[i], self._degree(i), i))
        for choose in (self._sharing, self._loose):
            for index in order:
                if index not in self.mate:
                    self._join(index, choose(index))
        for index in order:
            if index not in self.mate:
                self._augment(index)
        return sorted((a, b) for a, b in self.mate.items() if a < b)

    def _feeders(self) -> None:
        """A carry position without a free MUX output has one possible partner: take it."""
        closed = {f.position: i for i, f in enumerate(self.functions) if f.position and not f.open}
        for index in self.usable:
            feeds = self.functions[index].feeds
            carry = closed.get(feeds) if feeds else None
            if carry is not None and carry not in self.mate and self._legal(index, carry):
                self._join(index, carry)

    def _degree(self, index: int) -> int:
        """A cheap bound on the partners along shared nets: those with few choose first."""
        return sum(len(self.by_net[net]) for net in self.functions[index].inputs)

    def _join(self, a: int, b: int | None) -> None:
        if b is not None:
            self.mate[a], self.mate[b] = b, a

    def _legal(self, a: int, b: int) -> bool:
        return a != b and legal(self.functions[a], self.functions[b])

    def _neighbours(self, index: int) -> list[int]:
        """Legal partners, mated or not, that share a net; the near ones where there are many."""
        found: dict[int, None] = {}
        for net in sorted(self.functions[index].inputs):
            readers = self.by_net[net]
            if len(readers) > _SPAN:
                middle = bisect_left(readers, index) - _SPAN // 2
                start = max(0, min(middle, len(readers) - _SPAN))
                readers = readers[start : start + _SPAN]
            found.update(dict.fromkeys(readers))
        return [other for other in found if self._legal(index, other)]

    def _sharing(self, index: int) -> int | None:
        """The largest free partner that would not fit without sharing, then one with few others."""
        fits = SHARED_INPUTS - self.size[index]
        partners = (
            p for p in self._neighbours(index) if p not in self.mate and self.size[p] > fits
        )
        return min(partners, key=lambda p: (-self.size[p], self._degree(p), p), default=None)

    def _loose(self, index: int) -> int | None:
        """The largest free partner that fits whatever its nets are."""
        return next((p for p in self._fitting(index, mated=False) if self._legal(index, p)), None)

    def _augment(self, index: int) -> None:
        """Free ``index`` – a – b – free ``other``: two pairs instead of (a, b)."""
        along = [n for n in self._neighbours(index) if n in self.mate][:_SPAN]
        for a in [*along, *self._fitting(index, mated=True)]:
            b = self.mate[a]
            if not self._legal(index, a):
                continue
            others = [*self._fitting(b, mated=False), *self._neighbours(b)]
            other = next(
                (p for p in others if p not in self.mate and p != index and self._legal(b, p)), None
            )
            if other is not None:
                self._join(index, a)
                self._join(b, other)
                return

    def _fitting(self, index: int, mated: bool) -> Iterator[int]:
        """A few small functions, the large and the carries first, without regard to nets."""
        function = self.functions[index]
        if function.position is not None and not function.open:
            return
        for size in range(SHARED_INPUTS - self.size[index], -1, -1):
            for buckets in self.buckets[1::-1] if function.position is None else self.buckets[:1]:
                yield from buckets[size].mated() if mated else buckets[size].free()


@dataclass
class _Bucket:
    """Functions in order. One that is mated stays mated, so the free ones start ever later."""

    mate: dict[int, int]
    items: list[int] = field(default_factory=list)
    head: int = 0

    def free(self) -> Iterator[int]:
        items = self.items
        while self.head < len(items) and items[self.head] in self.mate:
            self.head += 1
        rest = (items[k] for k in range(self.head, len(items)))
        return islice((i for i in rest if i not in self.mate), 4)

    def mated(self) -> Iterator[int]:
        return islice((i for i in self.items if i in self.mate), _SPAN // 4)
