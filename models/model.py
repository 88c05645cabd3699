"""A model file as named matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..golden.errors import UnknownName
from .conventions import matrices_of
from .files import Container, Stored, read_file
from .matrix import Matrix, Refused


@dataclass(frozen=True)
class Model:
    """An opened model.

    Parameters
    ----------
    container : the file.
    matrices : by name, in the order of the file.
    refused : what looks like matrices and is not read, by name.
    others : all other arrays: norms, biases, tables.
    """

    container: Container
    matrices: Mapping[str, Matrix]
    refused: Mapping[str, Refused]
    others: Mapping[str, Stored]

    def matrix(self, name: str) -> Matrix:
        """The matrix of this name; UnknownName, with close names, for none; DesignError with the
        reason for one that is not read."""
        if name in self.matrices:
            return self.matrices[name]
        if name in self.refused:
            from ..golden.errors import DesignError

            raise DesignError(f"{name} is not read: {self.refused[name].why}")
        raise UnknownName(f"matrix of {self.container.path.name}", name, self.matrices)


def open_model(path: Path | str) -> Model:
    """The matrices of a model file (:func:`macsmith.models.read_file` says which are read).

    DesignError for a file that is damaged, and for one whose convention its metadata do not tell.
    """
    container = read_file(path)
    found = matrices_of(container)
    used = {stored.name for matrix in found.matrices for stored in matrix.arrays}
    used |= found.used
    return Model(
        container,
        {matrix.name: matrix for matrix in found.matrices},
        {refused.name: refused for refused in found.refused},
        {name: stored for name, stored in container.arrays.items() if name not in used},
    )
