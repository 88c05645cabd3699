"""Random numbers of lanes beside beats, from one register: see golden.units.lfsr."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory

from ...golden.units import lfsr
from ..arith.timing import delayed

#: Cycles from a beat's marks to its numbers.
CYCLES = 3


@dataclass(frozen=True)
class LaneNumbers:
    """Seeds that wait for the beats of their tokens, and the register that begins with each.

    Parameters
    ----------
    lanes, bits : of the numbers.
    depth : seeds that may wait.
    """

    lanes: int
    bits: int
    depth: int

    def write(self, m: Module, enable: Value, valid: Value, last: Value, seed: Value) -> Waiting:
        """Keeps the seed of the first beat of a token; the others' are not looked at."""
        memory = Memory(shape=lfsr.SEED, depth=self.depth, init=[])
        m.submodules.seeds = memory
        write, begins = memory.write_port(), Signal(name="seed_begins", init=1)
        place = Signal(range(self.depth), name="seed_place")
        m.d.comb += [
            write.addr.eq(place), write.data.eq(seed), write.en.eq(enable & valid & begins),
        ]  # fmt: skip
        with m.If(enable & valid):
            m.d.sync += begins.eq(last)
            with m.If(begins):
                m.d.sync += place.eq(place + 1)
        return Waiting(self, memory)


@dataclass(frozen=True)
class Waiting:
    """Seeds that were written."""

    of: LaneNumbers
    memory: Memory

    def numbers(self, m: Module, enable: Value, valid: Value, last: Value) -> list[Value]:
        """A number for each lane, :data:`CYCLES` after the marks of its beat."""
        read = self.memory.read_port(domain="comb")
        begins = Signal(name="number_begins", init=1)
        place = Signal(range(self.of.depth), name="number_place")
        m.d.comb += read.addr.eq(place)
        with m.If(enable & valid):
            m.d.sync += begins.eq(last)
            with m.If(begins):
                m.d.sync += place.eq(place + 1)
        seed = Cat(delayed(m, enable, read.data, 1, "seed_read"), 1)
        first = delayed(m, enable, _summed(seed, lfsr.MIXED), 1, "seed_mixed")
        starts = delayed(m, enable, begins, 2, "number_starts")
        there = delayed(m, enable, valid, 2, "number_valid", reset=True)
        state = Signal(lfsr.WIDTH, name="number_state", reset_less=True)
        now = Signal(lfsr.WIDTH, name="number_now")
        m.d.comb += now.eq(Mux(starts, first, state))
        with m.If(enable & there):
            m.d.sync += state.eq(_summed(now, self.of.bits * self.of.lanes))
        return [
            delayed(m, enable, _summed(now, self.of.bits * lane)[: self.of.bits], 1,
                    f"number_{lane}")
            for lane in range(self.of.lanes)
        ]  # fmt: skip


def _summed(bits: Value, steps: int) -> Value:
    """A register's bits after so many steps."""
    return Cat(reduce(xor, (bits[bit] for bit in each)) for each in lfsr.terms(steps))
