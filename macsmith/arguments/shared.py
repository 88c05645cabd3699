"""Arguments that several commands have."""

from __future__ import annotations

from pathlib import Path

from .argument import Argument, option
from .command import BOARD
from .values import natural, seeds

#: MACs a cycle that are compared, and elements of a reduction.
MACS, K = 256, 4096

#: Tokens of a text.
TOKENS = 128


def board(what: str, default: str | None = BOARD) -> Argument:
    """``--board``, with what it is taken for; without ``default`` a command sees none given."""
    return option(
        "--board",
        "NAME",
        f"{what} (default {BOARD}): a name of macsmith list boards, or a TOML file",
        default=default,
        names="boards",
    )


def file(flags: str, help: str) -> Argument:
    return option(flags, "FILE", help, read=Path, names="file")


def routed(what: str, many: int) -> tuple[Argument, Argument]:
    """``--route``, with what it places and for what, and ``--seeds``, with how many else."""
    return (
        option("--route", None, f"Also place and route {what}; for ecp5, ice40, gowin, nexus"),
        option("--seeds", "N", f"Route with seeds 1 to N (default {many}), or with those named, "
               "such as 3,7,11", read=seeds),
    )  # fmt: skip


DATA = (
    file("--data", "Also tell the error on these activations, vectors × K, in a .npy "
          "file"),
    file("--model", "Also tell the error on weights of this model file"),
    option("--matrix", "NAME", "Of the model only this matrix (default: 8 of them)"),
    option("--seed", "N", "Draw data from seed N (default 1)", read=natural,
           default=1),
)  # fmt: skip

FAST = option(
    "--fast",
    None,
    "Foresee costs from plans instead of synthesizing, and say by how much that may be off",
)

PRODUCT = option(
    "--shape",
    "NxKxM",
    "Also tell the cycles and effective MACs per cycle of an N × K weight times an M × K "
    "activation, such as 4096x4096x1",
)
