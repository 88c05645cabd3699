"""The commands that check a design: by simulation, and by proof."""

from __future__ import annotations

from pathlib import Path

from .argument import option
from .command import BOARD, Command, designed
from .values import natural, positive

#: RTL of one's own in place of a design's.
_OWN = (
    option(
        "--as",
        "DESIGN",
        "Verify RTL of your own, a .v or .sv file in place of DESIGN, against "
        "the golden model of this design",
        dest="like",
        names="designs",
    ),
    option(
        "--map",
        "FILE",
        "With --as: TOML file that says what the module's ports carry",
        read=Path,
        names="file",
    ),
    option(
        "--top",
        "MODULE",
        "With --as: the module (default: the map's, or the only one that no other instantiates)",
    ),
    option("--cost", None, "With --as: also print what the module costs, beside ours"),
    option(
        "--prove",
        "FOLDER",
        "With --as: also prove what can be: that its answers are ours, and what its streams "
        "promise; write FOLDER/proof/",
        read=Path,
        names="folder",
    ),
)

#: What goes with proofs.
_PROOFS = (
    option(
        "--seconds",
        "N",
        "Give up a question of a solver after N seconds (default 60)",
        read=positive,
        default=60,
    ),
    option("--force", None, "Replace the certificate that an earlier run wrote there"),
)

VERIFY = Command(
    "verify",
    "Simulate a design's hardware and compare every bit with the golden model",
    "[DESIGN] [OPTIONS]",
    (
        "verify e4m3xe4m3 --seed 7",
        "verify w4a8 --mutants 200",
        "verify mine.v --as int8xint8 --map ports.toml",
        "verify mine.v --as int8xint8 --map ports.toml --prove out/mine",
    ),
    designed(
        option(
            "--tiles",
            "N",
            "Send N random reductions under stalls, and ten times as many without (default 100)",
            read=positive,
            default=100,
        ),
        option(
            "--seed", "N", "Draw random data and stalls from seed N (default 1)", read=natural,
            default=1,
        ),
        option(
            "--mapped", None, "Simulate the netlist after synthesis for the board, not the RTL"
        ),
        option(
            "--coverage", None, "Instead print what verification meets of what it should: codes, "
            "scales, bounds, roundings",
        ),
        option(
            "--mutants", "N", "Instead change N single bits of the hardware, and count the changes "
            "that verification finds", read=positive,
        ),
        *_OWN,
        *_PROOFS,
        target=(
            option(
                "--board", "NAME", f"With --mapped or --cost: board of the netlist (default "
                f"{BOARD})", default=BOARD, names="boards",
            ),
        ),
    ),
    builds=True,
)  # fmt: skip

PROVE = Command(
    "prove",
    "Prove what a design's streams promise, and write a certificate",
    "[DESIGN] [OPTIONS]",
    ("prove w4a8 --rows 2 --cols 2 --lanes 4",),
    designed(
        option(
            "--into",
            "FOLDER",
            "Output folder in which proof/ is written (default out/NAME)",
            read=Path,
            names="folder",
        ),
        option(
            "--board",
            "NAME",
            "Prove also that the netlist for this board is the core: a name of macsmith list "
            "boards, or a TOML file",
            names="boards",
        ),
        *_PROOFS,
    ),
    builds=True,
)
