"""A whole engine with scales: an array and its scale path."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring

from ..array.flows import array
from ..plan.plan import Plan
from ..scale.path import ScalePath


class ScaledEngine(wiring.Component):
    """An array whose sums pass through a scale path; streams as :func:`..ports.streams` says.

    Parameters
    ----------
    plan : :class:`Plan`
        Formats, shape and widths.
    """

    def __init__(self, plan: Plan):
        self.plan = plan
        self.array = array(plan)
        self.path = ScalePath(plan)
        ports = {name: self.array.signature.members[name] for name in ("weight", "activation")}
        for name in (*self.path.scales, "result"):
            ports[name] = self.path.signature.members[name]
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.array, m.submodules.path = self.array, self.path
        wiring.connect(m, self.array.result, self.path.group)
        for part, names in (
            (self.array, ("weight", "activation")),
            (self.path, (*self.path.scales, "result")),
        ):
            for name in names:
                member = wiring.flipped(getattr(self, name))
                wiring.connect(m, member, getattr(part, name))
        return m
