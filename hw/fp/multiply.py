"""Products of floats, and of an integer with floats, rounded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib.wiring import In, Member, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ..arith.shapes import shape_of
from . import few, serial
from .pipeline import Pipeline, Pipelined
from .round import Rounding
from .rows import digits, multiply
from .unpack import Told, Unpacked, exponents, told, unpack


def _biased(fmt: Minifloat, code: Value) -> Value:
    """The exponent's field."""
    return code[fmt.mantissa_width :][: fmt.exponent_width]


def significands(fmt: Minifloat) -> Range:
    """The significands of ``fmt``, zero included; without mantissa and zero just 1."""
    return Range(0, 0 if fmt.has_zero else 1, (1 << fmt.significand_width) - 1)


class _Product(Pipelined):
    """``first`` times the significands of ``factors``, with the exponents of ``formats``."""

    def __init__(
        self,
        ports: Mapping[str, Member],
        first: Range,
        factors: Sequence[Minifloat],
        formats: Sequence[Minifloat],
        out: Minifloat,
        *,
        normal: bool,
        subnormals: bool,
        saturate: bool,
        rows: bool,
        stages: int,
        narrow: bool = False,
        fine: bool = True,
        short: bool = False,
        in_time: bool = False,
    ):
        self.format, self.narrow, self.in_time, self.short = out, narrow, in_time, short
        self.subnormals, self.saturate, self.rows = subnormals, saturate, rows
        self._factors = [fmt for fmt in factors if significands(fmt).high > 1 or fmt.has_zero]
        self._product = first
        for fmt in self._factors:
            self._product = self._product * significands(fmt)

        # The biased exponent, less one, of the product's leading bit, but for the formats' own.
        width = max(self._product.width - self._product.signed, 1)
        origin = first.lsb + width - 2 + out.bias
        origin -= sum(fmt.bias + fmt.mantissa_width for fmt in formats)
        ends = [exponents(fmt) for fmt in formats]
        bounds = [sum(side) for side in zip(*ends, strict=True)]
        # A product with a subnormal factor, which may have many leading zeros.
        widest = max(bounds[1] - (high - low) for low, high in ends)
        self.rounding = Rounding(
            out,
            width,
            *(origin + bound for bound in bounds),
            most=self._most(first, width, origin + bounds[0], normal=normal),
            settled=normal and origin + widest + 1 <= out.max_exponent,
            subnormals=subnormals,
            saturate=saturate,
            fine=fine,
            short=short,
        )
        self._origin = origin + self.rounding.offset
        greatest = sum((1 << fmt.exponent_width) - 1 for fmt in formats)
        self._exponents = Range(0, self._origin, self._origin + greatest)
        if in_time:
            ports = {**ports, "start": In(1)}
        super().__init__(ports, (*self._steps(), *self.rounding.levels), stages)

    @property
    def interval(self) -> int:
        """Cycles from one pair of operands to the next."""
        return serial.cycles(self._factors[0].significand_width) if self.in_time else 1

    @property
    def latency(self) -> int:
        return self.stages + (self.interval if self.in_time else 0)

    def _most(self, first: Range, width: int, limit: int, *, normal: bool) -> int | None:
        """The most leading zeros that a product is moved by; None if unknown."""
        if normal and not self.subnormals:
            return min(1, width - 1)
        if not self.narrow:
            return None
        # A normal scale leaves those of the integer and one more; with a subnormal one the product
        # has the least exponent, which is how far it may be moved.
        return min(max(first.width, limit), width - 1)

    def _steps(self) -> list[int]:
        """Levels of the multiplications; without any, of the exponents' sum."""
        widths = [fmt.significand_width for fmt in self._factors]
        if self.in_time:
            return []
        if self.narrow:
            return list(few.STEPS)
        if self.rows:
            return [2] * sum(map(digits, widths)) or [2]
        return [2 + width.bit_length() for width in widths] or [2]

    def _round(
        self,
        m: Module,
        pipe: Pipeline,
        live: SimpleNamespace,
        parts: Sequence[Unpacked],
        start: Value | None = None,
        codes: Sequence[tuple[Minifloat, Value]] = (),
    ) -> Value:
        """The result's code.

        ``live`` holds the first factor, its sign, nan, inf, zero, and the other factors; ``parts``
        are the floats whose exponents and specials count, ``codes`` their formats and codes.
        """
        if self.short and codes:
            self._tell(m, pipe, live, parts, codes)
        else:
            self._specials(m, live, parts)
        if not hasattr(live, "exponent_0"):
            live.exponent = self._exponent(m, parts)
        count = len(self._factors)
        if start is not None:
            live = serial.multiply(m, pipe.enable, start, live, "factor_0", self.rounding.begin)
            count = 0
        for index in range(count):
            last = index == count - 1
            live = self._multiply(
                m, pipe, live, f"factor_{index}", self.rounding.begin if last else None
            )
        if not count and start is None:
            self.rounding.begin(m, live)
            live = pipe.cut(live)
        live.value = Signal(shape_of(self._product), name="value")
        m.d.comb += live.value.eq(live.product)
        del live.product
        return self.rounding.build(m, pipe, live)

    def _exponent(self, m: Module, parts: Sequence[Unpacked]) -> Value:
        """The sum of the exponents and of a constant, with a single carry run."""
        shape = shape_of(self._exponents)
        terms: list[Value] = [Const(self._origin, shape)]
        for index, part in enumerate(parts):
            exponent = Signal(shape, name=f"exponent_{index}")
            m.d.comb += exponent.eq(part.exponent)
            terms.append(exponent)
        while len(terms) > 2:
            a, b, c, *others = terms
            carry = ((a & b) | (a & c) | (b & c)) << 1
            terms = [a ^ b ^ c, carry[: shape.width], *others]
        total = Signal(shape, name="exponent")
        m.d.comb += total.eq(terms[0] + terms[1])
        return total

    def _multiply(
        self,
        m: Module,
        pipe: Pipeline,
        live: SimpleNamespace,
        factor: str,
        begin: Callable[[Module, SimpleNamespace], None] | None,
    ) -> SimpleNamespace:
        """One multiplication; in its last step, ``begin`` is called."""
        if self.narrow:
            return few.multiply_few(m, pipe, live, factor, begin)
        if self.rows:
            return multiply(m, pipe, live, factor, begin)
        result = live.product * getattr(live, factor)
        live.product = Signal(result.shape(), name=f"product_{factor}")
        m.d.comb += live.product.eq(result)
        delattr(live, factor)
        if begin:
            begin(m, live)
        return pipe.cut(live)

    def _tell(
        self,
        m: Module,
        pipe: Pipeline,
        live: SimpleNamespace,
        parts: Sequence[Unpacked],
        codes: Sequence[tuple[Minifloat, Value]],
    ) -> None:
        """What is special of a product, a step later: first what the factors' fields tell."""
        known = [told(fmt, code) for fmt, code in codes]
        # Exponents are wanted in the last step of the multiplications.
        later = len(self._steps()) > 1
        for number, (fields, part) in enumerate(zip(known, parts, strict=True)):
            live.sign = live.sign ^ part.sign
            flags = Cat(*(fields or (part.nan, part.inf, part.zero)))
            setattr(live, f"told_{number}", flags)
            if later:
                biased = part.exponent if fields is None else _biased(*codes[number])
                setattr(live, f"exponent_{number}", biased)

        def then(behind: SimpleNamespace) -> None:
            found = []
            for number, (fields, part) in enumerate(zip(known, parts, strict=True)):
                held = Told(*getattr(behind, f"told_{number}"))
                delattr(behind, f"told_{number}")
                nan, inf, zero = (held.nan, held.inf, held.zero) if fields else held
                part = replace(part, sign=Const(0, 1), nan=nan, inf=inf, zero=zero)
                if later:
                    biased = getattr(behind, f"exponent_{number}")
                    delattr(behind, f"exponent_{number}")
                    least = fields is not None and ~held.hidden
                    part = replace(part, exponent=Cat(biased[0] | least, biased[1:]))
                found.append(part)
            self._specials(m, behind, found)
            if later:
                behind.exponent = self._exponent(m, found)

        pipe.then = then

    def _specials(self, m: Module, live: SimpleNamespace, parts: Sequence[Unpacked]) -> None:
        """Sign, NaN and infinity of a product, as IEEE 754 has it."""
        for part in parts:
            live.sign, live.zero = live.sign ^ part.sign, live.zero | part.zero
            live.nan, live.inf = live.nan | part.nan, live.inf | part.inf
        live.nan = live.nan | (live.inf & live.zero)
        del live.zero
        for name in ("sign", "nan", "inf"):
            value = Signal(name=name)
            m.d.comb += value.eq(getattr(live, name))
            setattr(live, name, value)


class FloatMultiply(_Product):
    """``a * b``, rounded once to nearest even.

    A zero result has the sign of the product; infinity times zero is NaN. Subnormals are exact on
    both sides. Pipeline as :class:`Pipelined`: one product a cycle, ``latency`` cycles with
    ``enable``.

    Parameters
    ----------
    a_format, b_format, format : :class:`Minifloat`
        The operands' formats and the result's. E8M0 may be an operand.
    subnormals : :class:`bool`
        Without them, the caller promises that no operand and no result is subnormal, nor
        underflows to zero.
    saturate : :class:`bool`
        Overflow and infinity give the greatest value instead of infinity or NaN.
    rows : :class:`bool`
        Multiply by rows of LUTs, which pipeline well; else by ``*``, which may become a DSP block.
    fine : :class:`bool`
        Registers also within the levels of the normalisation, so that three levels of LUTs suffice.
    short : :class:`bool`
        What is special of the product is told a step later than its factors are there, and wide
        blocks are looked at six bits at a time: so three levels of LUTs suffice for FP32, too.
    in_time : :class:`bool`
        Multiply by one row of LUTs, a digit of ``b`` a cycle: operands come with ``start``, no more
        often than every ``interval`` cycles. A result stands at the output for a cycle.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    a, b : :py:`In(a_format.bits)`, :py:`In(b_format.bits)`
        The operands' codes.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        a_format: Minifloat,
        b_format: Minifloat,
        format: Minifloat,
        *,
        subnormals: bool = True,
        saturate: bool = False,
        rows: bool = False,
        fine: bool = True,
        short: bool = False,
        in_time: bool = False,
        stages: int = 0,
    ):
        self.a_format, self.b_format = a_format, b_format
        super().__init__(
            {"a": In(a_format.bits), "b": In(b_format.bits), "o": Out(format.bits)},
            significands(a_format),
            [b_format],
            [a_format, b_format],
            format,
            normal=True,
            subnormals=subnormals,
            saturate=saturate,
            rows=rows,
            fine=fine,
            short=short,
            in_time=in_time,
            stages=stages,
        )

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        a = unpack(m, self.a_format, io.a, subnormals=self.subnormals)
        b = unpack(m, self.b_format, io.b, subnormals=self.subnormals)
        never = Const(0, 1)
        live = SimpleNamespace(product=a.significand, sign=never, nan=never, inf=never, zero=never)
        if self._factors:
            live.factor_0 = b.significand
        start = io.start if self.in_time else None
        plain = start is None and self.subnormals
        codes = [(self.a_format, io.a), (self.b_format, io.b)] if plain else []
        m.d.comb += io.o.eq(self._round(m, pipe, live, [a, b], start, codes))
