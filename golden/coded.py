"""The bit-exact answer of an engine, also where a requantizer stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .description import Chain, Engine
from .errors import DesignError
from .flags import Flags
from .matmul import Matrix, Result
from .matmul import matmul as product

if TYPE_CHECKING:
    from .units.requantize import Requantize

Held = Mapping[str, npt.ArrayLike]


def matmul(
    engine: Engine | Chain,
    weight: Matrix,
    activation: Matrix,
    mode: int = 0,
    initial: npt.ArrayLike | None = None,
    bias: npt.ArrayLike | None = None,
    held: Held | None = None,
) -> Result:
    """weight (N × K) times activation (M × K): what the hardware answers, to the bit.

    N, M and K are any, K up to k_max: a sum takes the elements that there are. In hardware zeros
    fill K up to whole steps and groups, which changes nothing where sums are exact or rounded group
    by group; where they align (``rule aligned``), zeros fill up the last group here too.

    Parameters
    ----------
    engine : the design: an engine, or a chain of one and a requantizer behind it, whose results are
        codes.
    weight, activation : :class:`Quantized`, or bare codes where an operand is one unscaled plane:
        arrays of the element format's own type or of unsigned integers (:meth:`Format.received`).
    mode : which of the engine's arithmetics.
    initial : (N, M) integers that the sums start from, if the arithmetic has ``initial``; of any
        integer type.
    bias : (N,) codes of the output's ``bias`` format, if it has one, as scales are given.
    held : of a requantizer: codes of its ``multiplier``, ``shift`` and ``bias``, by name, those
        that it has. One of each for the matrix, or (N,), one a row of the weight; where a whole
        tile shares them (``group=0``), one.

    Raises DesignError if K differs, is 0, or exceeds k_max, and for what a design does not take.
    """
    if isinstance(engine, Engine):
        if held is not None:
            raise DesignError(f"held is what requantizers hold, {engine.name} has none behind it")
        return product(engine, weight, activation, mode, initial, bias)
    from .units.requantized import parts  # with all units: only for chains

    if mode or bias is not None:
        raise DesignError(f"{engine.name} has one mode; its biases are among held")
    first, unit = parts(engine)
    found = product(first, weight, activation, initial=initial)
    values = held_by_row(unit, held or {}, len(found.values), first.build.cols)
    codes = found.values & (1 << unit.sums.bits) - 1
    made = unit.requantize(
        codes.astype(unit.sums.dtype), {name: array[:, None] for name, array in values.items()}
    )
    return Result(made, unit.result, Flags.none(made.shape))


def held_by_row(unit: Requantize, held: Held, rows: int, cols: int) -> dict[str, np.ndarray]:
    """Codes (rows,) of what ``unit`` holds for each row of the weight of an engine of ``cols``.

    Raises DesignError for others than it holds, and for as many as it cannot hold apart.
    """
    from .units.requantized import by_channel

    if set(held) != set(unit.held):
        raise DesignError(
            f"held has codes of {', '.join(unit.held) or 'nothing'}, by name; got "
            f"{', '.join(held) or 'none'}"
        )
    apart, found = by_channel(unit, cols), {}
    for name, given in held.items():
        codes = unit.held[name].received(given, scale=True)
        if codes.size != 1 and (codes.shape != (rows,) or not apart):
            wanted = f"one code, or {rows}, one a row" if apart else "one code for all rows"
            raise DesignError(f"{name} must be {wanted}, got shape {codes.shape}")
        found[name] = np.broadcast_to(codes.reshape(-1), (rows,))
    return found
