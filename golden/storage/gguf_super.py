"""GGUF's super-blocks of 256: small integer scales under an FP16 one, and the ternary blocks.

Source: llama.cpp, ggml-common.h, and gguf-py 0.19.0, quants.py (confirmed, by running it).
"""

from __future__ import annotations

from ..description import Level, Operand, Plane, group
from ..formats import lookup
from .map import Map
from .part import Part
from .places import Digits, Field, Place
from .scheme import Mapped
from .sums import Sums

#: 2-bit fields in 32 bytes a half: byte j, bits 2i, is element 128 h + 32 i + j.
_QUARTERS = ((2, 256), (4, 2), (32, 8))
#: One bit an element in 32 bytes: byte j, bit i, is element 32 i + j.
_EIGHTHS = ((8, 1), (32, 8))
#: Nibbles in 32 bytes a quarter: byte j is element 64 p + j (low) and 64 p + 32 + j (high).
_PAIRS = ((4, 256), (2, 4), (32, 8))


def _six(byte: int, name: str, high: int) -> tuple[Place, ...]:
    """The 12 bytes of Q4_K and Q5_K: six bits for each of eight scales or minimums.

    The first four are the low six bits of four bytes; the others have four bits in the last four
    bytes (``high`` nibble for the minimums), their top two in the spare bits of the first four's.
    """
    own = 8 * byte + (32 if high else 0)
    return (
        Field(name, own, 6, ((4, 8),)),
        Field(name, 8 * byte + 64 + high, 4, ((4, 8),), first=4),
        Field(name, own + 6, 2, ((4, 8),), first=4, low=4),
    )


def _levels(name: str, fmt: str, span: int, outer: str = "d") -> tuple[Level, ...]:
    return Level(lookup(fmt), group(span), name), Level(lookup("fp16"), group(256), outer)


def _scheme(name: str, planes: tuple[Plane, ...], map_: Map) -> Mapped:
    return Mapped(name, Operand(planes), (Part("blocks", map_, group(256)),))


def _affine(name: str, element: str, scale: str, span: int, map_: Map) -> Mapped:
    """w = d · sc · q - dmin · m."""
    planes = (
        Plane(lookup(element), _levels("sc", scale, span)),
        Plane(lookup("minus_one"), _levels("m", scale, span, "dmin")),
    )
    return _scheme(name, planes, map_)


def _symmetric(name: str, element: str, scale: str, span: int, map_: Map) -> Mapped:
    """w = d · sc · q."""
    return _scheme(name, (Plane(lookup(element), _levels("sc", scale, span)),), map_)


def _ternary(name: str, map_: Map) -> Mapped:
    """w = d · t."""
    level = Level(lookup("fp16"), group(256), "d")
    return _scheme(name, (Plane(lookup("ternary"), (level,)),), map_)


def _half(name: str, byte: int) -> Field:
    return Field(name, 8 * byte, 16)


SUPER_BLOCKS: tuple[Mapped, ...] = (
    _affine(
        "q2_k", "uint2", "uint4", 16,
        Map(84, (Field("sc", 0, 4, ((16, 8),)), Field("m", 4, 4, ((16, 8),)),
                 Field("code", 128, 2, _QUARTERS), _half("d", 80), _half("dmin", 82))),
    ),
    # The top bit is stored inverted, the scales with an offset of 32: both one XOR.
    _symmetric(
        "q3_k", "int3", "int6", 16,
        Map(110, (Field("code", 0, 1, _EIGHTHS, low=2), Field("code", 256, 2, _QUARTERS),
                  Field("sc", 768, 4, ((2, 4), (8, 8))),
                  Field("sc", 832, 2, ((4, 2), (4, 8)), low=4), _half("d", 108)),
            (("code", 4), ("sc", 32))),
    ),
    _affine(
        "q4_k", "uint4", "uint6", 32,
        Map(144, (_half("d", 0), _half("dmin", 2), *_six(4, "sc", 0), *_six(4, "m", 4),
                  Field("code", 128, 4, _PAIRS))),
    ),
    _affine(
        "q5_k", "uint5", "uint6", 32,
        Map(176, (_half("d", 0), _half("dmin", 2), *_six(4, "sc", 0), *_six(4, "m", 4),
                  Field("code", 128, 1, _EIGHTHS, low=4), Field("code", 384, 4, _PAIRS))),
    ),
    _symmetric(
        "q6_k", "int6", "int8", 16,
        Map(210, (Field("code", 0, 4, ((2, 512), (2, 4), (64, 8))),
                  Field("code", 1024, 2, _QUARTERS, low=4),
                  Field("sc", 1536, 8, ((16, 8),)), _half("d", 208)),
            (("code", 32),)),
    ),
    _symmetric(
        "iq4_xs", "iq4_nl", "int6", 32,
        Map(136, (_half("d", 0), Field("sc", 16, 2, ((8, 2),), low=4),
                  Field("sc", 32, 4, ((8, 4),)),
                  Field("code", 64, 4, ((8, 128), (2, 4), (16, 8)))),
            (("sc", 32),)),
    ),
    # What llama.cpp makes of activations for the products with blocks of 256; never in a file.
    _scheme(
        "q8_k", (Plane(lookup("int8"), (Level(lookup("fp32"), group(256)),)),),
        Map(292, (Field("scale", 0, 32), Field("code", 32, 8, ((256, 8),)),
                  Sums("code", 260, 16, 16))),
    ),
    # Stored as t + 1. TQ2_0 has a fourth value, unused: here the second zero of ``ternary``, which
    # keeps the bits; GGUF would read 2.
    _ternary(
        "tq1_0",
        Map(54, (Digits("code", 0, 32, 5), Digits("code", 32, 16, 5, first=160),
                 Digits("code", 48, 4, 4, first=240), _half("d", 52)), (("code", -1),)),
    ),
    _ternary("tq2_0", Map(66, (Field("code", 0, 2, _QUARTERS), _half("d", 64)), (("code", -1),))),
)  # fmt: skip
