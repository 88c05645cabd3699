"""Exponentials by shifts, of distances below a greatest value: significands and powers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ..arith.rows import plus
from ..arith.timing import delay_line, delayed, select


def moved_down(
    m: Module, enable: Value, value: Value, places: Value, width: int, levels: Sequence[int],
    name: str,
) -> Value:  # fmt: skip
    """``width`` bits of ``value`` from bit ``places`` on, zeros beyond its end.

    ``levels`` are the low bits of the pairs of ``places`` that are taken in turn, a cycle each.
    """
    for low in levels:
        bits, kept = places[low : low + 2], width + (1 << low) - 1
        parts = [value[k << low : (k << low) + kept] for k in range(1 << len(bits))]
        parts = [Cat(part, Const(0, kept - len(part))) for part in parts]
        chosen = select(m, parts, bits, f"{name}_{low}")
        value, places = (
            delayed(m, enable, item, 1, f"{name}_{what}_{low}")
            for item, what in ((chosen, "cut"), (places, "place"))
        )
    return value


@dataclass(frozen=True)
class ShiftExp:
    """exp(-d · scale) · 2^n of integers d >= 0 as ``s`` and ``q``: s · 2^(n - q - 1).

    d is stretched by log2(e), about, and divided by the octave: a bit of the quotient q is a
    register and an addition of one LUT a bit. What is left makes s.

    Parameters
    ----------
    distance : bits of d.
    octave : bits of the octave.
    n : the greatest q.
    """

    distance: int
    octave: int
    n: int

    @property
    def power(self) -> int:
        """Bits of q."""
        return self.n.bit_length()

    @property
    def significand(self) -> int:
        """Bits of s."""
        return self.octave + 1

    @property
    def width(self) -> int:
        """Bits of ``s`` and ``q``, s in the low bits."""
        return self.significand + self.power

    @property
    def cycles(self) -> int:
        """Cycles of :meth:`parts`."""
        return self.dividing + 2

    @property
    def dividing(self) -> int:
        """Cycles of :meth:`divided`."""
        return self.power + 1

    def octaves(self, m: Module, enable: Value, octave: Value, name: str) -> list[Value]:
        """An octave for each step, to be shared by numbers of the same cycle."""
        line = delay_line(m, enable, octave, self.cycles, f"{name}_octave")
        return [value for value in line if value is not None]

    def parts(
        self, m: Module, enable: Value, d: Value, octaves: list[Value], name: str
    ) -> tuple[Value, Value]:
        """``s`` and ``q``, ``cycles`` later; ``octaves`` are those of :meth:`octaves`."""

        def kept(value: Value, what: str) -> Value:
            return delayed(m, enable, value, 1, f"{name}_{what}")

        # d + d / 2 - d / 16, each rounded up as its negative is rounded down.
        wide = self.distance + 1
        early = kept(d, "early")
        more = kept(plus(d, d[1:], d[0], width=wide), "more")
        some = early[:4].any() if len(early) else Const(0, 1)
        below = Cat(early[4:], Const(0, wide - len(early[4:])))
        stretched = kept(plus(more, ~below, ~some, width=wide), "stretched")

        return self.divided(m, enable, stretched, octaves[2:], name)

    def divided(
        self, m: Module, enable: Value, stretched: Value, octaves: list[Value], name: str
    ) -> tuple[Value, Value]:
        """``s`` and ``q`` of what is stretched, ``dividing`` cycles later; an octave a cycle."""

        def kept(value: Value, what: str) -> Value:
            return delayed(m, enable, value, 1, f"{name}_{what}")

        # What is left is kept inverted: then a negative number tells a bit of the quotient.
        steps, wide = self.power, len(stretched)
        size = max(wide, self.octave + steps - 1) + 1
        inverted = ~Cat(stretched, Const(0, size - wide))
        low = steps - 1
        upper = plus(octaves[0], inverted[low:].as_signed(), width=size - low)
        left = kept(Cat(inverted[:low], upper), f"left_{low}")
        quotient: Value = Const(0, 0)
        for place in reversed(range(steps - 1)):
            negative = left[-1]
            quotient = Cat(negative, quotient)
            octave = Cat(octaves[steps - 1 - place], Const(0, size - place - self.octave))
            changed = octave ^ (~negative).replicate(size - place)
            total = plus(left[place:], changed, ~negative, width=size - place)
            quotient = kept(quotient, f"quotient_{place}")
            left = kept(Cat(left[:place], total), f"left_{place}")
        quotient = Cat(left[-1], quotient)
        return self._ended(m, enable, left, quotient, octaves[steps], name)

    def _ended(
        self, m: Module, enable: Value, left: Value, quotient: Value, octave: Value, name: str
    ) -> tuple[Value, Value]:
        """2 · octave less what is left, and the quotient; what is n or more is n, exactly."""
        wide, negative, full = self.significand, left[-1], Signal(name=f"{name}_full")
        m.d.comb += full.eq(quotient >= self.n)
        twice = Cat(Const(0, 1), octave)
        chosen = Mux(negative, twice, octave)[:wide]
        s = Signal(wide, name=f"{name}_s", reset_less=True)
        q = Signal(self.power, name=f"{name}_q", reset_less=True)
        with m.If(enable):
            m.d.sync += [
                s.eq(Mux(full, twice, plus(left[:wide], chosen, 1, width=wide))),
                q.eq(Mux(full, self.n, quotient)),
            ]
        return s, q
