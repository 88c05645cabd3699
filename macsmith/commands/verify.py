"""Prove a design's hardware against the golden model, bit for bit, under stalls."""

from __future__ import annotations

import argparse

from ..hw.emit import emit
from ..sim import verify as simulated
from .common import chosen, design_arguments, json_argument, print_json, progress, whole


def arguments(parser: argparse.ArgumentParser) -> None:
    design_arguments(parser)
    parser.add_argument("--seed", type=whole, default=1, help="of the random data and stalls")
    parser.add_argument("--tiles", type=whole, default=100, help="random reductions (default 100)")
    json_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    engine = chosen(arguments)
    progress(f"building and simulating {engine.name}")
    found = simulated.verify(emit(engine), count=max(arguments.tiles, 1), seed=arguments.seed)
    if arguments.json:
        print_json({"verified": True, **found.to_dict()})
    else:
        print(
            f"{engine.name}: {found.results} results of {found.tiles} reductions equal the golden "
            f"model bit for bit ({found.macs} MACs, seed {found.seed}, {found.seconds} s)"
        )
    return 0
