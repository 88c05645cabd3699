"""An integer times one or two floats, rounded once: how engines apply their scales."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.errors import DesignError
from ...golden.flags import Reachable
from ...golden.formats import Minifloat
from ..arith.product import FlaggedLayout
from ..arith.table import look_up
from .few import WIDEST
from .integer import NO_FLAGS, integer_parts
from .multiply import _Product
from .pipeline import Pipeline
from .unpack import unpack


class ScaleToFloat(_Product):
    """``i * s[0] * s[1] * …``: the exact product, rounded once to nearest even.

    Zero times a negative scale is -0; infinity times zero, by a flag or a scale, is NaN. Pipeline
    as :class:`Pipelined`: one product a cycle, ``latency`` cycles with ``enable``.

    Parameters
    ----------
    values : :class:`Range`
        Bounds and unit of the integer.
    scales : sequence of :class:`Minifloat`
        Formats of the scales; one or two, say.
    format : :class:`Minifloat`
        The result's format.
    flags : :class:`Reachable`
        The flags beside the integer.
    subnormals : :class:`bool`
        Without them, the caller promises that no scale and no result is subnormal, nor underflows
        to zero.
    narrow : :class:`bool`
        Multiply by the magnitude of the integer, if it has up to four bits, there is one scale,
        and no flag.
    saturate, rows, fine, short, stages :
        As of :class:`FloatMultiply`.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(FlaggedLayout(values, flags))`
        The integer.
    scales : :py:`In(StructLayout({"0": scales[0].bits, …}))`
        The scales' codes.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        values: Range,
        scales: tuple[Minifloat, ...],
        format: Minifloat,
        flags: Reachable = NO_FLAGS,
        *,
        subnormals: bool = True,
        saturate: bool = False,
        rows: bool = False,
        narrow: bool = False,
        fine: bool = True,
        short: bool = False,
        stages: int = 0,
    ):
        if not scales:
            raise DesignError("a product needs at least one scale, got none: use IntegerToFloat")
        size = max(-values.low, values.high)
        few = size.bit_length() <= WIDEST and len(scales) == 1 and scales[0].has_zero
        narrow = narrow and few and rows and flags == NO_FLAGS
        self.values, self.scale_formats, self.flags = values, tuple(scales), flags
        layout = data.StructLayout({str(index): fmt.bits for index, fmt in enumerate(scales)})
        super().__init__(
            {
                "i": In(FlaggedLayout(values, flags)),
                "scales": In(layout),
                "o": Out(format.bits),
            },
            Range(values.lsb, 0, size) if narrow else values,
            scales,
            scales,
            format,
            normal=False,
            subnormals=subnormals,
            saturate=saturate,
            rows=rows,
            narrow=narrow,
            fine=fine,
            short=short,
            stages=stages,
        )

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        parts = [
            unpack(m, fmt, io.scales[str(index)], subnormals=self.subnormals)
            for index, fmt in enumerate(self.scale_formats)
        ]
        live = integer_parts(io.i, self.values, self.flags)
        factors = [
            part
            for part, fmt in zip(parts, self.scale_formats, strict=True)
            if fmt in self._factors
        ]
        for index, part in enumerate(factors):
            setattr(live, f"factor_{index}", part.significand)
        live.zero = ~live.inf & ~live.value.any()
        live.product = live.value
        if self.narrow:
            live.product, live.factor_0 = live.factor_0, self._magnitude(m, live.value)
        del live.value
        codes = [(fmt, io.scales[str(n)]) for n, fmt in enumerate(self.scale_formats)]
        codes = codes if self.subnormals else []
        m.d.comb += io.o.eq(self._round(m, pipe, live, parts, codes=codes))

    def _magnitude(self, m: Module, value: Value) -> Value:
        """An integer of few bits without its sign."""
        size, width = max(-self.values.low, self.values.high), len(value)
        patterns = range(1 << width)
        signed = self.values.signed
        sizes = [abs(p - (p >> width - 1 << width)) if signed else p for p in patterns]
        return look_up(m, Value.cast(value)[:width], sizes, size.bit_length(), "magnitude")
