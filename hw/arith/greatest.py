"""The greatest of several numbers: a tree of comparisons, a register after each level."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal, Value


def levels(count: int) -> int:
    """Registers on the way of ``count`` numbers."""
    return (count - 1).bit_length()


def greatest(m: Module, enable: Value, numbers: Sequence[Value], name: str) -> Value:
    """The greatest of unsigned numbers of one width, :func:`levels` cycles later."""
    here, level = list(numbers), 0
    while len(here) > 1:
        pairs = [here[index : index + 2] for index in range(0, len(here), 2)]
        here = []
        for index, pair in enumerate(pairs):
            kept = Signal(len(pair[0]), name=f"{name}_{level}_{index}", reset_less=True)
            with m.If(enable):
                m.d.sync += kept.eq(greater(*pair) if len(pair) == 2 else pair[0])
            here.append(kept)
        level += 1
    return here[0]


def greater(a: Value, b: Value) -> Value:
    """The greater of two unsigned numbers."""
    return Mux(a > b, a, b)
