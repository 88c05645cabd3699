"""What an allocation takes: bits, sites and time of each matrix under each choice.

Two kinds of hardware. *Layers*: each matrix has an engine of its own, and all keep one pace: of the
MACs a cycle of all together, each has as large a share as its matrix of all products. *Shared*: one
array for each design that is used, whole, and the matrices take turns; modes of a design share its
array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...boards import Board
from ...golden.errors import DesignError
from ...library import cost
from ...tools.progress import Told, quiet
from ..candidates import equal, shapes
from ..prediction.foresee import report as foreseen
from ..traffic import bits_of
from .choices import Choice
from .losses import Item

Array = npt.NDArray[Any]

LAYERS, SHARED = "layers", "shared"
HARDWARE = (LAYERS, SHARED)

#: Bits a second of a GB/s, cycles a second of a MHz, milliseconds of a second.
GIGABYTES, MEGAHERTZ, MILLI = 8e9, 1e6, 1e3


@dataclass(frozen=True)
class Target:
    """What the hardware is.

    Parameters
    ----------
    board : whose sites and memory it has.
    hardware : layers or shared.
    macs : a cycle, of all engines of layers together, or of a shared array (in its first mode).
    policy : lut or dsp.
    exchange : sites that a DSP block counts.
    megahertz : the clock, which nobody has routed.
    vectors : that are multiplied at a time.
    fast : costs are foreseen from plans instead of synthesized.
    """

    board: Board
    hardware: str = LAYERS
    macs: int = 256
    policy: str = "lut"
    exchange: float = 0.0
    megahertz: float = 300
    vectors: int = 1
    fast: bool = False

    def __post_init__(self) -> None:
        if self.hardware not in HARDWARE:
            raise DesignError(f"hardware is {' or '.join(HARDWARE)}, got {self.hardware!r}")


@dataclass(frozen=True)
class Built:
    """An array of a design: sites, and MACs a cycle in each mode."""

    sites: float
    rates: tuple[float, ...]


def bits(given: Sequence[Item], chosen: Sequence[Choice]) -> Array:
    """Bits a weight over all matrices, the part of each item: (items, choices). Scales and all."""
    counts = np.array([item.count for item in given], float)
    widths = np.array([[_width(choice, item.k) for choice in chosen] for item in given])
    return np.asarray(widths * (counts / counts.sum())[:, None])


def _width(choice: Choice, k: int) -> float:
    return float(bits_of(choice.arithmetic.weight, k))


def built(
    chosen: Sequence[Choice], target: Target, k: int, progress: Told | None = None
) -> list[Built]:
    """The array of each group of choices, synthesized, or foreseen, for reductions over ``k``.

    Raises DesignError where no shape has as many MACs, ToolMissing, ToolFailed.
    """
    found: dict[int, Built] = {}
    for choice in chosen:
        if choice.group not in found:
            found[choice.group] = _array(choice, target, k, progress or quiet)
    return [found[group] for group in sorted(found)]


def _array(choice: Choice, target: Target, k: int, told: Told) -> Built:
    first: DesignError | None = None
    for shape in shapes(target.macs):
        try:
            item = equal(choice.design, target.macs, shape, k, target.policy, target.board)
        except DesignError as error:
            first = first or error
            continue
        if target.fast:
            report = foreseen(item.hardware, target.board)
        else:
            report = cost(item.engine, target.board, progress=told)
        used = report.cost.resources
        sites = used["sites"] + target.exchange * used.get("dsp", 0)
        return Built(sites, tuple(float(rate) for rate in item.hardware.rates.values()))
    assert first is not None
    raise first


def sites_of_layers(
    given: Sequence[Item], chosen: Sequence[Choice], arrays: Sequence[Built], macs: int
) -> Array:
    """Sites of an engine for each item that keeps the common pace: (items, choices).

    A share of an array's sites as large as that of its MACs: engines are of whole rows, so that
    real ones are a little larger.
    """
    counts = np.array([item.count for item in given], float)
    each = [arrays[choice.group].sites / _rate(choice, arrays) for choice in chosen]
    return np.asarray((counts / counts.sum())[:, None] * macs * np.array(each)[None])


def milliseconds(
    given: Sequence[Item], chosen: Sequence[Choice], arrays: Sequence[Built], target: Target
) -> Array:
    """Time of each item on a shared array, bound by products or by weights from memory."""
    counts = np.array([item.count for item in given], float)[:, None]
    rates = np.array([_rate(choice, arrays) for choice in chosen])[None]
    computed = counts * target.vectors / (rates * target.megahertz * MEGAHERTZ)
    memory = target.board.memory.bandwidth if target.board.memory else None
    read = np.zeros_like(computed)
    if memory:
        widths = np.array([[_width(choice, item.k) for choice in chosen] for item in given])
        read = counts * widths / (memory * GIGABYTES)
    return np.asarray(np.maximum(computed, read) * MILLI)


def _rate(choice: Choice, arrays: Sequence[Built]) -> float:
    return arrays[choice.group].rates[choice.mode]
