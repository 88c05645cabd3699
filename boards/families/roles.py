"""What a mapped cell is: the vocabulary in which each family describes its primitives.

Everything that counts or times a netlist asks for a cell's :class:`Role` and never for its name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..netlist import Cell, Module

Kind = Literal[
    "lut", "inverter", "constant", "buffer", "mux", "carry", "ff", "srl", "lutram", "dsp", "memory"
]

#: One bundle of combinational paths: every bit of each port left reaches every bit of those right.
Bundle = tuple[tuple[str, ...], tuple[str, ...]]

#: The bundles of a cell, which may depend on its parameters.
Arcs = Callable[["Cell"], tuple[Bundle, ...]]

#: (port, bit)
PinName = tuple[str, int]


@dataclass(frozen=True)
class Position:
    """One bit of a carry cell.

    Parameters
    ----------
    inputs : the pins that may enter the carry here.
    sums : the inputs that reach ``sum`` without passing a carry multiplexer; the carry always does.
    sum, carry : the outputs of this bit; None where the silicon has no such wire.
    """

    inputs: tuple[PinName, ...]
    sums: tuple[PinName, ...]
    sum: PinName | None
    carry: PinName | None


@dataclass(frozen=True)
class Carry:
    """A carry cell: positions from low to high, and how cells are joined to a chain.

    ``chain_in`` is the dedicated input, ``initial`` other ways in at the bottom, ``chain_out`` the
    pin that a following cell's ``chain_in`` may be joined to.
    """

    positions: tuple[Position, ...]
    chain_in: PinName
    chain_out: PinName
    initial: tuple[PinName, ...] = ()


@dataclass(frozen=True)
class Role:
    """What a cell type is and what it occupies.

    Parameters
    ----------
    kind : the role.
    inputs : the number of inputs of a LUT.
    uses : resources that one cell occupies, by the names of the board's resources and of
        :class:`~macsmith.boards.sites.Usage`; a RAMB18 is half a ``bram36``.
    carry : the shape, for carries.
    arcs : combinational paths; None stands for from every input to every output.
    level : which level a combinational path through it counts as, if any.
    """

    kind: Kind
    inputs: int = 0
    uses: Mapping[str, float] = field(default_factory=dict)
    carry: Carry | None = None
    arcs: Arcs | None = None
    level: Literal["lut", "mux", "dsp"] | None = None


@dataclass(frozen=True)
class Tally:
    """What one module occupies, its children left out; both parts add up over instances.

    ``sites`` is the largest of ``bounds`` after adding.
    """

    counts: Mapping[str, float]
    bounds: Mapping[str, float]


@dataclass(frozen=True)
class Family:
    """One FPGA family: how yosys maps onto it, and what the mapped cells mean.

    Parameters
    ----------
    name : as in the boards' data files.
    flags : policy → the synthesis command.
    roles : cell type → role.
    tally : counts one module.
    models : simulation models of the cells, relative to yosys's share folder.
    refusal : why DSP blocks cannot be left to the command, and what to do; empty if they can.
    block : the DSP block that engines may instantiate; ``inferred`` if none is known here.
    dsp : what replaces the command's own step ``map_dsp`` under the policy ``dsp``.
    before : commands before the synthesis command.
    after : commands behind it.
    levels : commands before it, and options of it, that make every LUT in series count alike,
        whatever its inputs; without them, one of two inputs is taken for faster than one of six.
    maps : Verilog that these commands read.
    missing : why nothing can be mapped or counted, and what to do; empty if it can.
    fabric : the family by whose costs datapaths are chosen; its own if empty.
    counted : the keys of a :class:`~macsmith.boards.sites.Usage`, in the order of reports.
    """

    name: str
    flags: Mapping[str, str]
    roles: Mapping[str, Role]
    tally: Callable[[Module, Family], Tally]
    models: tuple[str, ...]
    counted: tuple[str, ...]
    refusal: str = ""
    block: str = "inferred"
    dsp: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    levels: tuple[tuple[str, ...], str] = ((), "")
    maps: tuple[Path, ...] = ()
    missing: str = ""
    fabric: str = ""

    @property
    def lut_inputs(self) -> int:
        """Inputs of a look-up table: the most of any cell that takes one; 0 if none is known."""
        roles = self.roles.values()
        return max(
            (r.inputs for r in roles if r.kind == "lut" and r.uses.get("lut") == 1), default=0
        )


def clocked(_: Cell) -> tuple[Bundle, ...]:
    """No combinational path: every output starts at a clock edge, every input ends at one."""
    return ()


def uses(module: Module, family: Family) -> defaultdict[str, float]:
    """What the cells of ``module`` occupy according to their roles alone, before any sharing."""
    counts: defaultdict[str, float] = defaultdict(float)
    for cell in module.cells:
        role = family.roles.get(cell.type)
        for resource, amount in role.uses.items() if role else ():
            counts[resource] += amount
    return counts
