"""Write a design's Verilog, testbench, scripts and manifest into a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..generate import generate
from .common import chosen, design_arguments, json_argument, print_json


def arguments(parser: argparse.ArgumentParser) -> None:
    design_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, help="folder to write; default out/<design>")
    parser.add_argument("--force", action="store_true", help="replace the folder if it exists")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    engine = chosen(arguments)
    folder = arguments.output or Path("out") / engine.name
    generate(engine, folder, force=arguments.force)
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    if arguments.json:
        print_json({"engine": engine.name, "folder": str(folder), "files": files})
    else:
        print("\n".join(files))
    return 0
