"""SpQR's dense part: tiles of 16 × 16, a 64-bit word for each row of a tile.

Source: Vahe1994/SpQR, inference_lib, spqr_cuda.cpp and common.cuh (confirmed, by reading
tensor_compress_interleaved and dequantize_compressed).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..description import Level, Operand, Plane, block, group
from ..formats import Codebook, lookup
from ..tensor import Quantized, spread
from .map import Map
from .part import Part
from .places import Field
from .scheme import Mapped

Array = npt.NDArray[Any]

_ROWS = ((16, 64),)

#: From the lowest bit of a word: w_s, w_z, 16 weights, 8 bits of second-order data, two spare bits.
#: The 64 second-order bits are the FP16 numbers ss, zs, sz, zz; bits 8 f … 8 f + 7 of them stand in
#: row 2 f and once more in row 2 f + 1.
_SECOND = tuple(
    Field(name, 54 + 64 * row, 8, low=8 * half, copy=bool(row & 1))
    for number, name in enumerate(("ss", "zs", "sz", "zz"))
    for half in range(2)
    for row in (4 * number + 2 * half, 4 * number + 2 * half + 1)
)
_TILE = Map(
    128,
    (
        Field("w_s", 0, 3, _ROWS),
        Field("w_z", 3, 3, _ROWS),
        Field("code", 6, 3, ((16, 64), (16, 3))),
        *_SECOND,
    ),
)


def _operand() -> Operand:
    """ss (w_s - sz) (q - zs (w_z - zz)), multiplied out into six planes; exact, not in FP16."""
    w_s, w_z = (Level(lookup("uint3"), group(16), name) for name in ("w_s", "w_z"))
    ss, zs, sz, zz = (
        Level(lookup("fp16"), block(16, 16), name) for name in ("ss", "zs", "sz", "zz")
    )
    negative = Codebook("minus_uint3", (tuple(-q for q in range(8)),))
    one, minus = lookup("one"), lookup("minus_one")
    return Operand(
        (
            Plane(lookup("uint3"), (w_s, ss), "code"),
            Plane(negative, (ss, sz), "code"),
            Plane(minus, (w_s, ss, w_z, zs)),
            Plane(one, (w_s, ss, zs, zz)),
            Plane(one, (w_z, zs, ss, sz)),
            Plane(minus, (ss, sz, zs, zz)),
        )
    )


SPQR = Mapped("spqr", _operand(), (Part("dense_weights", _TILE, block(16, 16), word=8),))


def dequantize_fp16(given: Quantized) -> Array:
    """The dense weights as SpQR's kernels compute them, float16 (rows, K).

    A subtraction and a product for the scale, the zero and the weight, each rounded to FP16, where
    ``dequantize`` is exact. Outliers, which replace or add to these, are no part of it.
    """
    shape = given.shape

    spans = {level.name: level.span for level in given.operand.levels}

    def value(name: str) -> Array:
        return spread(given.scales[name].astype(np.uint16).view(np.float16), spans[name], shape)

    def integer(name: str) -> Array:
        return spread(given.scales[name], spans[name], shape).astype(np.float16)

    with np.errstate(all="ignore"):
        scale = value("ss") * (integer("w_s") - value("sz"))
        zero = value("zs") * (integer("w_z") - value("zz"))
        return np.asarray(scale * (given.codes["code"].astype(np.float16) - zero))
