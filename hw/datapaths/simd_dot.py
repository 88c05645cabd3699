"""The hardware of :class:`Simd`: rows whose sums weigh what the mode says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amaranth.hdl import Cat, Const, Module, Value

from ...golden.bounds import Range
from ..arith.rows import plus
from ..arith.timing import delay_line
from .chained_dot import ChainedDot, PartialSum
from .recoded import moved
from .words import by_mode

if TYPE_CHECKING:
    from .simd import Simd


class SimdDot(ChainedDot):
    """Rows whose sums are shifted by mode where they meet."""

    plan: Simd

    def _tree(self, m: Module, nodes: list[list[PartialSum]]) -> PartialSum:
        plan = self.plan
        before = plan.delay(plan.depth - 1, plan.chains[0]) + 1
        cycles = before + (plan.levels - 1) // plan.pipeline
        self._modes = delay_line(m, self.enable, self.weight.mode, cycles, "mode")[before:]
        return super()._tree(m, nodes)

    def placed(self, nodes: list[PartialSum]) -> list[PartialSum]:
        weights = self.plan.weights
        return [node._replace(weights=at) for node, at in zip(nodes, weights, strict=True)]

    def merged(self, a: PartialSum, b: PartialSum, level: int) -> PartialSum:
        """The sum; ``b`` is shifted as the mode says, and its carry fills the bits below it."""
        if not a.weights:
            return super().merged(a, b, level)
        pairs = list(zip(a.weights, b.weights, strict=True))
        # Where the left is empty, so is the right: rows are filled from the left.
        steps = [None if x is None or y is None else y - x for x, y in pairs]
        weights = tuple(y if x is None else x for x, y in pairs)
        [[carry, _]] = b.carries or [(Const(0, 1), 0)]
        last = max(step for step in [0, *steps] if step is not None)
        bounds = a.bounds + Range(last, b.bounds.low, b.bounds.high + bool(b.carries))
        shifted: dict[int | None, Value | None] = {None: None}
        for step in {step for step in steps if step is not None}:
            value = Cat(carry.replicate(step), b.value)
            value = value.as_signed() if b.bounds.signed else value
            shifted[step] = moved(value, 0, bounds.width)
        mode = self._modes[(level - 1) // self.plan.pipeline]
        added = by_mode(mode, [shifted[step] for step in steps])
        total = plus(a.value, added, carry, width=bounds.width)
        value = total.as_signed() if bounds.signed else total
        return PartialSum(value, bounds, a.carries, weights)
