"""What an engine's hardware is made of, as plain integers: widths, units, latencies."""

from __future__ import annotations

from dataclasses import dataclass

from ..golden.bounds import Range, of_format, result_range
from ..golden.description import Arithmetic, Engine, Stage
from ..golden.errors import DesignError
from ..golden.flags import Reachable, reachable
from ..golden.formats import Format
from .tree import tree_latency


@dataclass(frozen=True)
class Plan:
    """One mode of an engine, planned.

    Parameters
    ----------
    rows, cols, lanes, pipeline : the shape, from the Build.
    weight, activation : element formats.
    product, step, total : bounds of one product, of a step's sum, of the accumulator.
    initial : bounds of what a sum starts from, or None.
    flags : the flags that can be raised.
    stage : the accumulation rule.
    latency : cycles from a step's acceptance to its result, when nobody stalls.
    """

    rows: int
    cols: int
    lanes: int
    pipeline: int
    weight: Format
    activation: Format
    product: Range
    step: Range
    total: Range
    initial: Range | None
    flags: Reachable
    stage: Stage

    @property
    def infinite(self) -> bool:
        """Whether a product can be infinite."""
        return Reachable.of(self.weight, self.activation).infinite

    @property
    def tree_latency(self) -> int:
        if self.stage.rule == "aligned":
            return 0
        return tree_latency(self.lanes, self.pipeline)

    @property
    def latency(self) -> int:
        """Decoders, products, tree, accumulator: a register each, the tree as many as it has."""
        return 3 + self.tree_latency

    @property
    def result(self) -> Range | Format:
        """What a result's value is: an integer of this range, or a code of this format."""
        if self.stage.rule == "aligned" and self.stage.format is not None:
            return self.stage.format
        return self.total

    @property
    def result_width(self) -> int:
        """Bits of one result with its flags."""
        return self.total.width + self.flags.nan + 2 * self.flags.infinite


def plan(engine: Engine) -> Plan:
    """The plan of ``engine``.

    Raises DesignError for what no datapath here can build, and for sums wider than 128 bits.
    """
    arithmetic = engine.arithmetic
    weight, activation = _elements(engine.name, arithmetic)
    lanes, stage = engine.lanes(), arithmetic.accumulate[-1]
    product = of_format(weight) * of_format(activation)
    initial = arithmetic.initial
    if stage.rule == "aligned":
        assert stage.format is not None
        total, flags = Range(0, 0, (1 << stage.format.bits) - 1), Reachable(False, False)
    else:
        total, flags = result_range(arithmetic), reachable(arithmetic)
    return Plan(
        rows=engine.build.rows,
        cols=engine.build.cols,
        lanes=lanes,
        pipeline=engine.build.pipeline,
        weight=weight,
        activation=activation,
        product=product,
        step=product.times(lanes),
        total=total,
        initial=Range(total.lsb, initial.low, initial.high) if initial else None,
        flags=flags,
        stage=stage,
    )


def _elements(name: str, arithmetic: Arithmetic) -> tuple[Format, Format]:
    """The two element formats of a raw engine."""
    sides = arithmetic.weight, arithmetic.activation
    plain = all(len(side.planes) == 1 and not side.levels and not side.select for side in sides)
    raw = arithmetic.output.format is None and len(arithmetic.accumulate) == 1
    if not plain or not raw or arithmetic.combine != (((1,),),):
        raise DesignError(
            f"{name} has scales, planes or a number format for its result; hardware exists for raw "
            "engines of one plane a side, such as int4xint8"
        )
    if arithmetic.accumulate[0].rule == "fp":
        raise DesignError("rule fp rounds scaled group sums; a raw engine takes exact or aligned")
    return sides[0].planes[0].element, sides[1].planes[0].element
