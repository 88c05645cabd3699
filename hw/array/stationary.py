"""The array with flow ``weight_stationary``: weights stay in DSP blocks, activations pass."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value

from ...golden.errors import Change, DesignError
from ..datapaths import Blocks, Dsp
from ..dsp.kinds import kind_of
from ..plan.plan import Plan
from .broadcast import BroadcastArray
from .prepare import prepare
from .steps import Marks, flows


class StationaryArray(BroadcastArray):
    """``rows`` × ``cols`` sums over the lanes: each step of activations gives results.

    A beat of weights is loaded into the blocks beside those that multiply, as soon as the last
    that were loaded do. The first step takes them into use, and ``last`` in the activation ends
    that: the next step is the first for the next weights. The steps of a set follow each other
    without bubbles, and so do sets of ``plan.shortest_set`` steps at least.

    Streams and latency: :class:`StepArray`, but that a reduction is a step, and what the streams
    call ``last`` ends a set of them.
    """

    scope = "policy dsp, unscaled sums over at most the lanes; weights stay in the DSP blocks"
    picks = False
    switches = False

    @classmethod
    def check(cls, name: str, plan: Plan) -> None:
        super().check(name, plan)
        build, arithmetic = plan.build, plan.arithmetic
        others = flows(lambda flow: not issubclass(flow, StationaryArray))
        if build.policy != "dsp" or build.datapath not in ("auto", "dsp"):
            here: list[Change] = [{"datapath": datapath} for datapath in ("auto", "dsp")]
            if build.policy != "dsp":
                policy = {"policy": "dsp"}
                plain = build.datapath in ("auto", "dsp")
                here = [policy] if plain else [{**policy, "datapath": "auto"}]
            raise DesignError(f"weights of {name} stay in DSP blocks", *here, *others)
        if plan.serial or len(plan.sums) > 1 or not plan.simple:
            raise DesignError(
                f"{name} scales, rounds, saturates or starts its sums, or keeps their carries; "
                "weights stay only for single exact sums",
                *others,
            )
        formats = plan.sums[0].pairs[0].formats
        if not (Dsp.packs(*formats) and Dsp.fits(*formats, build.blocks)):
            raise DesignError(
                f"{' × '.join(fmt.name for fmt in formats)} of {name} are no numbers without "
                "exponent, or can be NaN, or are too wide for a DSP block, in which weights stay",
                *others,
            )
        if arithmetic.k_max > plan.lanes:
            raise DesignError(
                "weights that stay are summed over the lanes alone, and results leave every step: "
                f"K is at most {plan.lanes} lanes, got {arithmetic.k_max}",
                {"k_max": plan.lanes},
                {"lanes": arithmetic.k_max},
                *others,
            )
        if not kind_of(build.blocks).geometry.swaps:
            raise DesignError(
                f"the DSP blocks for {name}, {build.blocks}, have no registers for weights that "
                "stay",
                *others,
            )

    def _take_steps(self, m: Module, advance: Signal) -> Marks:
        weight, activation = self.steps
        taken, first = Signal(), Signal(init=1)
        # Weights are loaded, and then perhaps fresh: no step has used them.
        self._loaded, self._fresh = Signal(name="loaded"), Signal(name="fresh")
        may = ~first | self._fresh
        m.d.comb += [taken.eq(activation.valid & may), activation.ready.eq(may & advance)]
        with m.If(advance & taken):
            m.d.sync += first.eq(activation.payload.last)
            with m.If(first):
                m.d.sync += self._fresh.eq(0)
        one, none = Const(1, 1), Const(0, 0)
        return Marks(taken, first, one, activation.payload.last, one, none, none)

    def _fill(self, m: Module, advance: Signal, marks: list[Marks]) -> None:
        [item] = self.plan.sums
        blocks = self.plan.blocks(item)
        assert blocks is not None
        activations = self._prepared(m, advance, 1, self.steps[1].payload.data, marks[0])
        swap = self._swaps(m, advance, blocks, marks)
        load = self._load(m, blocks, swap[-1])
        operands = self._weights(m, marks[0]), [activations] * self.plan.rows
        for tile in self._tiles(m, 0, item, blocks, 0, operands):
            m.d.comb += [tile.enable.eq(advance), tile.load.eq(load), tile.swap.eq(swap)]

    def _swaps(self, m: Module, advance: Value, blocks: Blocks, marks: list[Marks]) -> Signal:
        """When the lanes of each cycle take their next weights: with a set's first activations."""
        begin = 1 + blocks.stages
        swap = Signal(blocks.layout.longest, name="swap")
        of_cycles = marks[begin : begin + len(swap)]
        m.d.comb += swap.eq(Cat(advance & mark.taken & mark.first for mark in of_cycles))
        return swap

    def _load(self, m: Module, blocks: Blocks, swapped: Value) -> Signal:
        """When weights are taken: once they are numbers, and the last are all in use."""
        weight, load = self.steps[0], Signal(name="load")
        ready = ~self._loaded | swapped
        stages = blocks.forms[0].stages
        if stages:
            # They stand at the port while numbers are made of them.
            age = Signal(range(stages + 1))
            with m.If(load | ~weight.valid):
                m.d.sync += age.eq(0)
            with m.Elif(age != stages):
                m.d.sync += age.eq(age + 1)
            ready = ready & (age == stages)
        m.d.comb += [load.eq(weight.valid & ready), weight.ready.eq(ready)]
        with m.If(load):
            m.d.sync += [self._loaded.eq(1), self._fresh.eq(1)]
        with m.Elif(swapped):
            m.d.sync += self._loaded.eq(0)
        return load

    def _weights(self, m: Module, now: Marks) -> list[dict[str, Any]]:
        """The elements of every row, as they are made of what stands at the port."""
        codes, always = self.steps[0].payload, Const(1, 1)
        return [
            prepare(
                m, self.plan, 0, row,
                {name: codes[name][row] for name in codes.shape().members}, always, now.told,
            )
            for row in range(self.plan.rows)
        ]  # fmt: skip
