"""An entry's sum over all of K, stage by stage."""

from __future__ import annotations

from .accumulate import aligned_sum, float_format, float_sum, integer_sum
from .description import Stage
from .entry import Entry, Pair, read, together
from .numbers import Number, power
from .rounding import rounded
from .sums import Sum, joined, scaled


def accumulated(entry: Entry, pairs: list[Pair], start: int) -> Sum | Number:
    """The sum of some pairs, which have the same scales at the end; an integer starts from
    ``start`` units."""
    first, *rest = entry.arithmetic.stages
    last = rest[0] if rest else first
    group = entry.group or (first.span if rest else None) or entry.length
    if last.rule == "aligned":
        return aligned(entry, pairs, range(entry.length), first, entry.length)
    if last.rule == "float":
        return floats(entry, pairs, group, last)

    # Sums of all accumulators and outputs are counted in one unit.
    every = [pair for table in entry.arithmetic.tables for pair in entry.pairs(table)]
    unit = entry.lsb(every, scaled=True)
    # Without groups, what saturates does so after every step.
    width = entry.arithmetic.lanes if last.saturate and not entry.group else group
    sums = [Sum(start * power(unit))]
    for places in pieces(range(entry.length), width):
        for alike in together(pairs, entry.rounded):
            sums.append(addend(entry, alike, places, group, Stage()))
    return integer_sum(sums, last, unit) if last.rule == "integer" else joined(sums)


def floats(entry: Entry, pairs: list[Pair], group: int, last: Stage) -> Number:
    """Addends of groups, or of the first stage's spans, each rounded once."""
    first = entry.arithmetic.stages[0]
    inner = first if len(entry.arithmetic.stages) > 1 else Stage()
    addends = []
    for places in pieces(range(entry.length), inner.span or group):
        for alike in together(pairs, entry.rounded):
            value = addend(entry, alike, places, group, inner).number
            addends.append(rounded(value, float_format(last.format)))
    return float_sum(addends, last)


def addend(entry: Entry, pairs: list[Pair], places: range, group: int, stage: Stage) -> Sum:
    """What a group, or a span of them, adds: its sum by the inner stage, times its scales."""
    if stage.rule == "aligned":
        value = Sum().plus(aligned(entry, pairs, places, stage, group))
    else:
        value = exact(entry, pairs, places, group)
    if stage.rule == "integer":
        value = integer_sum([value], stage, entry.lsb(pairs, scaled=False))
    for level, row in entry.rounded(pairs[0]):
        value = scaled(value, read(level, row, places[0]))
    return value


def exact(entry: Entry, pairs: list[Pair], places: range, group: int) -> Sum:
    """The exact sum of groups, with their whole scales."""
    sums = []
    for part in pieces(places, group):
        for alike in together(pairs, entry.whole):
            value = entry.dot(alike, part)
            for level, row in entry.whole(alike[0]):
                value = scaled(value, read(level, row, part[0]))
            sums.append(value)
    return joined(sums)


def aligned(entry: Entry, pairs: list[Pair], places: range, stage: Stage, length: int) -> Number:
    """A sum that aligns the products of one pair, padded with zeros to ``length`` elements."""
    (pair,) = pairs
    products = [(entry.product(pair, k), entry.exponent(pair, k)) for k in places]
    return aligned_sum(products, stage, entry.arithmetic.lanes, length)


def pieces(places: range, size: int) -> list[range]:
    """Consecutive pieces; the last may be shorter."""
    return [places[start : start + size] for start in range(0, len(places), size)]
