"""The steps in which an arithmetic rounds, and what each can meet."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import reduce
from operator import add, mul

from ...golden.bounds import Range, exact_range, inner_range, result_range
from ...golden.description import Arithmetic
from ...golden.formats import Format
from ...golden.terms import Sided, accumulators, late
from .values import Values, of_format, of_range

#: A step as the golden model names it, the format to which it rounds, and what it meets.
Step = tuple[str, Format, Values]


def steps(arithmetic: Arithmetic) -> Iterator[Step]:
    """The steps of an arithmetic in their order; none where nothing is rounded.

    Sums that align round inside, as they go: they are told apart by directed data, not here.
    """
    last = arithmetic.accumulate[-1]
    output, working = arithmetic.output.format, arithmetic.working
    if output is None and last.rule != "fp":
        return
    if last.rule == "fp":
        values = yield from _floating(arithmetic)
    elif arithmetic.aligned:
        assert last.format is not None
        values = of_format(last.format)
    else:
        values = of_range(_whole(arithmetic))
    if late(arithmetic):
        yield "sum", working, values
        values = values.rounded(working)
    found = []
    for item in accumulators(arithmetic):
        own = values
        for number, scale in enumerate(item.scales):
            own = own * _scale(scale)
            yield f"scale {number}", working, own
            own = own.rounded(working)
        found.append(own)
    values = reduce(add, found[1:], found[0]).rounded(working) if len(found) > 1 else found[0]
    if arithmetic.output.bias is not None or len(found) > 1:
        values = of_format(working)
    if output is not None:
        yield "output", output, values
    elif last.rule == "fp":
        yield "output", working, values


def _whole(arithmetic: Arithmetic) -> Range:
    """What exact sums reach, or what holds them."""
    stage = arithmetic.accumulate[-1]
    return result_range(arithmetic) if stage.rule == "int" else exact_range(arithmetic)


def _floating(arithmetic: Arithmetic) -> Generator[Step, None, Values]:
    """The steps of a float accumulation; returns what it ends with."""
    stage = arithmetic.accumulate[-1]
    assert stage.format is not None
    first, addends = arithmetic.accumulate[0], []
    for item in accumulators(arithmetic):
        for term in item.terms:
            if first.rule == "aligned" and first is not stage:
                assert first.format is not None
                inner = of_format(first.format)
            else:
                inner = of_range(inner_range(term, arithmetic))
            addends.append(reduce(mul, map(_scale, term.scales), inner))
    values = reduce(Values.__or__, addends)
    yield "addend", stage.format, values
    values = values.rounded(stage.format)
    total = of_format(stage.format)
    total = Values(values.lsb, total.bits, total.most)
    yield "addition", stage.format, total + values
    return total


def _scale(scale: Sided) -> Values:
    return of_format(scale[1].format)
