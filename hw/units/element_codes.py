"""An element's code from the distance of its leading bit to that of the greatest element."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ...golden.formats import Format, Integer, Minifloat
from ...golden.units.quantize_rules import top_exponent
from ..arith.table import look_up
from ..arith.timing import delayed, select
from ..fp.pack import at_least

#: An element of so few bits in all is looked up as a whole.
_TABLE = 7


@dataclass(frozen=True)
class ElementCodes:
    """How a significand becomes a code, rounded to nearest even and saturated.

    Parameters
    ----------
    element : :class:`Format`
        The codes' format.
    sticky : :class:`bool`
        Whether there is anything below the guard bit.
    """

    element: Format
    sticky: bool

    @property
    def digits(self) -> int:
        """Bits below the leading one of the greatest element."""
        if isinstance(self.element, Minifloat):
            return self.element.mantissa_width
        return self.element.bits - 2

    @property
    def span(self) -> int:
        """Binades of an element's normal numbers, less one."""
        return self.element.exponent_span

    @property
    def top(self) -> int:
        """The exponent of the greatest element."""
        return top_exponent(self.element)

    @property
    def far(self) -> int:
        """The least distance between leading bits at which an element is zero."""
        return self.span + self.digits + 2

    @property
    def wide(self) -> int:
        """Bits of a significand: those of an element, the guard bit, whether there is more."""
        return self.digits + 2 + self.sticky

    #: Bits of a random number; nearest even takes none.
    random = 0

    @property
    def coding(self) -> int:
        """Cycles of :meth:`write`."""
        if self._tabled:
            return 2
        return 4 + isinstance(self.element, Integer)

    @property
    def _tabled(self) -> bool:
        """Whether distance and significand are so few bits that one table has all codes."""
        return self.far.bit_length() + self.wide <= _TABLE

    def write(
        self,
        m: Module,
        enable: Value,
        near: Value,
        line: Value,
        name: str,
        number: Value | None = None,
    ) -> Value:
        """The code, ``coding`` cycles later.

        ``near`` is the distance, or :attr:`far`; ``line`` the significand from its lowest bit,
        whether the value is beyond all elements, then the sign. Without a leading one, the distance
        is at least the span. ``number`` is the random one, if rounding takes one.
        """  # fmt: skip
        wide = self.wide
        if self._tabled:
            # Distance and leading bit as one number, of as few bits as there are kinds of rows.
            lead, rows, kinds = line[wide - 1], self._rows, self._kinds
            bits = max((len(kinds) - 1).bit_length(), 1)
            numbers = [kinds.index(row) if row in kinds else 0 for row in rows]
            place = look_up(m, Cat(lead, near), numbers, bits, f"{name}_kind")
            place, line = (
                delayed(m, enable, value, 1, f"{name}_{what}")
                for value, what in ((place, "place"), (Cat(line[: wide - 1], line[-1]), "line"))
            )
            table = [code for row in kinds for code in row]
            found = look_up(m, Cat(line[:-1], place), table, self._width + 1, f"{name}_found")
            return delayed(m, enable, self._signed(found, line[-1]), 1, f"{name}_code")
        return self._rounded(m, enable, near, line, name, number)

    @property
    def _width(self) -> int:
        """Bits of an element's magnitude, or of its code below the sign."""
        return self.element.bits - 1

    def magnitude(self, significand: int, distance: int) -> int:
        """The rounded magnitude of an element, before it saturates; ``significand`` with the bits
        below."""
        lost = 1 + self.sticky + max(distance - self.span, 0)
        kept, rest, half = significand >> lost, significand % (1 << lost), 1 << (lost - 1)
        up = rest > half or (rest == half and kept & 1)
        return (max(self.span - distance, 0) << self.digits) + kept + up

    @property
    def _most(self) -> int:
        element = self.element
        return element.max_code if isinstance(element, Minifloat) else element.high

    @property
    def _least(self) -> int:
        """The magnitude of the least element."""
        element = self.element
        return -element.low if isinstance(element, Integer) else self._most

    @cached_property
    def _rows(self) -> list[tuple[int, ...]]:
        """For each distance with each leading bit, low, the magnitudes by the bits that follow."""
        rest = 1 << (self.digits + 1 + self.sticky)
        return [
            tuple(
                min(self.magnitude(lead * rest + bits, distance), self._least)
                for bits in range(rest)
            )
            for distance in range(1 << self.far.bit_length())
            for lead in (0, 1)
        ]

    @cached_property
    def _kinds(self) -> list[tuple[int, ...]]:
        """The rows that differ. No leading bit means that the distance is at least the span."""
        rows = enumerate(self._rows)
        found = [row for number, row in rows if number % 2 or number // 2 >= self.span]
        return list(dict.fromkeys(found))

    def _signed(self, magnitude: Value, sign: Value) -> Value:
        """The code of a magnitude that is at most that of the least element."""
        element = self.element
        if isinstance(element, Integer):
            over = magnitude > self._most
            return Mux(sign, -magnitude, Mux(over, self._most, magnitude))[: element.bits]
        assert isinstance(element, Minifloat)
        bits = magnitude[: self._width]
        return Cat(bits, sign if element.has_negative_zero else sign & bits.any())

    def _rounded(
        self, m: Module, enable: Value, near: Value, line: Value, name: str, number: Value | None
    ) -> Value:
        """From the distance to the code, where a table would be too large."""
        most, wide = self.digits + 2, self.wide
        places = range(1 << len(near))
        # Places to shift, and the exponent's share, less the leading one.
        shifts = [min(max(place - self.span, 0), most) for place in places]
        bases = [max(self.span - place, 0) for place in places]
        shift = look_up(m, near, shifts, range(most + 1), f"{name}_shift")
        base = look_up(m, near, bases, range(max(bases) + 1), f"{name}_base")
        shift, base, line = (
            delayed(m, enable, value, 1, f"{name}_{what}")
            for value, what in ((shift, "places"), (base, "bases"), (line, "line"))
        )
        # Shifted, with what is below the guard bit gathered.
        bits, sign = line[:wide], line[-1]
        ext = bits if self.sticky else Cat(Const(0, 1), bits)
        moved = [
            Cat(ext[: 1 + n].any(), ext[1 + n], ext[2 + n :], Const(0, n)) for n in range(most)
        ]
        moved.append(Cat(ext.any(), Const(0, most)))
        shown = select(m, moved, shift, f"{name}_shown")
        shown, base, sign = (
            delayed(m, enable, value, 1, f"{name}_{what}")
            for value, what in ((shown, "moved"), (base, "base_later"), (sign, "sign_later"))
        )
        up = shown[1] & (shown[0] | shown[2])
        total = Signal(self._width + 1, name=f"{name}_total")
        with m.If(enable):
            m.d.sync += total.eq(Cat(Const(0, self.digits), base) + shown[2:] + up)
        sign = delayed(m, enable, sign, 1, f"{name}_sign")
        return self._clipped(m, enable, total, sign, name)

    def _clipped(self, m: Module, enable: Value, total: Value, sign: Value, name: str) -> Value:
        """The code of a rounded magnitude."""
        element = self.element
        if isinstance(element, Integer):
            # Full range: the least integer has a magnitude more than the greatest.
            over = total[-1] & (1 if element.symmetric else ~sign)
            clipped = Mux(over, self._most, total)
            clipped = delayed(m, enable, clipped, 1, f"{name}_clipped")
            sign = delayed(m, enable, sign, 1, f"{name}_last_sign")
            code = Mux(sign, -clipped, clipped)[: element.bits]
        else:
            code = self._signed(
                Mux(at_least(total, self._most + 1), self._most, total)[: self._width], sign
            )
        return delayed(m, enable, code, 1, f"{name}_code")
