"""Elements one after another, and elements cut into segments of 4, 2 and 1 bits."""

from __future__ import annotations

from math import gcd

from ..description import ROW, Level, Operand, Plane, group
from ..errors import DesignError
from ..formats import Format, lookup
from .map import Map
from .part import Part
from .places import Field
from .scaled import Scaled
from .scheme import Mapped
from .words import affine


def dense(element: Format, high_first: bool = False) -> Mapped:
    """Bare codes in a row, the first in the lowest bits of the first byte.

    Elements of 3, 5 or 6 bits run across bytes. ``high_first``: the first element of a byte in its
    highest bits (bitsandbytes, DGQ), for 1, 2 and 4 bits. Low first is the order of ONNX, CUTLASS
    and GPTQ (confirmed, formats.md C). Each row starts with a byte of its own: what is left of the
    last one (of 3, 5 and 6 bits, of the last 3, 5 and 3 bytes) is zero, as ONNX Runtime pads zero
    points.
    """
    bits = element.bits
    count = 8 // gcd(8, bits)
    axes = ((count, bits),)
    if high_first:
        if 8 % bits or bits == 8:
            raise DesignError(f"high first needs 1, 2 or 4 bits an element, got {bits}")
        axes = ((count, -bits),)
    field = Field("code", 8 - bits if high_first else 0, bits, axes)
    block = Part("codes", Map(bits * count // 8, (field,)), group(count), partial=True)
    name = f"dense_{element.name}" + ("_high" if high_first else "")
    return Mapped(name, Operand((Plane(element),)), (block,))


def blockwise(bits: int, columns: int) -> Scaled:
    """ONNX Runtime's MatMulNBits: blocks of ``columns`` elements of 2, 4 or 8 bits, a zero point
    each.

    ``B`` [N, blocks · bytes of a block], the first element in the low bits, the last block filled
    up; ``zero_points`` [N, bytes], packed likewise, each row from a byte of its own; ``scales``
    [N, blocks]. Source: onnxruntime, ContribOperators.md (confirmed for 4 bits, by running it); the
    operator's own shapes, (N, blocks, bytes) and flat ones, are reshapes of these.
    """
    if bits not in (2, 4, 8) or columns < 16 or columns & columns - 1:
        raise DesignError(
            "onnx has 2, 4 or 8 bits and blocks of a power of two of at least 16 elements, got "
            f"{bits} bits and blocks of {columns}"
        )
    each = 8 // bits
    block = Map(columns // each, (Field("code", 0, bits, ((columns, bits),)),))
    zeros = Map(1, (Field("zero", 0, bits, ((each, bits),) if each > 1 else ()),))
    parts = (
        Part("B", block, group(columns), partial=True),
        Part("zero_points", zeros, group(each * columns), partial=True),
        Part("scales", Map(2, (Field("scale", 0, 16),)), group(columns), word=2, partial=True),
    )
    return Scaled(f"onnx{bits}_g{columns}", affine(f"uint{bits}", columns), parts)


def segments(element: Format) -> Scaled:
    """FP6-LLM's 4 + 2 split, for 3 to 7 bits: an array for each power of two in the width.

    The element's top bits are in the narrowest segment; FP16 scales per output channel. Source:
    usyd-fsalab/fp6_llm (confirmed for 2 + 4 bits, E3M2); other widths and the order within an
    array, rows dense and lowest bits first, are this project's reading: the authors permute for the
    GPU.
    """
    bits = element.bits
    if not 3 <= bits <= 7 or bits == 4:
        raise DesignError(f"segments are for elements of 3, 5, 6 or 7 bits, got {bits}")
    parts, low = [], bits
    for width in (1, 2, 4):
        if bits & width:
            low -= width
            field = Field("code", 0, width, ((8, width),), low=low)
            parts.append(Part(f"bits{width}", Map(width, (field,)), group(8)))
    parts.append(Part("scales", Map(2, (Field("scale", 0, 16),)), ROW, word=2))
    operand = Operand((Plane(element, (Level(lookup("fp16"), ROW),)),))
    return Scaled(f"segments_{element.name}", operand, tuple(parts))
