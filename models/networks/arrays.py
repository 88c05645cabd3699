"""A model's matrices and vectors by their places in a network, with the shapes that it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ...golden.formats import lookup
from ..files import CODES, NUMPY
from ..matrix import Matrix
from ..model import Model

Array = npt.NDArray[Any]


def has_matrix(model: Model, layer: str) -> bool:
    """Whether the file has weights of this layer, read or refused."""
    return _called(model, layer) is not None


def _called(model: Model, layer: str) -> str | None:
    """What the file calls a layer's weights: those of quantized checkpoints have the layer's name
    alone."""
    known = (*model.matrices, *model.refused)
    return next((name for name in (f"{layer}.weight", layer) if name in known), None)


def matrix(model: Model, layer: str, rows: int, columns: int) -> Matrix:
    """The weights of this layer; DesignError if they are missing or their shape differs."""
    name, where = _called(model, layer), model.container.path.name
    if name is None:
        raise DesignError(f"{where}: {layer}.weight is missing; the network needs it")
    found = model.matrix(name)
    if found.shape != (rows, columns):
        raise DesignError(
            f"{where}: {name} must be {rows} × {columns}, as the network's settings say, got "
            "{} × {}".format(*found.shape)
        )
    return found


def vector(model: Model, name: str, length: int) -> Array:
    """The vector of this name as FP32."""
    found = optional(model, name, length)
    if found is None:
        raise DesignError(f"{model.container.path.name}: {name} is missing; the network needs it")
    return found


def optional(model: Model, name: str, length: int) -> Array | None:
    """The vector of this name as FP32; None where the file has none."""
    stored = model.container.get(name)
    if stored is None:
        return None
    where = f"{model.container.path.name}: {name}"
    if stored.shape != (length,):
        raise DesignError(f"{where} must have {length} elements, got shape {stored.shape}")
    if stored.type in CODES:
        values = lookup(CODES[stored.type][0]).decode(stored.array())
    elif stored.type in NUMPY and stored.type.startswith("float"):
        values = stored.array()
    else:
        raise DesignError(f"{where} must be floating-point numbers, got {stored.type}")
    values = np.asarray(values, np.float32)
    if not np.isfinite(values).all():
        raise DesignError(f"{where} has NaN or infinity")
    return values
