"""Products of several floats, rounded once."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Const, Module
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ...golden.formats import Minifloat
from .multiply import _Product, significands
from .pipeline import Pipeline
from .unpack import Unpacked, unpack


class FloatProduct(_Product):
    """``i * s[0] * s[1] * …`` of floats: the exact product, rounded once to nearest even.

    Zero has the sign of the product; infinity times zero is NaN. Pipeline as :class:`Pipelined`:
    one product a cycle, ``latency`` cycles with ``enable``.

    Parameters
    ----------
    source : :class:`Minifloat`
        The first factor's format.
    scales : sequence of :class:`Minifloat`
        Formats of the others, at least one.
    format : :class:`Minifloat`
        The result's format.
    saturate, rows, fine, short, stages :
        As of :class:`FloatMultiply`.
    apart : :class:`bool`
        A register also behind what the factors are taken apart into: the exponents of three and a
        constant are added in as many levels as a step has.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(source.bits)`
        The first factor's code.
    scales : :py:`In(StructLayout({"0": scales[0].bits, …}))`
        The others' codes.
    o : :py:`Out(format.bits)`
        The result's code.
    """

    def __init__(
        self,
        source: Minifloat,
        scales: tuple[Minifloat, ...],
        format: Minifloat,
        *,
        saturate: bool = False,
        rows: bool = False,
        fine: bool = True,
        short: bool = False,
        apart: bool = False,
        stages: int = 0,
    ):
        self.source, self.scale_formats, self.apart = source, tuple(scales), apart
        layout = data.StructLayout({str(index): fmt.bits for index, fmt in enumerate(scales)})
        super().__init__(
            {"i": In(source.bits), "scales": In(layout), "o": Out(format.bits)},
            significands(source),
            scales,
            [source, *scales],
            format,
            normal=False,
            subnormals=True,
            saturate=saturate,
            rows=rows,
            fine=fine,
            short=short,
            stages=stages,
        )

    def _steps(self) -> list[int]:
        return [3] * self.apart + super()._steps()

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        parts = [unpack(m, self.source, io.i)]
        parts += [
            unpack(m, fmt, io.scales[str(index)]) for index, fmt in enumerate(self.scale_formats)
        ]
        if self.apart:
            names = [field.name for field in fields(Unpacked)]
            told = {f"{name}_{n}": getattr(p, name) for n, p in enumerate(parts) for name in names}
            held = pipe.cut(SimpleNamespace(**told))
            parts = [
                Unpacked(*(getattr(held, f"{name}_{n}") for name in names))
                for n in range(len(parts))
            ]
        first, *others = parts
        never = Const(0, 1)
        live = SimpleNamespace(
            product=first.significand, sign=never, nan=never, inf=never, zero=never
        )
        factors = [
            part
            for part, fmt in zip(others, self.scale_formats, strict=True)
            if fmt in self._factors
        ]
        for index, part in enumerate(factors):
            setattr(live, f"factor_{index}", part.significand)
        given = [io.i, *(io.scales[str(index)] for index in range(len(self.scale_formats)))]
        codes = (
            [] if self.apart else list(zip((self.source, *self.scale_formats), given, strict=True))
        )
        m.d.comb += io.o.eq(self._round(m, pipe, live, parts, codes=codes))
