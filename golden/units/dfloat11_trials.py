"""What decoders of DFloat11 are tried with: codes of every length, matrices short and long."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..storage.dfloat11 import encoded
from ..storage.huffman import END, POINTERS, Code

Array = npt.NDArray[Any]

#: Elements of a trial's matrices together.
ELEMENTS = 512


def lengths_of(tables: int) -> int:
    """Bits of the longest code of ``ladder`` that fits: a table for each 8 bits."""
    return min(8 * tables, 32)


def ladder(symbols: Array, longest: int) -> dict[int, Code]:
    """A code for each symbol, of 1, 2, 3 … bits and then all of ``longest``: 0, 10, 110, …

    The end marker's is all ones.
    """
    found = {}
    for number, symbol in enumerate(symbols.tolist()):
        length = min(number + 1, longest)
        found[symbol] = length, (1 << length) - 2
    found[END] = longest, (1 << longest) - 1
    return found


def grown(symbols: Array, tables: int, rng: np.random.Generator) -> dict[int, Code]:
    """Codes of a random tree, which grows at its leaves, often where it grew last.

    Its prefixes of whole bytes are no more than ``tables``. The end marker is a leaf, too.
    """
    leaves, prefixes = [(1, 0), (1, 1)], {(0, 0)}
    for _ in range(20 * len(symbols)):
        if len(leaves) == len(symbols) + 1:
            break
        at = len(leaves) - 1 if rng.random() < 0.3 else int(rng.integers(len(leaves)))
        leaf = length, value = leaves[at]
        if length == 32 or (length % 8 == 0 and len(prefixes) == tables):
            continue
        if length % 8 == 0:
            prefixes.add(leaf)
        leaves[at] = length + 1, 2 * value
        leaves.append((length + 1, 2 * value + 1))
    end = int(rng.integers(len(leaves)))
    code = {END: leaves.pop(end)}
    return dict(zip(symbols.tolist(), leaves, strict=False)) | code


def drawn(tables: int, rng: np.random.Generator) -> list[dict[str, Array]]:
    """Matrices of ``ELEMENTS`` random numbers together, often one, each in a random code: of steps,
    or a tree, of few symbols or many."""
    cuts = np.unique(rng.integers(1, ELEMENTS, rng.integers(0, 2)))
    cuts = np.append(cuts, 1) if rng.random() < 0.1 else cuts
    return [_drawn(tables, int(count), rng) for count in _counts(cuts)]


def _counts(cuts: Array) -> Array:
    return np.diff(np.unique([0, *cuts, ELEMENTS]))


def _drawn(tables: int, count: int, rng: np.random.Generator) -> dict[str, Array]:
    most = tables if rng.random() < 0.1 else min(tables, 2)
    longest = lengths_of(most)
    symbols = rng.permutation(POINTERS)
    if rng.random() < 0.3:
        code = ladder(symbols[: rng.integers(1, longest + 1)], longest)
    else:
        code = grown(symbols[: rng.integers(1, POINTERS + 1)], most, rng)
    known = np.array([symbol for symbol in code if symbol != END])
    # Short codes as often as their length says, or all symbols alike.
    weights = np.array([2.0 ** -code[int(symbol)][0] for symbol in known])
    if rng.random() < 0.5:
        weights = np.ones(len(known))
    exponents = rng.choice(known, count, p=weights / weights.sum())
    return encoded(_bits(exponents, rng), code)


def corners(tables: int) -> list[list[dict[str, Array]]]:
    """Codes of one bit, behind a matrix of one number; the longest ones; those of all lengths."""
    rng, longest = np.random.default_rng(1), lengths_of(tables)
    steps = np.arange(longest)
    code, alone = ladder(steps, longest), ladder(np.array([127]), 1)
    same = np.full(ELEMENTS, 127)
    chosen = [
        np.full(ELEMENTS, longest - 1),
        np.resize(steps, ELEMENTS),
        np.resize(steps[::-1], ELEMENTS),
        np.resize([0, longest - 1], ELEMENTS),
    ]
    found = [[encoded(_bits(exponents, rng), code)] for exponents in chosen]
    return [[encoded(_bits(part, rng), alone) for part in (same[:1], same[1:])], *found]


def _bits(exponents: Array, rng: np.random.Generator) -> Array:
    """BF16 of these exponents, with random signs and mantissas."""
    rest = rng.integers(0, 256, len(exponents))
    return ((rest & 0x80) << 8 | exponents << 7 | rest & 0x7F).astype(np.uint16)
