"""Writes macsmith/format_costs.toml: sites per MAC of every listed format, for ``list formats``.

Run ``.venv/bin/python docs/format_costs.py`` after a change of the hardware (half an hour); names
of formats after it measure only those and print them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tomli_w
from macsmith.golden.formats import lookup, names
from macsmith.hw.text.emit import Emitted, emit

from macsmith import DesignError, Options, boards, design
from macsmith.cli import guarded

FILE = Path(__file__).parent.parent / "macsmith" / "format_costs.toml"
BOARD, POLICY = "u280", "lut"
SHAPE = {"rows": 4, "cols": 4, "lanes": 4}
BATCH = 6  # engines in a yosys run


def pairs(name: str) -> dict[str, str]:
    """What a format is multiplied with: itself and INT8."""
    return {"itself": f"{name}x{name}", "int8": f"{name}xint8"}


def engine(pair: str) -> Emitted | None:
    """The raw engine of a pair, or None if its exact sum is too wide."""
    try:
        return emit(design(pair, Options(**SHAPE, datapath="multiply")))
    except DesignError:
        return None


def measured(chosen: list[str]) -> dict[str, dict[str, float]]:
    """name -> partner -> sites per MAC."""
    found: dict[str, dict[str, float]] = {name: {} for name in chosen}
    work = [
        (name, partner, emitted)
        for name in chosen
        for partner, pair in pairs(name).items()
        if (emitted := engine(pair)) is not None
    ]
    for start in range(0, len(work), BATCH):
        part = {emitted.core: emitted for _, _, emitted in work[start : start + BATCH]}
        costs = boards.synthesize(
            "".join(emitted.rtlil for emitted in part.values()),
            list(part),
            boards.lookup(BOARD),
            POLICY,
            [module for emitted in part.values() for module in emitted.keep],
            Path("build/costs/formats"),
        )
        macs = SHAPE["rows"] * SHAPE["cols"] * SHAPE["lanes"]
        for name, partner, emitted in work[start : start + BATCH]:
            found[name][partner] = round(costs[emitted.core].resources["sites"] / macs, 1)
        print(f"{min(start + BATCH, len(work))} of {len(work)}", file=sys.stderr)
    return found


def main() -> int:
    chosen = sys.argv[1:] or [name for name in names() if lookup(name).bits]
    found = measured(chosen)
    if sys.argv[1:]:
        print(found)
        return 0
    conditions = {"board": BOARD, "policy": POLICY, "datapath": "multiply", **SHAPE}
    FILE.write_text(tomli_w.dumps({"conditions": conditions, "sites": found}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
