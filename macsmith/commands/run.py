"""Multiply a matrix of a model in the golden model and in simulated hardware."""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path

import numpy as np

from ..golden.errors import DesignError
from ..models.model import open_model
from ..models.running import Run, load_activations
from ..models.running import run as run_matrix
from ..tools.whole import write
from .common import following, paragraph, print_json, table


def run(arguments: argparse.Namespace) -> int:
    if arguments.matrix is None:
        raise DesignError(
            f"name a matrix with --matrix; macsmith inspect {arguments.file} lists them"
        )
    if arguments.output is not None:
        _check_free(arguments.output)
    matrix = open_model(arguments.file).matrix(arguments.matrix)
    x = None if arguments.data is None else load_activations(arguments.data)
    with following() as told:
        found = run_matrix(
            matrix,
            x,
            design=arguments.design,
            activation=arguments.activation,
            rtl_rows=None if arguments.rtl_all else arguments.rtl_rows,
            seed=arguments.seed,
            progress=told,
        )
    if arguments.output is not None:
        data = BytesIO()
        np.save(data, found.results)
        write(arguments.output, data.getvalue())
    if arguments.json:
        print_json(found.to_dict())
        return 0
    print(table(_rows(found), ("", "")))
    if found.simulated:
        equal = "row of RTL equals" if found.simulated == 1 else "rows of RTL equal"
        line = f"{found.simulated} {equal} the golden model, bit for bit"
        print(paragraph(line, "green"))
    return 0


def _check_free(output: Path) -> None:
    """What an hour of computing would fail on at its end."""
    if output.exists():
        raise DesignError(f"{output} is there already: name another file with -o")
    if not output.parent.is_dir():
        raise DesignError(f"{output.parent} is no folder: make it, or name another with -o")


def _rows(found: Run) -> list[tuple[str, str]]:
    rows, k = found.matrix.shape
    rates = [("golden model", f"{_rate(found.macs, found.golden_seconds)} products a second")]
    if found.simulated:
        rates.append(
            ("simulated RTL", f"{_rate(found.rtl_macs, found.cycle_seconds)} products a second")
        )
    vectors = "1 vector" if found.vectors == 1 else f"{found.vectors} vectors"
    return [
        ("matrix", f"{found.matrix.name}, {rows} × {k}, {found.matrix.scheme}"),
        ("design", found.engine.name),
        ("weights", found.how or "as stored"),
        ("activations", f"{vectors} as {found.engine.arithmetic.activation}"),
        ("SQNR", f"{found.sqnr:.2f} dB against float64"),
        *rates,
    ]


def _rate(count: int, seconds: float) -> str:
    return f"{count / max(seconds, 1e-9):.2g}"
