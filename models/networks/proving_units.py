"""Units between a network's products in simulated RTL too, compared with the golden model."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.description import Operand, Unit
from ...golden.errors import Mismatch
from ...golden.formats import Format
from ...golden.streams import Beats
from ...golden.tensor import Quantized
from ...golden.units import Quantize
from ...machines import alone
from ...sim.answering import answered
from ...tools.progress import Told, quiet
from .quantizers import quantizer
from .units import beats_of

Array = npt.NDArray[Any]


@dataclass
class UnitsProof:
    """What units were sent in simulated RTL, all answers equal to the golden model's.

    Parameters
    ----------
    whole : every vector of every call; else the first of each unit.
    values : of results, by what the unit is called.
    build_seconds, seconds : of emission and compilation, and of all else.

    Raises Mismatch, which names the unit and the first value that differ.
    """

    whole: bool = False
    told: Told = quiet
    values: dict[str, int] = field(default_factory=dict)
    build_seconds: float = 0.0
    seconds: float = 0.0

    def wanted(self, unit: Unit) -> int | None:
        """How many vectors of a call are simulated; None for all."""
        return None if self.whole else int(called(unit) not in self.values)

    def __call__(self, unit: Unit, sent: Mapping[str, Beats], made: Array) -> None:
        self.compare(unit, sent, (made,))

    def quantized(self, operand: Operand, form: Format, x: Array, codes: Quantized) -> None:
        """The quantizer of an engine's activations, where there is such a unit: ``codes`` are what
        the engine takes of vectors ``x``, which are values of a format."""
        unit = quantizer(operand, x.shape[1], form)
        if unit is None or (count := self.wanted(unit)) == 0:
            return
        given = form.encode(x.astype(np.float64), saturate=False)[:count]
        if not np.array_equal(form.decode(given), x[:count]):
            return  # scaled by the model on the way
        sent = {"values": beats_of((given,), x.shape[1] // unit.lanes, ends=True)}
        result = unit.answer(sent)["result"]
        [own] = codes.codes.values()
        check(unit, "codes", result.values[0], own[:count].reshape(-1, unit.lanes))
        self.compare(unit, sent, result.values)

    def compare(self, unit: Unit, sent: Mapping[str, Beats], made: tuple[Array, ...]) -> None:
        """Simulate a unit, whose fields of results are to be ``made``."""
        name = called(unit)
        if name not in self.values:
            self.told(f"building the RTL of {name}")
            begun = time.monotonic()
            alone(unit)
            self.build_seconds += time.monotonic() - begun
        begun = time.monotonic()
        found = answered(alone(unit), sent, len(made[0]))
        self.seconds += time.monotonic() - begun
        fields = unit.streams[-1].fields
        for part, values, wanted in zip(fields, found, made, strict=True):
            check(unit, part.name, values, np.asarray(wanted))
        self.values[name] = self.values.get(name, 0) + made[0].size


def check(unit: Unit, what: str, found: Array, wanted: Array) -> None:
    """Raise Mismatch where codes of the field ``what`` differ."""
    [bits] = [part.bits for part in unit.streams[-1].fields if part.name == what]
    mask = (1 << bits) - 1
    one, other = (array.astype(np.int64) & mask for array in (found, wanted))
    if (differs := one != other).any():
        place = tuple(int(index) for index in np.argwhere(differs)[0])
        raise Mismatch(
            f"{called(unit)}: {np.count_nonzero(differs)} of {differs.size} {what} differ, the "
            f"first at {place}: hardware {one[place]}, golden model {other[place]}"
        )


def called(unit: Unit) -> str:
    """A unit in words: its kind, and the length of its vectors where it has one."""
    told = getattr(unit, "function", unit.kind)
    length = getattr(unit, "token", 0) or getattr(unit, "block", 0)
    to = f" to {unit.element.name}" if isinstance(unit, Quantize) else ""
    return f"{told}{to} of {length}" if length else f"{told}{to}"
