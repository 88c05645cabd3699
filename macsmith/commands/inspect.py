"""Show a model's matrices, their schemes, and the designs that serve them."""

from __future__ import annotations

import argparse

from ..golden import to_toml
from ..golden.errors import DesignError
from ..models.inspecting import Inspection, Line, inspect, line_of
from ..models.model import Model, open_model
from ..models.serving import engine_for
from .common import paragraph, print_json, table


def run(arguments: argparse.Namespace) -> int:
    if arguments.toml and arguments.matrix is None:
        raise DesignError("--toml describes the design of one matrix: name it with --matrix")
    model = open_model(arguments.file)
    if arguments.matrix is not None:
        return _one(model, arguments)
    found = inspect(model, arguments.all)
    if arguments.json:
        print_json(found.to_dict())
        return 0
    header = ("matrix", "number", "rows × K", "scheme", "bits", "design")
    if found.lines:
        print(table([_row(line) for line in found.lines], header), end="\n\n")
    else:
        print(paragraph("No matrices that something is multiplied with were found."))
    for line in _notes(found):
        print(paragraph(line))
    return 0


def _row(line: Line) -> tuple[str, ...]:
    rows, k = line.first.shape
    design = ", ".join(line.designs) or ("looked up, not multiplied" if line.table else "–")
    return (
        line.name,
        str(len(line.matrices)),
        f"{rows} × {k}",
        line.first.scheme,
        f"{line.first.bits:.4g}",
        design,
    )


def _notes(found: Inspection) -> list[str]:
    """What stands below the table: conventions, what does not fit, what a token costs."""
    notes: dict[str, str] = {}
    for line in found.lines:
        for note in line.first.notes:
            notes.setdefault(note, line.name)
    lines = [f"{name}: {note}" for note, name in notes.items()]
    reasons: dict[str, str] = {}
    for line in found.lines:
        if line.why and not line.table:
            reasons.setdefault(line.why, line.name)
    lines += [f"{name}: {why}" for why, name in reasons.items()]
    lines += [f"{item.name} is not read: {item.why}" for item in found.model.refused.values()]
    if found.lines:
        lines.append(
            f"A token: {_counted(found.macs, ('thousand ', 'million '))}products with weights, "
            f"{_counted(found.size, ('kB', 'MB'))} of weights read"
        )
    if found.model.others:
        lines.append(f"{len(found.model.others)} other arrays (norms, biases, tables) stay as are")
    return lines


def _counted(number: int, units: tuple[str, str]) -> str:
    """In thousands below a million: a small network's figures are no zeros."""
    size, unit = (1e3, units[0]) if number < 1e6 else (1e6, units[1])
    return f"{number / size:,.1f} {unit}"


def _one(model: Model, arguments: argparse.Namespace) -> int:
    matrix = model.matrix(arguments.matrix)
    if arguments.toml:
        print(to_toml(engine_for(matrix)), end="")
        return 0
    line = line_of(model, matrix.name, (matrix,))
    if arguments.json:
        arrays = [{"name": item.name, "type": item.type} for item in matrix.arrays]
        print_json({**line.to_dict(), "arrays": arrays})
        return 0
    facts = {
        "matrix": matrix.name,
        "rows × K": "{} × {}".format(*matrix.shape),
        "scheme": matrix.scheme,
        "weights": str(matrix.operand),
        "bits a weight": f"{matrix.bits:.4g}",
        "bytes": str(matrix.size),
        "arrays": ", ".join(f"{stored.name} ({stored.type})" for stored in matrix.arrays),
        "design": ", ".join(line.designs) or line.why,
        **{f"note {number}": note for number, note in enumerate(matrix.notes, 1)},
    }
    print(table(list(facts.items()), ("", "")))
    return 0
