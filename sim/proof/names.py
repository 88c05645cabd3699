"""Names of registers, wires and inputs in an and-inverter graph, as yosys tells them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def named(
    path: Path,
) -> tuple[dict[int, list[tuple[str, int]]], dict[int, str], dict[int, str]]:
    """Latches by number, wires by literal, inputs by number: names in yosys's map of a graph."""
    latches: dict[int, list[tuple[str, int]]] = {}
    wires: dict[int, str] = {}
    inputs: dict[int, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, number, bit, *name = line.split()
        text = name[0] if name else ""
        if kind == "latch":
            latches.setdefault(int(number), []).append((text, int(bit)))
        elif kind in ("wire", "invwire") and text and "$" not in text:
            wires.setdefault(int(number) & ~1, text)
        elif kind == "input" and text:
            inputs[int(number)] = text
    return latches, wires, inputs


def best(names: Sequence[tuple[str, int]]) -> tuple[str, int] | None:
    """The name of a register that people would call it by."""
    plain = [name for name in names if "$" not in name[0]]
    return min(plain, key=lambda name: (len(name[0]), name), default=None)
