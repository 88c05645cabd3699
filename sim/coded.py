"""A user's own matrices through the simulated hardware of an engine with a requantizer behind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..golden.coded import Held, held_by_row
from ..golden.description import Chain
from ..golden.errors import DesignError
from ..golden.flags import Flags
from ..golden.matmul import Matrix, Result
from ..golden.matrices import Blocks
from ..golden.padding import padded
from ..golden.streams import Beats, Stream
from ..golden.tiling import Feed, Tiling, gather, steps_of
from ..golden.units.requantized import by_channel, parts
from ..hw.system.chain import ChainHardware
from .answering import answered
from .matmul import matrices_of
from .streams import CHUNK, Array, Simulator


def chain_matmul(
    chain: Chain,
    weight: Matrix,
    activation: Matrix,
    held: Held,
    initial: npt.ArrayLike | None = None,
    *,
    simulator: Simulator,
) -> Result:
    """weight (N × K) times activation (M × K) as codes, computed by the simulated RTL of ``chain``.

    Takes and returns what :func:`macsmith.golden.coded.matmul` does; N, M and K are any, K up to
    k-max. ``simulator`` is one built from ``emit(chain)``.

    Raises DesignError for operands that the engine cannot take, ToolFailed.
    """
    hardware = simulator.emitted.hardware
    if not isinstance(hardware, ChainHardware) or hardware.design != chain:
        raise DesignError(f"the simulator is of {hardware.name}, not of {chain.name}")
    engine, unit = parts(chain)
    found = matrices_of(engine, weight, activation, initial, None)
    shape = found.weight.shape[0], found.activation.shape[0]
    whole, plan = padded(engine, found), Tiling(engine)
    blocks = Blocks.of(shape, plan)
    own, others = (streams for streams in hardware.outside)
    feed = Feed([stream for _, stream in own], plan, whole, blocks)
    values = held_by_row(unit, held, shape[0], plan.cols)
    apart = by_channel(unit, plan.cols)

    def sent(row: Array, col: Array) -> dict[str, Beats]:
        beats = {name: feed.beats(stream, row, col) for name, stream in own}
        rows = blocks.rows[row] if apart else blocks.rows[row][:, :1]
        shared = {name: _shared(s, values, rows.reshape(-1)) for name, s in others if not s.output}
        return beats | shared

    total, size = len(blocks.rows) * len(blocks.cols), max(CHUNK // steps_of(plan, whole), 1)
    made, each = list[Array](), plan.rows * plan.cols // simulator.result.fields[0].count
    for start in range(0, total, size):
        row, col = np.divmod(np.arange(start, min(start + size, total)), len(blocks.cols))
        made += answered(simulator, sent(row, col), len(row) * each)
    codes = gather(np.concatenate(made).astype(unit.result.dtype), shape, plan, 1)
    return Result(codes, unit.result, Flags.none(codes.shape))


def _shared(stream: Stream, values: dict[str, Array], rows: Array) -> Beats:
    """What groups share, a beat for each of ``rows``."""
    arrays = tuple(values[field.array][rows][:, None] for field in stream.fields)
    return Beats(arrays, (None,) * len(arrays), np.zeros(len(rows), bool))
