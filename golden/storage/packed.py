"""compressed-tensors' pack-quantized checkpoints: words along K, codes stored with an offset.

Source: vllm-project/compressed-tensors, compressors/pack_quantized (pack_to_int32, its versions in
which codes run across words).
"""

from __future__ import annotations

from math import gcd

from ..description import Level, Operand, Plane, Span
from ..errors import DesignError
from ..formats import lookup
from .map import Map
from .part import Part
from .places import Field
from .scaled import Scaled
from .words import affine


def packed(bits: int, columns: int | None = 128, zeros: bool = False) -> Scaled:
    """INT2 to INT8 in words along K, lowest bits first: ``weight_packed`` [N, K · bits / 32].

    What is stored is q + 2^(bits - 1). Of 3, 5, 6 and 7 bits codes run across words, and so many
    words as end with a code are a block; K may end within one. ``weight_scale`` [N, groups]; with
    ``zeros`` also ``weight_zero_point`` [N · bits / 32, groups], words along N with the same
    offset, where N is whole blocks. ``columns``: inputs of a group, None for all.
    """
    if not 2 <= bits <= 8:
        raise DesignError(f"packed integers have 2 to 8 bits, got {bits}")
    values = 32 // gcd(32, bits)
    size, add = values * bits // 8, 1 << bits - 1
    dense, span = ((values, bits),), Span(1, columns)

    def words(array: str) -> Map:
        return Map(size, (Field(array, 0, bits, dense),), ((array, add),))

    weight = Part(
        "weight_packed", words("code"), Span(1, values), ("row", "column", "word"), 4, partial=True
    )
    scale = Part("weight_scale", Map(2, (Field("scale", 0, 16),)), span, word=2, partial=True)
    name = f"packed{bits}_{f'g{columns}' if columns else 'row'}"
    if not zeros:
        operand = Operand((Plane(lookup(f"int{bits}"), (Level(lookup("fp16"), span),)),))
        return Scaled(name, operand, (weight, scale))
    zero = Part(
        "weight_zero_point", words("zero"), Span(values, columns), ("row", "word", "column"), 4,
        partial=True,
    )  # fmt: skip
    return Scaled(f"{name}_zero", affine(f"int{bits}", columns), (weight, scale, zero))
