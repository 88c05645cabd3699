"""Verify a design, synthesize it for a board, and print what it costs."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import boards
from ..arguments.costing import SEEDS
from ..boards.fanout import LIMIT
from ..boards.script import synthesis
from ..cost_lines import style
from ..folder import make_folder
from ..golden.errors import DesignError
from ..library import cost, explain
from ..product import shaped
from ..report import folder_name
from .common import chosen, following, paragraph, print_json, routing, table, target


def run(arguments: argparse.Namespace) -> int:
    board = target(arguments)
    synthesis(board, "lut")  # raises where nothing can be counted
    seeds = routing(arguments, board, SEEDS)
    design = chosen(arguments)
    fitted = explain(boards.fitted(design, board))  # raises before there is a folder
    folder = arguments.folder or Path("build/synth") / folder_name(explain(design), board)
    if arguments.folder and folder.is_dir() and any(folder.iterdir()):
        ours = (folder / "report.json").is_file() and (folder / "mapped.v").is_file()
        if not (arguments.force and ours):
            raise DesignError(
                f"{folder} is not empty; choose another, or --force to replace a report there"
            )
    with following() as told:
        report = cost(
            design,
            board,
            folder=make_folder(folder),
            verified=not arguments.no_verify,
            edif=arguments.edif,
            fanout=arguments.fanout or LIMIT,
            seeds=seeds,
            progress=told,
        )
    whole = shaped(report.hardware, arguments.shape)
    if arguments.json:
        product = {"product": whole.to_dict(report.cost)} if whole else {}
        print_json({**report.to_dict(), **product})
        return 0
    policy = fitted.target.policy
    print(
        paragraph(f"{fitted.name} on {board.title} ({board.part}), policy {policy}", "bold") + "\n"
    )
    print(table(report.rows(), report.header), end="\n\n")
    for line in [*report.summary(), *(whole.lines(report.cost) if whole else [])]:
        print(paragraph(line, style(line)))
    print(f"files: {folder}")
    return 0
