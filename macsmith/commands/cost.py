"""Synthesize Verilog of one's own, and print its cost by the same rules as an engine's."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from .. import boards
from ..boards.estimates import estimated, reached
from ..boards.fanout import LIMIT
from ..boards.netlist import read
from ..boards.script import synthesis
from ..cost_lines import (
    NOTE,
    binding_lines,
    header,
    levels_line,
    register_lines,
    rows,
    style,
    tools_line,
)
from ..folder import make_folder
from ..golden.errors import DesignError, UnknownName
from ..sim.sources import check_top, gathered, reads
from ..tools import work, yosys
from ..tools.progress import Step
from .common import following, paragraph, print_json, table, target

_MODULE = re.compile(r"^module \\(\S+)$", re.MULTILINE)


def run(arguments: argparse.Namespace) -> int:
    board = target(arguments)
    synthesis(board, arguments.policy)  # raises where nothing can be counted
    with following() as told:
        told("reading Verilog")
        with work.folder("cost") as scratch:
            rtlil, top = _read(arguments.files, arguments.top, scratch)
        folder = arguments.folder or Path("build/cost") / f"{top}-{arguments.policy}-{board.name}"
        make_folder(folder)
        told(Step(f"synthesizing {top} for {board.name}", "synth", len(rtlil)))
        cost = boards.synthesize(rtlil, [top], board, arguments.policy, [], folder)[top]
    netlist = read(folder / "netlist.json")
    vivado, fmax = estimated(netlist, cost, board), reached(netlist, cost, board)
    if arguments.json:
        more = {"part": board.part, "macs_per_cycle": arguments.macs}
        more |= {"vivado": vivado.to_dict() if vivado else None}
        print_json({**cost.to_dict(), **more, "fmax": fmax.to_dict() if fmax else None})
        return 0
    title = f"{top} on {board.title} ({board.part}), policy {cost.policy}"
    print(paragraph(title, "bold"), end="\n\n")
    per = "MAC" if arguments.macs else ""
    print(table(rows(cost, board, arguments.macs, {}), header(board, per, {})), end="\n\n")
    estimates = vivado.lines() if vivado else []
    limit = arguments.fanout or LIMIT
    counted = [*binding_lines(cost), levels_line(cost), *register_lines(cost, limit)]
    estimates += [line] if fmax and (line := fmax.line()) else []
    for line in (*counted, *estimates, NOTE, tools_line(cost)):
        print(paragraph(line, style(line)))
    print(f"files: {folder}")
    return 0


def _read(files: list[Path], top: str | None, folder: Path) -> tuple[str, str]:
    """The design as RTLIL, and its top."""
    names = gathered(files, folder)
    read = reads(names)
    if top is not None:
        yosys.run([*read, "write_rtlil modules.il"], folder)
        modules = _MODULE.findall((folder / "modules.il").read_text(encoding="utf-8"))
        if top not in modules:
            raise UnknownName("module", top, modules)
        check_top(top)
    chosen = "-auto-top" if top is None else f"-top {top}"
    yosys.run([*read, f"hierarchy {chosen}", "proc", "write_rtlil design.il"], folder)
    text = (folder / "design.il").read_text(encoding="utf-8")
    found = re.search(r"^attribute \\top 1\n(?:attribute .*\n)*module \\(\S+)$", text, re.MULTILINE)
    if found is None:
        raise DesignError("no module is the top of the others: choose one with --top")
    check_top(found[1])
    return text, found[1]
