"""A wrong result in words: where it stands, what it is, and what it was made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.formats import Format
from ..golden.streams import Field
from ..golden.tensor import Quantized
from ..hw.engine.hardware import EngineHardware
from ..hw.plan.plan import Plan
from .lanes import signed
from .stimuli import Tile

Array = npt.NDArray[Any]

#: A result as it travels: bit pattern and flags, low flag first.
Lane = tuple[int, int]

#: Elements, groups and scales that are shown of a row.
_MOST = 8


def difference(
    hardware: EngineHardware, tile: Tile, beat: int, lane: int, received: Lane, expected: Lane
) -> str:
    """Lines about the result in ``lane`` of a tile's ``beat``-th beat of results."""
    plan, stream = hardware.plan.modes[tile.mode], hardware.results[0]
    field = stream.fields[0]
    place, output = divmod(beat * field.count + lane, plan.outputs)
    row, col = divmod(place, plan.cols)
    mode = f"mode {tile.mode}, " if hardware.plan.mode_bits else ""
    where = f"{mode}{tile.kind}, row {row}, column {col}"
    where += f", output {output}" if plan.outputs > 1 else ""
    lines = [
        f"{where}, {_length(plan, tile.k)}",
        f"  expected {number(plan, field, expected)}",
        f"  received {number(plan, field, received)}",
        *_operand("weight", tile.weight, row),
        *_operand("activation", tile.activation, col),
    ]
    bias = plan.arithmetic.output.bias
    if tile.bias is not None and bias is not None:
        lines.append(f"  {'bias':10} {_codes(bias, np.asarray(tile.bias)[row : row + 1])}")
    if tile.initial is not None:
        lines.append(f"  {'initial':10} {int(tile.initial[row, col])}")
    return "\n".join(lines)


def number(plan: Plan, field: Field, lane: Lane) -> str:
    """A result as its code and as a number, with its flags."""
    pattern, marks = lane
    code = f"{pattern:#0{-(-field.bits // 4) + 2}x}"
    if isinstance(plan.result, Format):
        return f"{code} = {float(plan.result.decode(np.asarray([pattern]))[0]):.9g}"
    value = pattern
    if plan.result.signed:
        value = int(signed(field.bits, np.asarray([pattern], object))[0])
    unit = f" × 2^{plan.result.lsb}" if plan.result.lsb else ""
    raised = [name for place, name in enumerate(field.flags) if marks >> place & 1]
    return f"{code} = {value}{unit}" + (f", flags {', '.join(raised)}" if raised else "")


def _length(plan: Plan, k: int) -> str:
    steps, each = k // plan.step, plan.group_steps
    groups = f", {steps // each} groups of {each * plan.step}" if each else ""
    return f"K = {k} ({steps} steps{groups})"


def _operand(side: str, matrix: Quantized, row: int) -> list[str]:
    """A row's codes and scales, in hexadecimal and as numbers."""
    lines, rows = [], matrix.shape[0]
    for name, fmt in matrix.operand.codes.items():
        lines.append(f"  {side:10} {name}: {_codes(fmt, np.asarray(matrix.codes[name])[row])}")
    if matrix.indices is not None:
        places = " ".join(map(str, np.asarray(matrix.indices)[row][:_MOST]))
        lines.append(f"  {'':10} places: {places}" + " …" * (matrix.kept[1] > _MOST))
    for level in matrix.operand.levels:
        scales = np.asarray(matrix.scales[level.name])
        held = scales[row // (level.span.rows or rows)]
        lines.append(f"  {'':10} {level.name}: {_codes(level.format, held)}")
    return lines


def _codes(fmt: Format, codes: Array) -> str:
    digits, shown = max(-(-fmt.bits // 4), 1), codes[:_MOST]
    words = [
        f"{int(code):0{digits}x} ({value:g})"
        for code, value in zip(shown, fmt.decode(shown), strict=True)
    ]
    return ", ".join(words + ["…"] * (len(codes) > _MOST))
