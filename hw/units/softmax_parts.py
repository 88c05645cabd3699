"""Powers, terms and reciprocals of a softmax, as blocks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from ...golden.formats import Minifloat, lookup
from ...golden.units.softmax_parts import MORE, Lines, Parts
from ..arith.shift import shift_right
from ..arith.table import LUT_INPUTS, look_up, parted
from ..arith.timing import select
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.rows import digits, multiply


def between(parts: Parts) -> Minifloat:
    """The format of powers and reciprocals: FP32's exponents, and the significands' bits."""
    mantissa, single = parts.bits - 1, lookup("fp32")
    assert isinstance(single, Minifloat)
    return Minifloat(f"e8m{mantissa}_ieee", 8, mantissa, single.policy, single.bias)


def signed_digits(number: int) -> list[tuple[int, int]]:
    """Powers of two and signs whose sum a number is, no two neighbours: the greatest first."""
    found, place = [], 0
    while number:
        if number & 1:
            sign = 2 - (number & 3)
            found.append((place, sign))
            number -= sign
        number, place = number >> 1, place + 1
    return found[::-1]


class _OnLine(Pipelined):
    """The place on a line: what both kinds of lines do alike."""

    lines: Lines

    @property
    def _line_levels(self) -> list[int]:
        looked_up = [2] * (1 + (len(self.lines.starts) > 1 << LUT_INPUTS))
        return [*looked_up, *[2] * digits(self.lines.steps), 2]

    def _on_line(
        self, m: Module, pipe: Pipeline, live: SimpleNamespace, argument: Value
    ) -> SimpleNamespace:
        """``live.significand`` of an argument; three or more steps, the last not ended."""
        lines, width = self.lines, max(self.lines.starts).bit_length()
        low = 1 + max((~rise).bit_length() for rise in lines.rises)
        words = [
            start | rise % (1 << low) << width
            for start, rise in zip(lines.starts, lines.rises, strict=True)
        ]
        index = argument[lines.steps :]
        found = parted(m, index, words, width + low, "line")
        live.tau = argument[: lines.steps]
        if len(found) > 1:
            # The parts of the table first, then one of them.
            live.high = index[LUT_INPUTS:]
            names = [f"part_{number}" for number in range(len(found))]
            vars(live).update(zip(names, found, strict=True))
            live = pipe.cut(live)
            found = [select(m, [getattr(live, name) for name in names], live.high, "line_word")]
            for name in (*names, "high"):
                delattr(live, name)
        live.start, live.product = found[0][:width], found[0][width:].as_signed()
        live = pipe.cut(live)
        live = multiply(m, pipe, live, "tau", joined=lines.steps)
        total = Signal(width, name="significand")
        m.d.comb += total.eq(live.start + live.product[1:].as_signed())
        live.significand = total
        del live.start, live.product
        return live


class Power(_OnLine):
    """e^-d: a significand and n, by which it is halved. Pipeline as :class:`Pipelined`.

    Parameters
    ----------
    parts : :class:`Parts`
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    d : :py:`In(parts.distance.bits)`
    significand : :py:`Out(parts.bits)`
        Zero of what is too far.
    n : :py:`Out(…)`
    """

    def __init__(self, parts: Parts, *, stages: int = 0):
        self.parts, self.lines = parts, parts.powers
        self.digits = signed_digits(parts.factor)
        most = parts.distance.high * parts.factor >> parts.places + parts.fraction
        self.n_width = most.bit_length()
        ports = {
            "d": In(parts.distance.bits),
            "significand": Out(parts.bits),
            "n": Out(self.n_width),
        }
        multiplied = [2] * (len(self.digits) - 1)
        super().__init__(ports, (*multiplied, *self._line_levels), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        parts = self.parts
        width = parts.distance.bits + parts.factor.bit_length()
        far = Signal(name="far")
        m.d.comb += far.eq(io.d.all())

        # The product with a constant: a digit a step.
        live = SimpleNamespace(d=io.d, far=far, total=Cat(Const(0, self.digits[0][0]), io.d))
        for place, sign in self.digits[1:]:
            total, row = Signal(width, name=f"total_{place}"), live.d << place
            m.d.comb += total.eq(live.total + row if sign > 0 else live.total - row)
            live.total = total
            live = pipe.cut(live)
        scaled = live.total[parts.places :]
        live = SimpleNamespace(far=live.far, n=scaled[parts.fraction :][: self.n_width])
        live = self._on_line(m, pipe, live, scaled[: parts.fraction])
        live.significand = Mux(live.far, 0, live.significand)
        live = pipe.cut(live)
        m.d.comb += [io.significand.eq(live.significand), io.n.eq(live.n)]


class Term(Pipelined):
    """A power in units of the sum, rounded down. Pipeline as :class:`Pipelined`.

    Parameters
    ----------
    parts : :class:`Parts`
    n_width : :class:`int`
        Bits of n.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    significand, n : as of :class:`Power`
    o : :py:`Out(parts.term)`
    """

    def __init__(self, parts: Parts, n_width: int, *, stages: int = 0):
        self.parts = parts
        ports = {"significand": In(parts.bits), "n": In(n_width), "o": Out(parts.term)}
        super().__init__(ports, (3, 3), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        whole = Signal(self.parts.term, name="whole")
        m.d.comb += whole.eq(io.significand << MORE)
        # By eights, then by ones.
        entries = [whole >> 8 * count for count in range(1 << len(io.n) - 3)]
        live = SimpleNamespace(value=_chosen(m, entries, io.n[3:], "coarse"), n=io.n[:3])
        live = pipe.cut(live)
        live = pipe.cut(SimpleNamespace(value=shift_right(m, live.value, live.n)))
        m.d.comb += io.o.eq(live.value)


def _chosen(m: Module, entries: list[Value], index: Value, name: str) -> Value:
    """An entry, each of the width of the first."""
    made = []
    for number, entry in enumerate(entries):
        value = Signal(len(entries[0]), name=f"{name}_{number}")
        m.d.comb += value.eq(entry)
        made.append(value)
    return select(m, made, index, name)


class Reciprocal(_OnLine):
    """1 / total, as a code of :func:`between`. Pipeline as :class:`Pipelined`.

    Parameters
    ----------
    parts : :class:`Parts`
    width : :class:`int`
        Bits of the total; at least ``parts.term`` of them count.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    total : :py:`In(width)`
    nan : :py:`In(1)`
        The result is NaN.
    o : :py:`Out(between(parts).bits)`
    """

    def __init__(self, parts: Parts, width: int, *, stages: int = 0):
        self.parts, self.width, self.lines = parts, width, parts.reciprocals
        most = width - parts.term
        #: Shifts that bring the leading bit to the top, the coarse first.
        self.shifts = [1 << bit for bit in reversed(range(most.bit_length()))]
        ports = {"total": In(width), "nan": In(1), "o": Out(between(parts).bits)}
        super().__init__(ports, (*[3] * len(self.shifts), *self._line_levels), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        parts, fmt = self.parts, between(self.parts)
        live = SimpleNamespace(value=io.total, nan=io.nan, zeros=Const(0, 0))
        for shift in self.shifts:
            none = Signal(name=f"none_{shift}")
            moved = Signal(self.width, name=f"moved_{shift}")
            m.d.comb += none.eq(~live.value[-shift:].any())
            m.d.comb += moved.eq(Mux(none, live.value << shift, live.value))
            live.value, live.zeros = moved, Cat(none, live.zeros)
            live = pipe.cut(live)
        below = live.value[-1 - parts.bits : -1]
        live = SimpleNamespace(nan=live.nan, zeros=live.zeros)
        live = self._on_line(m, pipe, live, below)
        exponent = Signal(fmt.exponent_width, name="exponent")
        counts = range(1 << len(live.zeros))
        origin = fmt.bias + parts.term - self.width
        results = [max(origin + count, 0) for count in counts]
        m.d.comb += exponent.eq(look_up(m, live.zeros, results, fmt.exponent_width, "field"))
        code = Cat(live.significand[:-1], exponent, Const(0, 1))
        live = pipe.cut(SimpleNamespace(code=Mux(live.nan, fmt.nan_code, code)))
        m.d.comb += io.o.eq(live.code)
