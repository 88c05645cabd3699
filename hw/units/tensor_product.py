"""A block's scale times that of its tensor, exactly: rows of a product, two of which become one."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed

from ...golden.formats import Minifloat
from ..arith.timing import delayed
from . import significands
from .divided_codes import EXPONENT


def product_cycles(width: int) -> int:
    """Cycles of :func:`times_tensor` with scales of ``width`` significand bits."""
    return (width - 1).bit_length() + 1


def times_tensor(
    m: Module, enable: Value, stored: significands.Normal, tensor: Value, fmt: Minifloat, name: str
) -> tuple[Value, Value]:
    """A scale times that of its tensor, which is positive and normal in ``fmt``, without its sign.

    The significand of the product, and the exponent of that as a number in 1…2; with the bias that
    the exponent of ``stored`` has. :func:`product_cycles` later.
    """
    low = fmt.mantissa_width
    other = Cat(tensor[:low], Const(1, 1))
    size = low + 1 + len(stored.significand)
    rows: list[Value] = [
        Cat(Const(0, place), other & bit.replicate(low + 1))
        for place, bit in enumerate(stored.significand)
    ]
    if len(rows) == 1:  # a power of two
        rows = [Cat(rows[0], Const(0, 1))]
    level = 0
    while len(rows) > 1:
        pairs = [rows[index : index + 2] for index in range(0, len(rows), 2)]
        rows = []
        for index, pair in enumerate(pairs):
            total = Signal(size, name=f"{name}_row_{level}_{index}", reset_less=True)
            with m.If(enable):
                m.d.sync += total.eq(sum(pair[1:], pair[0]))
            rows.append(total)
        level += 1
    power = Signal(signed(EXPONENT), name=f"{name}_powers")
    m.d.comb += power.eq(stored.exponent - fmt.bias + tensor[low:])
    power = delayed(m, enable, power, level, f"{name}_powers_late")
    moved = Mux(rows[0][-1], rows[0], rows[0] << 1)[:size]
    found = Signal(signed(EXPONENT), name=f"{name}_power_found")
    m.d.comb += found.eq(power + rows[0][-1])
    return (
        delayed(m, enable, moved, 1, f"{name}_factor"),
        delayed(m, enable, found, 1, f"{name}_factor_power"),
    )
