"""Engines as the arrays that models take: amounts, kinds, features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...boards.families import family
from ...golden.errors import DesignError
from .features import ARRAY, PATH, SHAPES

Array = npt.NDArray[Any]

#: Inputs of a look-up table from which on it is a large one.
LARGE = 6

#: What a model is of: part -> amounts that it adds up.
AMOUNTS = {
    "array": tuple(f"array_{name}" for name in ARRAY),
    "path": tuple(f"path_{name}" for name in PATH),
    "all": (*(f"array_{name}" for name in ARRAY), *(f"path_{name}" for name in PATH)),
}

#: With and without DSP blocks, for look-up tables of six and of four inputs.
KINDS = 4


class Table(NamedTuple):
    """Engines, one a row.

    Parameters
    ----------
    amounts : n × those of :data:`AMOUNTS` for the part.
    kinds : of each, which coefficients it has.
    features : n × what trees read, without the logarithm of the base, which comes last.
    rates : MACs a cycle.
    """

    amounts: Array
    kinds: Array
    features: Array
    rates: Array

    def with_base(self, base: Array) -> Array:
        """The features with the last one."""
        return np.column_stack([self.features, np.log(base / self.rates)])


def _blocks(row: Mapping[str, float], part: str) -> bool:
    """Whether an engine has DSP blocks: an array may have none where the policy allows them."""
    return row["array_blocks"] > 0 if part == "array" else row["dsp"] > 0


def _place(name: str, known: Sequence[str]) -> int:
    """A family's number. Raises DesignError for one of which the models know no design."""
    if name not in known:
        raise DesignError(
            f"costs are foreseen for boards of the families {', '.join(known)}, got one of {name}",
            {"board": "u280"},
            otherwise="synthesize it",
        )
    return known.index(name)


def table(
    rows: Sequence[Mapping[str, float]],
    families: Sequence[str],
    rates: Sequence[float],
    part: str,
    known: Sequence[str],
) -> Table:
    """Engines' numbers, as :func:`.features.features` gives them, on these families, of those that
    are ``known``: trees read the place there."""
    amounts = np.array([[row[name] for name in AMOUNTS[part]] for row in rows], float)
    amounts = amounts.reshape(len(rows), len(AMOUNTS[part]))
    shapes = np.array([[row[name] for name in SHAPES] for row in rows], float)
    many = np.array(rates, float)
    small = np.array([family(name).lut_inputs < LARGE for name in families], int)
    blocks = np.array([_blocks(row, part) for row in rows], int)
    kinds = 2 * small + blocks
    places = np.array([_place(name, known) for name in families], float)
    features = np.column_stack(
        [np.log1p(amounts / many[:, None]), shapes.reshape(len(rows), len(SHAPES)), places]
    )
    return Table(amounts, kinds, features, many)
