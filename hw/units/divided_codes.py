"""Values over their block's scale, divided bit by bit: what is left decides ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ..arith import quotient as division
from ..arith.timing import delayed
from .element_codes import ElementCodes

#: Bits of an exponent between blocks and values; all sums of those that there are fit.
EXPONENT = 11


@dataclass(frozen=True)
class DividedCodes:
    """How values over a scale become codes.

    Parameters
    ----------
    elements : :class:`ElementCodes`
        How a quotient becomes a code.
    wide : :class:`int`
        Bits of a value's significand.
    """

    elements: ElementCodes
    wide: int

    @property
    def steps(self) -> int:
        """Bits of an element's quotient: its own, those that say how it is rounded, one where the
        first is zero."""
        return self.elements.wide - self.elements.sticky + 1

    @property
    def coding(self) -> int:
        """Cycles of :meth:`codes`."""
        return division.cycles(self.steps) + 2 + self.elements.coding

    @property
    def waits(self) -> int:
        """Cycles from values to when their random numbers are wanted."""
        return self.coding - self.elements.coding + 2

    def codes(
        self,
        m: Module,
        enable: Value,
        lines: Sequence[Value],
        held: SimpleNamespace,
        name: str,
        numbers: Sequence[Value] = (),
    ) -> list[Value]:
        """The codes of elements of a block, ``coding`` cycles later; ``numbers`` are random ones,
        :attr:`waits` later, if rounding takes them."""  # fmt: skip
        wide = self.wide
        own = len(held.significand)
        width = max(wide, own)
        over = Cat(Const(0, width - own), held.significand)
        line = division.divisors(m, enable, over, self.steps, f"{name}_over")
        cycles = division.cycles(self.steps) + 1
        nothing = delayed(m, enable, held.nothing, cycles, f"{name}_nothing")
        off = delayed(m, enable, held.bad, cycles, f"{name}_bad") | nothing
        found = []
        for number, kept in enumerate(lines):
            own_name = f"{name}_{number}"
            above = Cat(Const(0, width - wide), kept[:wide])
            ratio = division.quotient(m, enable, above, line, f"{own_name}_ratio")
            distance = Signal(signed(EXPONENT), name=f"{own_name}_distance")
            m.d.comb += distance.eq(held.high - kept[wide:-1].as_signed())
            distance = delayed(m, enable, distance, cycles - 1, f"{own_name}_before")
            sign = delayed(m, enable, kept[-1], cycles, f"{own_name}_sign")
            random = numbers[number] if numbers else None
            found.append(self._code(m, enable, ratio, distance, sign, off, nothing, own_name,
                                    random))  # fmt: skip
        return found

    def _code(
        self,
        m: Module,
        enable: Value,
        ratio: division.Quotient,
        distance: Value,
        sign: Value,
        off: Value,
        nothing: Value,
        name: str,
        number: Value | None,
    ) -> Value:
        """From a quotient and its distance, its leading bit the first or the second."""
        lead = ratio.bits[-1]
        below = Mux(lead, ratio.bits[1:], ratio.bits[:-1])
        rest = ratio.rest | (lead & ratio.bits[0])
        bits = Cat(rest, below) if self.elements.sticky else below
        value = delayed(m, enable, bits, 1, f"{name}_value")
        place = Signal(signed(EXPONENT), name=f"{name}_place", reset_less=True)
        with m.If(enable):
            m.d.sync += place.eq(distance + ~lead)
        # Beyond the greatest element all bits are set, which rounds up and saturates.
        few, far = self.elements.far.bit_length(), self.elements.far
        over = place[-1] & value[-1] & ~off
        gone = off | ~value[-1] | place[few:-1].any()
        near = Mux(over, 0, Mux(gone, far, place[:few]))
        bits = value | over.replicate(len(value))
        line = delayed(m, enable, Cat(bits, over, sign & ~nothing), 1, f"{name}_line")
        near = delayed(m, enable, near, 1, f"{name}_near")
        return self.elements.write(m, enable, near, line, name, number)
