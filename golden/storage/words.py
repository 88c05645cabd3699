"""GPTQ and AWQ checkpoints: 32-bit words of small integers, zero points, 16-bit or FP32 scales.

Source: AutoGPTQ, qlinear_cuda_old.pack, and AutoAWQ, packing_utils (confirmed).
The codes are q, w = scale · (q - zero); matrices here are output channels N × inputs K.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import array_of, whole_numbers
from ..description import Level, Operand, Plane, Span
from ..errors import DesignError
from ..formats import lookup
from ..tensor import Quantized
from .map import Map
from .part import Part
from .places import Field
from .scaled import Scaled
from .shape import Shape, check_matrix

Array = npt.NDArray[Any]


def affine(element: str, columns: int | None) -> Operand:
    """s (q - z): groups of ``columns`` inputs of one output channel, None for all of them."""
    span = Span(1, columns)
    scale, zero = Level(lookup("fp16"), span), Level(lookup(element), span, "zero", "group")
    if columns is None:
        zero = Level(lookup(element), span, "zero")
    return Operand(
        (Plane(lookup(element), (scale,)), Plane(lookup("minus_one"), (zero, scale))),
    )


def _scales(columns: int | None) -> Part:
    """FP16, groups × output channels; the last group may have fewer inputs."""
    whole = Map(2, (Field("scale", 0, 16),))
    return Part("scales", whole, Span(1, columns), ("column", "row", "word"), 2, partial=True)


@dataclass(frozen=True)
class Gptq(Scaled):
    """A scheme whose checkpoint may also hold ``g_idx``, the group of each input."""

    def unpack_parts(self, parts: Mapping[str, Array], shape: Shape) -> Quantized:
        """Ignores a ``g_idx`` that counts the groups up; DesignError for any other."""
        rest = {name: words for name, words in parts.items() if name != "g_idx"}
        if "g_idx" in parts and (_order(self, parts["g_idx"], shape) != range(shape[1])).any():
            raise DesignError(
                f"{self.name}: g_idx scatters the groups over K (act-order); use unpack_act_order, "
                "which sorts them"
            )
        return super().unpack_parts(rest, shape)

    @property
    def columns(self) -> int | None:
        """Inputs of a group; None for all."""
        return self.operand.levels[0].span.columns


def in_order(g_idx: Array, columns: int | None) -> Array:
    """The permutation of the inputs that makes every group contiguous, each in its old order.

    ``g_idx`` are integers of any type. DesignError if a group has not exactly ``columns`` inputs,
    or the last one what is left of them.
    """
    groups = whole_numbers(g_idx, "g_idx", 0, np.size(g_idx)).astype(np.int64).ravel()
    order = np.argsort(groups, kind="stable")
    wanted = np.arange(len(groups)) // (columns or len(groups))
    if (groups[order] != wanted).any():
        place = int(np.flatnonzero(groups[order] != wanted)[0])
        raise DesignError(
            f"g_idx must give each group {columns or len(groups)} inputs, the inputs of group "
            f"{wanted[place]} are not so many"
        )
    return order


def _order(scheme: Gptq, g_idx: Array, shape: Shape) -> Array:
    shape = check_matrix(scheme.name, shape)
    groups = array_of(g_idx, f"{scheme.name}: g_idx")
    if groups.shape != shape[1:]:
        raise DesignError(
            f"{scheme.name}: g_idx must be a number for each of {shape[1]} inputs, "
            f"got shape {groups.shape}"
        )
    return in_order(groups, scheme.columns)


def unpack_act_order(
    scheme: Gptq, parts: Mapping[str, Array], shape: Shape
) -> tuple[Quantized, Array]:
    """A checkpoint quantized with act-order, its inputs sorted by group.

    Returns the sorted matrix and the order: input i of it is input ``order[i]`` of the checkpoint,
    so that activations must be taken as ``x[:, order]``.
    """
    if "g_idx" not in parts:
        raise DesignError(f"{scheme.name}: part 'g_idx' is missing")
    order = _order(scheme, parts["g_idx"], shape)
    rest = {name: words for name, words in parts.items() if name != "g_idx"}
    found = scheme.unpack_parts(rest, shape)
    return Quantized(found.operand, {"code": found.codes["code"][:, order]}, found.scales), order


def gptq(bits: int, columns: int | None = 128, version: int = 1) -> Gptq:
    """GPTQ: words along K, lowest bits first, ``qweight`` [K · bits / 32, N].

    ``qzeros`` [groups, N · bits / 32] is stored as z in version 2, and as z - 1 in version 1: of
    2, 4 and 8 bits whole words less 0x11…1, so that a zero point of 0 borrows from the next, of 3
    bits each modulo 8 (GPTQModel 7.7.0, utils/model.py; AutoGPTQ's own readers take a stored 15 for
    16, and its packer cannot store a 0). Three bits: 32 values run through three words, so two of
    them are split. K and N are whole words; the last group may have fewer inputs, as
    ceil(K / group) in AutoGPTQ's shapes has it.
    """
    if bits not in (2, 3, 4, 8) or version not in (1, 2):
        raise DesignError(f"gptq has 2, 3, 4 or 8 bits and version 1 or 2, got {bits}, {version}")
    values, size = (32, 12) if bits == 3 else (32 // bits, 4)
    dense = ((values, bits),)
    weight = Map(size, (Field("code", 0, bits, dense),))
    add = () if version == 2 else (("zero", 1),)
    zeros = Map(size, (Field("zero", 0, bits, dense),), add, carries=bits != 3)
    name = f"gptq{bits}_{_suffix(columns)}" + ("_v2" if version == 2 else "")
    parts = (
        Part("qweight", weight, Span(1, values), ("column", "word", "row"), 4),
        Part("qzeros", zeros, Span(values, columns), ("column", "row", "word"), 4, partial=True),
        _scales(columns),
    )
    return Gptq(name, affine(f"uint{bits}", columns), parts)


def awq(columns: int | None = 128) -> Scaled:
    """AWQ (GEMM): words along N, ``qweight`` [K, N / 8]; nibble i is column 0, 2, 4, 6, 1, 3, 5, 7.

    ``qzeros`` [groups, N / 8] likewise, as they are. AutoAWQ knows whole groups only.
    """
    nibbles = ((4, 4), (2, 16))
    parts = (
        Part(
            "qweight", Map(4, (Field("code", 0, 4, nibbles),)), Span(8, 1),
            ("column", "row", "word"), 4,
        ),
        Part(
            "qzeros", Map(4, (Field("zero", 0, 4, nibbles),)), Span(8, columns),
            ("column", "row", "word"), 4,
        ),
        _scales(columns),
    )  # fmt: skip
    return Scaled(f"awq4_{_suffix(columns)}", affine("uint4", columns), parts)


def _suffix(columns: int | None) -> str:
    return f"g{columns}" if columns else "row"
