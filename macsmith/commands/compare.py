"""Compare designs at equal throughput: tables, a page, charts."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import boards
from ..arguments.shared import MACS
from ..arguments.studying import ROUTED
from ..cost_lines import NOTE
from ..drawing.files import write_picture
from ..drawing.png import check_png
from ..folder import make_folder
from ..golden.description.build import POLICIES
from ..golden.errors import DesignError, UnknownName, option
from ..studies.compare import compare
from ..studies.entries import Comparison
from ..studies.given import given
from ..studies.page import page
from ..studies.plots import plots
from ..studies.tables import as_csv, as_markdown, front_lines, notes, tables, title, to_dict, tools
from ..tools.whole import write
from .common import check_file, following, paragraph, print_json, progress, routing, table

#: Options that write a file, with the endings that its name has.
_FILES = {"html": (".html", ".htm"), "csv": (".csv",), "markdown": (".md", ".markdown")}


def run(arguments: argparse.Namespace) -> int:
    board = boards.lookup(arguments.board)
    _check(arguments)
    seeds = routing(arguments, board, ROUTED)
    own = given(arguments.data, arguments.model, arguments.matrix, arguments.seed)
    policies = POLICIES if arguments.policy is None else (arguments.policy,)
    with following(_rounds(arguments, policies)) as told:
        found = compare(
            arguments.designs,
            board,
            own=own,
            progress=told,
            macs=_macs(arguments),
            k=arguments.k,
            policies=policies,
            rows=arguments.rows,
            cols=arguments.cols,
            lanes=arguments.lanes,
            dsp_sites=arguments.dsp_sites,
            seed=arguments.seed,
            scaling=not arguments.no_scaling,
            costs=not arguments.no_cost,
            fast=arguments.fast,
            seeds=seeds,
        )
    _write(found, arguments)
    if arguments.json:
        print_json(to_dict(found))
    else:
        _print(found)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """What an hour of synthesis would fail on at its end."""
    if arguments.policy is not None and arguments.policy not in POLICIES:
        raise UnknownName("policy", arguments.policy, POLICIES)
    for name, endings in _FILES.items():
        path = getattr(arguments, name)
        if path is not None:
            check_file(f"--{name}", path, endings[0], also=endings[1:])
    if arguments.fast and arguments.no_cost:
        raise DesignError("--fast tells costs: leave out --no-cost")
    for name in ("fast", "no_cost"):
        if arguments.route and getattr(arguments, name):
            raise DesignError(f"--route takes what is synthesized: leave out {option(name)}")
    for name in ("svg", "png"):
        if getattr(arguments, name) is not None and arguments.no_cost:
            raise DesignError(f"--{name} draws costs: leave out --no-cost")
    if arguments.png is not None:
        check_png()


def _macs(arguments: argparse.Namespace) -> int:
    """As asked for; else those of the sides, where all are given."""
    sides = arguments.rows, arguments.cols, arguments.lanes
    if arguments.macs is not None or None in sides:
        return int(arguments.macs or MACS)
    rows, cols, lanes = sides
    return int(rows * cols * lanes)


def _rounds(arguments: argparse.Namespace, policies: tuple[str, ...]) -> int:
    """Syntheses, for the time that is left."""
    if arguments.no_cost or arguments.fast:
        return 0
    return len(arguments.designs) * (len(policies) + 2 * (not arguments.no_scaling))


def _write(found: Comparison, arguments: argparse.Namespace) -> None:
    """The files that were asked for."""
    made = {"html": page, "csv": as_csv, "markdown": as_markdown}
    for name, text in made.items():
        path = getattr(arguments, name)
        if path is not None:
            _put(path, text(found))
    for kind in ("svg", "png"):
        if getattr(arguments, kind) is not None:
            folder = make_folder(getattr(arguments, kind))
            for name, figure in plots(found).items():
                path = folder / f"{name}.{kind}"
                write_picture(path, figure.svg(alone=True))
                progress(f"wrote {path}")


def _put(path: Path, text: str) -> None:
    write(path, text.encode())
    progress(f"wrote {path}")


def _print(found: Comparison) -> None:
    """Tables, the fronts, and what is to be known."""
    print(paragraph(title(found), "bold"), end="\n\n")
    for header, rows in tables(found):
        print(table(rows, header), end="\n\n")
    if found.asked.costs:
        for data, line in front_lines(found).items():
            print(paragraph(f"Pareto front, {data}: {line or 'nothing is known'}", "green"))
    for line in found.warnings:
        print(paragraph(f"note: {line}", "yellow"))
    for line in notes(found):
        print(paragraph(line, "dim" if line.startswith(NOTE) else ""))
    if told := tools(found):
        print(paragraph("tools: " + ", ".join(f"{n} {text}" for n, text in told.items()), "dim"))
