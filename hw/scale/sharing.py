"""How many scale units serve an array, and which sums each of them takes in which order."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from amaranth.hdl import Cat, Value

from ...golden.errors import DesignError
from ..plan import Plan

#: Stages of the adder that accumulates in floating point.
ADDER_STAGES = 6

#: Cycles from the reading of a partial sum until it can be read again with the addend in it.
ADDER_LOOP = ADDER_STAGES + 1


@dataclass(frozen=True)
class Sharing:
    """``units`` scale units take the sums of a group in row-major order, in turn.

    Unit u takes the sums u, u + units, …; a group takes ``slots`` cycles, ``terms`` of each sum.

    Parameters
    ----------
    rows, cols : of the array.
    units : a divisor of cols, or a multiple of cols whose quotient divides rows.
    terms : addends that each sum brings, one after the other.
    steps : cycles between two groups; None where the reduction is one group.
    partials : partial sums of each sum.
    alone : whether a reduction is one addend, so that nothing is accumulated.
    """

    rows: int
    cols: int
    units: int
    terms: int
    steps: int | None
    partials: int
    alone: bool

    @property
    def collected(self) -> bool:
        """Whether results are collected from several units or partial sums.

        The units then go on with the next reduction in another bank of their store.
        """
        return not self.alone and (self.units > 1 or self.partials > 1)

    @property
    def banks(self) -> int:
        """Reductions that the stores hold at a time: as many as a LUTRAM of 32 words has place for,
        two at least."""
        if not self.collected:
            return 1
        return 4 if 4 * self.stride <= 32 else 2

    @property
    def depth(self) -> int:
        """Places of a unit's store; 0 where nothing is accumulated."""
        if self.alone:
            return 0
        return self.stride * self.banks if self.banks * self.partials > 1 else self.places

    @property
    def stride(self) -> int:
        """Words of a bank: places and partial sums are addressed by bits of their own."""
        return 1 << (self.places - 1).bit_length() + (self.partials - 1).bit_length()

    def address(self, place: Value, partial: Value, bank: Value) -> Value:
        """Where a partial sum of a place is stored in a bank."""
        low, middle = ((size - 1).bit_length() for size in (self.places, self.partials))
        return Cat(place[:low], partial[:middle], bank)

    @property
    def inner(self) -> int:
        """Columns that a unit serves in each of its rows."""
        return max(self.cols // self.units, 1)

    @property
    def outer(self) -> int:
        """Rows that a unit serves."""
        return self.rows * self.cols // self.units // self.inner

    @property
    def places(self) -> int:
        """Sums that a unit serves."""
        return self.outer * self.inner

    @property
    def slots(self) -> int:
        """Cycles that a group takes."""
        return self.places * self.terms

    def place(self, unit: int, outer: int, inner: int) -> tuple[int, int]:
        """The row and column of a unit's sum."""
        return divmod((outer * self.inner + inner) * self.units + unit, self.cols)

    @property
    def interval(self) -> int:
        """Cycles from one result of a tile to the next."""
        return self.partials if self.collected else 1

    @property
    def remarks(self) -> tuple[str, ...]:
        """How many units there are and why, and what that means for short reductions."""
        count = f"{self.units} scale unit{'s' if self.units > 1 else ''}"
        each = "each takes" if self.units > 1 else "it takes"
        if self.steps is None:
            why = "a reduction is one group, whose sums leave one after the other"
        else:
            turns = f", {self.terms} addends each" if self.terms > 1 else ""
            why = (
                f"a group of {self.rows * self.cols} sums{turns} closes every {self.steps} steps; "
                f"{each} {self.slots} cycles for its share"
            )
        lines = [f"{count}: {why}"]
        if self.partials > 1:
            lines.append(f"{self.partials} partial sums of each result, added up by a tree")
        return tuple(lines)


def sharing(plan: Plan) -> Sharing:
    """The fewest units that keep up with the array."""
    terms, partials = serial_terms(plan), plan.arithmetic.accumulate[-1].partials
    if plan.group is None:
        alone = terms == 1
        found = Sharing(plan.rows, plan.cols, 1, terms, None, 1 if alone else partials, alone)
        check_partials(plan, found)
        return found
    steps = plan.group // plan.lanes
    wanted = plan.rows * plan.cols * terms / steps
    possible = [u for u in range(1, plan.cols + 1) if plan.cols % u == 0]
    possible += [plan.cols * r for r in range(2, plan.rows + 1) if plan.rows % r == 0]
    units = next((u for u in possible if u >= wanted), possible[-1])
    found = Sharing(plan.rows, plan.cols, units, terms, steps, partials, False)
    check_partials(plan, found)
    return found


def serial_terms(plan: Plan) -> int:
    """Addends of one sum that follow each other: float sums take a term at a time."""
    if plan.arithmetic.accumulate[-1].rule != "fp":
        return 1
    return max(len(item.terms) for item in plan.accumulators)


def check_partials(plan: Plan, shared: Sharing) -> None:
    """Raise DesignError if a partial sum would be read before its last addend is in it."""
    stage = plan.arithmetic.accumulate[-1]
    if stage.rule != "fp" or shared.alone:
        return
    if stage.partials > 1 and len({len(item.terms) for item in plan.accumulators}) > 1:
        raise DesignError(
            "outputs with different numbers of scaled terms take one partial sum each, "
            f"got {stage.partials} (--partials 1)"
        )
    needed = ceil(ADDER_LOOP / shared.places)
    if stage.partials < needed:
        raise DesignError(
            f"an addition takes {ADDER_LOOP} cycles and each unit serves {shared.places} sums of "
            f"this shape: partials must be at least {needed}, got {stage.partials} "
            f"(--partials {needed}; it changes the order of additions)"
        )
