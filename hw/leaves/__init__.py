"""Optional leaves: additions as a maker's own carry blocks, so that no tool takes them apart.

Rows and sums rely on an operand that goes straight to a carry's data input. What is written here as
a subtraction comes out so with yosys; a leaf says so to every tool.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ...golden.description.build import ADDERS
from ...tools.yosys import run

#: name -> the cell that it instantiates.
LEAVES: dict[str, str] = ADDERS.things
ADDERS.register("carry4", "CARRY4")
ADDERS.register("carry8", "CARRY8")


def instantiated(rtlil: str, leaf: str, folder: Path) -> str:
    """``rtlil`` with its subtractions as cells of a leaf; ``folder`` is for yosys.

    Rows and sums are written as subtractions; those of up to three bits stay as they are, and so
    does what is written as an addition.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.il").write_text(rtlil, encoding="utf-8")
    shutil.copyfile(Path(__file__).parent / "carry.v", folder / "leaf.v")
    commands = [
        "read_rtlil plain.il",
        "proc -nomux -norom",
        "opt_clean",
        "wreduce t:$sub",
        "read_verilog -lib +/xilinx/cells_sim.v",
        f"techmap -D {LEAVES[leaf]} -map leaf.v",
        "opt_clean",
        "delete =A:blackbox =A:whitebox",
        "write_rtlil done.il",
    ]
    run(commands, folder, log="leaf.log")
    return (folder / "done.il").read_text(encoding="utf-8")
