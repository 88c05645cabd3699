"""Values as codes with a scale for each block: a quantizer of activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.operand import Level, Operand, Plane, group
from ..description.unit import UNITS, Unit
from ..formats import Format, Minifloat, lookup
from ..quantize import quantize
from ..streams import Beats, Field, Stream
from . import quantize_rules as rules
from . import quantize_trials as trials

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Quantize(Unit):
    """Codes and scales of a stream of floats, block by block.

    A block's scale follows from its greatest magnitude by the rule, as :func:`.quantize` has it; a
    code is the element next to value / scale as stored, ties to even, saturated. The unit's answer
    is that function's, for all blocks that are finite.

    A block with a NaN or an infinity has the scale NaN, and zeros of its elements' signs as codes.
    Scales that their format does not hold become the nearest that it does.

    Parameters
    ----------
    values : format of what goes in: a float of 5 to 8 exponent bits with NaN.
    element : format of the codes: an integer, or a float with zero and subnormals.
    scale : format of the scales.
    rule : ``floor``, ``even``, ``ceil`` or ``rceil``, see :data:`.SCALE_RULES`.
    block : values that share a scale. ``last`` ends a block in any case.
    lanes : values in a beat; they divide a block, or blocks divide them.
    """

    kind: ClassVar[str] = "quantize"

    values: Format = lookup("bf16")
    element: Format = lookup("e2m1")
    scale: Format = lookup("e8m0")
    rule: str = "floor"
    block: int = 32
    lanes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        rules.check(self)

    # What follows from the parameters.

    @property
    def beats(self) -> int:
        """Beats of a whole block."""
        return max(self.block // self.lanes, 1)

    @property
    def parts(self) -> int:
        """Blocks side by side in a beat."""
        return max(self.lanes // self.block, 1)

    @property
    def source(self) -> Minifloat:
        assert isinstance(self.values, Minifloat)  # after __post_init__
        return self.values

    @property
    def operand(self) -> Operand:
        """What :func:`.quantize` is asked for."""
        return Operand((Plane(self.element, (Level(self.scale, group(self.block), "scale"),)),))

    @property
    def streams(self) -> tuple[Stream, ...]:
        given = Field("values", "codes", 1, "values", 1, self.lanes, self.values.bits)
        codes = Field("codes", "codes", 1, "codes", 1, self.lanes, self.element.bits)
        scale = Field("scale", "scales", 1, "scale", 1, self.parts, self.scale.bits)
        return (
            Stream("values", False, "step", (given,), last=True),
            Stream("result", True, "step", (codes, scale), last=True),
        )

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        return {"values": self.values, "codes": self.element, "scale": self.scale}[field.array]

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "values": self.values.name,
            "element": self.element.name,
            "scale": self.scale.name,
            "rule": self.rule,
            "block": self.block,
            "lanes": self.lanes,
        }

    # The golden function.

    def quantize(self, codes: npt.ArrayLike) -> tuple[Array, Array]:
        """Codes of values (blocks, elements) -> codes of elements of that shape, and of scales
        (blocks,). Blocks may have fewer elements than ``block``."""
        x = np.asarray(self.values.decode(codes))
        poisoned = ~np.isfinite(x).all(axis=1)
        sound = np.where(poisoned[:, None], np.copysign(0.0, x), x)
        found = quantize(sound, self.operand, scale_rule=self.rule, saturate=True)
        [elements], [scales] = found.codes.values(), found.scales.values()
        scales = np.where(poisoned, self._poison, np.asarray(scales)[:, 0])
        return np.asarray(elements), scales

    @cached_property
    def _poison(self) -> int:
        assert isinstance(self.scale, Minifloat)
        return self.scale.nan_code

    def places(self, last: Array) -> tuple[Array, Array, int]:
        """For beats with these marks: the block of each and its place there, and how many blocks
        are whole."""
        ends = np.zeros(len(last), bool)
        number, places = 0, np.zeros(len(last), np.int64)
        for index, mark in enumerate(last.tolist()):
            places[index] = number
            ends[index] = mark or number == self.beats - 1
            number = 0 if ends[index] else number + 1
        return np.cumsum(ends) - ends, places, int(ends.sum())

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent["values"]
        block, place, whole = self.places(given.last)
        kept = block < whole
        block, place, count = block[kept], place[kept], int(kept.sum())
        # What is missing in a short block is zero: that changes no greatest magnitude.
        shape = whole, self.beats, self.parts, self.lanes // self.parts
        x = np.zeros(shape, self.values.dtype)
        x[block, place] = given.values[0][kept].reshape(count, *shape[2:])
        x = x.transpose(0, 2, 1, 3)
        codes = np.zeros((count, self.lanes), self.element.dtype)
        scales = np.zeros((count, self.parts), self.scale.dtype)
        if whole:
            elements, held = self.quantize(x.reshape(whole * self.parts, -1))
            elements = elements.reshape(x.shape).transpose(0, 2, 1, 3)
            codes = elements[block, place].reshape(count, -1)
            scales = held.reshape(whole, self.parts)[block]
        return {"result": Beats((codes, scales), (None, None), given.last[kept])}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(trials.KINDS)))
        return [trials.drawn(self, index, first + index, rng) for index in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """The greatest and the least values, the smallest, and those beside an infinity."""
        return trials.extremes(self)


UNITS.register(Quantize.kind, Quantize)
