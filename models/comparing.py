"""Results of simulated RTL against the golden model's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.errors import Mismatch
from ..golden.matmul import Result

Array = npt.NDArray[Any]


def check_same(what: str, found: Result, wanted: Result, rows: Array) -> None:
    """Raise Mismatch, which begins with ``what``, if RTL's results (of ``rows``) differ from the
    golden model's (of all rows)."""
    golden = wanted.values[..., rows, :]
    differs = found.values != golden
    for name in ("nan", "positive", "negative"):
        flags = getattr(wanted.flags, name)[..., rows, :]
        differs = differs | (getattr(found.flags, name) != flags)
    if differs.any():
        place = tuple(int(index) for index in np.argwhere(differs)[0])
        hardware = found.values[place]
        place = (*place[:-2], int(rows[place[-2]]), place[-1])
        raise Mismatch(
            f"{what}: {np.count_nonzero(differs)} of {differs.size} results differ, the first at "
            f"{place}: hardware {hardware}, golden model {wanted.values[place]}"
        )
