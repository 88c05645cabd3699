"""The storage schemes by name, and the grammar of the families."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from ..errors import UnknownName
from ..formats import lookup as format_named
from ..permutation import permuted
from ..tensor import Quantized
from .dfloat11 import DFloat11
from .gguf_blocks import BLOCKS
from .gguf_grids import GRIDS
from .gguf_super import SUPER_BLOCKS
from .packed import packed
from .scaled import Scaled
from .scheme import Array, Bytes, Scheme
from .segments import blockwise, dense, segments
from .shape import Shape
from .spqr import SPQR
from .words import awq, gptq

NAMED: dict[str, Scheme] = {
    scheme.name: scheme for scheme in (*BLOCKS, *SUPER_BLOCKS, *GRIDS, SPQR, DFloat11())
}

#: alias -> name.
ALIASES = {
    **{f"gptq{bits}": f"gptq{bits}_g128" for bits in (2, 3, 4, 8)},
    "awq4": "awq4_g128",
    "fp6_llm": "segments_e3m2",
    "fp5_llm": "segments_e2m2",
}

_WORDS = re.compile(r"(gptq[2348]|awq4)_(?:g([1-9][0-9]{0,8})|row)(_v2)?(?:_(bf16|fp32))?")
_PACKED = re.compile(r"packed([2-8])_(?:g([1-9][0-9]{0,8})|row)(_zero)?(?:_(bf16|fp32))?")
_BLOCKS = re.compile(r"onnx([248])_g([1-9][0-9]{0,8})(?:_(bf16|fp32))?")
_DENSE = re.compile(r"dense_(\w+?)(_high)?")
_SEGMENTS = re.compile(r"segments_(\w+?)(?:_(bf16|fp32))?")

#: The families' everyday members.
_MEMBERS = (
    *(f"gptq{bits}_g128" for bits in (2, 3, 4, 8)),
    "awq4_g128",
    "packed4_g128",
    "packed4_g128_zero",
    "packed8_row",
    "onnx4_g32",
    "onnx8_g32",
    "onnx2_g32",
    *(f"dense_uint{bits}" for bits in (2, 3, 4, 5, 6)),
    "dense_uint4_high",
    "segments_e3m2",
    "segments_e2m2",
    "gptq4_g128_bf16",
    "gptq4_g128_fp32",
    "awq4_g128_bf16",
    "onnx4_g32_fp32",
    "segments_e3m2_bf16",
)


def lookup(name: str) -> Scheme:
    """The scheme called ``name``: a named one, an alias, or a member of a family.

    Families: ``gptq4_g64``, ``gptq4_row`` (one group a channel), ``gptq4_g64_v2``, ``awq4_g64``,
    ``packed4_g64``, ``packed4_g64_zero``, ``packed8_row``, ``onnx4_g32``; ``dense_<format>``,
    ``dense_<format>_high`` (first element in the high bits), and ``segments_<format>``. Scales of
    GPTQ, AWQ, packed, ONNX and segments are FP16; with ``_bf16`` or ``_fp32`` at the end, BF16 or
    FP32.

    >>> lookup("q4_k").name
    'q4_k'

    Raises UnknownName, with the close names, for anything else.
    """
    if not isinstance(name, str):
        raise TypeError(f"a storage scheme is called by its name, got {name!r}")
    return _lookup(name)


@cache
def _lookup(name: str) -> Scheme:
    wanted = ALIASES.get(name.lower(), name.lower())
    if wanted in NAMED:
        return NAMED[wanted]
    if match := _WORDS.fullmatch(wanted):
        kind, columns, second = match[1], int(match[2]) if match[2] else None, bool(match[3])
        if kind != "awq4":
            return _scales(gptq(int(kind[-1]), columns, 2 if second else 1), match[4])
        if not second:
            return _scales(awq(columns), match[4])
    elif match := _PACKED.fullmatch(wanted):
        columns = int(match[2]) if match[2] else None
        return _scales(packed(int(match[1]), columns, bool(match[3])), match[4])
    elif match := _BLOCKS.fullmatch(wanted):
        return _scales(blockwise(int(match[1]), int(match[2])), match[3])
    elif match := _DENSE.fullmatch(wanted):
        return dense(format_named(match[1]), bool(match[2]))
    elif match := _SEGMENTS.fullmatch(wanted):
        return _scales(segments(format_named(match[1])), match[2])
    raise UnknownName("storage scheme", name, [*names(), *ALIASES])


def _scales(scheme: Scaled, name: str | None) -> Scaled:
    return scheme.with_scales(format_named(name)) if name else scheme


def names() -> tuple[str, ...]:
    """The schemes of fixed name, then everyday members of the families."""
    return (*NAMED, *_MEMBERS)


def pack(scheme: Scheme | str, given: Quantized, order: Array | None = None) -> bytes:
    """``given`` as bytes; ``scheme`` is one or its name. DesignError for another operand.

    ``order``: of its input channels in the bytes, see :func:`macsmith.golden.permutation.permuted`.
    """
    return _scheme(scheme).pack(given if order is None else permuted(given, order))


def pack_parts(
    scheme: Scheme | str, given: Quantized, order: Array | None = None
) -> dict[str, Array]:
    """``given`` as the arrays that a checkpoint holds, by name; ``order`` as of :func:`pack`."""
    return _scheme(scheme).pack_parts(given if order is None else permuted(given, order))


def unpack(scheme: Scheme | str, data: Bytes, shape: Shape) -> Quantized:
    """The matrix of ``shape`` (rows, K) that ``data`` holds.

    K may end within a block where the format says what then stands there: groups of GPTQ and ONNX,
    bytes of dense codes. Elsewhere, as in GGUF, rows are whole blocks, else DesignError.

    ``data`` are bytes, or an array of int8 or uint8. DesignError, which names the byte, for data
    too short or too long.
    """
    return _scheme(scheme).unpack(data, shape)


def unpack_parts(scheme: Scheme | str, parts: Mapping[str, Array], shape: Shape) -> Quantized:
    """The matrix of ``shape`` (rows, K) that a checkpoint's arrays hold.

    Words of packed codes are integers of their width, signed or not. Scales are arrays of their
    format's type (float16, bfloat16, float32), or its codes as unsigned integers; GPTQ, AWQ and
    segments take the scales' format from that type (:class:`Scaled`), and the result's operand has
    it. DesignError for a missing, unknown or misshapen array, and for one of another type.
    """
    return _scheme(scheme).unpack_parts(parts, shape)


def _scheme(scheme: Scheme | str) -> Scheme:
    return scheme if isinstance(scheme, Scheme) else lookup(scheme)
