"""A user's own matrices through the simulated hardware."""

from __future__ import annotations

import numpy as np

from ..golden.description import Engine
from ..golden.errors import DesignError, ToolFailed
from ..golden.flags import Flags
from ..golden.matmul import Matrix, Result
from ..golden.tensor import Quantized, single
from ..hw.emit import emit
from . import lanes
from .streams import CHUNK, Array, Simulator


def engine_matmul(
    engine: Engine,
    weight: Matrix,
    activation: Matrix,
    initial: Array | None = None,
    *,
    simulator: Simulator | None = None,
) -> Result:
    """weight (N × K) times activation (M × K), computed by the simulated RTL of ``engine``.

    N and M need not fit the array: rows and columns left over repeat the last vector and their
    results are dropped. ``simulator`` is one built from ``emit(engine)``, for repeated calls.
    Returns what :func:`macsmith.golden.matmul.matmul` returns for the same operands.

    Raises DesignError for operands that the engine cannot take, ToolMissing or ToolFailed.
    """
    machine = simulator or Simulator(emit(engine))
    emitted = machine.emitted
    if emitted.engine != engine:
        raise DesignError(f"the simulator is of {emitted.engine.name}, not of {engine.name}")
    plan, arithmetic, stream = emitted.plan, engine.arithmetic, emitted.streams[-1]
    w = weight if isinstance(weight, Quantized) else single(arithmetic.weight, weight)
    a = activation
    if not isinstance(a, Quantized):
        a = single(arithmetic.activation, a)
    n, m = _check(engine, w, a, initial)

    # Every row block meets every column block.
    rows = lanes.blocks(w.plane_codes(0), plan.rows, plan.lanes)
    cols = lanes.blocks(a.plane_codes(0), plan.cols, plan.lanes)
    total, steps = len(rows) * len(cols), rows.shape[1]
    starts = None if initial is None else lanes.spread(np.asarray(initial), plan.rows, plan.cols)
    found = []
    size = max(CHUNK // steps, 1)
    for start in range(0, total, size):
        row, col = np.divmod(np.arange(start, min(start + size, total)), len(cols))
        last = np.zeros((len(row), steps), bool)
        last[:, -1] = True
        part = None
        if starts is not None and plan.initial is not None:
            part = lanes.to_words(starts[start : start + size], plan.initial.width)
        run = machine.run(
            rows[row].reshape(-1, rows.shape[2]),
            cols[col].reshape(-1, cols.shape[2]),
            last.reshape(-1),
            part,
        )
        if len(run.words) < len(row) or run.extra:
            raise ToolFailed(f"{engine.name} hung or gave results twice in simulation")
        found.append(run.words)

    words, shape = np.concatenate(found), (plan.rows, plan.cols, len(cols))
    values = lanes.join(lanes.from_words(stream, words), *shape)[:n, :m]
    marks = dict.fromkeys(("nan", "positive", "negative"), np.zeros((n, m), bool))
    for name, mark in lanes.flags_of(stream, words).items():
        marks[name] = lanes.join(mark, *shape)[:n, :m]
    return Result(values, plan.result, Flags(**marks))


def _check(
    engine: Engine, weight: Quantized, activation: Quantized, initial: Array | None
) -> tuple[int, int]:
    """(N, M), if the engine can take these operands."""
    (n, k), (m, other) = weight.shape, activation.shape
    arithmetic, width = engine.arithmetic, engine.lanes()
    if (weight.operand, activation.operand) != (arithmetic.weight, arithmetic.activation):
        raise DesignError("the operands were quantized for another engine")
    if k != other:
        raise DesignError(f"K must agree: weight has {k}, activation {other}")
    if not 0 < k <= arithmetic.k_max or k % width:
        raise DesignError(
            f"K must be a multiple of lanes = {width} up to k-max = {arithmetic.k_max}, got {k}"
        )
    if not n or not m:
        raise DesignError(f"weight and activation need a row at least, got {n} and {m}")
    if (initial is None) != (arithmetic.initial is None):
        raise DesignError("initial values and an arithmetic with initial go together")
    if initial is not None and arithmetic.initial is not None:
        low, high = arithmetic.initial.low, arithmetic.initial.high
        start = np.asarray(initial)
        if start.shape != (n, m) or start.min() < low or start.max() > high:
            raise DesignError(
                f"initial must be {(n, m)} integers in {low}…{high}, got {start.shape}"
            )
    return n, m
