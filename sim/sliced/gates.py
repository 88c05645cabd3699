"""A design as gates and flip-flops, in the order in which a simulator evaluates them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import ToolFailed
from ...tools import yosys

Array = npt.NDArray[np.uint32]

#: Cells and their inputs; the simulator knows each by its place in this list.
KINDS = {
    "$_AND_": "AB",
    "$_OR_": "AB",
    "$_XOR_": "AB",
    "$_NOT_": "A",
    "$_MUX_": "ABS",
    "$_BUF_": "A",
    "$_XNOR_": "AB",
    "$_NAND_": "AB",
    "$_NOR_": "AB",
    "$_ANDNOT_": "AB",
    "$_ORNOT_": "AB",
}

_FLOP = "$_DFF_P_"

#: What makes gates of a flat module; names of ports stay.
_TO_GATES = [
    "memory_map",
    "opt -fast -full",
    "techmap",
    "opt -fast",
    f"dfflegalize -cell {_FLOP} 01",
    "opt_expr",
    "opt_clean -purge",
    "write_json gates.json",
]


@dataclass(frozen=True)
class Gates:
    """A flat netlist. Nets 0 and 1 are the constants; then come the inputs' bits and the
    flip-flops' outputs, then each gate's output in the order of evaluation.

    Parameters
    ----------
    runs : (runs, 2), a kind of gate, as its place in KINDS, and how many follow.
    pins : inputs of all gates, one after the other.
    flops : (flops, 2), the net that each takes, and its value after power-up.
    first : the net of the first flip-flop; the first gate's follows the last flip-flop's.
    nets : how many there are.
    ports : port -> its nets, low bit first.
    """

    runs: Array
    pins: Array
    flops: Array
    first: int
    nets: int
    ports: dict[str, Array]

    def save(self, path: Path) -> None:
        """As a file of arrays."""
        arrays: dict[str, Any] = {f"port {name}": nets for name, nets in self.ports.items()}
        arrays |= {"runs": self.runs, "pins": self.pins, "flops": self.flops}
        np.savez(path, sizes=np.array([self.first, self.nets]), **arrays)

    @staticmethod
    def load(path: Path) -> Gates:
        """What :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as held:
            first, nets = held["sizes"].tolist()
            ports = {
                name.removeprefix("port "): held[name]
                for name in held.files
                if name.startswith("port ")
            }
            return Gates(held["runs"], held["pins"], held["flops"], first, nets, ports)


def gates(load: Sequence[str], top: str, folder: Path) -> Gates:
    """The gates of module ``top``, which the yosys commands ``load`` leave flat in ``folder``.

    Raises ToolMissing, or ToolFailed for cells that are no gates.
    """
    yosys.run([*load, *_TO_GATES], folder, log="gates.log")
    text = (folder / "gates.json").read_text(encoding="utf-8")
    return _read(json.loads(text)["modules"][top])


def _read(module: dict[str, Any]) -> Gates:
    cells = module["cells"].values()
    flops = [cell["connections"] for cell in cells if cell["type"] == _FLOP]
    logic = [(cell["type"], cell["connections"]) for cell in cells if cell["type"] != _FLOP]
    if unknown := sorted({kind for kind, _ in logic} - set(KINDS)):
        raise ToolFailed(f"cells that are no gates cannot be simulated: {', '.join(unknown)}")

    # Bits of the netlist to nets: constants, inputs, flip-flops.
    nets: dict[Any, int] = {"0": 0, "1": 1, "x": 0, "z": 0}
    for port in module["ports"].values():
        if port["direction"] == "input":
            for bit in port["bits"]:
                nets[bit] = len(nets) - 2
    first = len(nets) - 2
    for number, flop in enumerate(flops):
        nets[flop["Q"][0]] = first + number
    runs, pins = _ordered(logic, nets, first + len(flops))

    high = _high(module["netnames"].values())
    return Gates(
        np.asarray(runs, np.uint32).reshape(-1, 2),
        np.asarray(pins, np.uint32),
        np.asarray(
            [[nets[flop["D"][0]], flop["Q"][0] in high] for flop in flops], np.uint32
        ).reshape(-1, 2),
        first,
        first + len(flops) + len(logic),
        {
            name: np.asarray([nets[bit] for bit in port["bits"]], np.uint32)
            for name, port in module["ports"].items()
        },
    )


def _ordered(
    logic: list[tuple[str, dict[str, list[Any]]]], nets: dict[Any, int], free: int
) -> tuple[list[tuple[int, int]], list[int]]:
    """Runs of gates of a kind, and their inputs; their outputs enter ``nets``, from ``free`` on."""
    kinds = list(KINDS)
    driver = {pins["Y"][0]: number for number, (_, pins) in enumerate(logic)}
    level = _levels(logic, driver)
    order = sorted(range(len(logic)), key=lambda n: (level[n], kinds.index(logic[n][0])))
    for number in order:
        nets[logic[number][1]["Y"][0]] = free
        free += 1
    runs: list[tuple[int, int]] = []
    inputs: list[int] = []
    for number in order:
        kind, pins = logic[number]
        place = kinds.index(kind)
        same = bool(runs) and runs[-1][0] == place
        runs[-1:] = [(place, runs[-1][1] + 1)] if same else [*runs[-1:], (place, 1)]
        inputs += [nets[pins[pin][0]] for pin in KINDS[kind]]
    return runs, inputs


def _levels(logic: list[tuple[str, dict[str, list[Any]]]], driver: dict[Any, int]) -> list[int]:
    """How many gates stand before each, at most."""
    waiting, behind = [0] * len(logic), [list[int]() for _ in logic]
    for number, (kind, pins) in enumerate(logic):
        for pin in KINDS[kind]:
            if (before := driver.get(pins[pin][0])) is not None:
                waiting[number] += 1
                behind[before].append(number)
    level = [0] * len(logic)
    ready = [number for number, count in enumerate(waiting) if not count]
    for number in ready:  # grows as it goes
        for other in behind[number]:
            level[other] = max(level[other], level[number] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    if len(ready) < len(logic):
        raise ToolFailed("the design has a combinational loop and cannot be simulated as gates")
    return level


def _high(names: Any) -> set[Any]:
    """Bits that are 1 after power-up."""
    found = set()
    for item in names:
        text = item.get("attributes", {}).get("init", "")
        found |= {
            bit for bit, value in zip(item["bits"], reversed(text), strict=False) if value == "1"
        }
    return found
