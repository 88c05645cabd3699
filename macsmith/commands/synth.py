"""Verify a design, synthesize it for a board, and print what it costs."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from .. import boards
from ..folder import make_folder
from ..golden.description import Engine
from ..golden.errors import DesignError
from ..hw.engine.planner import plan
from ..hw.text.emit import emit
from ..report import Report, folder_name
from ..sim import verify as simulated
from .common import chosen, design_arguments, json_argument, print_json, progress, table


def arguments(parser: argparse.ArgumentParser) -> None:
    design_arguments(parser)
    parser.add_argument("--board", default="u280", help="default %(default)s")
    parser.add_argument("--no-verify", action="store_true", help="synthesize without simulating")
    parser.add_argument("--edif", action="store_true", help="also write the netlist as EDIF")
    parser.add_argument(
        "-o", "--folder", type=Path, help="folder for the reports and the mapped netlist"
    )
    parser.add_argument("--force", action="store_true", help="replace the report in the folder")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    engine, board = chosen(arguments), boards.lookup(arguments.board)
    folder = arguments.folder or Path("build/synth") / folder_name(engine, board)
    if arguments.folder and folder.is_dir() and any(folder.iterdir()):
        ours = (folder / "report.json").is_file() and (folder / "mapped.v").is_file()
        if not (arguments.force and ours):
            raise DesignError(
                f"{folder} is not empty; choose another, or --force to replace a report there"
            )
    engine = boards.fitted(engine, board)
    plan(engine)  # raises before there is a folder
    made = make_folder(folder)
    report = synthesize(engine, board, made, verify=not arguments.no_verify, edif=arguments.edif)
    if arguments.json:
        print_json(report.to_dict())
        return 0
    print(f"{engine.name} on {board.title} ({board.part}), policy {engine.build.policy}\n")
    print(table(report.rows(), report.header), end="\n\n")
    print("\n".join(report.summary()))
    print(f"files: {folder}")
    return 0


def synthesize(
    engine: Engine, board: boards.Board, folder: Path, *, verify: bool = True, edif: bool = False
) -> Report:
    """Verify and synthesize ``engine``; reports and netlist go into ``folder``."""
    begun = time.monotonic()
    emitted = emit(engine)
    if verify:
        progress(f"verifying {engine.name}")
        simulated.verify(emitted)
    progress(f"synthesizing {engine.name} for {board.name}")
    path = emitted.scale_path
    tops = [emitted.core, *([path] if path else [])]
    costs = boards.synthesize(
        emitted.fabric, tops, board, engine.build.policy, emitted.keep, folder, edif=edif
    )
    seconds = round(time.monotonic() - begun, 2)
    part, plan = costs[path] if path else None, emitted.plan
    rates = dict(zip((mode.label for mode in plan.modes), plan.rates, strict=True))
    report = Report(engine, board, costs[emitted.core], verify, seconds, rates, part)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(
        json.dumps(report.to_dict(), indent=2) + "\n", encoding="utf-8"
    )
    (folder / "report.md").write_text(report.markdown(), encoding="utf-8")
    return report
