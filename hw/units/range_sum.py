"""Both ends of a block's range as one number, and that over 2^n - 1: exactly, a digit a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ..arith.quotient import Quotient
from ..arith.timing import delayed, select
from .divided_codes import EXPONENT
from .significands import Normal

#: Bits of a distance that are shifted by in one cycle: a multiplexer of four.
_RADIX = 2


@dataclass(frozen=True)
class RangeSum:
    """The sum of two significands with exponents, in 1…2.

    Parameters
    ----------
    wide : :class:`int`
        Bits of a significand.
    fraction : :class:`int`
        Bits of the sum below its leading one; what is below these is only known to be something.
    """

    wide: int
    fraction: int

    @property
    def _levels(self) -> int:
        return -(-self._far.bit_length() // _RADIX)

    @property
    def _far(self) -> int:
        """The least distance at which nothing is left above the last bit."""
        return self.fraction + 1

    @property
    def cycles(self) -> int:
        """Cycles of :meth:`add`."""
        return 5 + self._levels

    def add(
        self, m: Module, enable: Value, ends: Sequence[Normal], name: str
    ) -> tuple[Value, Value, Value]:
        """The sum, ``fraction + 1`` bits, whether there is more below, and its exponent.

        Of two zeros the sum is zero, which has no leading one.
        """
        first, second = ends
        apart = Signal(signed(EXPONENT), name=f"{name}_apart")
        m.d.comb += apart.eq(first.exponent - second.exponent)
        apart = delayed(m, enable, apart, 1, f"{name}_apart_late")
        parts = [delayed(m, enable, Cat(*end), 1, f"{name}_{n}") for n, end in enumerate(ends)]
        less = apart[-1]
        size = delayed(m, enable, Mux(less, -apart, apart)[:EXPONENT], 1, f"{name}_size")
        far = Mux(size >= self._far, self._far, size)[: self._far.bit_length()]
        far = delayed(m, enable, far, 1, f"{name}_far")
        greater, smaller = (
            delayed(m, enable, Mux(less, *pair), 2, f"{name}_{what}")
            for what, pair in (("greater", parts[::-1]), ("smaller", parts))
        )

        # The smaller one moves down; what it loses is gathered.
        width = self.fraction + 1
        moved: Value = Cat(Const(0, width - self.wide), smaller[: self.wide])
        rest: Value = Const(0, 1)
        for level in range(self._levels):
            low = level * _RADIX
            digit, far = far[:_RADIX], far[_RADIX:]
            shifts = [step << low for step in range(1 << len(digit))]
            shown = select(m, [moved[shift:] for shift in shifts], digit, f"{name}_{level}")
            lost = select(
                m, [moved[:shift].any() if shift else Const(0, 1) for shift in shifts], digit,
                f"{name}_lost_{level}",
            )  # fmt: skip
            line = delayed(m, enable, Cat(rest | lost, shown, Const(0, 1))[: width + 1], 1,
                           f"{name}_moved_{level}")  # fmt: skip
            rest, moved = line[0], line[1:]
            far = delayed(m, enable, far, 1, f"{name}_far_{level}") if len(far) else far
        greater = delayed(m, enable, greater, self._levels, f"{name}_waits")

        total = Signal(width + 1, name=f"{name}_total", reset_less=True)
        with m.If(enable):
            m.d.sync += total.eq(Cat(Const(0, width - self.wide), greater[: self.wide]) + moved)
        rest = delayed(m, enable, rest, 1, f"{name}_rest")
        exponent = delayed(m, enable, greater[self.wide :], 1, f"{name}_exponent")
        carry = total[-1]
        found = Signal(signed(EXPONENT), name=f"{name}_found")
        m.d.comb += found.eq(exponent.as_signed() + carry)
        results = Mux(carry, total[1:], total[:-1]), rest | (carry & total[0]), found
        names = ("sum", "more", "power")
        return tuple(
            delayed(m, enable, value, 1, f"{name}_{what}")
            for value, what in zip(results, names, strict=True)
        )


def digits(width: int, bits: int) -> int:
    """Steps, and cycles, of :func:`over_ones` for a number of ``width`` bits."""
    return -(-width // bits)


def over_ones(m: Module, enable: Value, number: Value, bits: int, name: str) -> Quotient:
    """``number`` over 2^``bits`` - 1, as wide as it, and whether anything is left.

    Digit by digit of ``bits`` bits, as one divides on paper. With a remainder r and a digit d,
    r · 2^n + d = r · (2^n - 1) + (r + d): so the quotient's digit is r, or one more where r + d is
    no remainder. Takes :func:`digits` cycles, and one more.
    """
    steps, width = digits(len(number), bits), len(number)
    padded = Cat(number, Const(0, steps * bits - width))
    remainder: Value = Const(0, bits)
    quotient: list[Value] = []
    line = padded
    for step in range(steps):
        digit, line = line[-bits:], line[:-bits]
        plain, more = (Signal(bits + 1, name=f"{name}_{what}_{step}") for what in ("plain", "more"))
        m.d.comb += [plain.eq(remainder + digit), more.eq(remainder + digit + 1)]
        taken = more[-1]
        found = Signal(bits, name=f"{name}_digit_{step}")
        m.d.comb += found.eq(remainder + taken)
        kept = delayed(m, enable, Cat(found, *quotient), 1, f"{name}_quotient_{step}")
        quotient = [kept]
        remainder = delayed(
            m, enable, Mux(taken, more, plain)[:bits], 1, f"{name}_remainder_{step}"
        )
        line = delayed(m, enable, line, 1, f"{name}_line_{step}") if len(line) else line
    rest = delayed(m, enable, remainder.any(), 1, f"{name}_rest")
    return Quotient(delayed(m, enable, quotient[0][:width], 1, f"{name}_quotient"), rest)
