"""A user's own matrices and activations, as data to try designs with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..golden.errors import DesignError
from ..models.matrix import Matrix
from ..models.model import open_model
from ..models.running import load_activations
from .accuracy import ROWS, VECTORS, Array, Data, checked

#: Matrices of a model that are tried, spread over the file; vectors of activations of each.
MATRICES, MOST_VECTORS = 8, 64

NAME = "own"


def given(data: Path | None, model: Path | None, matrix: str | None, seed: int = 1) -> Data | None:
    """The user's data: activations of a .npy file, weights of a model, or both; None for none.

    Activations without weights meet normal numbers, and weights without activations do so too. Of
    each matrix as many rows are taken as of data that are drawn, evenly spread; of activations
    likewise at most :data:`MOST_VECTORS` vectors. Without ``matrix``, :data:`MATRICES` matrices of
    the model are taken, evenly spread over the file; beside activations those that take them.

    Raises DesignError for files that cannot be read, and where nothing fits together.
    """
    if matrix is not None and model is None:
        raise DesignError(f"--matrix {matrix} is of a model: name its file with --model")
    rng = np.random.default_rng(seed)
    x = None
    if data is not None:
        x = _spread(checked(load_activations(data), f"activations in {data}"), MOST_VECTORS)
    if model is None:
        if x is None:
            return None
        weight = rng.normal(size=(ROWS, x.shape[1]))
        title = f"activations of {data}, Gaussian weights"
        return Data(NAME, title, ((weight, x),), _words(data=data))
    chosen = _matrices(model, matrix, None if x is None else x.shape[1])
    products = []
    for item in chosen:
        weight = _spread(checked(item.values(), f"{item.name} of {model}"), ROWS)
        own = rng.normal(size=(VECTORS, weight.shape[1])) if x is None else x
        products.append((weight, own))
    what = chosen[0].name if len(chosen) == 1 else f"{len(chosen)} matrices"
    beside = "Gaussian activations" if x is None else f"activations of {data}"
    words = _words(data=data, model=model, matrix=matrix)
    return Data(NAME, f"{what} of {model}, {beside}", tuple(products), words)


def _words(**options: Path | str | None) -> str:
    """Options as they are typed."""
    given = {name: value for name, value in options.items() if value is not None}
    return "".join(f" --{name} {shlex.quote(str(value))}" for name, value in given.items())


def _matrices(model: Path, name: str | None, k: int | None) -> list[Matrix]:
    """The matrix of this name, or some that take vectors of ``k``."""
    opened = open_model(model)
    if name is not None:
        found = [opened.matrix(name)]
    else:
        found = list(opened.matrices.values())
    fitting = [item for item in found if k in (None, item.shape[1])]
    if not fitting:
        lengths = ", ".join(map(str, sorted({item.shape[1] for item in found})))
        raise DesignError(
            f"the matrices of {model} take vectors of {lengths or 'nothing: there are none'}"
            + (f", got activations of {k}" if lengths else "")
        )
    return [fitting[place] for place in _places(len(fitting), MATRICES)]


def _spread(values: Array, most: int) -> Array:
    """Rows of a matrix, at most so many, evenly spread."""
    return values[list(_places(len(values), most))]


def _places(count: int, most: int) -> Iterator[int]:
    """At most so many of the first ``count`` numbers, evenly spread."""
    number = min(count, most)
    return (place * count // number for place in range(number))
