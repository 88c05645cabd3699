"""Write a matrix of a model as the beats of a design's streams, with a bench that runs it."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from ..golden.errors import DesignError
from ..models.model import open_model
from ..models.packing import Packed
from ..models.packing import pack as pack_matrix
from ..models.running import load_activations
from ..models.serving import identifier
from .common import following, paragraph, print_json, table


def run(arguments: argparse.Namespace) -> int:
    if arguments.matrix is None:
        raise DesignError(
            f"name a matrix with --matrix; macsmith inspect {arguments.file} lists them"
        )
    matrix = open_model(arguments.file).matrix(arguments.matrix)
    folder = arguments.folder or Path("out") / identifier(matrix.name)
    x = None if arguments.data is None else load_activations(arguments.data)
    with following() as told:
        found = pack_matrix(
            matrix,
            folder,
            x,
            design=arguments.design,
            activation=arguments.activation,
            axis_width=arguments.axis_width,
            interleave=arguments.interleave,
            bench_rows=arguments.bench_rows,
            seed=arguments.seed,
            force=arguments.force,
            progress=told,
        )
    if arguments.json:
        print_json(found.to_dict())
        return 0
    _say(found, folder)
    return 0


def _say(found: Packed, folder: Path) -> None:
    rows = [
        (
            f"{folder}/image/{image.stream.name}.bin",
            str(len(image.beats)),
            str(image.width),
            str(image.beats.size),
            "weights alone" if image.whole else "beside weights zero: fill in the activation's",
        )
        for image in found.images
    ]
    print(table(rows, ("image", "beats", "bytes a beat", "bytes", "holds")), end="\n\n")
    how = f", {found.served.how}" if found.served.how else ""
    name = found.served.engine.name
    print(paragraph(f"{found.matrix.name} for {name}{how}; unpacked again, all is equal", "green"))
    bench = shlex.quote(str(folder / "tb"))
    print(
        f"next: make -C {bench} icarus: {found.rows} rows × {found.vectors} vectors, ends in PASS"
    )
