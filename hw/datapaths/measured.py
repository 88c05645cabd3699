"""Measured sites per MAC, for ``auto``; written by docs/datapath_costs.py."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ...golden.description.build import FABRICS
from .base import Setting

FOLDER = Path(__file__).parent / "measured_tables"

#: The family that most was measured on.
_MEASURED = "xcup"

for _fabric, _alike in (
    ("xcup", "xcup"),
    ("xc7", "xcup"),  # the same look-up tables, and carries alike
    ("ecp5", "ecp5"),
    ("ice40", "ice40"),
    ("nexus", "ecp5"),  # the slices are alike
    ("gowin", "ecp5"),  # look-up tables of four inputs, and a carry beside each
):
    FABRICS.register(_fabric, _alike)


def file(fabric: str) -> Path:
    """The table of an FPGA family."""
    return FOLDER / f"{FABRICS.things.get(fabric, _MEASURED)}.toml"


@cache
def _table(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def conditions(fabric: str) -> dict[str, Any]:
    """What was measured: ``board``, ``policy``, ``rows``, ``cols`` and ``lanes``."""
    return dict(_table(file(fabric))["conditions"])


def setting(fabric: str) -> Setting:
    """Where the measured datapaths stood."""
    held = conditions(fabric)
    sharing = held["rows"], held["cols"]
    return Setting(policy=held["policy"], sharing=sharing, lanes=held["lanes"], fabric=fabric)


def sites(fabric: str) -> dict[str, dict[str, float]]:
    """pair -> datapath -> sites per MAC, under the :func:`conditions`."""
    return dict(_table(file(fabric))["sites"])


def known(fabric: str, pair: str) -> tuple[Setting, dict[str, float]]:
    """Where the datapaths of a pair stood, and their sites per MAC.

    Of a pair that was not measured on a family, those of UltraScale+; none if not there either.
    """
    nearest = fabric if pair in sites(fabric) else _MEASURED
    return replace(setting(nearest), fabric=fabric), sites(nearest).get(pair, {})
