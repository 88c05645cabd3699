"""Prove what a design's streams promise, and write the certificate."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from .. import boards
from ..certificate import FOLDER, certify
from ..sim.proof.claims import PROVEN, Certificate
from .common import chosen, following, paragraph, print_json, table


def run(arguments: argparse.Namespace) -> int:
    design = chosen(arguments)
    into = arguments.into or Path("out") / design.name
    board = boards.lookup(arguments.board) if arguments.board else None
    with following() as told:
        found, folder = certify(
            design,
            into,
            board=board,
            seconds=arguments.seconds,
            force=arguments.force,
            progress=told,
        )
    if arguments.json:
        print_json({**found.to_dict(), "folder": str(folder)})
        return 0
    tell(found, into, "claims proven for any number of cycles")
    return 0


def tell(found: Certificate, into: Path, what: str) -> None:
    """Print the claims, how many of them are proven, and how to prove them again."""
    rows = [
        (c.name, c.state, str(c.cycles or ""), c.method, f"{c.seconds:.1f}") for c in found.claims
    ]
    print(table(rows, ("claim", "state", "cycles", "method", "seconds")), end="\n\n")
    done = sum(claim.state == PROVEN for claim in found.claims)
    line = f"{found.design}: {done} of {len(found.claims)} {what}"
    print(paragraph(line, "green" if done == len(found.claims) else "yellow"))
    print(f"again: sh {shlex.quote(str(into / FOLDER / 'check.sh'))}")
