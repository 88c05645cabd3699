"""Write a design's Verilog, testbench, scripts and manifest into a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import boards
from ..generate import MEGAHERTZ, generate
from .common import chosen, design_arguments, json_argument, print_json


def arguments(parser: argparse.ArgumentParser) -> None:
    design_arguments(parser)
    parser.add_argument("-o", "--folder", type=Path, help="folder to write; default out/<design>")
    parser.add_argument("--board", help="whose part Vivado's scripts name; default u280")
    parser.add_argument(
        "--clock",
        type=_megahertz,
        default=MEGAHERTZ,
        metavar="MHZ",
        help="goal in the constraints; default %(default)s",
    )
    parser.add_argument("--force", action="store_true", help="replace what macsmith wrote there")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    engine = chosen(arguments)
    folder = arguments.folder or Path("out") / engine.name
    board = boards.lookup(arguments.board) if arguments.board else None
    made = generate(engine, folder, force=arguments.force, board=board, megahertz=arguments.clock)
    files = [str(folder / name) for name in made.files]
    if arguments.json:
        print_json({"engine": engine.name, "folder": str(folder), "files": files})
    else:
        print("\n".join(files))
    return 0


def _megahertz(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number of MHz, got {text!r}") from None
