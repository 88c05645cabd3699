"""Prove RTL of the user's own against the golden model of a design."""

from __future__ import annotations

import argparse
from typing import Any

from .. import boards
from ..cost_lines import NOTE
from ..golden.errors import DesignError, Mismatch
from ..own_rtl import Candidate, Costs, candidate, certify_rtl, costs
from ..sim.guest.verify import Verdict, verify
from .common import chosen, following, paragraph, print_json, table
from .coverage_text import covered_lines
from .prove import tell

#: What a file of Verilog is called.
SUFFIXES = (".v", ".sv")


def asked(arguments: argparse.Namespace) -> bool:
    """Whether the command line names RTL in place of a design."""
    return bool(arguments.like or arguments.map or arguments.design.lower().endswith(SUFFIXES))


def run(arguments: argparse.Namespace) -> int:
    file = _checked(arguments)
    with following() as told:
        told("reading Verilog")
        found = candidate([file], chosen(arguments), arguments.map, arguments.top)
        wrong = verdict = None
        try:
            verdict = verify(found, count=arguments.tiles, seed=arguments.seed, progress=told)
        except Mismatch as mismatch:
            if not arguments.cost:
                raise
            wrong = mismatch  # what it costs is told all the same
        board = boards.lookup(arguments.board)
        cost = costs(found, board, progress=told) if arguments.cost else None
        proof = None
        if arguments.prove and wrong is None:
            proof, folder = certify_rtl(
                found,
                arguments.prove,
                seconds=arguments.seconds,
                force=arguments.force,
                verdict=verdict,
                progress=told,
            )
    if arguments.json:
        if wrong is not None:
            raise wrong
        parts: dict[str, Any] = {} if cost is None else {"cost": cost.to_dict()}
        parts |= {} if proof is None else {"proof": {**proof.to_dict(), "folder": str(folder)}}
        print_json({"verified": True, **(verdict.to_dict() if verdict else {}), **parts})
        return 0
    if cost is not None:
        _print_cost(found, cost)
    if wrong is not None:
        raise wrong
    if verdict is not None:
        _print(verdict, arguments.coverage)
    if proof is not None:
        print()
        tell(proof, arguments.prove, "claims proven")
        for claim in proof.claims:
            if claim.instead:
                print(paragraph(f"{claim.name} is {claim.state}; it got {claim.instead}"))
    return 0


def _checked(arguments: argparse.Namespace) -> str:
    """The file; the design takes its place among the arguments."""
    file: str = arguments.design
    if not file.lower().endswith(SUFFIXES):
        raise DesignError(f"--as and --map go with a file of Verilog (.v, .sv), got {file}")
    for option, given, what in (
        ("--as", arguments.like, "the design that it should do, such as int8xint8"),
        ("--map", arguments.map, "a TOML file that says what its ports carry"),
    ):
        if not given:
            raise DesignError(f"{file} needs {option}: {what}")
    if arguments.mapped or arguments.mutants:
        raise DesignError("--mapped and --mutants go with a design, leave them out of --as")
    arguments.design = arguments.like
    return file


def _print(verdict: Verdict, table_too: bool) -> None:
    bins = verdict.coverage
    if table_too:
        print("\n".join(covered_lines(bins)))
    reachable = len(bins.declared) - len(bins.unreachable)
    line = (
        f"{verdict.module} as {verdict.design}: {verdict.results} results of {verdict.trials} "
        f"{verdict.trial} equal the golden model bit for bit ({verdict.work} {verdict.counts}, "
        f"seed {verdict.seed}, {verdict.seconds} s)"
    )
    print(paragraph(line, "green"))
    print(paragraph(f"without stalls, {verdict.steps} steps took {verdict.cycles} cycles"))
    print(paragraph(f"the stimuli met {100 * bins.share:.2f} % of {reachable} bins"))


def _print_cost(found: Candidate, cost: Costs) -> None:
    title = f"{found.source.top} and ours on {cost.board.title}, policy {cost.policy}"
    print(paragraph(title, "bold"), end="\n\n")
    print(table(cost.rows(), ["resource", found.source.top, "ours"]), end="\n\n")
    print(paragraph(NOTE, "dim"))
