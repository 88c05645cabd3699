"""The scale of a tensor as a quantizer makes it of each token: NVFP4's outer scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from ..formats import Minifloat
from ..quantize.rules import reach
from .tokens import ends, starts

if TYPE_CHECKING:
    from .quantize import Quantize

Array = npt.NDArray[Any]

#: Values of a token, at the most.
LONGEST = 1 << 14


def greatest(unit: Quantize) -> float:
    """What the greatest magnitude of a token becomes: the element's greatest, times the scale's."""
    return reach(unit.element) * float(unit.scale.maximum)


def marks(unit: Quantize, last: Array) -> Array:
    """The ends of tokens in beats with these marks: a token ends after ``token`` values, too."""
    return ends(last, unit.token // unit.lanes) if unit.token else last


def scales(unit: Quantize, codes: Array, last: Array) -> Array:
    """Codes of the scales (tokens, 1) of the tokens that end in beats (beats, lanes).

    amax / (greatest element · greatest scale), rounded as the unit's rule says; at least the least
    normal number; NaN where a value is NaN or infinite. Sources: NVIDIA's NVFP4 as torchao has it,
    per_tensor_amax_to_scale.
    """
    fmt = unit.tensor
    assert isinstance(fmt, Minifloat)
    x = np.abs(np.asarray(unit.values.decode(codes))).max(axis=1)  # NaN stays
    first = starts(last)
    count = int(np.flatnonzero(last)[-1]) + 1 if last.any() else 0
    most = np.maximum.reduceat(x[:count], first) if count else np.zeros(0)
    bad = ~np.isfinite(most)
    ideal = np.where(bad, 0.0, most) / greatest(unit)
    made = fmt.encode(ideal, "up" if unit.rule == "absmax" else "nearest_even")
    least = 1 << fmt.mantissa_width
    return np.where(bad, fmt.nan_code, np.maximum(made, least)).astype(fmt.dtype)[:, None]


def check(unit: Quantize) -> None:
    """Raise DesignError for tokens that the unit cannot scale."""
    if not unit.token:
        return
    if unit.tensor is None:
        raise DesignError(
            f"token = {unit.token} is of a tensor's scale that is made of each token: choose its "
            "format, tensor = fp32"
        )
    if unit.channel:
        raise DesignError(
            "a token's scale is of values as they come in, not of shifted or scaled ones: leave "
            "out token, or shift and factor"
        )
    whole = max(unit.block, unit.lanes)
    if unit.token % whole:
        raise DesignError(f"token must be a multiple of {whole}, got {unit.token}")
