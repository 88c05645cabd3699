"""Exact addends of several terms as one, in segments of which each carries into the next."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ..arith.product import flag_names
from ..arith.shapes import shape_of
from ..arith.timing import delayed
from .addend import ExactAddend
from .exact import InvertedLayout


def exact_sum(addends: Sequence[ExactAddend]) -> tuple[Range, Reachable]:
    """Bounds and flags of exact addends' sum."""
    bounds, flags = addends[0].range, addends[0].flags
    for addend in addends[1:]:
        bounds, flags = bounds + addend.range, flags | addend.flags
    return bounds, flags


def sum_exact(
    m: Module,
    enable: Value,
    addends: Sequence[ExactAddend],
    values: Sequence[data.View],
    frame: Range,
    segments: Sequence[tuple[int, int]],
) -> data.View:
    """The sum of ``values``, in ``frame``'s unit and width.

    Its lowest segment, ``minus`` and the flags are there a cycle later, and each further segment
    a cycle after the one before: as an accumulator of the same segments takes them.
    """
    bounds, flags = exact_sum(addends)
    result = Signal(InvertedLayout(frame, flags), name="terms", reset_less=True)
    natural = shape_of(bounds + Range(frame.lsb, 0, 0))
    numbers = [
        _extended(m, v, a, frame, n) for n, (v, a) in enumerate(zip(values, addends, strict=True))
    ]

    carry: Value = sum((v.minus for v in values[1:-1]), values[0].minus)
    top: Value = Const(0, 1)
    parts = []
    for index, (low, high) in enumerate(segments):
        if low >= natural.width:  # nothing but the sign is left
            top = delayed(m, enable, top, 1, f"sign_{index}")
            parts.append(top.replicate(high - low))
            continue
        given = [
            delayed(m, enable, number[low:high], index, f"given_{index}_{n}")
            for n, number in enumerate(numbers)
        ]
        total = _added(m, given, carry, f"sum_{index}")
        register = Signal(len(total), name=f"segment_{index}", reset_less=True)
        with m.If(enable):
            m.d.sync += register.eq(total)
        part, carry = register[: high - low], register[high - low :]
        top = part[-1] if natural.signed else Const(0, 1)
        parts.append(part)
    m.d.comb += result.number.value.eq(Cat(*parts))

    minus = delayed(m, enable, values[-1].minus, 1, "minus")
    m.d.comb += result.minus.eq(minus)
    for name in flag_names(flags):
        raised: Value = Const(0, 1)
        for value in values:
            if name in value.number.shape().members:
                raised = raised | value.number[name]
        m.d.comb += result.number[name].eq(delayed(m, enable, raised, 1, name))
    return result


def _extended(
    m: Module, value: data.View, addend: ExactAddend, frame: Range, number: int
) -> Signal:
    """A term in the frame; bits below its unit fill with the minus, as its inverse does."""
    padded = Cat(value.minus.replicate(addend.range.lsb - frame.lsb), value.number.value)
    whole = Signal(frame.width, name=f"term_{number}_whole")
    m.d.comb += whole.eq(padded.as_signed() if addend.range.signed else padded)
    return whole


def _added(m: Module, given: Sequence[Value], carry: Value, name: str) -> Signal:
    """The sum of a segment's parts and the carry into it, with the carry out of it on top.

    Of two parts, the carry enters through a bit of its own, so that one addition does it all.
    """
    width, most = len(given[0]), len(given)
    total = Signal(width + (most - 1).bit_length(), name=name)
    if len(carry) == 1:
        pair = Cat(Const(1, 1), given[0]) + Cat(carry, given[1])
        m.d.comb += total.eq(sum(given[2:], pair[1:]))
    else:
        m.d.comb += total.eq(sum(given, carry))
    return total
