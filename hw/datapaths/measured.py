"""Measured sites per MAC, for ``auto``; written by docs/datapath_costs.py."""

from __future__ import annotations

import tomllib
from functools import cache
from math import log2
from pathlib import Path

from .base import Setting

FILE = Path(__file__).parent / "measured.toml"

#: name -> the shapes of the engines that were measured.
SHAPES = {
    "gemv": {"rows": 8, "cols": 1, "lanes": 16},
    "tile": {"rows": 4, "cols": 4, "lanes": 4},
}


def sites(weight: str, activation: str, setting: Setting) -> dict[str, float]:
    """datapath -> sites per MAC of a pair at the shape next to ``setting``; empty if unknown.

    Measured under policy ``lut``, which alone is compared.
    """
    if setting.policy != "lut":
        return {}
    shape = min(SHAPES, key=lambda name: _distance(SHAPES[name], setting))
    return _table().get(shape, {}).get(f"{weight}x{activation}", {})


def _distance(shape: dict[str, int], setting: Setting) -> float:
    sides = zip((shape["rows"], shape["cols"]), setting.sharing, strict=True)
    return sum(abs(log2(a / b)) for a, b in sides)


@cache
def _table() -> dict[str, dict[str, dict[str, float]]]:
    return tomllib.loads(FILE.read_text())["sites"] if FILE.exists() else {}
