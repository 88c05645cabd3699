"""What a convention makes of a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...golden.errors import DesignError
from ..matrix import Matrix, Refused


@dataclass
class Found:
    """Matrices that were recognised, in the order of the file.

    Parameters
    ----------
    matrices, refused : of the file.
    used : names of arrays that belong to either, or to nobody else.
    """

    matrices: list[Matrix] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def refuse(self, name: str, why: str | DesignError, size: int = 0) -> None:
        """One matrix is not read; the others are."""
        self.refused.append(Refused(name, str(why), size))

    def join(self, other: Found) -> None:
        self.matrices += other.matrices
        self.refused += other.refused
        self.used |= other.used
