"""Schemes whose scales are an array of their own: in FP16, BF16 or FP32."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from ..arrays import array_of
from ..description import Level, Operand
from ..errors import DesignError
from ..formats import Format, lookup
from ..tensor import Quantized
from .map import Map
from .part import Part
from .places import Field
from .scheme import Array, Mapped
from .shape import Shape

#: The formats of scales; a scheme's name ends with all but the first.
FORMATS = tuple(map(lookup, ("fp16", "bf16", "fp32")))


@dataclass(frozen=True)
class Scaled(Mapped):
    """A scheme with a part that holds the level ``scale`` and nothing else.

    Scales are FP16, those of ``with_scales`` BF16 or FP32: a scheme, and an operand, of their own.
    """

    def with_scales(self, fmt: Format) -> Self:
        """The same scheme with scales in ``fmt``, one of :data:`FORMATS`."""
        if fmt not in FORMATS:
            names = ", ".join(item.name for item in FORMATS)
            raise DesignError(f"{self.name}: scales are in one of {names}, got {fmt.name}")

        def level(item: Level) -> Level:
            return replace(item, format=fmt) if item.name == "scale" else item

        def part(item: Part) -> Part:
            if item.single != "scale":
                return item
            size = fmt.bits // 8
            return replace(item, map=Map(size, (Field("scale", 0, fmt.bits),)), word=size)

        planes = tuple(
            replace(plane, scales=tuple(map(level, plane.scales))) for plane in self.operand.planes
        )
        name = self.name.removesuffix(f"_{self.scale.name}")
        return replace(
            self,
            name=name if fmt == FORMATS[0] else f"{name}_{fmt.name}",
            operand=Operand(planes, self.operand.select, self.operand.structure),
            parts=tuple(map(part, self.parts)),
        )

    @property
    def scale(self) -> Format:
        """The scales' format."""
        return next(level.format for level in self.operand.levels if level.name == "scale")

    def unpack_parts(self, parts: Mapping[str, Array], shape: Shape) -> Quantized:
        """The matrix; of a scheme with FP16 scales with those that ``parts`` have.

        Scales of type bfloat16 or float32 make it one of the operand that ``with_scales`` has. A
        uint16 array holds codes of the scheme's own format.
        """
        part = next(item.name for item in self.parts if item.single == "scale")
        if self.scale == FORMATS[0] and part in parts:
            given = array_of(parts[part], f"{self.name}: {part}").dtype.name
            for fmt in FORMATS[1:]:
                if given == fmt.type_name:
                    return self.with_scales(fmt).unpack_parts(parts, shape)
        return super().unpack_parts(parts, shape)

    def _check(self, given: Quantized) -> None:
        for fmt in FORMATS if given.operand != self.operand else ():
            other = self.with_scales(fmt)
            if other.operand == given.operand:
                raise DesignError(
                    f"{self.name}: the scales are {fmt.name}, not {self.scale.name}; "
                    f"the scheme for them is {other.name}"
                )
        super()._check(given)
