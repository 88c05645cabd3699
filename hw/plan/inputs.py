"""What the sums of an array read of a step, and how it is looked at ahead of them."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

from amaranth.hdl import Value

from ...golden.description import Sparse
from ..datapaths import Form

FormT = TypeVar("FormT", bound=Form)


class Input(NamedTuple, Generic[FormT]):
    """What sums read of a step's codes.

    Parameters
    ----------
    label : names it among those of the same form.
    array : the member of ``vector_codes`` that holds the codes.
    lanes : how many.
    form : what is made of them.
    count : how many share a word of the array, the first in the low bits.
    structure : where given, a lane of a sparse operand has as many here as its window is long.
    """

    label: str
    array: str
    lanes: int
    form: FormT
    count: int = 1  # type: ignore[assignment]
    structure: Sparse | None = None

    @property
    def plane(self) -> int:
        """Which plane it is of; its label may say more, where a plane is made in several ways."""
        return int(self.label.split("_")[0])

    def code(self, codes: Any, lane: int) -> Value:
        """A lane's code of a vector's."""
        if self.structure is not None:
            own, position = divmod(lane, self.structure.window)
            lane = own // self.structure.kept * self.structure.window + position
        word, at = divmod(lane, self.count)
        bits = self.form.bits
        return codes[self.array][word][at * bits : (at + 1) * bits]


#: Bits of which any is found between two registers.
ANY = 36


def seen(key: str) -> str:
    """The name of what stands for the codes of an input that were looked at."""
    return f"seen__{key}"


class Scouting(NamedTuple):
    """How the digits of an operand are looked at before a step is taken.

    Parameters
    ----------
    stages : cycles until it is known of each element.
    rounds : cycles until it is known of all.
    """

    stages: int
    rounds: int

    @property
    def cycles(self) -> int:
        return self.stages + self.rounds
