"""The commands that ask of many designs at once."""

from __future__ import annotations

from pathlib import Path

from .argument import Argument, Group, option, word
from .command import BOARD, JSON, Command
from .values import natural, positive

#: MACs a cycle that are compared, and elements of a reduction.
MACS, K = 256, 4096


def _file(flags: str, help: str) -> Argument:
    return option(flags, "FILE", help, read=Path, names="file")


COMPARE = Command(
    "compare",
    "Compare designs at equal MACs a cycle: cost, traffic, error, a page to show",
    "DESIGN … [OPTIONS]",
    (
        "compare mxfp4 w4a8 nvfp4 bitnet int8xint8 --board u280 --macs 256 --html page.html",
        "compare mxfp4 nvfp4 --no-cost --data activations.npy",
    ),
    (
        Group("", (word("designs", "DESIGN", "Engines, named as for the other commands",
                        nargs="+", names="designs"),)),
        Group(
            "Shape",
            (
                option("--macs", "N", f"MACs a cycle of each design (default {MACS}, or rows × "
                       "cols × lanes where all are given)", read=positive),
                option("--k", "N", f"Elements of a reduction (default {K})", read=positive,
                       default=K),
                option("--rows", "N", "Rows of the array", read=positive),
                option("--cols", "N", "Columns of the array", read=positive),
                option("--lanes", "N", "Lanes of each row and column", read=positive),
            ),
            "All have the same shape, 16 lanes and a square where that builds, but for designs "
            "whose step takes several cycles: these have more rows",
        ),
        Group(
            "Target",
            (
                option("--board", "NAME", f"FPGA board to synthesize for (default {BOARD}): a name "
                       "of macsmith list boards, or a TOML file", default=BOARD, names="boards"),
                option("--policy", "NAME", "Only this policy, lut or dsp (default: both)",
                       names="policies"),
                option("--dsp-sites", "N", "LUT sites that a DSP block counts in cost (default: "
                       "the board's LUTs over its DSP blocks)", read=natural),
                option("--no-scaling", None, "Leave out the cost at half and a quarter of the "
                       "lanes"),
                option("--no-cost", None, "Compare without synthesis, which takes most of the "
                       "time"),
            ),
        ),
        Group(
            "Data",
            (
                _file("--data", "Also tell the error on these activations, vectors × K, in a .npy "
                      "file"),
                _file("--model", "Also tell the error on weights of this model file"),
                option("--matrix", "NAME", "Of the model only this matrix (default: 8 of them)"),
                option("--seed", "N", "Draw data from seed N (default 1)", read=natural,
                       default=1),
            ),
        ),
        Group(
            "Running",
            (
                _file("--html", "Write a page with sortable tables and charts: one file, no "
                      "network"),
                _file("--csv", "Write the rows as comma-separated values"),
                _file("--markdown", "Write the tables as Markdown"),
                option("--svg", "FOLDER", "Write each chart there, as SVG", read=Path,
                       names="folder"),
                JSON,
            ),
        ),
    ),
    builds=True,
)  # fmt: skip
