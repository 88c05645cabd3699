"""An element's code that is rounded up as often as what is beyond it is large."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Signal, Value

from ...golden.units import Quantize
from ..arith.table import look_up
from ..arith.timing import delayed, select
from .element_codes import ElementCodes


@dataclass(frozen=True)
class StochasticCodes(ElementCodes):
    """How a significand becomes a code with the carry of a random number, and saturates.

    Parameters
    ----------
    random : :class:`int`
        Bits of a random number, and of a significand below an element's last place.
    """

    random: int = 0

    #: Cycles from :meth:`write` to when its random number is wanted.
    waits = 2

    @property
    def wide(self) -> int:
        return self.digits + 1 + self.random

    @property
    def far(self) -> int:
        return self.span + self.wide

    @property
    def _tabled(self) -> bool:
        return False

    def _rounded(
        self, m: Module, enable: Value, near: Value, line: Value, name: str, number: Value | None
    ) -> Value:
        """From the distance to the code; ``line`` has, below the sign, whether all is beyond."""
        assert number is not None
        wide, most = self.wide, self.wide
        places = range(1 << len(near))
        shifts = [min(max(place - self.span, 0), most) for place in places]
        bases = [max(self.span - place, 0) for place in places]
        shift = look_up(m, near, shifts, range(most + 1), f"{name}_shift")
        base = look_up(m, near, bases, range(max(bases) + 1), f"{name}_base")
        shift, base, line = (
            delayed(m, enable, value, 1, f"{name}_{what}")
            for value, what in ((shift, "places"), (base, "bases"), (line, "line"))
        )
        shown = select(m, [line[n:wide] for n in range(most)] + [Const(0, 1)], shift,
                       f"{name}_shown")  # fmt: skip
        shown, base, marks = (
            delayed(m, enable, value, 1, f"{name}_{what}")
            for value, what in ((shown, "moved"), (base, "base_later"), (line[wide:], "marks"))
        )
        # Where all is beyond, all bits are set, and one more carries whatever the number is.
        beyond, sign = marks[0], marks[-1]
        added = Cat(number, Const(0, self.digits), base)
        total = Signal(self._width + 1, name=f"{name}_total")
        with m.If(enable):
            m.d.sync += total.eq((added + shown + beyond)[self.random :])
        sign = delayed(m, enable, sign, 1, f"{name}_sign")
        return self._clipped(m, enable, total, sign, name)


def rounded_by(unit: Quantize, plain: ElementCodes) -> ElementCodes:
    """How elements are rounded: to nearest even as ``plain`` does, or by random numbers."""
    if not unit.random_bits:
        return plain
    return StochasticCodes(plain.element, False, unit.random_bits)
