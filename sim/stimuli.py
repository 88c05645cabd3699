"""Tiles that are worth trying: random operands and scales, their corners, the sums' bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.answers import by_row
from ..golden.description import Engine, Level, Operand, Sparse
from ..golden.formats import Format
from ..golden.matmul import Result, matmul
from ..golden.matrices import Matrices
from ..golden.tensor import Quantized
from . import bounds, scaling
from .codes import (
    CLOSED,
    MAKERS,
    OPEN,
    ZEROS,
    Generator,
    Shape,
    any_places,
    beside_zeros,
    finite_codes,
)

Array = npt.NDArray[Any]

#: Most groups in a tile of random length whose groups are long.
_GROUPS = 4

#: How often a tile has the weights of the one before, where weights stay.
_STAYING = 0.9


@dataclass(frozen=True, kw_only=True)
class Tile(Matrices):
    """One reduction: what goes in, and the golden model's answer.

    An array need not take whole blocks of rows that share a scale: in a tile every row has its own,
    and rows of a block have the same.

    Parameters
    ----------
    kind : how the data was made, for reports.
    """

    kind: str
    answer: Result


def unit(engine: Engine) -> int:
    """K is a multiple of this: of the lanes, every group, every selection, every stage's span."""
    arithmetic = engine.arithmetic
    spans = [level.span.columns for level in arithmetic.levels]
    for operand in (arithmetic.weight, arithmetic.activation):
        spans += [operand.select.span.columns] if operand.select else []
    spans += [stage.span for stage in arithmetic.accumulate]
    return lcm(engine.step(), *(span for span in spans if span))


def tiles(
    engine: Engine, count: int, seed: int, longest: int = 64, *, steps: int = 1, every: int = 3
) -> list[Tile]:
    """``count`` tiles of random length up to ``longest``; kinds take turns. Repeatable by seed.

    Each ``every``-th has at least so many ``steps``, if k_max allows. Modes take turns at random.
    """
    rng = np.random.default_rng(seed)
    if (modes := len(engine.modes)) > 1:
        ways: dict[str, int] = {"steps": steps, "every": every}
        share = -(-count // modes)
        found = [
            replace(tile, mode=mode)
            for mode in range(modes)
            for tile in tiles(engine.alone(mode), share, seed + mode, longest, **ways)
        ]
        return [found[index] for index in rng.permutation(len(found))[:count]]
    size = unit(engine)
    most = max(engine.arithmetic.k_max // size, 1)
    usual = min(max(longest // size, _GROUPS), most)
    least = min(-(-steps * engine.step() // size), most)
    result: list[Tile] = []
    for index in range(count):
        # Reductions of one step or group follow each other now and then: they show bubbles.
        units = 1 if index % 7 == 3 else int(rng.integers(1, usual + 1))
        if index % every == 0 and units < least:
            units = int(rng.integers(least, min(least + _GROUPS, most) + 1))
        same = result and engine.build.flow == "weight_stationary" and rng.random() < _STAYING
        weight = result[-1].weight if same else None
        result.append(_tile(engine, index, units * size, rng, weight))
    return result


def batches(engine: Engine, total: int, seed: int, k: int) -> Iterator[Tile]:
    """Endless-looking random tiles of one length for bulk runs, ``total`` of them."""
    rng = np.random.default_rng(seed)
    for index in range(total):
        yield _tile(engine, index, k, rng)


def bound_tiles(engine: Engine, seed: int = 0) -> list[Tile]:
    """Tiles of the longest K that drive every sum to its upper and to its lower bound.

    Where groups have float scales, once with the largest scales and once with scales of one. Sums
    that align have no bounds to reach.
    """
    if len(engine.modes) > 1:
        return [
            replace(tile, mode=mode)
            for mode in range(len(engine.modes))
            for tile in bound_tiles(engine.alone(mode), seed)
        ]
    if engine.arithmetic.aligned:
        return []
    engine = by_row(engine)
    arithmetic = engine.arithmetic
    rng = np.random.default_rng(seed)
    k = max(arithmetic.k_max // unit(engine), 1) * unit(engine)
    scaled = any(level.when != "end" and not level.integer for level in arithmetic.levels)
    result = []
    for output in range(arithmetic.outputs):
        for name, sign in (("upper bound", 1), ("lower bound", -1)):
            choices = bounds.extremes(arithmetic, output, sign)
            for largest in (True, False) if scaled else (False,):
                weight, activation = (
                    bounds.filled(operand, choice, (vectors, k), largest=largest)
                    for (operand, vectors), choice in zip(_sides(engine), choices, strict=True)
                )
                kind = name + (" with the largest scales" if largest else "")
                result.append(answered(engine, kind, weight, activation, rng))
    return result


def answered(
    engine: Engine, kind: str, weight: Quantized, activation: Quantized, rng: Generator
) -> Tile:
    """A tile with its golden answer; biases, and what sums start from, are random.

    ``engine`` has a scale a row, as :func:`by_row` makes it.
    """
    arithmetic, more = engine.arithmetic, dict[str, Array]()
    shape = weight.shape[0], activation.shape[0]
    if (fmt := arithmetic.initial) is not None:
        more["initial"] = rng.integers(fmt.low, fmt.high, shape, endpoint=True)
        if "bound" in kind:
            more["initial"][...] = fmt.high if kind.startswith("upper") else fmt.low
    if (fmt := arithmetic.output.bias) is not None:
        more["bias"] = scaling.biases(fmt, shape[0], scaling.draw(rng), rng)
    answer = matmul(engine, weight, activation, **more)  # type: ignore[arg-type]
    return Tile(
        kind=kind,
        weight=weight,
        activation=activation,
        bias=more.get("bias"),
        initial=more.get("initial"),
        answer=answer,
    )


def _tile(
    engine: Engine, index: int, k: int, rng: Generator, weight: Quantized | None = None
) -> Tile:
    shared, engine = engine.arithmetic, by_row(engine)
    usual = OPEN if shared.output.format is None else CLOSED
    kinds = (*usual, *([ZEROS] if shared.aligned else ()))
    kind, scales = kinds[index % len(kinds)], scaling.draw(rng)
    empty = bool(shared.levels) and rng.random() < 0.25
    operands = []
    for side, (operand, vectors) in enumerate(_sides(engine)):
        make = _maker(kind, side)
        structure = operand.structure
        kept = k if structure is None else structure.compressed(k, "K")
        codes = {name: make(fmt, (vectors, kept), rng) for name, fmt in operand.codes.items()}
        if side and kind == "cancelling":
            for array in codes.values():
                _paired(array, engine.arithmetic.weight.structure)
        levels = (shared.activation if side else shared.weight).levels
        held = {level.name: _scales(level, (vectors, k), scales, rng) for level in levels}
        if empty:
            scaling.clear_groups(operand, codes, held, rng)
        select = operand.select
        chosen = None
        if select:
            chosen = rng.integers(0, 1 << select.width, select.span.shape(vectors, k))
        places = None if structure is None else any_places(structure, (vectors, kept), rng)
        operands.append(Quantized(operand, codes, held, chosen, places))
    words = [kind, *([f"scales: {scales}"] if shared.levels else [])]
    words += ["empty groups"] * empty
    return answered(engine, ", ".join(words), weight or operands[0], operands[1], rng)


def _maker(kind: str, side: int) -> Callable[[Format, Shape, Generator], Array]:
    """What makes the codes of a side."""
    if kind == ZEROS:
        return partial(beside_zeros, side=side)
    return finite_codes if side and kind == "cancelling" else MAKERS[kind]


def _paired(codes: Array, structure: Sparse | None) -> None:
    """Make alike what pairs of weights meet, so that opposite ones cancel.

    Two windows of a sparse weight hold whole pairs of what is kept.
    """
    size = 2 * (structure.window if structure else 1)
    whole = codes[:, : codes.shape[1] // size * size].reshape(len(codes), -1, size)
    codes[:, : codes.shape[1] // size * size] = np.repeat(whole[:, :, 0], size, axis=1)


def _scales(level: Level, shape: tuple[int, int], kind: str, rng: Generator) -> Array:
    """A level's scales, those of a block repeated for each of its rows."""
    block = level.span.rows or 1
    height = -(-shape[0] // block) * block
    codes = scaling.scales(level, level.span.shape(height, shape[1]), kind, rng)
    return np.repeat(codes, block, axis=0)[: shape[0]] if block > 1 else codes


def _sides(engine: Engine) -> list[tuple[Operand, int]]:
    """Each operand, and how many of its rows an array takes."""
    arithmetic, build = engine.arithmetic, engine.build
    return [(arithmetic.weight, build.rows), (arithmetic.activation, build.cols)]
