"""Measured sites per MAC, for ``auto``; written by docs/datapath_costs.py."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from .base import Setting

FILE = Path(__file__).parent / "measured.toml"

#: The engines that were measured.
SHAPE = {"rows": 8, "cols": 1, "lanes": 16}
SETTING = Setting("lut", (SHAPE["rows"], SHAPE["cols"]), SHAPE["lanes"])


@cache
def sites() -> dict[str, dict[str, float]]:
    """pair -> datapath -> sites per MAC at :data:`SHAPE`, under policy ``lut``."""
    return tomllib.loads(FILE.read_text())["sites"] if FILE.exists() else {}
