"""A user's own matrices through the simulated hardware."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..golden.arrays import whole_numbers
from ..golden.description import Engine
from ..golden.errors import DesignError, ToolFailed
from ..golden.exact import integer_type
from ..golden.flags import Flags
from ..golden.formats import Format
from ..golden.matmul import Matrix, Result
from ..golden.matrices import Blocks, Matrices
from ..golden.padding import padded
from ..golden.tensor import Quantized, single
from ..golden.tiling import Feed, beats_of, gather, of_sets, steps_of
from ..hw.text.emit import Emitted, emit
from . import lanes
from .sliced.lockstep import Lockstep
from .streams import CHUNK, Array, Simulator


def engine_matmul(
    engine: Engine,
    weight: Matrix,
    activation: Matrix,
    initial: npt.ArrayLike | None = None,
    bias: npt.ArrayLike | None = None,
    *,
    mode: int = 0,
    simulator: Simulator | Lockstep | None = None,
) -> Result:
    """weight (N × K) times activation (M × K), computed by the simulated RTL of ``engine``.

    N, M and K are any, K up to k-max. Rows and columns left over repeat the last vector and their
    results are dropped; K is filled up with what changes nothing
    (:mod:`macsmith.golden.padding`). ``initial`` (N, M) and ``bias`` (N,) are as for
    :func:`macsmith.golden.matmul.matmul`, which takes arrays of the same types and returns the
    same. ``mode`` is one of the engine's.
    ``simulator`` is one built from ``emit(engine)``, for repeated calls; a :class:`Lockstep` is for
    many rows, and raises Apart where it cannot do.

    Raises DesignError for operands that the engine cannot take, also for a K that must be filled up
    where neither side has a zero, ToolMissing or ToolFailed.
    """
    machine = simulator or Simulator(emit(engine))
    emitted = machine.emitted
    if emitted.engine != engine:
        raise DesignError(f"the simulator is of {emitted.engine.name}, not of {engine.name}")
    alone = engine.alone(mode)
    matrices = replace(matrices_of(alone, weight, activation, initial, bias), mode=mode)
    whole = padded(alone, matrices)
    if isinstance(machine, Lockstep):
        return _result(emitted, matrices, np.concatenate(list(machine.results(whole))))
    words = _run(machine, whole)
    return _result(emitted, matrices, words)


def matrices_of(
    engine: Engine,
    weight: Matrix,
    activation: Matrix,
    initial: npt.ArrayLike | None,
    bias: npt.ArrayLike | None,
) -> Matrices:
    """What ``engine``, of a single mode, multiplies. Raises DesignError for what it cannot take."""
    arithmetic = engine.arithmetic
    found = Matrices(
        weight=weight if isinstance(weight, Quantized) else single(arithmetic.weight, weight),
        activation=activation
        if isinstance(activation, Quantized)
        else single(arithmetic.activation, activation),
    )
    _check(engine, found)
    shape = found.weight.shape[0], found.activation.shape[0]
    start = _initial(engine, initial, shape)
    return replace(found, initial=start, bias=_bias(engine, bias, shape[0]))


def _run(machine: Simulator, matrices: Matrices) -> Array:
    """The results' words, block after block, row blocks outermost."""
    emitted = machine.emitted
    plan, result = emitted.plan, machine.result
    blocks = Blocks.of((matrices.weight.shape[0], matrices.activation.shape[0]), plan)
    feed = Feed(machine.sources, plan, matrices, blocks)
    steps = steps_of(plan, matrices)
    total, each = len(blocks.rows) * len(blocks.cols), beats_of(result, plan, steps)
    size = max(CHUNK // steps, 1)
    found = []
    for start in range(0, total, size):
        places = np.arange(start, min(start + size, total))
        row, col = np.divmod(places, len(blocks.cols))
        sent = {stream.name: feed.beats(stream, row, col) for stream in machine.sources}
        if plan.stationary:
            first = np.append(True, row[1:] != row[:-1])
            sent = {s.name: of_sets(s, plan, sent[s.name], first) for s in machine.sources}
        run = machine.run(sent, len(row) * each)
        if len(run.last) < len(row) * each or run.extra:
            raise ToolFailed(f"{emitted.engine.name} hung or gave results twice in simulation")
        found.append(run.words[0])
    return np.concatenate(found)


def _result(emitted: Emitted, matrices: Matrices, words: Array) -> Result:
    plan, field = emitted.plan.modes[matrices.mode], emitted.streams[-1].fields[0]
    shape = matrices.weight.shape[0], matrices.activation.shape[0]
    outputs = plan.outputs
    values = lanes.patterns(field, words)
    if isinstance(plan.result, Format):
        values = values.astype(plan.result.dtype)
    elif plan.result.signed:
        values = lanes.signed(field.bits, values)
    values = gather(values, shape, plan, outputs)
    marks = dict.fromkeys(("nan", "positive", "negative"), np.zeros(values.shape, bool))
    for name, mark in lanes.flag_arrays(field, lanes.flags_of(field, words)).items():
        marks[name] = gather(mark, shape, plan, outputs)
    return Result(values, plan.result, Flags(**marks))


def _check(engine: Engine, matrices: Matrices) -> None:
    """Raise DesignError for what the engine cannot take."""
    arithmetic = engine.arithmetic
    weight, activation = matrices.weight, matrices.activation
    (n, k), (m, other) = weight.shape, activation.shape
    if (weight.operand, activation.operand) != (arithmetic.weight, arithmetic.activation):
        raise DesignError("the operands were quantized for another engine")
    if k != other:
        raise DesignError(f"K must agree: weight has {k}, activation {other}")
    if not 0 < k <= arithmetic.k_max:
        raise DesignError(f"K must lie in 1…{arithmetic.k_max} (k-max), got {k}")
    if not n or not m:
        raise DesignError(f"weight and activation need a row at least, got {n} and {m}")


def _bias(engine: Engine, bias: npt.ArrayLike | None, rows: int) -> Array | None:
    fmt = engine.arithmetic.output.bias
    if (bias is None) != (fmt is None):
        raise DesignError("biases and an output with bias go together")
    if bias is None or fmt is None:
        return None
    codes = fmt.received(bias, scale=True)
    if codes.shape != (rows,):
        raise DesignError(f"bias must be {rows} codes of {fmt.name}, one a row, got {codes.shape}")
    return codes


def _initial(engine: Engine, initial: npt.ArrayLike | None, shape: tuple[int, int]) -> Array | None:
    fmt = engine.arithmetic.initial
    if (initial is None) != (fmt is None):
        raise DesignError("initial values and an arithmetic with initial go together")
    if initial is None or fmt is None:
        return None
    start = whole_numbers(initial, "initial", fmt.low, fmt.high)
    if start.shape != shape:
        raise DesignError(
            f"initial must be {shape} integers in {fmt.low}…{fmt.high}, got {start.shape}"
        )
    return start.astype(integer_type(max(fmt.high, -fmt.low)))
