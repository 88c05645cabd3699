"""Codes and scales out of the bytes of a stored matrix."""

from __future__ import annotations

from itertools import count
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import wiring

from ...golden.units import Unpack
from .ports import ports
from .unpack_plan import UnpackPlan
from .word_reader import WordReader
from .word_values import Values
from .word_wiring import added


class Unpacker(wiring.Component):
    """Holds a word of each part, and chooses out of them what a beat has.

    A beat a cycle, where bytes come in time. The ``ready`` of the ports come from registers.

    Parameters
    ----------
    unit : :class:`Unpack`

    Members
    -------
    streams of the unit, by name.
    """

    def __init__(self, unit: Unpack):
        self.unit, self.plan = unit, UnpackPlan(unit)
        super().__init__(ports(unit.streams))

    def elaborate(self, platform: Any) -> Module:
        m, readers = Module(), dict[str, WordReader]()
        for name, own in self.plan.gears.items():
            readers[name] = reader = WordReader(own, self.unit.words[name].beats)
            m.submodules[f"reader_{name}"] = reader
            source = getattr(self, name)
            m.d.comb += [
                reader.i.valid.eq(source.valid),
                reader.i.payload.eq(Value.cast(source.payload)),
                source.ready.eq(reader.i.ready),
            ]

        # All parts go on together, as far as results leave.
        there, moves, valid = Signal(), Signal(), Signal()
        m.d.comb += [
            there.eq(Cat(*(reader.valid for reader in readers.values())).all()),
            moves.eq(~valid | self.result.ready),
            self.result.valid.eq(valid),
            *(reader.next.eq(there & moves) for reader in readers.values()),
        ]
        ends = self._ends(m, there & moves)
        stages = [(there, ends)]
        for number in range(1 + self.plan.early + self.plan.between):
            held = Signal(name=f"there_{number}"), Signal(name=f"last_{number}", reset_less=True)
            with m.If(moves):
                m.d.sync += [register.eq(v) for register, v in zip(held, stages[-1], strict=True)]
            stages.append(held)
        m.d.comb += [valid.eq(stages[-1][0]), self.result.payload.last.eq(stages[-1][1])]

        words = {name: self._word(m, name, reader.word) for name, reader in readers.items()}
        beats = {name: self._beats(m, name, reader.beat, moves) for name, reader in readers.items()}
        numbers = count()
        for field in self.unit.streams[-1].fields:
            shape = field.name, field.bits, field.count
            values = Values(m, self.plan.between, moves, *shape, numbers)
            for name, wire in self.plan.wires[field.name].items():
                values.take(wire, words[name], beats[name], name)
            made = Signal(field.data_bits, name=f"{field.name}_made", reset_less=True)
            with m.If(moves):
                m.d.sync += made.eq(Cat(*values.whole()))
            m.d.comb += Value.cast(self.result.payload[field.name]).eq(made)
        return m

    def _ends(self, m: Module, goes: Value) -> Value:
        """Whether a row ends with this beat, where it is known how long rows are."""
        beats = self.unit.k // self.unit.lanes
        if beats < 2:
            return Const(beats, 1)
        beat, final = Signal(range(beats)), Signal()
        with m.If(goes):
            m.d.sync += [beat.eq(beat + 1), final.eq(beat == beats - 2)]
            with m.If(final):
                m.d.sync += beat.eq(0)
        return final

    def _beats(self, m: Module, name: str, beat: Value, moves: Value) -> list[Value]:
        """The number of a beat in each step that chooses."""
        if not self.plan.early:
            return [beat]
        later = Signal.like(beat, name=f"{name}_beat", reset_less=True)
        with m.If(moves):
            m.d.sync += later.eq(beat)
        return [beat, later]

    def _word(self, m: Module, name: str, word: Value) -> Value:
        """A word, to whose blocks a constant is added where the scheme has one."""
        constant, size = added(self.unit.words[name]), 8 * self.unit.words[name].part.map.size
        if not constant:
            return word
        blocks = []
        for number in range(len(word) // size):
            block = Signal(size, name=f"{name}_{number}")
            m.d.comb += block.eq(word.word_select(number, size) + constant)
            blocks.append(block)
        return Cat(*blocks)
