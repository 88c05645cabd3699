"""Hardware as it is described before it is built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring


class Blueprint(ABC):
    """A component to be: it knows its ports and its latency, and costs nothing to ask.

    Nothing is built before :meth:`component`; what a blueprint lists under *Members* are the ports
    of the hardware that this makes.

    Parameters
    ----------
    ports : the members of the component.
    """

    def __init__(self, ports: Mapping[str, wiring.Member]):
        self.ports = ports

    @property
    @abstractmethod
    def latency(self) -> int:
        """Cycles from what enters to what leaves."""

    @abstractmethod
    def build(self, m: Module, io: Any) -> None:
        """Adds the logic to ``m``, between the ports of ``io``."""

    def component(self) -> Built:
        """The hardware."""
        return Built(self)


class Built(wiring.Component):
    """The hardware of a blueprint, whose docstring and parameters are its own.

    Parameters
    ----------
    blueprint : :class:`Blueprint`
        What it is built from.
    """

    def __init__(self, blueprint: Blueprint):
        self.blueprint = blueprint
        super().__init__(dict(blueprint.ports))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self.blueprint.build(m, self)
        return m
