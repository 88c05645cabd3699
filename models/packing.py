"""A matrix of a model in a folder: the design, the image of the weights, a bench that runs both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Engine
from ..golden.errors import DesignError, ToolFailed
from ..golden.matmul import matmul
from ..golden.matrices import Blocks, Matrices
from ..golden.padding import padded
from ..golden.quantize import quantize
from ..golden.tensor import Quantized
from ..hw.text.emit import Emitted, emit
from ..options import Options, override
from ..output import Beside, Generated, generate
from ..sim.harness import Chosen
from ..sim.stimuli import Tile
from ..tools.progress import Told, quiet
from .image import Image, differing, images
from .matrix import Matrix
from .riding import parted, ridden
from .running import activations, fitted
from .serving import Served, serve

Array = npt.NDArray[Any]

#: Rows that the bench runs.
ROWS = 64


@dataclass(frozen=True)
class Packed:
    """A folder that holds a matrix."""

    matrix: Matrix
    served: Served
    generated: Generated
    images: tuple[Image, ...]
    rows: int
    vectors: int

    def to_dict(self) -> dict[str, Any]:
        """What ``macsmith pack --json`` prints."""
        return {
            "matrix": self.matrix.name,
            "design": self.served.engine.name,
            "weights": self.served.how or "as stored",
            "folder": str(self.generated.folder),
            "images": [image.to_dict() for image in self.images],
            "bench_rows": self.rows,
            "bench_vectors": self.vectors,
            "files": [str(name) for name in self.generated.files],
        }


def pack(
    matrix: Matrix,
    folder: Path,
    x: npt.ArrayLike | None = None,
    *,
    design: str | None = None,
    activation: str | None = None,
    axis_width: int | str | None = None,
    interleave: bool | None = None,
    bench_rows: int = ROWS,
    seed: int = 1,
    force: bool = False,
    progress: Told | None = None,
) -> Packed:
    """Write ``matrix`` into ``folder`` for the design that serves it.

    The folder is what ``macsmith generate`` writes; ``image/`` holds the beats of every stream that
    carries weights; the test bench runs the first ``bench_rows`` rows with ``x``, and knows the
    golden answers. Before anything is written, the images' bytes are unpacked again and compared.

    Parameters
    ----------
    x : activations (vectors × K), real; None for a few normal ones of ``seed``.
    design, activation : as of :func:`macsmith.models.serving.serve`.
    axis_width : of the streams, for DMAs, as of :class:`macsmith.Options`.
    interleave : whether scales come in front of the codes that they scale.

    Raises DesignError, ToolFailed.
    """
    told = progress or quiet
    told(f"reading {matrix.name}")
    served = fitted(serve(matrix, design, activation))
    if axis_width is not None or interleave:
        wide = override(served.engine, Options(axis_width=axis_width, interleave=interleave))
        served = replace(served, engine=wide)
    engine = served.engine
    codes = quantize(matrix.inputs(activations(matrix, x, seed)), engine.arithmetic.activation)
    emitted = emit(engine)
    told(f"laying out {matrix.shape[0]} rows as beats, and reading them back")
    own, blocks = images(emitted, served.weight), -(-matrix.shape[0] // engine.build.rows)
    found = ridden(emitted, own, blocks)
    data = {image.stream.name: image.beats.tobytes() for image in found}
    if wrong := differing(emitted, own, served.weight, parted(emitted, own, data, blocks)):
        raise ToolFailed(f"the image of {matrix.name} does not give {', '.join(wrong)} back")
    rows = min(bench_rows, matrix.shape[0])
    tiles = reductions(emitted, served.weight, codes, rows)
    few = tiles[: max(len(tiles) // 4, 1)]
    files: dict[str, str | bytes] = {}
    for image in found:
        files |= image.files()
    entries = {"matrix": {"name": matrix.name, "scheme": matrix.scheme, "shape": [*matrix.shape]},
               "image": [image.to_dict() for image in found]}  # fmt: skip
    made = generate(
        engine,
        folder,
        force=force,
        seed=seed,
        beside=Beside(Chosen(tiles, few, few, None), files, entries),
        progress=told,
    )
    return Packed(matrix, served, made, found, rows, codes.shape[0])


def reductions(emitted: Emitted, weight: Quantized, activation: Quantized, rows: int) -> list[Tile]:
    """The first ``rows`` rows times all vectors as the reductions that the array does, in order."""
    engine = emitted.engine
    whole = padded(engine, Matrices(weight=weight, activation=activation))
    blocks = Blocks.of((rows, activation.shape[0]), emitted.plan)
    found = []
    for down in blocks.rows:
        for across in blocks.cols:
            parts = Matrices(
                weight=rows_of(whole.weight, down), activation=rows_of(whole.activation, across)
            )
            answer = matmul(engine, parts.weight, parts.activation)
            found.append(
                Tile(
                    weight=parts.weight,
                    activation=parts.activation,
                    answer=answer,
                    kind="rows of the matrix",
                )
            )
    return found


def rows_of(given: Quantized, rows: Array) -> Quantized:
    """These rows, each with the scales that it has; blocks of rows that share scales stay whole."""

    def part(array: Array, each: int | None, name: str) -> Array:
        if each is None:
            return array
        index = rows // each
        if each > 1:
            index = index[:: min(each, len(index))]
            if len(np.unique(rows[: min(each, len(rows))] // each)) > 1:
                raise DesignError(
                    f"{name} holds for {each} rows, and the array takes {len(rows)} at a time: "
                    "neither divides the other",
                    {"rows": gcd(each, len(rows))},
                )
        return np.asarray(array[index])

    operand = given.operand
    select = given.select
    if select is not None and operand.select is not None:
        select = part(np.asarray(select), operand.select.span.rows, "a selection")
    return replace(
        given,
        codes={name: np.asarray(codes)[rows] for name, codes in given.codes.items()},
        scales={
            level.name: part(
                np.asarray(given.scales[level.name]), level.span.rows, f"the scale {level.name!r}"
            )
            for level in operand.levels
        },
        select=select,
        indices=None if given.indices is None else np.asarray(given.indices)[rows],
    )


__all__ = ["Engine", "Packed", "pack", "reductions"]
