"""GELU of integers by shifts: I-ViT's ShiftGELU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..formats import Format, Integer, lookup
from .shift_exp import FRACTION, MOST, fraction, shift_exp, shift_exp_of_positive
from .token_function import TokenFunction

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class ShiftGelu(TokenFunction):
    """y = x · sigmoid(1.702 · scale · x) of a token's integers, in units of scale · 2^-7.

    e = ShiftExp(x - max), m = ShiftExp(-max), total = min(e + m, 2^31 - 1), and
    y = x · floor(e · floor((2^31 - 1) / total) / 2^24): integers all along, and exact products.

    A token's scale comes with it as its ``octave``, ceil(1 / (1.702 · scale)): see
    :func:`.octave_of`. With an octave of 0 all results are 0.

    Source: I-ViT, IntGELU with 8 bits.

    Parameters
    ----------
    octave : format of the octaves, an unsigned integer of up to 8 bits.
    """

    kind: ClassVar[str] = "shiftgelu"
    #: Bits of an exponential below those of an octave.
    n: ClassVar[int] = 23

    octave: Format = lookup("uint8")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_integer("octave", signed=False, most=8)

    @property
    def result(self) -> Integer:
        found = lookup(f"int{self.source.bits + FRACTION}")
        assert isinstance(found, Integer)
        return found

    @property
    def held(self) -> dict[str, Integer]:
        assert isinstance(self.octave, Integer)
        return {"octave": self.octave}

    def of_token(self, x: Array, **beside: Any) -> Array:
        octave, most = beside["octave"], int(x.max())
        e = shift_exp(x - most, octave, self.n)
        if most > 0:
            least = int(shift_exp(np.asarray(-most), octave, self.n))
        else:
            least = shift_exp_of_positive(-most, octave, self.n)
        return x * fraction(e, np.minimum(e + least, MOST))


UNITS.register(ShiftGelu.kind, ShiftGelu)
