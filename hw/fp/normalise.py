"""Normalisation: a shift to the left by the number of leading zeros, or less near the subnormals.

The shift is done as its distance is found, from the coarse to the fine, by up to three units of
a power of four a level: a level looks at the top bits alone, and its multiplexer takes one LUT6 a
bit. Each level drops bits that no later one can bring back to where they count, and keeps whether
any was set.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from .pipeline import Pipeline

Level = tuple[int, int]

#: Bits that two levels of LUTs can tell to be zero, each part of them beside its permission.
_TWO_LEVELS = 24
#: Inputs of a LUT.
_INPUTS = 6
#: Bits of a block that, beside its sign and permission, take more than a LUT.
_BLOCK = 8


def shift_levels(most: int) -> tuple[Level, ...]:
    """(unit, ways) of each level, the coarse first: a level moves by 0, 1, … ways - 1 units.

    Together they move by any distance up to ``most``; the last one moves by 0 or 1.
    """
    levels: list[Level] = [(1, 2)] if most else []
    unit = 2
    while (rest := most - reach(levels)) > 0:
        levels.insert(0, (unit, min(4, -(-rest // unit) + 1)))
        unit *= 4
    return tuple(levels)


def reach(levels: Sequence[Level]) -> int:
    """The farthest shift of ``levels`` together."""
    return sum(unit * (ways - 1) for unit, ways in levels)


class Normalisation:
    """All levels but the last shift by 0 or 1, which is left to the rounding.

    The number is ``Cat(bits, negative)`` in two's complement; ``bits ^ negative`` gets a leading
    one. Zeros come in from below.

    Parameters
    ----------
    most : the farthest shift.
    keep : bits that count after it; the others are kept as ``sticky``.
    limited : whether ``limit`` bounds the shift.
    fine : whether a level takes two steps also where it looks at few bits: so that no more than
        three levels of LUTs stand between registers whichever way they are mapped.
    short : whether wide blocks are written as LUTs take them, six bits at a time: tools that see a
        plain tree of two put four bits into a LUT, and need a level more.
    """

    def __init__(self, most: int, keep: int, limited: bool, fine: bool = True, short: bool = False):
        self.most = most
        self.keep = keep
        self.limited = limited
        self.fine = fine
        self.short = short
        found = shift_levels(most)
        self.levels: list[Level] = list(found[:-1])
        self.last: Level | None = found[-1] if found else None

    @property
    def steps(self) -> tuple[int, ...]:
        """Levels of logic of each step: one for every level, two where it is cut."""
        steps: list[int] = []
        for index in range(len(self.levels)):
            if self._apart(index):
                steps += 1, 3, 2
            else:
                steps += (self._looking(index), 2) if self._cut(index) else (3,)
        return tuple(steps)

    def _apart(self, index: int) -> bool:
        """Whether a step ends within what tells that blocks are zero."""
        return self.short and self.levels[index][0] > _TWO_LEVELS

    def _looking(self, index: int) -> int:
        """Levels of LUTs that tell which blocks are zero and may go."""
        return 2 if self.levels[index][0] <= _TWO_LEVELS else 3

    def _cut(self, index: int) -> bool:
        """Whether a register may stand between what a level looks at and its multiplexer."""
        level = self.levels[index]
        return reach([level]) > _TWO_LEVELS or (self.fine and (self.limited or level[0] >= _BLOCK))

    def begin(self, m: Module, live: SimpleNamespace) -> None:
        """What only depends on ``live.limit``, and may be done a step before the rest.

        Adds ``held``, whether the coarser levels used up their part of the limit, and ``gates``:
        whether the limit lets the first level take one step, two, …
        """
        live.held = Const(int(self.limited), 1)
        live.gates = self._gates(m, live, 0)

    def last_gate(self, m: Module, live: SimpleNamespace) -> Value:
        """Whether the limit lets the last shift be done; ``gates`` are used up."""
        gates = live.gates if not self.levels else self._gates(m, live, len(self.levels))
        del live.gates
        return gates

    def start(self, live: SimpleNamespace) -> None:
        """Adds to ``live`` (bits, negative, sticky) what the levels keep count of."""
        live.amount = Const(0, 0)
        missing = max(self.width(0) - len(live.bits), 0)
        live.bits = Cat(Const(0, missing), live.bits)

    def width(self, index: int) -> int:
        """Bits that level ``index`` and what comes after it can bring to where they count."""
        later = [*self.levels[index:], self.last] if self.last else []
        return self.keep + max(reach(later), 1)

    def level(
        self, m: Module, pipe: Pipeline, live: SimpleNamespace, index: int
    ) -> SimpleNamespace:
        """One level; the end of its last step is left to the caller.

        Appends to ``amount``, in units of two, and updates bits, sticky, held.
        """
        unit, ways = self.levels[index]
        gates = live.gates if index == 0 else self._gates(m, live, index)
        zeros = Signal(ways - 1, name=f"zeros_{unit}")
        ends = [len(live.bits) - step * unit for step in range(ways - 1)]
        blocks = [live.bits[end - unit : end] for end in ends]
        if self.short:
            flags = [_flags(block, live.negative) for block in blocks]
            if self._apart(index):
                live.flags, live.gates = Cat(*flags), gates
                live = pipe.cut(live)
                flags = [live.flags.word_select(n, len(flags[0])) for n in range(len(flags))]
                gates = live.gates
                del live.flags
            none = [_all(part) for part in flags]
        else:
            none = [~(block ^ live.negative.replicate(unit)).any() for block in blocks]
        for step in range(ways - 1):
            m.d.comb += zeros[step].eq(none[step] & gates[step])
        live.gates = Const(0, 0)
        lost = max(len(live.bits) - self.width(index + 1), 0)
        early = self.short and self._cut(index)
        if early:
            live.losses = Cat(_losses(live.bits, lost, unit, ways - 1, True))
        if self._cut(index):
            live.zeros = zeros
            live = pipe.cut(live)
            zeros = live.zeros
            del live.zeros
        if early:
            losses = list(live.losses)
            del live.losses
        else:
            losses = _losses(live.bits, lost, unit, ways - 1, self.short)
        self._move(m, live, index, zeros, lost, losses)
        return live

    def _move(
        self,
        m: Module,
        live: SimpleNamespace,
        index: int,
        zeros: Value,
        lost: int,
        losses: Sequence[Value],
    ) -> None:
        """The multiplexer of a level, and what it leaves to the next one."""
        unit, ways = self.levels[index]

        # The number of blocks of zeros from the top, binary: a multiplexer of four is one LUT6.
        first, second, third = (*zeros, Const(0, 1), Const(0, 1))[:3]
        low, high = Signal(name=f"low_{unit}"), Signal(name=f"high_{unit}")
        m.d.comb += [low.eq(first & (~second | third)), high.eq(first & second)]
        width = len(live.bits)
        near, moved = Signal(width, name=f"near_{unit}"), Signal(width, name=f"moved_{unit}")
        m.d.comb += near.eq(Mux(low, live.bits << unit, live.bits))
        m.d.comb += moved.eq(Mux(high, near << 2 * unit, near) if ways > 2 else near)

        sticky = Signal(name=f"sticky_{unit}")
        taken = [low | high, high, low & high][: ways - 1]
        if self.short:  # the same, a level of LUTs earlier
            taken = [first, first & second, first & second & third][: ways - 1]
        kept = [losses[step + 1] & ~flag for step, flag in enumerate(taken)]
        m.d.comb += sticky.eq(live.sticky | Cat(losses[0], *kept).any())
        live.bits, live.sticky = moved[lost:], sticky
        live.amount = Cat(low, *([high] if ways > 2 else []), live.amount)
        if self.limited:
            held = Signal(name=f"held_{unit}")
            m.d.comb += held.eq(live.held & (self._rest(live, index) == Cat(low, high)))
            live.held = held

    def _gates(self, m: Module, live: SimpleNamespace, index: int) -> Value:
        """Whether the limit lets level ``index`` take one step, two, …"""
        levels = [*self.levels, *([self.last] if self.last else [])]
        if index == len(levels):
            return Const(0, 0)
        unit, ways = levels[index]
        if not self.limited:
            return Const((1 << (ways - 1)) - 1, ways - 1)
        gates, rest = Signal(ways - 1, name=f"gates_{unit}"), self._rest(live, index)
        m.d.comb += gates.eq(Cat(~live.held | (rest >= step) for step in range(1, ways)))
        return gates

    def _rest(self, live: SimpleNamespace, index: int) -> Value:
        """What the coarser levels leave of the limit, in units of level ``index``."""
        unit, _ = [*self.levels, *([self.last] if self.last else [])][index]
        low = unit.bit_length() - 1
        if index == 0:
            return live.limit[low:]
        return live.limit[low : low + (2 if unit > 1 else 1)]


def _flags(block: Value, negative: Value) -> Value:
    """Whether bits of ``block`` are ``negative``, a flag for as many as a LUT takes."""
    size = _INPUTS - (not isinstance(negative, Const))
    parts = [block[start : start + size] for start in range(0, len(block), size)]
    return Cat(Mux(negative, part.all(), ~part.any()) for part in parts)


def _all(flags: Value) -> Value:
    """Whether all of ``flags`` are set, by as many at a time as a LUT takes."""
    while len(flags) > 1:
        flags = Cat(flags[n : n + _INPUTS].all() for n in range(0, len(flags), _INPUTS))
    return flags[0]


def _any(bits: Value, short: bool) -> Value:
    """Whether any of ``bits`` is set; if ``short``, by as many at a time as a LUT takes."""
    if not short or len(bits) <= _INPUTS:
        return bits.any()
    return Cat(bits[n : n + _INPUTS].any() for n in range(0, len(bits), _INPUTS)).any()


def _losses(bits: Value, lost: int, unit: int, steps: int, short: bool) -> list[Value]:
    """Whether any of the lowest ``lost`` bits is set that are lost however far the number moves;
    if it moves by no unit; by one at the most; …"""
    found = [_any(bits[: max(lost - steps * unit, 0)], short)]
    for step in range(steps):
        low, high = max(lost - (step + 1) * unit, 0), max(lost - step * unit, 0)
        found.append(_any(bits[low:high], short))
    return found
