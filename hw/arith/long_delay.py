"""Delays of hundreds of cycles: a memory that is written and read in a circle."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory

from .timing import delayed

#: Cycles from which on a memory is smaller than shift registers, and its marks than flip-flops.
LONG = 192


def held_back(
    m: Module, enable: Value, valid: Value, value: Value, cycles: int, name: str
) -> tuple[Value, Value]:
    """``valid`` and ``value`` as they were ``cycles`` cycles with ``enable`` ago.

    After reset nothing is valid, whatever a memory held.
    """
    if cycles < LONG:
        return (
            delayed(m, enable, valid, cycles, f"{name}_valid", reset=True),
            delayed(m, enable, value, cycles, name),
        )
    # The oldest word is read, never the one that is written: every memory can do that.
    depth, width = cycles, len(value) + 1
    memory = Memory(shape=width, depth=depth, init=[], attrs={"ram_style": "block"})
    m.submodules[f"{name}_memory"] = memory
    write, read = memory.write_port(), memory.read_port()
    place, ahead = Signal(range(depth)), Signal(range(depth), init=1)
    full, shown, final = Signal(), Signal(), Signal()
    m.d.comb += [
        write.addr.eq(place), write.data.eq(Cat(valid, value)), write.en.eq(enable),
        read.addr.eq(ahead), read.en.eq(enable),
    ]  # fmt: skip
    with m.If(enable):
        m.d.sync += [
            place.eq(ahead),
            ahead.eq(Mux(final, 0, ahead + 1)),
            final.eq(ahead == depth - 2),
            full.eq(full | final),
            shown.eq(full),
        ]
    return read.data[0] & shown, read.data[1:]
