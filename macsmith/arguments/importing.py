"""The command that takes what other tools found."""

from __future__ import annotations

from pathlib import Path

from .argument import Group, option, word
from .command import JSON, Command
from .design import DESIGN_GROUPS

IMPORT_VIVADO = Command(
    "import_vivado",
    "Show Vivado's reports of a design beside our counts, and keep them",
    "REPORT … [OPTIONS]",
    (
        "import-vivado ooc/utilization_synth.rpt ooc/timing_summary.rpt --folder out/engine",
        "import-vivado util.rpt --design int4xint8 --rows 8 --csv mine.csv",
    ),
    (
        Group("", (word("reports", "REPORT", "Reports of report_utilization, "
                        "report_timing_summary or report_timing, as text", nargs="+", read=Path,
                        names="file"),)),
        Group(
            "Design",
            (
                option("--folder", "FOLDER", "The design is that of this folder, which macsmith "
                       "generate wrote", read=Path, names="folder"),
                option("--design", "DESIGN", "The design, named as for the other commands; "
                       "options shape it", names="designs"),
            ),
        ),
        Group(
            "Running",
            (
                option("--board", "NAME", "Board to count ours for (default: one of the reports' "
                       "device or family)", names="boards"),
                option("--csv", "FILE", "Write a row for the data set of the estimates there; one "
                       "of the same design is replaced", read=Path, names="file"),
                JSON,
            ),
        ),
        *DESIGN_GROUPS,
    ),
    builds=True,
)  # fmt: skip
