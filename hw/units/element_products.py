"""Elements of a row, each less its zero point and times its scales, rounded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value

from ...golden.bounds import of_format
from ...golden.formats import Codebook, Integer, Minifloat
from ...golden.units.scaled import of_integers
from ..arith.shapes import shape_of
from ..arith.shared import instance
from ..arith.table import look_up
from ..arith.timing import delayed
from ..fp import FloatProduct
from .element_steps import ElementSteps, Step


class Place(NamedTuple):
    """Where a step stands: what holds its registers, and zero points and scales of the same beat.

    Parameters
    ----------
    m, enable : registers of ``m`` hold while ``enable`` is low.
    held : codes of scales and zero point, by name.
    step, name : which step, and what its signals are called after.
    """

    m: Module
    enable: Value
    held: Mapping[str, Value]
    step: Step
    name: str


class ElementProducts(ElementSteps):
    """(q - z) · s of the elements of a row, a beat a cycle, all lanes alike."""

    def write(
        self, m: Module, enable: Value, codes: Sequence[Value], held: Mapping[str, Value], name: str
    ) -> list[Value]:
        """Codes of results, ``latency`` cycles with ``enable`` after ``codes``.

        ``held`` are the codes of scales and zero point of the same beat, by name; ``name`` tells
        the row's signals from others.
        """
        lanes = [self._entered(code) for code in codes]
        for number, step in enumerate(self.steps):
            build = getattr(self, f"_{step.kind}")
            lanes = build(Place(m, enable, held, step, f"{name}_{number}"), lanes)
            held = {
                key: delayed(m, enable, value, step.cycles, f"{name}_{key}_{number}")
                for key, value in held.items()
            }
        return lanes

    def _entered(self, code: Value) -> Value:
        element = self.unit.element
        return code.as_signed() if isinstance(element, Integer) and element.signed else code

    def _value(self, at: Place, lanes: list[Value]) -> list[Value]:
        """Codes of a code book as its entries."""
        element = self.unit.element
        assert isinstance(element, Codebook)
        entries = list(element.tables[0])
        found = []
        for lane, code in enumerate(lanes):
            entry = look_up(
                at.m, code, entries, shape_of(of_format(element)), f"{at.name}_entry_{lane}"
            )
            found.append(delayed(at.m, at.enable, entry, 1, f"{at.name}_value_{lane}"))
        return found

    def _difference(self, at: Place, lanes: list[Value]) -> list[Value]:
        zero, found = at.held["zero"], []
        assert isinstance(self.unit.zero, Integer)
        point = zero.as_signed() if self.unit.zero.signed else zero
        for lane, code in enumerate(lanes):
            less = Signal(shape_of(self.values), name=f"{at.name}_less_{lane}")
            at.m.d.comb += less.eq(code - point)
            found.append(delayed(at.m, at.enable, less, 1, f"{at.name}_difference_{lane}"))
        return found

    def _scale(self, at: Place, lanes: list[Value]) -> list[Value]:
        """Integers times the integer scale."""
        block = at.step.block
        assert block is not None
        key, fmt = next(iter(self.unit.held.items()))
        assert isinstance(fmt, Integer)
        scale, found = at.held[key].as_signed() if fmt.signed else at.held[key], []
        for lane, value in enumerate(lanes):
            part = instance(
                at.m, f"{at.name}_scale_{lane}", ("integer scale", fmt), block.component
            )
            at.m.d.comb += [part.enable.eq(at.enable), part.i.eq(value), part.scale.eq(scale)]
            found.append(part.o)
        return found

    def _look_up(self, at: Place, lanes: list[Value]) -> list[Value]:
        """The result of each pattern of few bits, as the golden model has it."""
        found = []
        for lane, value in enumerate(lanes):
            bits = Value.cast(value)[: len(value)]
            results = self._results(len(bits))
            code = look_up(at.m, bits, results, self.unit.result.bits, f"{at.name}_code_{lane}")
            found.append(delayed(at.m, at.enable, code, 1, f"{at.name}_found_{lane}"))
        return found

    def _results(self, width: int) -> list[int]:
        """The result of every pattern of ``width`` bits that a code, or q - z, may have."""
        unit, patterns = self.unit, np.arange(1 << width)
        if not unit.zero:
            legal = np.asarray(unit.element.legal)
            made = np.zeros(len(patterns), np.int64)
            made[legal] = unit.dequantize(legal, {})
            return [int(code) for code in made]
        bounds = self.values
        signed = patterns - (patterns >> (width - 1) << width) if bounds.signed else patterns
        inside = (signed >= bounds.low) & (signed <= bounds.high)
        fields = of_integers(np.where(inside, signed, 0), bounds.lsb)
        return [int(code) for code in unit.product([fields])]

    def _cut(self, at: Place, lanes: list[Value]) -> list[Value]:
        """The low bits, of integers that fit or wrap."""
        result = self.unit.result
        shift, found = self.whole.lsb - result.lsb, []
        for lane, value in enumerate(lanes):
            code = Signal(result.bits, name=f"{at.name}_code_{lane}")
            at.m.d.comb += code.eq(value << shift)
            found.append(code)
        return found

    def _block(self, at: Place, lanes: list[Value]) -> list[Value]:
        """A block that rounds."""
        assert at.step.block is not None
        scales = [at.held[key] for key, fmt in self.unit.held.items() if isinstance(fmt, Minifloat)]
        found = []
        for lane, value in enumerate(lanes):
            make = at.step.block.component
            part = instance(at.m, f"{at.name}_round_{lane}", ("round", type(at.step.block)), make)
            given = value
            if isinstance(at.step.block, FloatProduct):
                *rest, last = scales
                given, scales_here = last, [*rest, value]
            else:
                scales_here = scales
            at.m.d.comb += [part.enable.eq(at.enable), Value.cast(part.i).eq(given)]
            if scales_here:
                at.m.d.comb += Value.cast(part.scales).eq(Cat(*scales_here))
            found.append(part.o)
        return found
