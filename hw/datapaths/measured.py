"""Measured sites per MAC, for ``auto``; written by docs/datapath_costs.py."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ...golden.description.engine import FABRICS
from .base import Setting

FOLDER = Path(__file__).parent / "measured_tables"

#: Families with the same look-up tables and carries as another.
_ALIKE = {"xc7": "xcup"}


def file(fabric: str) -> Path:
    """The table of an FPGA family."""
    return FOLDER / f"{_ALIKE.get(fabric, fabric)}.toml"


@cache
def _table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def conditions(fabric: str) -> dict[str, Any]:
    """What was measured: ``board``, ``policy``, ``rows``, ``cols`` and ``lanes``."""
    return dict(_table(file(fabric))["conditions"])


def setting(fabric: str) -> Setting:
    """Where the measured datapaths stood."""
    held = conditions(fabric)
    shape = (held["rows"], held["cols"]), held["lanes"]
    return Setting(held["policy"], *shape, fabric=fabric)


def sites(fabric: str) -> dict[str, dict[str, float]]:
    """pair -> datapath -> sites per MAC, under the :func:`conditions`."""
    return dict(_table(file(fabric))["sites"])


def known(fabric: str, pair: str) -> tuple[Setting, dict[str, float]]:
    """Where the datapaths of a pair stood, and their sites per MAC.

    Of a pair that was not measured on a family, those of UltraScale+; none if not there either.
    """
    nearest = fabric if pair in sites(fabric) else FABRICS[0]
    return replace(setting(nearest), fabric=fabric), sites(nearest).get(pair, {})
