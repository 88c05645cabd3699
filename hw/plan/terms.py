"""What a scale path makes of an array's sums: parts, terms and accumulators, with their bounds."""

from __future__ import annotations

from dataclasses import dataclass

from ...golden.bounds import Range, inner_range, of_format, of_term, result_range
from ...golden.description import Arithmetic, Stage
from ...golden.errors import DesignError
from ...golden.flags import Reachable
from ...golden.formats import Minifloat
from ...golden.terms import Accumulator, Sided, Term, accumulators
from ..arith.sums import Sum, split

NO_FLAGS = Reachable(False, False)


@dataclass(frozen=True)
class PartPlan:
    """Sums of the array that the same integer scales multiply: ``sums`` are their indexes.

    ``sum_flags`` are the sums' flags, ``flags`` those after the scales.
    """

    sums: tuple[int, ...]
    scales: tuple[Sided, ...]
    range: Range
    sum_flags: Reachable
    flags: Reachable


@dataclass(frozen=True)
class TermPlan:
    """Parts that the same float scales multiply; ``range`` and ``flags`` are before those."""

    parts: tuple[PartPlan, ...]
    scales: tuple[Sided, ...]
    range: Range
    flags: Reachable

    @property
    def scaled_flags(self) -> Reachable:
        """The flags after the float scales."""
        return scaled_flags(self.flags, self.scales)


@dataclass(frozen=True)
class AccumulatorPlan:
    """One sum over groups: ``total`` are its bounds if it is an integer."""

    output: int
    terms: tuple[TermPlan, ...]
    scales: tuple[Sided, ...]
    total: Range | None

    @property
    def flags(self) -> Reachable:
        found = NO_FLAGS
        for term in self.terms:
            found = found | term.scaled_flags
        return found


def check_terms(name: str, arithmetic: Arithmetic) -> None:
    """Raise DesignError for scaled terms of the engine ``name`` that nothing here adds up."""
    if arithmetic.accumulate[-1].saturates and any(
        len(item.terms) > 1 for item in accumulators(arithmetic)
    ):
        raise DesignError(
            f"{name} saturates a sum of several scaled terms in turn; hardware adds one term",
            {"overflow": None},
            {"accumulate": "exact"},
            otherwise="use one scale for all planes",
        )
    for side, operand in (("", arithmetic.weight), ("activation_", arithmetic.activation)):
        for level in operand.levels:
            if not level.integer and not isinstance(level.format, Minifloat):
                raise DesignError(
                    f"the scale {level.name!r} of {name} is of the format {level.format.name}; "
                    "hardware multiplies by integers and floats",
                    {f"{side}scale": "fp16"},
                )
            if level.when == "end" and not isinstance(level.format, Minifloat):
                raise DesignError(
                    f"the scale {level.name!r} of {name} acts at the end in the integer format "
                    f"{level.format.name}",
                    {f"{side}scale": "fp32"},
                    {f"{side}group": 128},
                    otherwise="in TOML let it act on groups (when = 'group')",
                )


def planned_terms(
    arithmetic: Arithmetic, lanes: int, group: int | None
) -> tuple[tuple[Sum, ...], tuple[AccumulatorPlan, ...]]:
    """The array's sums, each once, and the accumulators over them."""
    sums: list[Sum] = []
    count = group or arithmetic.k_max
    found = tuple(
        AccumulatorPlan(
            item.output,
            tuple(_term(term, arithmetic, lanes, count, sums) for term in item.terms),
            item.scales,
            _total(arithmetic, item),
        )
        for item in accumulators(arithmetic)
    )
    return tuple(sums), found


def _term(term: Term, arithmetic: Arithmetic, lanes: int, count: int, sums: list[Sum]) -> TermPlan:
    parts, flags = [], NO_FLAGS
    # A group's sum is exact unless its products are aligned, or every step saturates.
    first = arithmetic.accumulate[0]
    own = first.rule == "aligned" or (first.saturates and not arithmetic.group)
    stage = first if own else Stage()
    for part in term.parts:
        indexes, before, total = [], NO_FLAGS, None
        for item in split(arithmetic, part.pairs, lanes, count, stage):
            if item not in sums:
                sums.append(item)
            indexes.append(sums.index(item))
            before = before | item.flags
            total = item.total if total is None else total + item.total
        assert total is not None
        raised = scaled_flags(before, part.scales)
        for _, level in part.scales:
            total = total * of_format(level.format)
        parts.append(PartPlan(tuple(indexes), part.scales, total, before, raised))
        flags = flags | raised
    return TermPlan(
        tuple(parts), term.scales, of_term(term, arithmetic, count, scaled=False), flags
    )


def _total(arithmetic: Arithmetic, item: Accumulator) -> Range | None:
    """Bounds of an accumulator in the unit that all of them share; None for floats.

    Raises DesignError where an exact sum, or one that a float stage takes, is too wide.
    """
    if arithmetic.accumulate[-1].rule in ("fp", "aligned"):
        for term in item.terms if arithmetic.accumulate[0].rule == "exact" else ():
            inner_range(term, arithmetic)
        return None
    return result_range(arithmetic)


def scaled_flags(flags: Reachable, scales: tuple[Sided, ...]) -> Reachable:
    """The flags of a sum that can be zero, after its scales."""
    for _, level in scales:
        fmt = level.format
        invalid = fmt.has_inf or (flags.infinite and fmt.has_zero)
        flags = Reachable(flags.nan or fmt.has_nan or invalid, flags.infinite or fmt.has_inf)
    return flags


def span_groups(arithmetic: Arithmetic) -> int:
    """Groups that an exact first stage adds up before the floating-point one."""
    inner = arithmetic.accumulate[0]
    if len(arithmetic.accumulate) == 1 or not inner.span or not arithmetic.group:
        return 1
    if arithmetic.group == arithmetic.k_max:
        return 1
    return inner.span // arithmetic.group
