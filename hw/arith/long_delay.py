"""Long or wide delays: a memory that is written and read in a circle."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib.memory import Memory

from .timing import delayed

#: Cycles from which on a memory is smaller than shift registers, and its marks than flip-flops.
LONG = 192
#: Bits from which on, and cycles up to which, RAM in LUTs is smaller than shift registers: on AMD's
#: UltraScale+ eight LUTs hold 14 bits of 32 words, or 7 of 64, or eight shift registers of 32.
WIDE, SHORT = 64, 64
#: The fewest cycles of a shift register.
_LEAST = 4


def in_memory(width: int, cycles: int) -> str:
    """The kind of RAM that holds words back: ``block``, ``distributed``, or none if empty."""
    if cycles >= LONG:
        return "block"
    return "distributed" if width >= WIDE and _LEAST <= cycles <= SHORT else ""


def held_back(
    m: Module, enable: Value, valid: Value, value: Value, cycles: int, name: str
) -> tuple[Value, Value]:
    """``valid`` and ``value`` as they were ``cycles`` cycles with ``enable`` ago.

    After reset nothing is valid, whatever a memory held. Words that come out of RAM in LUTs come
    from no register: a level of LUTs is behind them.
    """
    kind = in_memory(len(value), cycles)
    if kind == "block":
        return _block(m, enable, valid, value, cycles, name)
    there = delayed(m, enable, valid, cycles, f"{name}_valid", reset=True)
    if not kind:
        return there, delayed(m, enable, value, cycles, name)
    # The oldest word is read while it is overwritten.
    memory = Memory(shape=len(value), depth=cycles, init=[], attrs={"ram_style": kind})
    m.submodules[f"{name}_memory"] = memory
    write, read = memory.write_port(), memory.read_port(domain="comb")
    place, final = Signal(range(cycles)), Signal()
    m.d.comb += [
        write.addr.eq(place), write.data.eq(value), write.en.eq(enable), read.addr.eq(place),
    ]  # fmt: skip
    with m.If(enable):
        m.d.sync += [place.eq(Mux(final, 0, place + 1)), final.eq(place == cycles - 2)]
    return there, read.data


def _block(
    m: Module, enable: Value, valid: Value, value: Value, cycles: int, name: str
) -> tuple[Value, Value]:
    """In block RAM: the oldest word is read, never the one that is written, which every memory can
    do."""
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
