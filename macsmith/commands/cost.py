"""Synthesize Verilog of one's own, and print its cost by the same rules as an engine's."""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from .. import boards
from ..folder import make_folder
from ..golden.errors import DesignError, UnknownName, check_ordinary
from ..report import NOTE, header, levels_line, rows, style, tools_line
from ..sim.parser import check_recursion
from ..tools import work, yosys
from ..tools.progress import Step
from .common import following, paragraph, print_json, table

#: Files that others include; they are not read by themselves.
_HEADERS = (".vh", ".svh")
#: Names that stand in quotes in a script of yosys and are no options.
_NAME = re.compile(r"""[^"\\\x00-\x1f\x7f+-][^"\\\x00-\x1f\x7f]*""")

#: Names of modules that mean nothing else in a script of yosys, nor as a part of a folder's name.
_TOP = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.:=+\[\]-]*")

_MODULE = re.compile(r"^module \\(\S+)$", re.MULTILINE)


def run(arguments: argparse.Namespace) -> int:
    board = boards.lookup(arguments.board)
    with following() as told:
        told("reading Verilog")
        with work.folder("cost") as scratch:
            rtlil, top = _read(arguments.files, arguments.top, scratch)
        folder = arguments.folder or Path("build/cost") / f"{top}-{arguments.policy}-{board.name}"
        make_folder(folder)
        told(Step(f"synthesizing {top} for {board.name}", "synth", len(rtlil)))
        cost = boards.synthesize(rtlil, [top], board, arguments.policy, [], folder)[top]
    if arguments.json:
        print_json({**cost.to_dict(), "part": board.part, "macs_per_cycle": arguments.macs})
        return 0
    title = f"{top} on {board.title} ({board.part}), policy {cost.policy}"
    print(paragraph(title, "bold"), end="\n\n")
    per = "MAC" if arguments.macs else ""
    print(table(rows(cost, board, arguments.macs, {}), header(board, per, {})), end="\n\n")
    for line in (levels_line(cost), NOTE, tools_line(cost)):
        print(paragraph(line, style(line)))
    print(f"files: {folder}")
    return 0


def _read(files: list[Path], top: str | None, folder: Path) -> tuple[str, str]:
    """The design as RTLIL, and its top."""
    names = []
    for path in files:
        try:
            check_ordinary(path)
        except FileNotFoundError:
            raise DesignError(f"cannot read {path}: no such file") from None
        except OSError as error:
            raise DesignError(f"cannot read {path}: {error.strerror}") from None
        if not _NAME.fullmatch(path.name):
            raise DesignError(f"yosys cannot read a file of this name, rename it: {path.name!r}")
        if (folder / path.name).exists():
            raise DesignError(f"two files are called {path.name}: rename one, got {path}")
        shutil.copy(path, folder / path.name)
        if path.suffix not in _HEADERS:
            names.append(path.name)
    if not names:
        raise DesignError(
            f"give a file with modules beside those that are included, got {files[0]}"
        )
    for name in names:
        check_recursion(folder, name)
    read = [f'read_verilog -sv -I. "{name}"' for name in names]
    if top is not None:
        yosys.run([*read, "write_rtlil modules.il"], folder)
        modules = _MODULE.findall((folder / "modules.il").read_text(encoding="utf-8"))
        if top not in modules:
            raise UnknownName("module", top, modules)
        _check_top(top)
    chosen = "-auto-top" if top is None else f"-top {top}"
    yosys.run([*read, f"hierarchy {chosen}", "proc", "write_rtlil design.il"], folder)
    text = (folder / "design.il").read_text(encoding="utf-8")
    found = re.search(r"^attribute \\top 1\n(?:attribute .*\n)*module \\(\S+)$", text, re.MULTILINE)
    if found is None:
        raise DesignError("no module is the top of the others: choose one with --top")
    _check_top(found[1])
    return text, found[1]


def _check_top(name: str) -> None:
    """Raise DesignError for a module's name that leads elsewhere: Verilog escapes any letters."""
    if not _TOP.fullmatch(name):
        raise DesignError(
            f"a top module is called by letters, digits and _ $ . : = + - [ ], rename {name!r}"
        )
