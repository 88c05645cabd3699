"""Measured sites per MAC, for ``auto``; written by docs/datapath_costs.py."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from .base import Setting

FILE = Path(__file__).parent / "measured.toml"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text())


def conditions() -> dict[str, Any]:
    """What was measured: ``board``, ``policy``, ``rows``, ``cols`` and ``lanes``."""
    return dict(_table()["conditions"])


def setting() -> Setting:
    """Where the measured datapaths stood."""
    held = conditions()
    return Setting(held["policy"], (held["rows"], held["cols"]), held["lanes"])


def sites() -> dict[str, dict[str, float]]:
    """pair -> datapath -> sites per MAC, under the :func:`conditions`."""
    return dict(_table()["sites"])
