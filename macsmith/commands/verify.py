"""Prove a design's hardware against the golden model, bit for bit, under stalls."""

from __future__ import annotations

import argparse

from .. import boards
from ..library import verify
from .common import chosen, following, paragraph, print_json


def run(arguments: argparse.Namespace) -> int:
    board = boards.lookup(arguments.board)
    design = chosen(arguments)
    with following() as told:
        found = verify(
            design,
            count=arguments.tiles,
            seed=arguments.seed,
            board=board if arguments.mapped else None,
            progress=told,
        )
    if arguments.json:
        print_json({"verified": True, **found.to_dict()})
    else:
        what = f"netlist mapped for {arguments.board}" if arguments.mapped else "RTL"
        line = (
            f"{found.design}: {what}: {found.results} results of {found.trials} {found.trial} "
            f"equal the golden model bit for bit "
            f"({found.work} {found.counts}, seed {found.seed}, {found.seconds} s)"
        )
        print(paragraph(line, "green"))
    return 0
