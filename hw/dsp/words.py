"""What stands in the ports of blocks, made of the elements of a tile's rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Mux, Shape, Value

from ...golden.bounds import Range
from .packing import Packing
from .placing import Placing


def word_shape(packing: Packing, side: int) -> Shape:
    """The shape of a lane's word: elements side by side for a pre-adder (0), a number else."""
    element, offsets = packing.elements[side], (packing.wide, packing.narrow)[side]
    if side and packing.marks:
        return Shape(packing.geometry.narrow + packing.marks)
    if _apart(packing, side):
        return Shape(element.width * len(offsets), signed=len(offsets) == 1 and element.signed)
    low, high = (sum(end << offset for offset in offsets) for end in (element.low, element.high))
    number = Range(0, min(low, 0), high)
    return Shape(number.width, number.signed)


def word(packing: Packing, side: int, elements: Sequence[Value]) -> Value:
    """A lane's word: of the numbers of all elements in a port."""
    element, offsets = packing.elements[side], (packing.wide, packing.narrow)[side]
    if _apart(packing, side):
        return Cat(_bits(value, element.width) for value in elements)
    total: Value = Const(0, 1)
    for value, offset in zip(elements, offsets, strict=True):
        total = total + (value << offset)
    return total


def with_shift(packing: Placing, number: Value, chosen: Value) -> Value:
    """A word of the narrow port: a number, and above it which shift the wide factor has."""
    width = packing.geometry.narrow
    top = number[-1] if number.shape().signed else Const(0, 1)
    return Cat(number, top.replicate(width - len(number)), chosen)


def gated(packing: Placing, word: Value, chosen: Value) -> tuple[Value, Value]:
    """What a pre-adder takes of a factor with one of many shifts, a bit for each."""
    body, sign = (word[:-1], word[-1]) if packing.elements[0].signed else (word, Const(0, 0))
    plus: Value = Const(0, 1)
    minus: Value = Const(0, 1)
    for bit, shift in zip(chosen, packing.shifts, strict=True):
        plus = plus | (Mux(bit, body, 0) << shift)
        minus = minus | (Mux(bit, sign, 0) << shift + len(body))
    return plus, minus


def factors(packing: Packing, word: Value) -> tuple[Value, Value]:
    """What a pre-adder takes of a word of the wide port, so that their difference is the number.

    A signed element is its lower bits less the highest, each at its offset: no borrow is needed.
    """
    element, offsets = packing.elements[0], packing.wide
    if len(offsets) == 1 or not packing.geometry.subtracts:
        return word, Const(0, 1)
    plus: list[Value] = []
    minus: list[Value] = []
    size, signed = element.width, element.signed
    for number, offset in enumerate(offsets):
        bits = word[number * size : (number + 1) * size]
        body = bits[:-1] if signed else bits
        plus += [Const(0, offset - len(Cat(*plus))), body]
        if signed:
            minus += [Const(0, offset + size - 1 - len(Cat(*minus))), bits[-1]]
    return Cat(*plus), Cat(*minus) if minus else Const(0, 1)


def _apart(packing: Packing, side: int) -> bool:
    """Whether the elements of a port stand side by side, and are not yet one number."""
    offsets = (packing.wide, packing.narrow)[side]
    return len(offsets) == 1 or (side == 0 and packing.geometry.subtracts)


def _bits(value: Value, width: int) -> Value:
    """The low bits of a number, which has no more."""
    top = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value[:width], top.replicate(max(width - len(value), 0)))
