"""Vivado's LUTs and flip-flops, estimated from yosys's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..catalogue import Board
from ..cost import Cost
from ..netlist import Netlist
from . import fmax as frequency
from .figure import Factor, Figure, factor
from .fmax import Fmax
from .registers import srl_bits
from .rows import packaged

#: The family whose counts the data have.
FAMILY = "xcup"

#: What the data are, in a line.
DATA = (
    "{rows} public results of Vivado 2022.2 after synthesis (XtraMAC, xcu55c), each estimated from "
    "those that sum in other formats"
)


@dataclass(frozen=True)
class Vivado:
    """What Vivado would count, as far as it is known.

    Parameters
    ----------
    lut : CLB LUTs after synthesis; None where the error is not known.
    ff : CLB registers, likewise.
    srl_bits : bits that yosys keeps in shift registers. Vivado kept all those of the data in
        flip-flops; the bars reach both.
    fmax : the frequency after routing.
    """

    lut: Figure | None
    ff: Figure | None
    srl_bits: int
    fmax: Fmax | None = None

    def lines(self) -> list[str]:
        """What to print; nothing where nothing is known."""
        figures = (("LUT", self.lut), ("FF", self.ff))
        told = [f"{name} {figure}" for name, figure in figures if figure is not None]
        lines = []
        if told:
            bits = f"; {self.srl_bits:,} bits stand in SRLs here" if self.srl_bits else ""
            lines.append(f"estimate: Vivado {', '.join(told)}{bits}; from {origin()}")
        if self.fmax is not None and (line := self.fmax.line()):
            lines.append(line)
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "lut": self.lut.to_dict() if self.lut else None,
            "ff": self.ff.to_dict() if self.ff else None,
            "srl_bits": self.srl_bits,
            "fmax": self.fmax.to_dict() if self.fmax else None,
            "data": origin(),
        }


def origin() -> str:
    """What the estimates are from."""
    return DATA.format(rows=len(packaged().rows))


def estimated(netlist: Netlist, cost: Cost, board: Board) -> Vivado | None:
    """What Vivado would count of a mapped design; None for a family without data."""
    if board.family != FAMILY:
        return None
    bits = srl_bits(netlist, cost.top)
    fmax = frequency.fmax(netlist, cost, board)
    return Vivado(_lut(cost.resources), _ff(cost.resources, bits), bits, fmax)


def _lut(used: Mapping[str, float]) -> Figure | None:
    """None for memories of LUTs, which no row has, and for fewer LUTs than any row has."""
    least = min(row.values["yosys_lut"] for row in packaged().rows)
    if used.get("lutram", 0) or used["lut"] < least:
        return None
    found = luts().of(used["lut"])
    # A shift register that Vivado keeps as one takes a LUT.
    return found.reaching(found.least, found.most + used.get("srl", 0))


def _ff(used: Mapping[str, float], bits: int) -> Figure | None:
    least = min(row.registers for row in packaged().rows)
    if used["ff"] + bits < least:
        return None
    found = registers().of(used["ff"] + bits)
    return found.reaching(registers().of(used["ff"]).least, found.most)


@cache
def luts() -> Factor:
    """Vivado's LUTs over yosys's LUT cells."""
    rows = packaged().rows
    return factor(
        [row.values["vivado_lut"] for row in rows],
        [row.values["yosys_lut"] for row in rows],
        [row.accumulator for row in rows],
    )


@cache
def registers() -> Factor:
    """Vivado's flip-flops over yosys's with the bits of its shift registers."""
    rows = packaged().rows
    return factor(
        [row.values["vivado_ff"] for row in rows],
        [row.registers for row in rows],
        [row.accumulator for row in rows],
    )
