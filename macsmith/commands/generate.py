"""Write a design's Verilog, testbench, scripts and manifest into a folder."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from .. import boards
from ..naming import fitted_name
from ..output import generate
from .common import chosen, following, print_json


def run(arguments: argparse.Namespace) -> int:
    engine = chosen(arguments)
    board = boards.lookup(arguments.board) if arguments.board else None
    if board:
        fitted = boards.fitted(engine, board)
        engine = replace(cast(Any, fitted), name=arguments.name or fitted_name(engine, fitted))
    folder = arguments.folder or Path("out") / engine.name
    with following() as told:
        made = generate(
            engine,
            folder,
            force=arguments.force,
            board=board,
            megahertz=arguments.clock,
            netlist=arguments.netlist,
            cpp=arguments.cpp,
            progress=told,
        )
    files = [str(folder / name) for name in made.files]
    if arguments.json:
        print_json({"design": engine.name, "folder": str(folder), "files": files})
    else:
        print("\n".join(files))
        print("\n" + "\n".join(_next(engine.name, folder)))
    return 0


def _next(name: str, folder: Path) -> list[str]:
    """What to do with the folder, a line each."""

    def at(*parts: str) -> str:
        return shlex.quote(str(folder.joinpath(*parts)))

    lines = [f"next: make -C {at('tb')} icarus    (or verilator): the test bench, ends in PASS"]
    lines.append(f"      python {at('tb', f'test_{name}.py')}: the same with cocotb")
    if (folder / "vivado").is_dir():
        lines.append(f"      vivado -mode batch -source {at('vivado', 'synth_ooc.tcl')}")
    if (folder / "netlist" / "place_ooc.tcl").is_file():
        lines.append(f"      vivado -mode batch -source {at('netlist', 'place_ooc.tcl')}")
    return [*lines, f"      {at(f'{name}_instance.v')}: how to instantiate {name}"]
