"""A multiplier in LUTs: radix-4 Booth rows, each selected and added in one LUT a bit."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from .pipeline import Pipeline


def digits(width: int, signed: bool = False) -> int:
    """Booth digits of a number of ``width`` bits."""
    return (width + 1) // 2 if signed else width // 2 + 1


def multiply(
    m: Module,
    pipe: Pipeline,
    live: SimpleNamespace,
    factor: str,
    beside: Callable[[Module, SimpleNamespace], None] | None = None,
    joined: int = 0,
) -> SimpleNamespace:
    """Multiplies ``live.product`` by the number ``live.<factor>``, which is used up.

    Takes ``digits`` steps of one LUT and one carry run, the low digit first. ``beside`` is called
    in the last one, for what else can be done there. The lowest ``joined`` bits of the product
    become one: whether any is set.
    """
    shape = getattr(live, factor).shape()
    is_signed = live.product.shape().signed or shape.signed
    width = len(live.product) + shape.width
    live.done, live.rest = Const(0, 0), Const(0, 1).as_signed()
    live.lost = Const(0, min(joined, 1))
    count = digits(shape.width, shape.signed)
    for index in range(count):
        bits = getattr(live, factor)
        above = Cat(bits[-1], bits[-1]) if shape.signed else Const(0, 2)
        number = Cat(Const(0, 1), bits, above)
        digit = number[2 * index : 2 * index + 3]
        row = booth_row(m, live.rest, live.product, digit, f"{factor}_{index}")
        low = min(max(joined - 2 * index, 0), 2)
        if low:
            live.lost = live.lost | row[:low].any()
        live.done, live.rest = Cat(live.done, row[low:2]), row[2:].as_signed()
        if index == count - 1:
            beyond = max(joined - 2 * count, 0)  # of the last row
            lost = live.lost | live.rest[:beyond].any() if beyond else live.lost
            whole = Cat(lost, Cat(live.done, live.rest[beyond:])[: width - joined])
            live.product = whole.as_signed() if is_signed else whole
            for name in ("done", "rest", "lost", factor):
                delattr(live, name)
            if beside:
                beside(m, live)
        live = pipe.cut(live)
    return live


def booth_row(m: Module, rest: Value, product: Value, digit: Value, name: str) -> Value:
    """``rest + (digit[0] + digit[1] - 2 * digit[2]) * product``, two bits wider than that."""
    width = len(product) + 2
    doubled = Signal(width + 1, name=f"{name}_doubled")
    m.d.comb += doubled[1:].eq(product)
    once, minus = digit[0] ^ digit[1], digit[2]
    twice = ~once & (digit[1] ^ minus)
    chosen, before = Signal(width, name=f"{name}_chosen"), Signal(width, name=f"{name}_before")
    m.d.comb += before.eq(rest)
    m.d.comb += chosen.eq(
        (Mux(once, doubled[1:], 0) | Mux(twice, doubled[:-1], 0)) ^ minus.replicate(width)
    )
    # A difference of inverted numbers: yosys then selects and adds in one LUT a bit. The lowest
    # place brings in the one that a negative row lacks.
    total = Signal(width + 1, name=f"{name}_total")
    m.d.comb += total.eq(Cat(minus, before) - Cat(Const(1, 1), ~chosen))
    return total[1:]
