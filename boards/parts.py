"""FPGAs without a board: what each device has, in ``parts.csv`` beside this module.

A cell is what the device has of a resource, empty where its family has no such thing; of a device
of several dies it is what each die has, from the lowest.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from ..golden.errors import DesignError, UnknownName
from .catalogue import Board
from .reading import word

_FILE = Path(__file__).parent / "parts.csv"
_RESOURCES = (
    *("lut", "ff", "dsp", "bram36", "uram", "alu54b", "ebr18", "ebr4", "spram", "lram", "bsram"),
)


def devices() -> list[str]:
    """The devices that are known, as a part's name begins."""
    return sorted(_devices())


def part(name: str) -> Board:
    """A part as a board of nothing else, such as ``xcku5p-ffvb676-2-e``; case does not matter.

    Its device is that of :func:`devices` that the name begins with, no digit behind it. Raises
    UnknownName for a part of none, DesignError for what is no part's name.
    """
    if not word(name):
        raise DesignError(
            f"a part is one word of up to 64 letters, digits and _ . / -, got {name!r}"
        )
    plain = name.lower()
    known = [d for d in _devices() if plain.startswith(d) and not plain[len(d) :][:1].isdigit()]
    if not known:
        raise UnknownName("part", name.partition("-")[0], devices(), "macsmith list parts")
    device = max(known, key=len)
    row = _devices()[device]
    cells = {key: tuple(map(int, row[key].split())) for key in _RESOURCES if row[key]}
    return Board(
        name=plain.replace("/", "_"),
        title=device.upper(),
        part=name,
        family=row["family"],
        resources={key: sum(each) for key, each in cells.items()},
        source=row["source"],
        flags=row["flags"],
        dies={key: each for key, each in cells.items() if len(each) > 1},
    )


@cache
def _devices() -> dict[str, dict[str, str]]:
    with _FILE.open(encoding="utf-8", newline="") as rows:
        return {row["device"]: row for row in csv.DictReader(rows)}
