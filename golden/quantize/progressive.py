"""Weights of two levels: a group's integer scale makes INT8, a row's float scale the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError, UnknownName
from ..formats import lookup

Array = npt.NDArray[Any]

#: QServe's range of the first level: q · s2 then fits a byte, and (q - z) · s2 INT8.
PROTECTIVE = 119
#: The greatest code of UINT4.
_GREATEST = 15


@dataclass(frozen=True)
class Progressive:
    """w is about (q - z) · s2 · s1.

    Parameters
    ----------
    codes : UINT4 (N, K).
    zeros, scales : UINT4 zero points and INT8 scales of groups, (N, K / group).
    outer : FP16 codes of the scales of rows, (N,).
    """

    codes: Array
    zeros: Array
    scales: Array
    outer: Array


def progressive(weights: npt.ArrayLike, group: int = 128, rule: str = "qserve") -> Progressive:
    """Two levels for ``weights``, real (N, K).

    ``qserve`` rounds to integers up to 119 first and groups those; ``dgq`` takes the groups' scales
    from the weights, and keeps codes where products stay in INT8. Rounds to nearest even.
    Raises DesignError if ``group`` does not divide K. Sources: QServe, w4a8_linear.py; DGQ,
    quantizer_helper.py.
    """
    w = np.asarray(weights, np.float64)
    if rule not in ("qserve", "dgq"):
        raise UnknownName("progressive rule", rule, ("qserve", "dgq"))
    if w.ndim != 2 or not group or w.shape[1] % group:
        raise DesignError(f"a group of {group} must divide K, got weights of shape {w.shape}")
    fp16 = lookup("fp16")
    most = PROTECTIVE if rule == "qserve" else 127
    outer = fp16.encode(np.maximum(np.abs(w).max(axis=1) / most, float(fp16.decode(1))))
    scaled = w / fp16.decode(outer)[:, None]
    if rule == "qserve":
        scaled = np.clip(np.rint(scaled), -PROTECTIVE, PROTECTIVE)
    groups = scaled.reshape(len(w), -1, group)
    low, high = np.minimum(groups.min(axis=2), 0), np.maximum(groups.max(axis=2), 0)
    scales = np.clip(np.rint((high - low) / _GREATEST), 1, 17)
    zeros = np.clip(np.rint(-low / scales), 0, _GREATEST)
    codes = np.rint(groups / scales[..., None]) + zeros[..., None]
    reach = 127 // scales
    floor, ceiling = np.maximum(zeros - reach, 0), np.minimum(zeros + reach, _GREATEST)
    codes = np.clip(codes, floor[..., None], ceiling[..., None])
    whole = codes.reshape(w.shape).astype(np.uint8)
    found = Progressive(whole, zeros.astype(np.uint8), scales.astype(np.uint8), outer)
    check_progressive(found.codes, found.zeros, found.scales)
    return found


def check_progressive(codes: Array, zeros: Array, scales: Array) -> None:
    """Raise DesignError unless q · s2 fits a byte and (q - z) · s2 INT8, as QServe's kernel needs.

    ``codes`` are (N, K), ``zeros`` and ``scales`` (N, groups), all of them integers.
    """
    rows, count = scales.shape
    q = codes.reshape(rows, count, -1).astype(np.int64)
    s = scales.astype(np.int64)[..., None]
    products = (q - zeros.astype(np.int64)[..., None]) * s
    for what, values, low, high in (
        ("q · s2", q * s, 0, 255),
        ("(q - z) · s2", products, -128, 127),
    ):
        wrong = np.argwhere((values < low) | (values > high))
        if len(wrong):
            row, at, element = wrong[0].tolist()
            raise DesignError(
                f"{what} must lie in {low}…{high}, got {values[row, at, element]} in row {row}, "
                f"group {at}: keep the first level within ±{PROTECTIVE}"
            )
