"""A network's products in simulated RTL too, compared with the golden model bit for bit."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.description import Engine
from ...golden.errors import DesignError
from ...golden.formats import Format
from ...hw.catalogue import hardware
from ...library import simulate
from ...machines import ready
from ...tools.progress import Told, quiet
from ..comparing import check_same
from ..matrix import Matrix
from ..packing import rows_of
from .product import DesignProduct, values
from .proving_units import UnitsProof

Array = npt.NDArray[Any]

#: Rows of each matrix in a sample. Blocks that share scales have a multiple of it, or all of it.
SAMPLE = 4

#: Rows of an array with one column: for one vector, which would leave others idle.
ROWS = 16


@dataclass
class Proof:
    """What was computed in simulated RTL, all of it equal to the golden model.

    Parameters
    ----------
    matrices : by which something was multiplied.
    macs : products of a weight and an activation.
    engines : names and shapes of the engines, in the order of their first use.
    units : values that units made between products, by what they are called.
    build_seconds, seconds : of emission and compilation, and of all else.
    """

    matrices: int = 0
    macs: int = 0
    engines: list[str] = field(default_factory=list)
    units: dict[str, int] = field(default_factory=dict)
    build_seconds: float = 0.0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """What ``--json`` prints of it."""
        return {
            "matrices": self.matrices,
            "macs": self.macs,
            "engines": self.engines,
            "units": self.units,
            "build_seconds": round(self.build_seconds, 1),
            "seconds": round(self.seconds, 1),
            "macs_per_second": round(self.macs / max(self.seconds, 1e-9)),
            "mismatches": 0,
        }


@dataclass
class Proven:
    """A design's products; each call is also computed in simulated RTL.

    Parameters
    ----------
    inner : the golden model.
    whole : all rows of every matrix, else :data:`SAMPLE` of them: other ones in every matrix.
    units : sees what units between products are sent, and the quantizers of activations, of values
        of ``form``; None without them.

    Raises Mismatch, which names the first matrix, row and vector that differ.
    """

    inner: DesignProduct
    whole: bool = False
    told: Told = quiet
    proof: Proof = field(default_factory=Proof)
    units: UnitsProof | None = None
    form: Format | None = None

    @property
    def name(self) -> str:
        return self.inner.name

    def bits(self, matrix: Matrix) -> float:
        return self.inner.bits(matrix)

    def __call__(self, matrix: Matrix, x: Array) -> Array:
        codes, answer = self.inner.multiply(matrix, x)
        served = self.inner.served(matrix)
        if self.units is not None and self.form is not None:
            inputs, operand = matrix.inputs(x), served.engine.arithmetic.activation
            self.units.quantized(operand, self.form, inputs, codes)
        rows = np.arange(matrix.shape[0])
        if not self.whole:
            first = zlib.crc32(matrix.name.encode()) % max(len(rows) // SAMPLE, 1) * SAMPLE
            rows = rows[first : first + SAMPLE]
        weight = rows_of(served.weight, rows)
        engine = for_vectors(served.engine, len(x))
        self._built(engine)
        self.told(f"computing {len(rows)} of {matrix.shape[0]} rows of {matrix.name} in RTL")
        begun = time.monotonic()
        found = simulate(engine, weight, codes, copies=self.whole)
        self.proof.seconds += time.monotonic() - begun
        check_same(f"{engine.name}, {matrix.name}", found, answer, rows)
        self.proof.matrices += 1
        self.proof.macs += len(rows) * matrix.shape[1] * len(x)
        return values(answer)

    def done(self) -> Proof:
        """What was proven, by engines and units."""
        if self.units is None:
            return self.proof
        return replace(
            self.proof,
            units=self.units.values,
            build_seconds=self.proof.build_seconds + self.units.build_seconds,
            seconds=self.proof.seconds + self.units.seconds,
        )

    def _built(self, engine: Engine) -> None:
        build = engine.build
        called = f"{engine.name} {build.rows}x{build.cols}x{build.lanes}"
        if called in self.proof.engines:
            return
        self.told(f"building the RTL of {called}")
        begun = time.monotonic()
        next(ready(engine, self.whole))
        self.proof.build_seconds += time.monotonic() - begun
        self.proof.engines.append(called)


def for_vectors(engine: Engine, vectors: int) -> Engine:
    """``engine`` in a shape for one vector where there is one: a shape never changes a bit."""
    if vectors > 1:
        return engine
    try:
        shaped = replace(engine, build=replace(engine.build, rows=ROWS, cols=1))
        hardware(shaped)
    except DesignError:
        return engine
    return shaped
