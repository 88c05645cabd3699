"""A product of matrices by the documentation's contract."""

from __future__ import annotations

from fractions import Fraction

from .accumulate import float_format
from .description import Arithmetic, Output
from .entry import Entry, Pair, read, together
from .formats import Integer, Minifloat, named
from .numbers import Number, finite, product, total
from .rounding import code_of, rounded
from .stages import accumulated
from .sums import Sum


def matrix(arithmetic: Arithmetic) -> list[list[list[Sum | int]]]:
    """[output][row][column] results: sums with flags where the result is raw, else codes."""
    rows = len(arithmetic.weight.planes[0].codes)
    columns = len(arithmetic.activation.planes[0].codes)
    return [
        [[result(arithmetic, number, table, n, m) for m in range(columns)] for n in range(rows)]
        for number, table in enumerate(arithmetic.tables)
    ]


def result(
    arithmetic: Arithmetic, number: int, table: tuple[tuple[int, ...], ...], row: int, column: int
) -> Sum | int:
    entry = Entry(arithmetic, row, column)
    start = arithmetic.initial[number][row][column] if arithmetic.initial else 0
    accumulators = together(entry.pairs(table), entry.ends)
    sums = [accumulated(entry, pairs, start) for pairs in accumulators]
    if arithmetic.output is None and isinstance(sums[0], Sum):
        assert len(sums) == 1
        return sums[0]
    numbers = [each.number if isinstance(each, Sum) else each for each in sums]
    output = arithmetic.output or Output(arithmetic.stages[-1].format)
    return limited(ended(entry, accumulators, numbers, output), output)


def ended(
    entry: Entry, accumulators: list[list[Pair]], sums: list[Number], output: Output
) -> Number:
    """Scales of all K, the sum of accumulators, the bias: each step is rounded."""
    scales = [entry.ends(pairs[0]) for pairs in accumulators]
    if len(sums) == 1 and not scales[0] and output.bias is None:
        return sums[0]
    last = entry.arithmetic.stages[-1]
    working = float_format(last.format if last.rule == "float" else "fp32")
    parts = []
    for number, factors in zip(sums, scales, strict=True):
        number = rounded(number, working)
        for level, place in factors:
            number = rounded(product(number, read(level, place, 0)), working)
        parts.append(number)
    while len(parts) > 1:
        parts[:2] = [rounded(total(parts[0], parts[1]), working)]
    if output.bias is not None:
        parts[0] = rounded(total(parts[0], read(output.bias, entry.row, 0)), working)
    return parts[0]


def limited(number: Number, output: Output) -> int:
    """One conversion; then ReLU and clamp, of the number that the code stands for."""
    form = named(output.format)
    assert isinstance(form, Integer | Minifloat), output.format
    code = code_of(number, form, output.rounding, output.saturate)
    held = form.number(code)
    if held.kind == "nan" or not (output.relu or output.clamp):
        return code
    if output.relu and held.negative:
        held = finite(0)
    if output.clamp is not None:
        held = between(held, *output.clamp)
    return code_of(held, form, "nearest_even")


def between(number: Number, low: Fraction, high: Fraction) -> Number:
    """A number, or the bound that it reaches: −0 at a bound of 0 becomes +0."""
    if number.kind == "infinite":
        return finite(low if number.negative else high)
    if low < number.value < high:
        return number
    return finite(low if number.value <= low else high)
