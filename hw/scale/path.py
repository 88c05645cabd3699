"""The scale path: everything between an array's sums and the results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.errors import DesignError
from ..arith.shared import instance
from ..arith.timing import delayed
from ..plan.layouts import sums_layout as group_layout
from ..plan.path import PathPlan, Sharing
from ..plan.plan import Plan
from ..plan.sharing import check_partials, sharing, shortest
from ..plan.streams import payload_layout, stream_called
from .collect import Collector
from .drain import Drain
from .tail import Tail, result_layout
from .unit import ScaleUnit


def planned(plan: Plan) -> PathPlan:
    """The scale path of an array, from what it is built of; whatever its partial sums are."""
    shared = sharing(plan)
    found = _planned(plan, shared)
    if shared.pace > 1 and found.reduction_cycles > shortest(plan):
        return _planned(plan, replace(shared, pace=1))
    return found


def _planned(plan: Plan, shared: Sharing) -> PathPlan:
    unit, drain = ScaleUnit(plan, shared), Drain(plan, shared)
    tail = Tail(plan, unit.chains, shared)
    results = plan.rows * plan.cols
    return PathPlan(
        shared=shared,
        results=results,
        drain=drain.latency,
        unit=unit.latency,
        tail=tail.latency,
    )


def check(name: str, plan: Plan, path: PathPlan) -> None:
    """Raise DesignError unless the scale path makes the results of the engine ``name``."""
    if plan.arithmetic.initial is not None:
        raise DesignError(
            f"{name} scales its sums; hardware starts only unscaled sums of one plane a side from "
            "initial",
            {"initial": None},
            otherwise="use a bias",
        )
    check_partials(plan, path.shared)


class ScalePath(wiring.Component):
    """Scales an array's sums, adds them up over the groups and makes results of them.

    Latency and throughput: :class:`PathPlan`.

    Members
    -------
    group : :py:`In(stream.Signature(sums_layout(plan)))`
        The array's sums.
    scale : a group's scales; only where there are any.
    end_scale : late scales and bias; only where there are any.
    result : :py:`Out(stream.Signature(result_layout(plan)))`
        The results, row by row, ``plan.results`` a beat.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        assert plan.path is not None
        self.shared = plan.path.shared
        self.unit, self.drain = ScaleUnit(plan, self.shared), Drain(plan, self.shared)
        self.tail = Tail(plan, self.unit.chains, self.shared)
        self.scales = [name for name in ("scale", "end_scale") if stream_called(plan, name)]
        ports = {"group": In(stream.Signature(group_layout(plan)))}
        for name in self.scales:
            found = stream_called(plan, name)
            assert found is not None
            ports[name] = In(stream.Signature(payload_layout(found)))
        ports["result"] = Out(stream.Signature(result_layout(plan)))
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.drain = drain = self.drain.component()
        m.submodules.tail = tail = self.tail.component()
        count = self.shared.units
        if count > 1:
            make = self.unit.component
            units = [instance(m, f"unit_{n}", ("scale unit",), make) for n in range(count)]
        else:
            m.submodules.unit_0 = unit = self.unit.component()
            units = [unit]
        enable = Signal()
        wiring.connect(m, wiring.flipped(self.group), drain.group)
        if "scale" in self.scales:
            wiring.connect(m, wiring.flipped(self.scale), drain.scale)
        if "end_scale" in self.scales:
            wiring.connect(m, wiring.flipped(self.end_scale), tail.end_scale)
        wiring.connect(m, tail.result, wiring.flipped(self.result))

        m.d.comb += drain.enable.eq(enable)
        for number, unit in enumerate(units):
            m.d.comb += [
                unit.marks.eq(drain.marks),
                unit.sums.eq(drain.sums[number]),
            ]
            if "scale" in self.scales:
                m.d.comb += unit.scales.eq(drain.scales[number])
        if self.shared.collected:
            self._collect(m, enable, drain, units, tail)
        else:
            m.d.comb += [unit.enable.eq(enable) for unit in units]
            self._pass(m, enable, drain, units, tail)
        return m

    def _late(
        self,
        m: Module,
        enable: Value,
        value: Value,
        more: int,
        name: str,
        *,
        reset: bool = False,
    ) -> Value:
        return delayed(m, enable, value, self.unit.latency + more, name, reset=reset)

    def _pass(self, m: Module, enable: Value, drain: Any, units: list[Any], tail: Any) -> None:
        """Final sums go straight on, a beat of all units; everything waits if they cannot."""
        marks = drain.marks
        final = marks.valid & marks.final & (marks.term == self.shared.terms - 1)
        valid = self._late(m, enable, final, 0, "final", reset=True)
        m.d.comb += [
            drain.room.eq(1),
            tail.sums.valid.eq(valid),
            enable.eq(~valid | tail.sums.ready),
        ]
        for unit, sums in zip(units, tail.sums.payload, strict=True):
            m.d.comb += [sums[name].eq(unit.o[name]) for name in sums.shape().members]

    def _collect(self, m: Module, enable: Value, drain: Any, units: list[Any], tail: Any) -> None:
        """The units never wait; results are collected behind them."""
        marks, shared = drain.marks, self.shared
        m.submodules.collector = collector = Collector(self.plan, self.unit.chains, shared)
        wiring.connect(m, collector.o, tail.sums)
        ends = marks.valid & marks.final & marks.last
        used = Signal(collector.used.shape())
        m.d.comb += used.eq(Mux(marks.first, marks.partial + 1, shared.partials))
        m.d.comb += [
            enable.eq(1),
            drain.room.eq(collector.room),
            collector.starts.eq(drain.starts),
            collector.done.eq(self._late(m, enable, ends, 1, "done", reset=True)),
            collector.used.eq(self._late(m, enable, used, 1, "used")),
        ]
        for number, unit in enumerate(units):
            m.d.comb += [
                unit.read_address.eq(collector.read_address),
                collector.read[number].eq(unit.read),
            ]
