"""Random numbers of a token's values: a linear feedback shift register that begins with its seed.

The register is Galois's of 33 bits, whose polynomial is primitive: it takes 2^33 - 1 states. A seed
of 32 bits has a one above it, so that the register never stands at zero; many steps before the
first number mix seeds that are alike.

The k-th value of a token has the k-th number, however many come in a beat. Numbers share no bit,
and any two bits are different sums of the seed's: so no pair of values is rounded alike.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Bits of a register, and those that its last one is added to when it leaves.
WIDTH, TAPS = 33, 1 << 32 | 1 << 19
#: Bits of a seed; steps from a seed to the first number.
SEED, MIXED = 32, 1000


def stepped(state: int, count: int) -> int:
    """The register after so many steps."""
    for _ in range(count):
        state = state >> 1 ^ (TAPS if state & 1 else 0)
    return state


def numbers(last: Array, seeds: Array, lanes: int, bits: int) -> Array:
    """Random numbers (beats, lanes) of ``bits`` bits, beside beats with these marks.

    A number is the low bits of the register, which then makes as many steps. ``seeds`` (tokens,)
    has at least as many as there are tokens.
    """
    found = np.zeros((len(last), lanes), np.int64)
    low, begins, left = (1 << bits) - 1, True, iter(seeds.tolist())
    state = 0
    for beat, mark in enumerate(last.tolist()):
        if begins:
            state = stepped(next(left) | 1 << SEED, MIXED)
        for lane in range(lanes):
            found[beat, lane] = state & low
            state = stepped(state, bits)
        begins = mark
    return found


@cache
def terms(count: int) -> tuple[tuple[int, ...], ...]:
    """Of each bit after ``count`` steps the bits before whose sum it is."""
    columns = [stepped(1 << bit, count) for bit in range(WIDTH)]
    return tuple(
        tuple(bit for bit, column in enumerate(columns) if column >> place & 1)
        for place in range(WIDTH)
    )
