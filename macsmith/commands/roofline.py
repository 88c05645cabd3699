"""Tell how fast engines multiply on a board, and what bounds them."""

from __future__ import annotations

import argparse
from typing import Any

from .. import boards
from ..drawing.files import write_picture
from ..studies.roofline import Machine, Times, Work, balance, limit, machine, sweep, times
from ..studies.roofline_plot import draw
from ..studies.workload import workload
from .common import check_picture, paragraph, print_json, progress, table

#: Vectors that are tried where nobody says how many.
BATCHES = (1, 2, 4, 8, 16, 32, 64)

_HEADER = ["vectors", "a second", "ms", "bound by", "compute", "weights", "scales", "activations",
           "keys, values", "FP16 weights", "dequantized in memory"]  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    picture = check_picture(arguments.svg) if arguments.svg is not None else None
    board = boards.lookup(arguments.board)
    work, vectors, known = workload(arguments.work)
    on = machine(
        arguments.design,
        board,
        max(k for _, k in work.layers),
        rows=arguments.rows,
        cols=arguments.cols,
        lanes=arguments.lanes,
        engines=arguments.engines,
        megahertz=arguments.clock,
        bandwidth=arguments.bandwidth,
        again=arguments.again,
        cache_bits=arguments.cache_bits,
    )
    batches = arguments.batch or _batches(vectors)
    found = sweep(work, on, batches, arguments.context)
    prompt = None if vectors else times(work, on, arguments.prompt)
    if picture is not None:
        write_picture(picture, draw(work, on, found))
        progress(f"wrote {picture}")
    if arguments.json:
        print_json(_told(work, on, found, prompt, known))
        return 0
    _print(work, on, found, prompt, known)
    return 0


def _batches(vectors: int) -> list[int]:
    """Those below and at a shape's own vectors."""
    if not vectors:
        return list(BATCHES)
    return [*(many for many in BATCHES if many < vectors), vectors]


def _told(
    work: Work, on: Machine, found: list[Times], prompt: Times | None, known: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "work": work.title,
        "macs_per_vector": work.macs,
        "design": on.hardware.name,
        "engines": on.engines,
        "macs_per_cycle": float(next(iter(on.hardware.rates.values()))) * on.engines,
        "megahertz": on.megahertz,
        "gigabytes_per_second": on.bandwidth,
        "compute_bound_from": balance(work, on),
        "pace": limit(work, on, found[-1].vectors),
        "batches": [_row(item) for item in found],
        "prompt": None if prompt is None else _row(prompt),
        "notes": [*known, *_notes(on)],
    }


def _row(item: Times) -> dict[str, Any]:
    """A batch, in seconds and vectors a second."""
    parts = ("compute", "weights", "scales", "activations", "cache")
    return {
        "vectors": item.vectors,
        "per_second": item.rate,
        "seconds": item.seconds,
        "bound": item.bound,
        **{f"{name}_seconds": getattr(item, name) for name in parts},
        "faster_than_fp16_weights": item.plain / item.seconds,
        "faster_than_dequantized_in_memory": item.through / item.seconds,
    }


def _notes(on: Machine) -> list[str]:
    """What is assumed."""
    again = "anew for each pass of the columns" if on.again else "once"
    return [
        f"A bound, not a measurement: {on.megahertz:g} MHz was not routed, memory gives all of its "
        f"{on.bandwidth:g} GB/s, nothing waits, and weights are read {again}.",
        "Products of activations with each other (attention), norms and softmax are not counted.",
    ]


def _print(
    work: Work, on: Machine, found: list[Times], prompt: Times | None, known: tuple[str, ...]
) -> None:
    rate = float(next(iter(on.hardware.rates.values()))) * on.engines
    print(paragraph(f"{work.title} on {on.engines} × {on.hardware.name}", "bold"))
    print(paragraph(
        f"{work.macs:,} MACs a vector; {rate:,g} MACs a cycle, "
        f"{2 * rate * on.megahertz / 1e3:,.4g} billion operations a second; {on.bandwidth:g} GB/s"
    ), end="\n\n")  # fmt: skip
    print(table([_cells(item) for item in found], _HEADER), end="\n\n")
    print(paragraph("compute to keys, values: ms of each part alone; the last two columns: how "
                    "many times as long it takes with other weights"))  # fmt: skip
    least = balance(work, on)
    vectors = "1 vector" if least == 1 else f"{least} vectors"
    print(paragraph(f"compute-bound from {vectors} on" if least else "always memory-bound"))
    pace = limit(work, on, found[-1].vectors)
    print(paragraph(f"the pace of an engine in the largest product is set by: {pace}"))
    if prompt is not None:
        print(paragraph(
            f"a prompt of {prompt.vectors} tokens: {1e3 * prompt.seconds:,.1f} ms, "
            f"{prompt.rate:,.0f} tokens a second, bound by {prompt.bound}"
        ))  # fmt: skip
    for line in (*known, *_notes(on)):
        print(paragraph(line))


def _cells(item: Times) -> list[str]:
    parts = (item.compute, item.weights, item.scales, item.activations, item.cache)
    return [
        f"{item.vectors:,}",
        f"{item.rate:,.4g}" if item.rate < 1000 else f"{item.rate:,.0f}",
        f"{1e3 * item.seconds:.4g}",
        item.bound,
        *(f"{1e3 * part:.4g}" for part in parts),
        f"{item.plain / item.seconds:.2f}x",
        f"{item.through / item.seconds:.2f}x",
    ]
