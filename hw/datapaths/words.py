"""What the edge makes of a word, which holds one wide element or several narrow ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.formats import Format, Integer
from ..arith.shapes import shape_of
from ..arith.table import look_up
from .forms import Form, Making
from .numerals import CODE_BITS
from .recoded import moved
from .select import signal

if TYPE_CHECKING:
    from .simd import Simd


def times(fmt: Format, constant: int) -> Range:
    """Bounds of ``constant`` times an element."""
    return Range(0, constant * fmt.low, constant * fmt.high)


def by_mode(mode: Value, entries: Sequence[Value | None]) -> Value:
    """The entry of a mode; where there is none, any."""
    there = [entry for entry in entries if entry is not None]
    held = [there[0] if entry is None else entry for entry in entries]
    if all(entry is held[0] for entry in held):
        return held[0]
    half = 1 << (len(held) - 1).bit_length() - 1
    low, high = by_mode(mode, held[:half]), by_mode(mode, held[half:])
    return low if low is high else Mux(mode[half.bit_length() - 1], high, low)


@dataclass(frozen=True)
class Word(Form):
    """What is made of a word's codes."""

    plan: Simd

    @property
    def told(self) -> tuple[str, ...]:
        return ("mode",)

    @property
    def layouts(self) -> data.StructLayout:
        slots = data.ArrayLayout(self.layout, len(self.delays))
        bits = (len(self.plan.modes) - 1).bit_length()
        return data.StructLayout({"slots": slots, "mode": bits})


class Digits(Word):
    """The bits of all digits."""

    name = "digits"

    @property
    def bits(self) -> int:
        return self.plan.bits[0]

    @property
    def layout(self) -> data.StructLayout:
        return data.StructLayout({"bits": len(self.plan.chosen)})

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        found = Signal(self.layout, name=making.label(self.name))
        for index, functions in enumerate(self.plan.chosen):
            bits = [
                Const(0, 1)
                if function is None
                else signal(m, codes[0][function[0] :], function[1], making.label(f"bit_{index}"))
                for function in functions
            ]
            m.d.comb += found.bits[index].eq(by_mode(making.mode, bits))
        return found


class Operands(Word):
    """Elements times constants, each as wide as the rows that take it."""

    name = "operands"

    @property
    def bits(self) -> int:
        return self.plan.bits[1]

    @property
    def layout(self) -> data.StructLayout:
        shapes = {}
        for index, held in enumerate(self.plan.operand_table):
            ends = [
                times(mode.activation, entry[1])
                for entry, mode in zip(held, self.plan.modes, strict=True)
                if entry and mode
            ]
            bounds = Range(0, min(0, *(r.low for r in ends)), max(0, *(r.high for r in ends)))
            shapes[f"operand_{index}"] = shape_of(bounds)
        return data.StructLayout(shapes)

    def made(self, m: Module, codes: Sequence[Value], making: Making) -> Value:
        found = Signal(self.layout, name=making.label(self.name))
        numbers: dict[tuple[Format, int, int], Value] = {}
        for index, held in enumerate(self.plan.operand_table):
            entries: list[Value | None] = []
            for which, (entry, mode) in enumerate(zip(held, self.plan.modes, strict=True)):
                if not (entry and mode):
                    entries.append(None)
                    continue
                fmt, (element, constant) = mode.activation, entry
                code = codes[0][element * fmt.bits : (element + 1) * fmt.bits]
                key = fmt, element, constant
                if key not in numbers:
                    label = making.label(f"number_{index}_{which}")
                    numbers[key] = _number(m, fmt, code, constant, label)
                entries.append(numbers[key])
            target = Value.cast(found[f"operand_{index}"])
            wide = [None if e is None else moved(e, 0, len(target)) for e in entries]
            m.d.comb += target.eq(by_mode(making.mode, wide))
        return found


def _number(m: Module, fmt: Format, code: Value, constant: int, name: str) -> Value:
    """``constant`` times an element."""
    bounds = times(fmt, constant)
    if isinstance(fmt, Integer) and constant == 1:
        return code.as_signed() if fmt.low < 0 else code
    if isinstance(fmt, Integer) and fmt.bits > CODE_BITS:
        value = Signal(shape_of(bounds), name=name)
        m.d.comb += value.eq((code.as_signed() if fmt.low < 0 else code) * constant)
        return value
    legal = set(fmt.legal.tolist())
    results = [
        constant * int(fmt.integers([n])[0]) if n in legal else 0 for n in range(1 << fmt.bits)
    ]
    width = bounds.width
    found = look_up(m, code, [n & ((1 << width) - 1) for n in results], width, name)
    return found.as_signed() if bounds.signed else found
