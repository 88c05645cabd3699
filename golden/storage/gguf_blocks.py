"""GGUF's blocks of 32 (NVFP4 and Q2_0: of 64, Q1_0: of 128): nibbles split into halves.

Source: llama.cpp, ggml-common.h, and gguf-py 0.19.0, quants.py (confirmed, by running it; Q1_0 and
Q2_0, which gguf-py does not decode, by running llama.cpp).
What is stored with an offset is its two's complement here, by one XOR in the map (``add``).
"""

from __future__ import annotations

from ..description import Level, Operand, Plane, group
from ..formats import lookup
from .map import Map
from .part import Part
from .places import Field
from .scheme import Mapped

_D = Field("d", 0, 16)
_M = Field("m", 16, 16)


def _halves(byte: int) -> Field:
    """16 bytes: byte j holds element j in its low nibble, j + 16 in its high one."""
    return Field("code", 8 * byte, 4, ((2, 4), (16, 8)))


def _fifth(byte: int) -> Field:
    """32 bits: bit i is the top bit of element i."""
    return Field("code", 8 * byte, 1, ((32, 1),), low=4)


def _scheme(
    name: str, element: str, scale: str, map_: Map, minimum: bool = False, size: int = 32
) -> Mapped:
    """w = d · code, plus m where there is a minimum, in blocks of ``size`` elements."""
    planes = [Plane(lookup(element), (Level(lookup(scale), group(size), "d"),))]
    if minimum:
        planes.append(Plane(lookup("one"), (Level(lookup("fp16"), group(size), "m"),)))
    return Mapped(name, Operand(tuple(planes)), (Part("blocks", map_, group(size)),))


#: 64 elements: the scales of four groups of 16 (bit 7 of each spare), then their nibbles. GGUF
#: takes the scale 0x7F for 0; here it is UE4M3's NaN.
_NVFP4 = Map(36, (Field("d", 0, 7, ((4, 8),)), Field("code", 32, 4, ((4, 64), (2, 4), (8, 8)))))

BLOCKS: tuple[Mapped, ...] = (
    # One bit an element, 0 for -d; two bits for -d, 0, d and 2 d. A fork stores 128 elements in 34
    # bytes under Q2_0's number.
    _scheme("q1_0", "binary", "fp16", Map(18, (_D, Field("code", 16, 1, ((128, 1),)))), size=128),
    _scheme("q2_0", "q2_0", "fp16", Map(18, (_D, Field("code", 16, 2, ((64, 2),)))), size=64),
    _scheme("q4_0", "int4", "fp16", Map(18, (_D, _halves(2)), (("code", 8),))),
    _scheme("q4_1", "uint4", "fp16", Map(20, (_D, _M, _halves(4))), minimum=True),
    _scheme("q5_0", "int5", "fp16", Map(22, (_D, _fifth(2), _halves(6)), (("code", 16),))),
    _scheme("q5_1", "uint5", "fp16", Map(24, (_D, _M, _fifth(4), _halves(8))), minimum=True),
    _scheme("q8_0", "int8", "fp16", Map(34, (_D, Field("code", 16, 8, ((32, 8),))))),
    _scheme("iq4_nl", "iq4_nl", "fp16", Map(18, (_D, _halves(2)))),
    # GGUF reads the scale's NaN, 255, as 2**128; here it is E8M0's NaN.
    _scheme("mxfp4", "e2m1", "e8m0", Map(17, (Field("d", 0, 8), _halves(1)))),
    Mapped(
        "nvfp4",
        Operand((Plane(lookup("e2m1"), (Level(lookup("ue4m3"), group(16), "d"),)),)),
        (Part("blocks", _NVFP4, group(64)),),
    ),
)
