"""Tokens in beats: where they end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def ends(last: Array, beats: int) -> Array:
    """The ends of tokens in beats with these marks: a token ends after ``beats`` beats, too."""
    found, number = last.copy(), 0
    for index, mark in enumerate(last.tolist()):
        number += 1
        if mark or number == beats:
            found[index], number = True, 0
    return found


def starts(ends: Array) -> Array:
    """The first beats of the tokens that end at these beats, (tokens,)."""
    return np.flatnonzero(np.concatenate([[True], ends[:-1]]))[: int(ends.sum())]
