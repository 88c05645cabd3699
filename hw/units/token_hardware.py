"""Functions of tokens as designs: what all kinds have."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from amaranth.hdl import Module, Value
from amaranth.lib import stream, wiring

from ...golden.formats import Integer
from ...golden.streams import Beats, Field
from ...golden.units.token_function import TokenFunction
from ...golden.units.token_trials import beats
from .token_pass import TokenPass
from .token_work import TokenWork
from .unit_hardware import UnitHardware

Kind = TypeVar("Kind", bound=TokenFunction)


class Passes(wiring.Component):
    """Passes over tokens, one behind the other.

    Parameters
    ----------
    passes : of which each takes what the one before makes.

    Members
    -------
    values, result : of the first and of the last.
    all other streams of any.
    """

    def __init__(self, passes: Sequence[TokenPass]):
        self.passes = passes
        ports = {"values": passes[0].signature.members["values"]}
        for part in passes:
            ports |= {
                name: member
                for name, member in part.signature.members.items()
                if name not in ("values", "result")
            }
        ports["result"] = passes[-1].signature.members["result"]
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        before: stream.Interface = self.values
        for number, part in enumerate(self.passes):
            m.submodules[f"pass_{number}"] = part
            for name in part.signature.members:
                if name not in ("values", "result"):
                    self._connect(m, getattr(self, name), getattr(part, name))
            self._connect(m, before, part.values)
            before = part.result
        self._connect(m, before, self.result)
        return m

    @staticmethod
    def _connect(m: Module, source: stream.Interface, sink: stream.Interface) -> None:
        m.d.comb += [
            sink.valid.eq(source.valid),
            Value.cast(sink.payload).eq(Value.cast(source.payload)),
            source.ready.eq(sink.ready),
        ]


class TokenHardware(UnitHardware[Kind]):
    """A function of tokens as a design: what its kinds share.

    Parameters
    ----------
    design : :class:`TokenFunction`
    """

    work = "value"

    @cached_property
    @abstractmethod
    def tasks(self) -> Sequence[TokenWork]:
        """What each pass over a token does."""

    @property
    @abstractmethod
    def does(self) -> str:
        """What it computes, in words."""

    def component(self) -> wiring.Component:
        return Passes([TokenPass(task) for task in self.tasks])

    @property
    def latency(self) -> int:
        # A later pass begins when all of the token has come out of the one before.
        more = (len(self.tasks) - 1) * (self.unit.beats - 1)
        return sum(task.cycles for task in self.tasks) + more

    @property
    def interval(self) -> int:
        """Cycles from one token to the next, at the least."""
        return max(task.interval for task in self.tasks)

    @property
    def hold(self) -> int:
        return self.latency + 8

    @property
    def drain(self) -> int:
        return self.latency + sum(task.most_tokens * (task.telling + 2) for task in self.tasks)

    @property
    def rates(self) -> Mapping[str, int | float]:
        unit = self.unit
        return {unit.values.name: unit.token / max(unit.beats, self.interval)}

    @property
    def pace(self) -> str:
        unit = self.unit
        return f"a token of {unit.token} values in {max(unit.beats, self.interval)} cycles"

    @property
    def summary(self) -> str:
        unit = self.unit
        return (
            f"{self.does} of tokens of up to {unit.token} values, {unit.values.name} to "
            f"{unit.result.name}, {unit.lanes} per beat, latency {self.latency} cycles"
        )

    @property
    def ends(self) -> str:
        """What ends a token, in words."""
        return f"a token ends after {self.unit.beats} beats or with last"

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, "lane by lane"
        found = {
            name: f"{name} ({fmt.name}); a beat per token" for name, fmt in unit.held.items()
        }  # fmt: skip
        if unit.channel:
            each = ", ".join(f"{name} ({fmt.name}; {order})" for name, fmt in unit.channel.items())
            found["channel"] = f"from the low bits: {each}; a beat for each of values"
        return found | {
            "values": f"from the low bits: values ({unit.values.name}; {order}); {self.ends}",
            "result": f"from the low bits: value ({unit.result.name}; {order}); a beat for each of "
            "values, with last at the token's end",
        }

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        depths = " and ".join(str(task.depth) for task in self.tasks)
        found = [
            f"A beat of `values` holds {unit.lanes} value{'s' * (unit.lanes > 1)} and becomes a "
            f"beat of `result`. A token ends with `last`, or after {unit.beats} beats: then the "
            f"result has a `last`, too. Values wait, up to {depths} beats of them, until all of "
            "their token is there.",
        ]
        found += [
            f"A token has one beat of `{name}`, which may come before its values, and for which "
            "they wait."
            for name in unit.held
        ]
        if unit.channel:
            found.append(
                "A beat of `channel` goes with each beat of `values`; it waits for the token, and "
                "the token for it."
            )
        many = min(task.most_tokens for task in self.tasks)
        found.append(
            f"A token takes {self.interval} cycle{'s' * (self.interval > 1)} or more, however "
            f"short it is, and some {many} tokens at a time are on their way."
        )
        found.append(
            f"{self.latency} cycles from the last beat of a token of full length to its first "
            "result when nobody stalls. The reset is synchronous."
        )
        return tuple(found)

    @property
    def facts(self) -> Mapping[str, Any]:
        return {**self.unit.facts, "cycles_per_token": max(self.unit.beats, self.interval)}

    def holds(self, field: Field) -> Integer:
        return self.unit.holds(field)

    # How it is tried.

    @property
    def whole(self) -> int:
        return self.unit.token

    @property
    def result_beats(self) -> int:
        return beats(self.unit)

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        return None  # a token comes when it is whole

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return trial["values"].values[0].size
