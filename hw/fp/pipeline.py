"""Registers at chosen points of a block that is written from its inputs to its outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import combinations, pairwise
from types import SimpleNamespace
from typing import Any, Self

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib.wiring import In, Member

from ...golden.errors import DesignError
from ..arith.blueprint import Blueprint
from ..arith.timing import stages_for


def place_registers(levels: Sequence[int], stages: int) -> frozenset[int]:
    """The steps that a register follows: the last, and those that even out what stands between.

    Parameters
    ----------
    levels : levels of logic of each step.
    stages : registers to place, at most one after each step.

    The longest way between registers is as short as it can be, then the others.
    """
    check_stages(levels, stages)
    if not stages:
        return frozenset()

    def lengths(inner: tuple[int, ...]) -> list[int]:
        bounds = pairwise((0, *inner, len(levels)))
        return sorted((sum(levels[a:b]) for a, b in bounds), reverse=True)

    best = min(combinations(range(1, len(levels)), stages - 1), key=lengths)
    return frozenset(step - 1 for step in (*best, len(levels)))


def check_stages(levels: Sequence[int], stages: int) -> None:
    """Raise DesignError if there are not as many points for registers."""
    if not 0 <= stages <= len(levels):
        raise DesignError(f"stages must be 0 to {len(levels)}, got {stages}")


class Pipeline:
    """What an ``elaborate`` calls after each of its steps.

    Parameters
    ----------
    enable : registers hold while low.
    registered : the steps that a register follows, see :func:`place_registers`.
    """

    def __init__(self, m: Module, enable: Value, registered: frozenset[int]):
        self.m = m
        self.enable = enable
        self.registered = registered
        self.steps = 0
        #: What is done once with what is live, right behind the end of the step.
        self.then: Callable[[SimpleNamespace], None] | None = None

    def cut(self, live: SimpleNamespace) -> SimpleNamespace:
        """The end of a step: all values that later steps read, registered or as they are."""
        step, self.steps = self.steps, self.steps + 1
        found = dict(vars(live))
        if step in self.registered:
            found = {name: self._register(f"{name}_{step}", x) for name, x in found.items()}
        behind = SimpleNamespace(**found)
        if self.then is not None:
            then, self.then = self.then, None
            then(behind)
        return behind

    def _register(self, name: str, value: Value) -> Value:
        if isinstance(value, Const) or not len(value):
            return value
        register = Signal(value.shape(), name=name, reset_less=True)
        with self.m.If(self.enable):
            self.m.d.sync += register.eq(value)
        return register


class Pipelined(Blueprint):
    """A block with ``enable`` and a choice of registers.

    Throughput is one operation a cycle; the result stands at the output ``latency`` cycles with
    ``enable`` after its operands. Registers hold while ``enable`` is low. Inputs are not
    registered; with any stages at all, the output is.

    Parameters
    ----------
    ports : the block's members but ``enable``.
    levels : levels of logic of each step of the block, a carry run counted as one.
    stages : number of registers on the way; 0 is combinational.
    """

    def __init__(self, ports: Mapping[str, Member], levels: Sequence[int], stages: int):
        self.levels = tuple(levels)
        self.stages = stages
        check_stages(self.levels, stages)
        super().__init__({"enable": In(1), **ports})

    @property
    def latency(self) -> int:
        return self.stages

    def with_stages(self, most: int) -> Self:
        """The same block with so many registers, or with all that it can have."""
        found = copy(self)
        found.stages = min(most, len(self.levels))
        return found

    def staged(self) -> Self:
        """The same block with as many registers as its levels need."""
        return self.with_stages(stages_for(self.levels))

    def build(self, m: Module, io: Any) -> None:
        pipe = Pipeline(m, io.enable, place_registers(self.levels, self.stages))
        self.write(m, io, pipe)
        assert pipe.steps == len(self.levels), f"{pipe.steps} steps, {len(self.levels)} announced"

    @abstractmethod
    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        """Adds the block's logic to ``m``, in as many steps as ``levels`` has."""
