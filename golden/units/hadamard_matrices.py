"""Small Hadamard matrices whose order is no power of two, and random signs in front of one.

Paley's two rules give them from the quadratic residues modulo a prime q. QuaRot (arXiv 2404.00456,
``hadamard_utils.py``) rotates with the same matrices, entry by entry: of order 12 and 20 by the
first rule with q = 11 and 19, of order 28 by the second with q = 13.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from .lfsr import SEED, numbers

Array = npt.NDArray[Any]

#: Order -> q of Paley's rule.
PRIMES = {12: 11, 20: 19, 28: 13}


def residues(q: int) -> Array:
    """χ(i - j), q × q, for a prime q: 1 for squares modulo q, -1 for others, 0 for 0."""
    squares = {number * number % q for number in range(1, q)}
    character = np.array([0, *(1 if number in squares else -1 for number in range(1, q))])
    index = np.arange(q)
    return np.asarray(character[(index[:, None] - index[None, :]) % q])


def paley_first(q: int) -> Array:
    """H of order q + 1, for a prime q = 3 modulo 4; its first row is 1 and then -1."""
    h = np.ones((q + 1, q + 1), np.int64)
    h[0, 1:] = -1
    h[1:, 1:] = residues(q) + np.eye(q, dtype=np.int64)
    return h


def paley_second(q: int) -> Array:
    """H of order 2 (q + 1), for a prime q = 1 modulo 4: [[C + I, C - I], [C - I, -C - I]]."""
    c = np.ones((q + 1, q + 1), np.int64)
    c[0, 0] = 0
    c[1:, 1:] = residues(q)
    one = np.eye(q + 1, dtype=np.int64)
    return np.block([[c + one, c - one], [c - one, -c - one]])


@cache
def small(order: int) -> Array:
    """The matrix of this order, one of 12, 20, 28; that of order 1 is [[1]]."""
    if order == 1:
        return np.ones((1, 1), np.int64)
    rule = paley_first if order == PRIMES[order] + 1 else paley_second
    found = rule(PRIMES[order])
    found.flags.writeable = False
    return found


@cache
def random_signs(seed: int, count: int) -> Array:
    """``count`` times 1 or -1: 1 where the next bit of the register that begins with ``seed`` is 0.

    The register is that of :mod:`macsmith.golden.units.lfsr`; a seed has 32 bits.
    """
    drawn = numbers(np.ones(1, bool), np.array([seed]), count, 1)
    found: Array = 1 - 2 * drawn[0]
    found.flags.writeable = False
    return found


#: Seeds are below this.
SEEDS = 1 << SEED
