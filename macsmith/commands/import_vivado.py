"""Read reports of Vivado, show them beside our counts, and write a row for the data set."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..boards.estimates import rows
from ..boards.estimates.writing import put
from ..folder import MANIFEST
from ..golden.errors import DesignError
from ..vivado_reports import beside, reports
from .common import check_file, chosen, following, paragraph, print_json, table


def run(arguments: argparse.Namespace) -> int:
    arguments.design = _design(arguments)
    read = reports(arguments.reports)
    target: Path | None = arguments.csv
    if target is not None:
        _check(target)
        read.synthesized()
    with following() as told:
        found = beside(chosen(arguments), read, arguments.board, progress=told)
    replaced = put(target, found.cells()) if target is not None else None
    if arguments.json:
        row = {"file": str(target), "replaced": replaced} if target is not None else None
        print_json({**found.to_dict(), "row": row})
        return 0
    name = f"{found.ours.hardware.name} on {read.device}, {read.texts[0].tool}"
    print(paragraph(name, "bold"), end="\n\n")
    print(table(found.rows(), found.header()), end="\n\n")
    for line in found.lines():
        print(paragraph(line))
    if target is not None:
        print(f"{'replaced' if replaced else 'added'} a row in {target}")
    return 0


def _design(arguments: argparse.Namespace) -> str:
    """The word that names the design: that of a folder is in it."""
    folder: Path | None = arguments.folder
    if (folder is None) == (arguments.design is None):
        raise DesignError(
            "say whose reports they are, in one way: --design DESIGN, or --folder FOLDER that "
            "macsmith generate wrote"
        )
    if folder is None:
        return str(arguments.design)
    for name in (MANIFEST, "design.toml"):
        if not (folder / name).is_file():
            raise DesignError(
                f"--folder takes what macsmith generate wrote, {folder} has no {name}"
            )
    return str(folder / "design.toml")


def _check(path: Path) -> None:
    """What a synthesis would fail on at its end."""
    check_file("--csv", path, ".csv")
    if path.exists():
        rows.read(path)
