"""The commands that synthesize: a design, Verilog of one's own, two designs beside each other."""

from __future__ import annotations

from pathlib import Path

from .argument import Group, option, word
from .command import JSON, Command, designed
from .shared import PRODUCT, board, routed
from .values import positive

#: How many seeds a design is routed with.
SEEDS = 5

_BOARD = board("FPGA board to synthesize for", default=None)
_PART = option(
    "--part",
    "PART",
    "FPGA to synthesize for in place of a board, such as xcku5p-ffvb676-2-e: its name begins with "
    "one of macsmith list parts",
)
_NO_SHELL = option(
    "--no-shell", None, "Count what fits the whole device, without the shell of the board's vendor"
)
_FANOUT = option(
    "--fanout",
    "N",
    "Name the registers that drive more than N pins (default 256)",
    read=positive,
)

SYNTH = Command(
    "synth",
    "Verify a design, synthesize it for a board, print its cost",
    "[DESIGN] [OPTIONS]",
    (
        "synth int4xint8 --rows 8 --cols 8 --board u280",
        "synth int4xint8 --rows 2 --cols 2 --board ulx3s-85 --route --seeds 3",
    ),
    designed(
        PRODUCT,
        option("--no-verify", None, "Synthesize without simulating first"),
        option(
            "-o --folder",
            "FOLDER",
            "Folder for the reports and the mapped netlist (default build/synth/NAME-SHAPE-POLICY-"
            "BOARD)",
            read=Path,
            names="folder",
        ),
        option("--edif", None, "Also write the mapped netlist as EDIF"),
        *routed("it: frequency, utilization, bitstream", SEEDS),
        option("--force", None, "Replace the report that an earlier run wrote into the folder"),
        _FANOUT,
        target=(_BOARD, _PART, _NO_SHELL),
    ),
    builds=True,
)  # fmt: skip

COST = Command(
    "cost",
    "Synthesize Verilog of your own, and print its cost",
    "FILE … [OPTIONS]",
    ("cost mac.v --top mac --board zcu104 --macs 1",),
    (
        Group("", (word("files", "FILE", "Verilog or SystemVerilog, with the files that it "
                        "includes (.vh, .svh)", nargs="+", read=Path, names="verilog"),)),
        Group(
            "Target",
            (
                _BOARD,
                _PART,
                option(
                    "--policy",
                    "NAME",
                    "Infer no DSP blocks (lut) or let synthesis use them (dsp, the default)",
                    default="dsp",
                    names="policies",
                ),
            ),
        ),
        Group(
            "Running",
            (
                option("--top", "MODULE", "Module to synthesize (default: the top of the "
                       "hierarchy)"),
                option("--macs", "N", "Also print costs per MAC of a module that does N MACs "
                       "per cycle", read=positive),
                _FANOUT,
                option("-o --folder", "FOLDER", "Folder for the mapped netlist (default "
                       "build/cost/NAME)", read=Path, names="folder"),
                JSON,
            ),
        ),
    ),
    builds=True,
)  # fmt: skip

DIFF = Command(
    "diff",
    "Compare two designs: bits, streams, rate, cost",
    "A B [OPTIONS]",
    ("diff w4a8 w8a8 --board zcu104",),
    (
        Group("", tuple(
            word(name, name, f"The {which} design, named as for the other commands",
                 names="designs")
            for name, which in (("A", "first"), ("B", "second"))
        )),
        Group("Target", (_BOARD,)),
        Group("Running", (
            option("--no-cost", None, "Compare without synthesis, which takes most of the time"),
            JSON,
        )),
    ),
    builds=True,
)  # fmt: skip
