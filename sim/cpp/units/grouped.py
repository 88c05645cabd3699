"""Tables of units with a result for each element, beside values that groups share."""

from __future__ import annotations

from ....golden.units.grouped import Grouped
from ..formats import Formats
from ..lines import array, constant

#: Parts of the library.
PARTS = ("exact_product", "grouped")


def lines(unit: Grouped, formats: Formats) -> list[str]:
    """Elements, results, what groups hold, and the shape of a beat."""
    held = [f"&{formats.name(fmt)}" for fmt in unit.held.values()]
    _, element = unit.source
    return [
        constant("lib::Format", "element", formats.name(element)),
        constant("lib::Format", "target", formats.name(unit.result)),
        constant("int", "held", len(held)),
        array("lib::Format *", f"held_formats[{max(len(held), 1)}]", held or ["nullptr"]),
        constant("int", "rows", unit.rows),
        constant("int", "lanes", unit.lanes),
        constant("int", "holders", unit.holders),
        constant("int", "beats", unit.beats),
    ]


def place(unit: Grouped, name: str) -> int:
    """Where a value stands among those that groups hold; -1 if they have none such."""
    held = [*unit.held]
    return held.index(name) if name in held else -1
