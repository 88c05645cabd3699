"""Prove a design's hardware against the golden model, bit for bit, under stalls."""

from __future__ import annotations

import argparse

from .. import boards
from ..golden.errors import DesignError
from ..library import covered, mutants, verify
from ..sim.mutants import Mutation
from . import verify_rtl
from .common import chosen, following, paragraph, print_json, table
from .coverage_text import covered_lines


def run(arguments: argparse.Namespace) -> int:
    if verify_rtl.asked(arguments):
        return verify_rtl.run(arguments)
    _check_one(arguments)
    if arguments.mutants:
        return _mutants(arguments)
    if arguments.coverage:
        return _coverage(arguments)
    board = boards.lookup(arguments.board)
    design = chosen(arguments)
    with following() as told:
        found = verify(
            design,
            count=arguments.tiles,
            seed=arguments.seed,
            board=board if arguments.mapped else None,
            progress=told,
        )
    if arguments.json:
        print_json({"verified": True, **found.to_dict()})
    else:
        what = f"netlist mapped for {arguments.board}" if arguments.mapped else "RTL"
        line = (
            f"{found.design}: {what}: {found.results} results of {found.trials} {found.trial} "
            f"equal the golden model bit for bit "
            f"({found.work} {found.counts}, seed {found.seed}, {found.seconds} s)"
        )
        print(paragraph(line, "green"))
    return 0


def _check_one(arguments: argparse.Namespace) -> None:
    """Raise DesignError where two things are asked for in place of a verification, or what goes
    with RTL of one's own."""
    for name in ("top", "cost", "prove"):
        if getattr(arguments, name):
            raise DesignError(f"--{name} goes with a file of Verilog, --as and --map")
    asked = [name for name in ("mapped", "coverage", "mutants") if getattr(arguments, name)]
    if len(asked) > 1:
        words = " and ".join(f"--{name}" for name in asked)
        raise DesignError(f"give one of --mapped, --coverage and --mutants, got {words}")


def _mutants(arguments: argparse.Namespace) -> int:
    design = chosen(arguments)
    with following() as told:
        found = mutants(
            design,
            arguments.mutants,
            trials=arguments.tiles,
            seed=arguments.seed,
            progress=told,
        )
    if arguments.json:
        print_json(found.to_dict())
        return 0
    if found.survivors:
        rows = [
            [str(mutant), *(by.get(mutant.number, "–") for by in (found.verify, found.bench))]
            for mutant in found.survivors
        ]
        print(table(rows, ["mutant", "verify sees", "the test bench sees"]), end="\n\n")
    line = (
        f"{found.design}: of {len(found.mutants)} mutants {len(found.equivalent)} are proven to "
        f"be no faults; of the other {found.faults}, verify kills {_share(found, found.verify)}, "
        f"the emitted test bench's stimuli {_share(found, found.bench)} "
        f"(seed {found.seed}, {found.seconds} s)"
    )
    print(paragraph(line))
    return 0


def _coverage(arguments: argparse.Namespace) -> int:
    design = chosen(arguments)
    with following() as told:
        found = covered(design, count=arguments.tiles, seed=arguments.seed, progress=told)
    if arguments.json:
        print_json({"design": design.name, "seed": arguments.seed, **found.to_dict()})
        return 0
    print("\n".join(covered_lines(found)))
    reachable = len(found.declared) - len(found.unreachable)
    line = (
        f"{design.name}: verify meets {100 * found.share:.2f} % of {reachable} bins; "
        f"{len(found.unreachable)} more cannot be met (seed {arguments.seed})"
    )
    print(paragraph(line))
    return 0


def _share(found: Mutation, killed: dict[int, str]) -> str:
    return f"{len(killed)} ({100 * len(killed) / max(found.faults, 1):.1f} %)"
