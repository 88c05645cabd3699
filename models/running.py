"""One matrix of a model times activations: golden answer, simulated hardware, and the error."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.arrays import reals
from ..golden.description import Engine
from ..golden.errors import DesignError, check_ordinary
from ..golden.matmul import Result, matmul
from ..golden.quantize import quantize
from ..golden.tensor import Quantized
from ..library import simulate
from ..machines import MANY, ready
from ..options import whole_groups
from ..tools.progress import Told, quiet
from .comparing import check_same
from .matrix import Matrix
from .serving import Served, serve

Array = npt.NDArray[Any]

#: Vectors of activations that are drawn where none are given, and rows that RTL computes.
VECTORS, ROWS = 4, 16


@dataclass(frozen=True)
class Run:
    """What came out.

    Parameters
    ----------
    matrix, engine : what ran on what.
    how : what was done to the weights; empty for nothing.
    vectors : activations.
    sqnr : of the results against float64 products of the weights as stored and the activations as
        given, in dB.
    golden_seconds : of the golden model, for all rows.
    simulated : rows that RTL computed too, all equal; 0 for none.
    rtl_seconds : of that, with emission and build; ``cycle_seconds`` without these.
    results : (vectors, rows), float64, as the hardware rounds them.
    """

    matrix: Matrix
    engine: Engine
    how: str
    vectors: int
    sqnr: float
    golden_seconds: float
    simulated: int
    rtl_seconds: float
    cycle_seconds: float
    results: Array

    @property
    def macs(self) -> int:
        """Products of the golden run."""
        return self.matrix.count * self.vectors

    @property
    def rtl_macs(self) -> int:
        """Products of the simulated run."""
        return self.simulated * self.matrix.shape[1] * self.vectors

    def to_dict(self) -> dict[str, Any]:
        """What ``macsmith run --json`` prints."""
        return {
            "matrix": self.matrix.name,
            "shape": list(self.matrix.shape),
            "scheme": self.matrix.scheme,
            "design": self.engine.name,
            "weights": self.how or "as stored",
            "vectors": self.vectors,
            "macs": self.macs,
            "sqnr_db": round(self.sqnr, 3),
            "golden_macs_per_second": round(self.macs / max(self.golden_seconds, 1e-9)),
            "rtl_rows": self.simulated,
            "rtl_macs": self.rtl_macs,
            "rtl_macs_per_second": round(self.rtl_macs / max(self.cycle_seconds, 1e-9)),
            "mismatches": 0 if self.simulated else None,
        }


def run(
    matrix: Matrix,
    x: npt.ArrayLike | None = None,
    *,
    design: str | None = None,
    activation: str | None = None,
    rtl_rows: int | None = ROWS,
    seed: int = 1,
    progress: Told | None = None,
) -> Run:
    """``matrix`` times activations on a design, golden and in simulated hardware.

    Parameters
    ----------
    x : activations (vectors × K), real; None for :data:`VECTORS` normal ones of ``seed``.
    design, activation : as of :func:`macsmith.models.serving.serve`.
    rtl_rows : the first so many rows are computed by RTL too; None for all, 0 for none.

    Raises Mismatch, which names the first result that differs; DesignError, ToolMissing,
    ToolFailed.
    """
    told = progress or quiet
    told(f"reading {matrix.name}")
    served = fitted(serve(matrix, design, activation))
    x = activations(matrix, x, seed)
    codes = quantize(matrix.inputs(x), served.engine.arithmetic.activation)
    told(f"computing {matrix.name} × {len(x)} vectors in the golden model")
    begun = time.monotonic()
    answer = matmul(served.engine, served.weight, codes)
    seconds = time.monotonic() - begun
    rows = matrix.shape[0] if rtl_rows is None else min(rtl_rows, matrix.shape[0])
    rtl = cycles = 0.0
    if rows:
        told(f"computing {rows} of {matrix.shape[0]} rows in simulated hardware")
        rtl, cycles = _compared(served, rows, codes, answer)
    results = answer.decode().T
    return Run(
        matrix,
        served.engine,
        served.how,
        len(x),
        sqnr(x @ matrix.values().T, results),
        seconds,
        rows,
        rtl,
        cycles,
        results,
    )


def activations(matrix: Matrix, x: npt.ArrayLike | None, seed: int) -> Array:
    """``x`` as float64 (vectors × K), checked; normal numbers for None."""
    k = matrix.shape[1]
    if x is None:
        return np.random.default_rng(seed).normal(size=(VECTORS, k))
    found = np.asarray(reals(x, "activations are real numbers"), np.float64)
    found = found[None] if found.ndim == 1 else found
    if found.ndim != 2 or found.shape[1] != k or not len(found):
        raise DesignError(f"{matrix.name} takes vectors of {k} elements, got shape {found.shape}")
    if not np.isfinite(found).all():
        raise DesignError("activations must be finite")
    return found


def fitted(served: Served) -> Served:
    """``served`` with a design whose reductions are as long as the matrix needs."""
    engine = served.engine
    arithmetic, k = engine.arithmetic, served.weight.shape[1]
    if k <= arithmetic.k_max:
        return served
    sides = arithmetic.weight, arithmetic.activation
    longest = whole_groups(k, *sides, arithmetic.accumulate)
    longer = replace(engine, modes=(replace(arithmetic, k_max=longest),))
    return replace(served, engine=longer)


def _compared(served: Served, rows: int, codes: Quantized, answer: Result) -> tuple[float, float]:
    """Seconds of the hardware's run with and without its build; raises Mismatch."""
    weight = served.weight.rows(0, rows)
    begun = time.monotonic()
    next(ready(served.engine, rows * weight.shape[1] * codes.shape[0] >= MANY))
    built = time.monotonic()
    found = simulate(served.engine, weight, codes)
    done = time.monotonic()
    check_same(served.engine.name, found, answer, np.arange(rows))
    return done - begun, done - built


def sqnr(wanted: Array, found: Array) -> float:
    """Signal to quantization noise in dB; infinite where nothing differs."""
    noise = float(np.sum((wanted - found) ** 2))
    if noise == 0:
        return float("inf")
    return float(10 * np.log10(np.sum(wanted**2) / noise))


def load_activations(path: Path) -> Array:
    """The array of a .npy file, without ever executing what it holds."""
    try:
        check_ordinary(path)
        found = np.load(path, allow_pickle=False)
        if not isinstance(found, np.ndarray):
            found.close()
            raise DesignError(f"cannot read {path}: it is an archive of arrays, no .npy file")
        return found
    except DesignError:
        raise
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is no .npy file of numbers"
        raise DesignError(f"cannot read {path}: {reason}") from None
