"""Prove a design's hardware against the golden model, bit for bit, under stalls."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import boards
from ..boards.families import family, models
from ..hw.text.emit import Emitted, emit
from ..sim import verify as simulated
from ..sim.models import primitives
from ..tools import work
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
    engine, board = chosen(arguments), boards.lookup(arguments.board)
    emitted, core = emit(boards.fitted(engine, board) if arguments.mapped else engine), None
    libraries: tuple[Path, ...] = ()
    if arguments.mapped:
        core, libraries = _mapped(emitted, board)
    progress(f"building and simulating {engine.name}")
    found = simulated.verify(
        emitted,
        count=arguments.tiles,
        seed=arguments.seed,
        core=core,
        libraries=libraries,
    )
    if arguments.json:
        print_json({"verified": True, **found.to_dict()})
    else:
        what = f"netlist mapped for {arguments.board}" if arguments.mapped else "RTL"
        print(
            f"{engine.name}: {what}: {found.results} results of {found.tiles} reductions equal "
            f"the golden model bit for bit "
            f"({found.macs} MACs, seed {found.seed}, {found.seconds} s)"
        )
    return 0


def _mapped(emitted: Emitted, board: boards.Board) -> tuple[str, tuple[Path, ...]]:
    """The netlist after synthesis for a board, and the models of its cells."""
    engine = emitted.engine
    progress(f"synthesizing {engine.name} for {board.name}")
    with work.folder("mapped") as folder:
        boards.synthesize(
            emitted.fabric, [emitted.core], board, engine.build.policy, emitted.keep, folder
        )
        netlist = (folder / "mapped.v").read_text(encoding="utf-8")
    return netlist, (*models(family(board.family).name), *primitives())
