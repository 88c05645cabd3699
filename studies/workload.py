"""The products of a shape or of a model file, for :mod:`macsmith.studies.roofline`."""

from __future__ import annotations

import re
from pathlib import Path

from ..golden.errors import DesignError
from ..hw.engine.shape import parse_shape
from ..models.model import open_model
from ..models.networks.llama import Llama
from ..models.networks.network import open_network
from .roofline import Work


def workload(name: str) -> tuple[Work, int, tuple[str, ...]]:
    """The work called ``name``: a shape such as 4096x4096x1, or a model file.

    Returns it with the vectors of a shape, 0 of a model, and what is to be known of it. Raises
    DesignError.
    """
    if re.fullmatch(r"\d+x\d+x\d+", name):
        rows, k, vectors = parse_shape(name)
        return Work(f"{rows} × {k}", ((rows, k),)), vectors, ()
    if re.fullmatch(r"[\dx]+", name):
        parse_shape(name)  # raises: so many sides are no shape
    model = open_model(Path(name))
    where = model.container.path.name
    try:
        network = open_network(model)
    except DesignError as error:
        layers = tuple(matrix.shape for matrix in model.matrices.values())
        if not layers:
            raise DesignError(
                f"{where} has no matrices that something is multiplied with"
            ) from None
        note = f"every matrix once a vector, keys and values not counted: {error.what}"
        return Work(f"{len(layers)} matrices of {where}", layers), 0, (note,)
    layers = tuple(matrix.shape for matrix in network.matrices)
    cache = 0
    if isinstance(network, Llama):
        s = network.settings
        cache = 2 * s.layers * s.shared * s.size
    return Work(f"{len(layers)} matrices of {where}", layers, cache), 0, ()
