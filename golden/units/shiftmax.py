"""Softmax of integers by shifts: I-ViT's Shiftmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..formats import Format, Integer, lookup
from .shift_exp import MOST, fraction, shift_exp
from .token_function import TokenFunction

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Shiftmax(TokenFunction):
    """y = softmax(scale · x) of a token's integers, in units of 2^-7, rounded down.

    e = ShiftExp(x - max), total = min(sum of e, 2^31 - 1), y = floor(e · floor((2^31 - 1) / total)
    / 2^24): integers all along. Results are 0 to 127.

    A token's scale comes with it as its ``octave``, ceil(1 / scale): see :func:`.octave_of`. With
    an octave of 0 all results are 0.

    Source: I-ViT, IntSoftmax with 8 bits.

    Parameters
    ----------
    octave : format of the octaves, an unsigned integer of up to 16 bits.
    """

    kind: ClassVar[str] = "shiftmax"
    #: Bits of an exponential below those of an octave.
    n: ClassVar[int] = 15

    octave: Format = lookup("uint8")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integer("octave", signed=False, most=16)

    @property
    def result(self) -> Integer:
        found = lookup("int8")
        assert isinstance(found, Integer)
        return found

    @property
    def held(self) -> dict[str, Integer]:
        assert isinstance(self.octave, Integer)
        return {"octave": self.octave}

    def of_token(self, x: Array, **beside: Any) -> Array:
        e = shift_exp(x - x.max(), beside["octave"], self.n)
        return fraction(e, min(int(np.sum(e)), MOST))


UNITS.register(Shiftmax.kind, Shiftmax)
