"""The scale path of an engine, planned: how its units share the sums, and when results leave."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Value


@dataclass(frozen=True)
class Sharing:
    """``units`` scale units take the sums of a group in row-major order, in turn.

    Unit u takes the sums u, u + units, …, ``terms`` times over: a pass for each addend.

    Parameters
    ----------
    rows, cols : of the array.
    units : a divisor of cols, or a multiple of cols whose quotient divides rows.
    terms : addends that each sum brings, one after the other.
    steps : cycles between two groups; None where the reduction is one group.
    partials : partial sums of each sum.
    alone : whether a reduction is one addend, so that nothing is accumulated.
    results : that leave in a beat: a divisor of cols and of units.
    span : groups of an addend; a pass of the last of them brings it.
    apart : cycles from the start of a pass that brings addends to that of the next one: a partial
        sum must have taken one before it takes another.
    pace : cycles from one beat of results to the next that making them takes.
    """

    rows: int
    cols: int
    units: int
    terms: int
    steps: int | None
    partials: int
    alone: bool
    results: int = 1
    span: int = 1
    apart: int = 1
    pace: int = 1

    @property
    def collected(self) -> bool:
        """Whether results are collected: from more units than leave in a beat, from partial sums,
        or faster than they leave.

        The units then go on with the next reduction in another bank of their store.
        """
        several = self.units > self.results or self.partials > 1 or self.pace > 1
        return not self.alone and several

    @property
    def banks(self) -> int:
        """Reductions that the stores hold at a time: as many as a LUTRAM of 32 words has room for,
        two at least."""
        if not self.collected:
            return 1
        return 4 if 4 * self.stride <= 32 else 2

    @property
    def depth(self) -> int:
        """Places of a unit's store; 0 where nothing is accumulated."""
        if self.alone:
            return 0
        return self.stride * self.banks if self.banks * self.partials > 1 else self.slots

    @property
    def stride(self) -> int:
        """Words of a bank: sums and partial sums are addressed by bits of their own."""
        return 1 << (self.slots - 1).bit_length() + (self.partials - 1).bit_length()

    def address(self, slot: Value, partial: Value, bank: Value) -> Value:
        """The address of a partial sum in a bank; ``slot`` is the sum's number in its unit."""
        low, middle = ((size - 1).bit_length() for size in (self.slots, self.partials))
        return Cat(slot[:low], partial[:middle], bank)

    @property
    def inner(self) -> int:
        """Columns that a unit serves in each of its rows."""
        return max(self.cols // self.units, 1)

    @property
    def outer(self) -> int:
        """Rows that a unit serves."""
        return self.rows * self.cols // self.units // self.inner

    @property
    def slots(self) -> int:
        """Sums that a unit serves."""
        return self.outer * self.inner

    @property
    def adding(self) -> int:
        """Cycles from one pass that brings addends to the next."""
        return max(self.slots, self.apart)

    @property
    def cycles(self) -> int:
        """Cycles from the first to the last addend of a group that brings some."""
        return self.adding * (self.terms - 1) + self.slots

    def busy(self, groups: int) -> int:
        """Cycles that a reduction of so many groups keeps the units busy."""
        bring = -(-groups // self.span)
        waits = (self.terms - 1) * (self.adding - self.slots)  # within a group
        return max(
            bring * self.terms * self.adding, groups * self.terms * self.slots + bring * waits
        )

    def slot(self, unit: int, outer: int, inner: int) -> tuple[int, int]:
        """The row and column of a unit's sum."""
        return divmod((outer * self.inner + inner) * self.units + unit, self.cols)

    @property
    def interval(self) -> int:
        """Cycles from one beat of a tile's results to the next."""
        return max(self.partials if self.collected else 1, self.pace)

    @property
    def leaving(self) -> str:
        """How results leave, in words."""
        how = "one by one" if self.results == 1 else f"{self.results} at a time"
        return how if self.pace == 1 else f"{how} every {self.interval} cycles"

    @property
    def remarks(self) -> tuple[str, ...]:
        """How many units there are and why, and what that means for short reductions."""
        count = f"{self.units} scale unit{'s' if self.units > 1 else ''}"
        each = "each" if self.units > 1 else "the unit"
        if self.steps is None:
            why = "a reduction is one group; its sums are scaled one after the other"
        else:
            turns = f" of {self.terms} addends" if self.terms > 1 else ""
            often = "every step" if self.steps == 1 else f"every {self.steps} steps"
            why = (
                f"{often}, the {self.rows * self.cols} PEs each finish a group's sum{turns}; "
                f"{each} takes {self.slots * self.terms} cycles for its share of them"
            )
        lines = [f"{count}: {why}"]
        if self.partials > 1:
            lines.append(f"{self.partials} partial sums of each result, added up by a tree")
        return tuple(lines)


@dataclass(frozen=True)
class PathPlan:
    """A scale path, planned.

    Parameters
    ----------
    shared : how many units there are, and their order.
    results : of a reduction: rows × columns.
    drain, unit, tail : latencies of its parts in cycles.
    """

    shared: Sharing
    results: int
    drain: int
    unit: int
    tail: int

    @property
    def latency(self) -> int:
        """Cycles from the sums of a reduction's last group to its first result, without
        stalls, and when the scales are there in time."""
        front = self.drain + self.unit
        if self.shared.collected:
            # All of the last group, then the first row and column's partial sums.
            front += self.shared.cycles + 1 + self.shared.partials
        elif self.shared.terms > 1:
            front += self.shared.adding * (self.shared.terms - 1)
        return front + self.tail

    @property
    def read_out(self) -> int:
        """Cycles in which the results of a reduction leave."""
        return self.results // self.shared.results * self.shared.interval

    def turnaround(self, cycles: int) -> int:
        """Cycles between two reductions of so many cycles, as far as banks of the stores allow."""
        if not self.shared.collected:
            return 0
        kept = cycles + self.drain + self.unit + 1 + self.read_out
        return -(-kept // self.shared.banks)

    @property
    def reduction_cycles(self) -> int:
        """The fewest cycles between two reductions that never hold up the array."""
        results = self.read_out
        if not self.shared.collected:
            return results
        # A reduction keeps its bank while it lasts, passes the units, and is collected.
        kept = self.drain + self.unit + 1 + results
        return max(results, -(-kept // (self.shared.banks - 1)))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing, a line each."""
        short = (
            f"reductions of fewer than {self.reduction_cycles} steps lower the rate: results leave "
            f"{self.shared.leaving}"
        )
        return (*self.shared.remarks, short)
