"""What an engine's hardware is made of, as plain integers: widths, units, latencies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...golden.bounds import Range
from ...golden.description import Arithmetic, Build, Sparse
from ...golden.flags import Reachable
from ...golden.formats import Format
from ...golden.terms import Sided
from ..arith.sums import Sum
from ..arith.tree import tree_levels
from ..datapaths import Blocks
from .chosen import Chosen
from .depth import Depth, depth
from .joining import Joining, joining
from .path import PathPlan
from .terms import NO_FLAGS, AccumulatorPlan


@dataclass(frozen=True)
class Plan(Chosen):
    """An array of one arithmetic, planned.

    Parameters
    ----------
    arithmetic : what is computed; of a sparse weight, with the elements that there are.
    build : the shape, and how it is laid out.
    lanes : products summed per row, column and step.
    group : elements after which the array's sums close; None where they span the reduction.
    sums : what the array adds up.
    accumulators : what a scale path makes of them; empty where the sums are the results.
    structure : which elements of the weight there are; None: all.
    path : what makes results of the sums; None where the sums are the results.
    """

    arithmetic: Arithmetic
    build: Build
    lanes: int
    group: int | None
    sums: tuple[Sum, ...]
    accumulators: tuple[AccumulatorPlan, ...]
    structure: Sparse | None = None
    path: PathPlan | None = None

    @cached_property
    def depth(self) -> Depth:
        return depth(self)

    @property
    def modes(self) -> tuple[Plan, ...]:
        return (self,)

    @property
    def label(self) -> str:
        """Its element formats."""
        sides = ("+".join(f.name for f in self.operand(n).codes.values()) for n in range(2))
        return " × ".join(sides)

    @property
    def serial(self) -> bool:
        return bool(self.accumulators)

    @property
    def group_steps(self) -> int | None:
        return None if self.group is None else self.group // self.lanes

    @property
    def shortest(self) -> int:
        whole = self.group or self.arithmetic.group or self.stage.span or self.lanes
        return whole // self.lanes

    @property
    def initial(self) -> Range | None:
        return self.sums[0].initial

    @cached_property
    def tile(self) -> tuple[int, int]:
        if self.flow != "systolic_os":
            return super().tile
        return next((found.tile for item in self.sums if (found := self.blocks(item))), (1, 1))

    @cached_property
    def shortest_set(self) -> int:
        if not self.stationary:
            return super().shortest_set
        blocks = self.blocks(self.sums[0])
        assert blocks is not None
        longest: int = blocks.layout.longest
        return 1 + blocks.stages + longest

    @cached_property
    def tail(self) -> int:
        if not self.apart:
            held = [blocks.layout for item in self.sums if (blocks := self.blocks(item))]
            levels: list[int] = [layout.levels for layout in held if layout.held]
            return max(levels, default=0)
        return max(tree_levels(len(self.dot(pair).sums)) for i in self.sums for pair in i.pairs)

    @cached_property
    def edge(self) -> int:
        found = [self.blocks(item) for item in self.sums]
        return int(not all(blocks is not None and blocks.straight for blocks in found))

    @cached_property
    def selecting(self) -> int:
        # Blocks have a register of their own there.
        own = self.structure is not None and not all(map(self.blocks, self.sums))
        return int(own)

    def cycles_of(self, item: Sum) -> int:
        return 1 if self.aligned else max(self.dot(pair).cycles for pair in item.pairs)

    @cached_property
    def cycles(self) -> int:
        return max(map(self.cycles_of, self.sums))

    @cached_property
    def segment(self) -> int:
        held = [blocks is not None and blocks.layout.held for blocks in map(self.blocks, self.sums)]
        return 0 if all(held) or self.stationary else super().segment

    def addend(self, item: Sum) -> Range:
        """Bounds of what enters a sum at a time."""
        total: Range | None = None
        for pair in item.pairs:
            part = -self.dot(pair).range if pair.sign < 0 else self.dot(pair).range
            total = part if total is None else total + part
        assert total is not None
        return total

    @cached_property
    def dot_latency(self) -> int:
        found: list[int] = []
        for item in self.sums:
            blocks = self.blocks(item)
            if item.aligned:
                found.append(1 if blocks is None else blocks.latency)
            else:
                found += [self.dot(pair).latency for pair in item.pairs]
        return max(found)

    @cached_property
    def joining(self) -> Joining | None:
        return joining(self)

    @property
    def latency(self) -> int:
        return super().latency + (self.path.latency if self.path else 0)

    @property
    def result_interval(self) -> int:
        return self.path.shared.interval if self.path else 1

    @property
    def reduction_cycles(self) -> int:
        shortest = self.path.reduction_cycles if self.path else 1
        alone = self.joining if self.group is None else None
        return max(shortest, alone.spacing if alone else 1)

    @property
    def units(self) -> int:
        """Scale units."""
        return self.path.shared.units if self.path else 0

    @property
    def remarks(self) -> tuple[str, ...]:
        dots = [self.dot(item.pairs[0]) for item in self.sums]
        sparse = (
            f"{self.structure} sparse weights: a step takes {self.step} elements of K, of which "
            f"each row multiplies {self.lanes}",
        )
        return (
            *(sparse if self.structure else ()),
            *(dot.remark for dot in dots if isinstance(dot, Blocks)),
            *(self.joining.remarks(self.group_steps) if self.joining else ()),
            *(self.path.remarks if self.path else ()),
            *self.depth.remarks,
        )

    @property
    def result(self) -> Range | Format:
        if self.serial:
            if self.arithmetic.output.format is not None:
                return self.arithmetic.output.format
            floating = self.arithmetic.accumulate[-1].rule == "fp"
            return self.arithmetic.working if floating else self._common
        if self.aligned and self.stage.format is not None:
            return self.stage.format
        return self.sums[0].total

    @property
    def _common(self) -> Range:
        """Bounds of all raw results in one unit."""
        totals = [item.total for item in self.accumulators if item.total is not None]
        total = totals[0]
        for other in totals[1:]:
            total = total | other
        return total

    @property
    def result_flags(self) -> Reachable:
        if not isinstance(self.result, Range) or self.aligned:
            return NO_FLAGS
        if not self.serial:
            return self.sums[0].flags
        found = NO_FLAGS
        for item in self.accumulators:
            found = found | item.flags
        return found

    @property
    def outputs(self) -> int:
        return self.arithmetic.outputs

    def levels(self, when: str) -> tuple[Sided, ...]:
        """The distinct levels that act at the ``group``'s end (or before), or at the ``end``."""
        return tuple(
            (side, level)
            for side in range(2)
            for level in self.operand(side).levels
            if (level.when == "end") == (when == "end")
        )
