"""Names of registers, wires and inputs in an and-inverter graph, as yosys tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Names(NamedTuple):
    """Names in yosys's map of a graph.

    Parameters
    ----------
    latches : by number: names, and which bit of them it is.
    flipped : latches that are the inverse of what they are called, for they begin at 0.
    wires : by literal.
    inputs : by number.
    """

    latches: dict[int, list[tuple[str, int]]]
    flipped: set[int]
    wires: dict[int, str]
    inputs: dict[int, str]


def named(path: Path) -> Names:
    """The names in a file that ``write_aiger -vmap`` wrote."""
    latches: dict[int, list[tuple[str, int]]] = {}
    flipped: set[int] = set()
    wires: dict[int, str] = {}
    inputs: dict[int, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, number, bit, *name = line.split()
        text = name[0] if name else ""
        if kind in ("latch", "invlatch"):
            latches.setdefault(int(number), []).append((text, int(bit)))
            if kind == "invlatch":
                flipped.add(int(number))
        elif kind in ("wire", "invwire") and text and "$" not in text:
            wires.setdefault(int(number) & ~1, text)
        elif kind == "input" and text:
            inputs[int(number)] = text
    return Names(latches, flipped, wires, inputs)


def best(names: Sequence[tuple[str, int]]) -> tuple[str, int] | None:
    """The name of a register that people would call it by."""
    plain = [name for name in names if "$" not in name[0]]
    return min(plain, key=lambda name: (len(name[0]), name), default=None)


def modules(names: Mapping[int, Sequence[tuple[str, int]]]) -> list[list[int]]:
    """The latches of each module; one has names in several where it is their output."""
    found: dict[str, list[int]] = {}
    for latch in sorted(names):
        for module in sorted({name.rpartition(".")[0] for name, _ in names[latch]}):
            found.setdefault(module, []).append(latch)
    return list(found.values())
