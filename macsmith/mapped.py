"""The mapped netlist of a design in its output folder, so that Vivado places what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .boards import Board, Cost, synthesize
from .boards.netlist import read
from .boards.script import edif_name
from .golden.errors import DesignError, UnknownName
from .hw.text.emit import Emitted
from .tools import work

#: How a netlist may be written, and the ending of its file.
FORMS = {"verilog": "v", "edif": "edf"}

#: What is counted of it in the manifest.
_COUNTED = ("sites", "lut", "ff", "carry8", "srl", "lutram", "dsp", "bram36", "uram")


@dataclass(frozen=True)
class Mapped:
    """The netlist of a core.

    Parameters
    ----------
    form : a name in :data:`FORMS`.
    board : for which it is mapped.
    text : the netlist; all of Verilog, or EDIF 2 0 0.
    ports : of the core, as (direction, name, width).
    cost : what was counted of it.
    """

    form: str
    board: Board
    text: str
    ports: tuple[tuple[str, str, int], ...]
    cost: Cost

    def name(self, core: str) -> str:
        """Where it stands in the folder."""
        return f"netlist/{core}.{FORMS[self.form]}"

    def stub(self, core: str) -> str:
        """Verilog of an empty module with the ports of the core, which synthesis leaves empty."""
        names = ", ".join(name for _, name, _ in self.ports)
        lines = [
            "(* black_box *)",
            f"module {core}({names});",
            *(
                f"  {way} {f'[{width - 1}:0] ' if width > 1 else ''}{name};"
                for way, name, width in self.ports
            ),
            "endmodule",
        ]
        return "\n".join(lines) + "\n"

    def manifest(self, core: str) -> dict[str, Any]:
        """What the manifest says of it."""
        used: Mapping[str, float] = self.cost.resources
        return {
            "form": self.form,
            "file": self.name(core),
            "module": core,
            "board": self.board.name,
            "resources": {name: used[name] for name in _COUNTED if name in used},
            "tools": dict(self.cost.tools),
        }


def checked(form: str | None, board: Board | None) -> None:
    """Raise DesignError for a netlist that is of no board, UnknownName for a form that is none."""
    if form is None:
        return
    if form not in FORMS:
        raise UnknownName("form of a netlist", form, FORMS)
    if board is None:
        raise DesignError("a netlist is mapped for a board: add --board, such as --board u280")


def mapped(emitted: Emitted, board: Board, form: str) -> Mapped:
    """The netlist that ``synth`` counts for a board.

    Raises ToolMissing, ToolFailed.
    """
    core = emitted.core
    tops, edif = [core, *emitted.parts], form == "edif"
    with work.folder("netlist") as folder:
        given = emitted.fabric, tops, board, emitted.target.policy, emitted.keep, folder
        found = synthesize(*given, edif=edif, most=emitted.hardware.levels)
        file = folder / (edif_name(core) if edif else "mapped.v")
        text = file.read_text(encoding="utf-8")
        module = read(folder / "netlist.json").module(core)
    if not edif:
        text = text.partition("*/\n")[2].lstrip("\n")  # what made it is in the manifest
    ports = tuple((way, name, len(bits)) for name, (way, bits) in module.ports.items())
    return Mapped(form, board, text, ports, found[core])
