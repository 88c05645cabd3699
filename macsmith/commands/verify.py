"""Prove a design's hardware against the golden model, bit for bit, under stalls."""

from __future__ import annotations

import argparse

from .. import boards
from ..library import verify
from .common import chosen, design_arguments, json_argument, natural, positive, print_json, progress


def arguments(parser: argparse.ArgumentParser) -> None:
    design_arguments(parser)
    parser.add_argument("--seed", type=natural, default=1, help="of the random data and stalls")
    parser.add_argument(
        "--mapped", action="store_true", help="simulate the netlist after synthesis instead"
    )
    parser.add_argument("--board", default="u280", help="with --mapped; default %(default)s")
    parser.add_argument(
        "--tiles", type=positive, default=100, help="random reductions (default 100)"
    )
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    board = boards.lookup(arguments.board)
    found = verify(
        chosen(arguments),
        count=arguments.tiles,
        seed=arguments.seed,
        board=board if arguments.mapped else None,
        progress=progress,
    )
    if arguments.json:
        print_json({"verified": True, **found.to_dict()})
    else:
        what = f"netlist mapped for {arguments.board}" if arguments.mapped else "RTL"
        print(
            f"{found.design}: {what}: {found.results} results of {found.trials} {found.trial} "
            f"equal the golden model bit for bit "
            f"({found.work} {found.counts}, seed {found.seed}, {found.seconds} s)"
        )
    return 0
