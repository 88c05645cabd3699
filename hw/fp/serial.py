"""A multiplier in time: one radix-4 Booth row, used once a digit."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Signal, Value

from .rows import booth_row, digits


def cycles(width: int) -> int:
    """From the operands to the product by an unsigned number of ``width`` bits; the next operands
    may come as many cycles later."""
    return digits(width) + 1


def multiply(
    m: Module,
    enable: Value,
    start: Value,
    live: SimpleNamespace,
    factor: str,
    beside: Callable[[Module, SimpleNamespace], None],
) -> SimpleNamespace:
    """Multiplies ``live.product`` by ``live.<factor>``, both unsigned; the factor is used up.

    All of ``live`` is taken in the cycle of ``start``, and is there with the product
    :func:`cycles` later, in that cycle only. ``beside`` is called for what is taken, a cycle after.
    """
    size = len(getattr(live, factor))
    count = digits(size)
    taken = SimpleNamespace()
    for name, value in vars(live).items():
        if name != factor:
            setattr(taken, name, _taken(m, enable & start, value, name))

    # The factor's digits leave below; the product's come in above.
    number = Signal(2 * count + 1, name="digits", reset_less=True)
    rest = Signal(len(live.product), name="rest", reset_less=True)
    row = booth_row(m, rest.as_signed(), taken.product, number[:3], "row")
    with m.If(enable):
        m.d.sync += [number.eq(Cat(number[2:], row[:2])), rest.eq(row[2:].as_signed())]
        with m.If(start):
            m.d.sync += [number.eq(Cat(Const(0, 1), getattr(live, factor))), rest.eq(0)]
    product = Cat(number[1:], rest)[: len(live.product) + size]

    del taken.product
    beside(m, taken)
    found = {n: _taken(m, enable, v, f"{n}_beside") for n, v in vars(taken).items()}
    return SimpleNamespace(**{**found, "product": product})


def _taken(m: Module, load: Value, value: Value, name: str) -> Value:
    if isinstance(value, Const) or not len(value):
        return value
    register = Signal(value.shape(), name=f"{name}_taken", reset_less=True)
    with m.If(load):
        m.d.sync += register.eq(value)
    return register
