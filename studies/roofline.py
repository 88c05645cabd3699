"""How fast engines on a board multiply: bound by their products, or by what memory brings.

The roofline model (Williams, Waterman and Patterson 2009) for each product of matrices: it takes as
long as the longer of its computation and its traffic. Both are at their best: nothing waits for
anything else, memory gives its whole bandwidth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from ..boards import Board
from ..designs import Options, design
from ..golden.description import Engine
from ..golden.errors import DesignError
from ..golden.formats import Format
from ..hw.engine.hardware import EngineHardware
from ..hw.engine.shape import product
from ..library import explain
from ..options import whole_groups
from .candidates import buildable
from .traffic import bits_of, code_bits

#: Bits of a weight that is not quantized, and of one that is dequantized through memory: read as
#: it is stored, written as FP16, read again.
PLAIN = 16

#: Memory in bytes a second, clock in cycles a second.
GIGA, MEGA = 1e9, 1e6


@dataclass(frozen=True)
class Work:
    """Products of matrices for each vector of activations.

    Parameters
    ----------
    title : what they are.
    layers : rows and K of each weight.
    cache : elements of keys and values of each position of a text; 0 where there are none.
    """

    title: str
    layers: tuple[tuple[int, int], ...]
    cache: int = 0

    @property
    def macs(self) -> int:
        """Products with weights for each vector."""
        return sum(rows * k for rows, k in self.layers)


@dataclass(frozen=True)
class Machine:
    """Engines beside memory.

    Parameters
    ----------
    hardware : of one of them.
    engines : how many share the rows of each weight.
    megahertz : their clock.
    bandwidth : of the memory, in gigabytes a second.
    again : whether weights are read anew for each pass of the engine's columns, as without a
        buffer; else once.
    cache_bits : of a key's or value's element.
    """

    hardware: EngineHardware
    engines: int
    megahertz: float
    bandwidth: float
    again: bool = False
    cache_bits: int = 16


@dataclass(frozen=True)
class Times:
    """What some vectors take: seconds of each part, if it were alone.

    Parameters
    ----------
    vectors : of activations; tokens of a network.
    compute : cycles of the engines.
    weights, scales, activations, cache : traffic: of elements of weights; of their scales and all
        else beside them; of activations and results; of keys and values.
    seconds : all, each product bound by the slower of computation and traffic.
    plain, through : the same with FP16 weights, and with weights that are dequantized into memory
        and read from there.
    """

    vectors: int
    compute: float
    weights: float
    scales: float
    activations: float
    cache: float
    seconds: float
    plain: float
    through: float

    @property
    def memory(self) -> float:
        """Seconds of all traffic."""
        return self.weights + self.scales + self.activations + self.cache

    @property
    def bound(self) -> str:
        """What most of the time is spent on."""
        return "compute" if self.compute > self.memory else "memory"

    @property
    def rate(self) -> float:
        """Vectors a second."""
        return self.vectors / self.seconds


def machine(
    name: str,
    board: Board,
    longest: int,
    *,
    rows: int,
    cols: int,
    lanes: int,
    engines: int = 1,
    megahertz: float = 300,
    bandwidth: float | None = None,
    again: bool = False,
    cache_bits: int = 16,
) -> Machine:
    """Engines called ``name`` on a board, for reductions up to ``longest``.

    ``bandwidth`` None is the board's. Raises DesignError where it is not known, and for what cannot
    be built.
    """
    memory = board.memory.bandwidth if board.memory else None
    found = bandwidth if bandwidth is not None else memory
    if not found:
        raise DesignError(
            f"the bandwidth of the memory of {board.name} is not known: give --bandwidth, in GB/s"
        )
    own = design(name)
    if not isinstance(own, Engine):
        raise DesignError(f"{name} is a {explain(own).kind}, no engine: it multiplies no matrices")
    first = own.modes[0]
    k = whole_groups(longest, first.weight, first.activation, first.accumulate)
    options = Options(rows=rows, cols=cols, lanes=lanes, k_max=-(-k // lanes) * lanes)
    hardware = buildable(name, options, board).hardware
    return Machine(hardware, engines, megahertz, found, again, cache_bits)


def times(work: Work, on: Machine, vectors: int, context: int = 0) -> Times:
    """What ``vectors`` take; each is the next token of a text of its own with ``context`` positions
    before, whose keys and values are read."""
    parts = [_layer(rows, k, on, vectors) for rows, k in work.layers]
    cache = work.cache * on.cache_bits * context * vectors / 8 / (GIGA * on.bandwidth)
    compute, weights, scales, activations = (sum(column) for column in zip(*parts, strict=True))
    seconds, plain, through = cache, cache, cache
    for (products, elements, beside, moved), (rows, k) in zip(parts, work.layers, strict=True):
        raw = _bytes(rows * k * PLAIN, on) * _passes(on, vectors)
        once = _bytes(rows * k * PLAIN, on) + (elements + beside) / _passes(on, vectors)
        seconds += max(products, elements + beside + moved)
        plain += max(products, raw + moved)
        # Read as stored and written wide once, then read wide in each pass.
        through += max(products, once + raw + moved)
    return Times(
        vectors, compute, weights, scales, activations, cache, seconds, plain, through
    )  # fmt: skip


def _layer(rows: int, k: int, on: Machine, vectors: int) -> tuple[float, float, float, float]:
    """Seconds of a product: computed, its weights' elements, what stands beside these, and its
    activations with the results."""
    engine, planned = on.hardware.engine, on.hardware.plan
    arithmetic = engine.modes[0]
    share = ceil(rows / on.engines)
    cycles = product(engine, planned, (share, k, vectors)).cycles
    elements = float(code_bits(arithmetic.weight))
    # A scale that a k × k matrix shares costs this one as much for each element: nothing.
    beside = float(bits_of(arithmetic.weight, k)) - elements
    weights = rows * k * _passes(on, vectors)
    inputs = vectors * k * float(bits_of(arithmetic.activation, k))
    form = arithmetic.output.format
    results = vectors * rows * (form.bits if isinstance(form, Format) else planned.result_bits)
    return (
        cycles / (MEGA * on.megahertz),
        _bytes(weights * elements, on),
        _bytes(weights * beside, on),
        _bytes(inputs + results, on),
    )


def limit(work: Work, on: Machine, vectors: int) -> str:
    """Which part of an engine sets its pace in the largest product, in words."""
    rows, k = max(work.layers, key=lambda layer: layer[0] * layer[1])
    share = ceil(rows / on.engines)
    return product(on.hardware.engine, on.hardware.plan, (share, k, vectors)).limit


def _passes(on: Machine, vectors: int) -> int:
    """How often weights are read."""
    return ceil(vectors / on.hardware.plan.cols) if on.again else 1


def _bytes(bits: float, on: Machine) -> float:
    """Seconds that bits take."""
    return bits / 8 / (GIGA * on.bandwidth)


def balance(work: Work, on: Machine, most: int = 1 << 16) -> int | None:
    """The least power of two of vectors at which computation takes longer than traffic; None where
    none of up to ``most`` does."""
    vectors = 1
    while vectors <= most:
        if times(work, on, vectors).bound == "compute":
            return vectors
        vectors *= 2
    return None


def sweep(work: Work, on: Machine, batches: Sequence[int], context: int = 0) -> list[Times]:
    """Each batch."""
    return [times(work, on, vectors, context) for vectors in batches]
