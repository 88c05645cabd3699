"""Compare two designs: their bits, their streams, what they cost."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from .. import boards
from ..cost_lines import ROWS
from ..designs import design
from ..golden.description import Design
from ..golden.description.tables import to_dict
from ..hw.design import Hardware
from ..library import cost, explain
from .common import following, print_json, table, target


def run(arguments: argparse.Namespace) -> int:
    names = arguments.A, arguments.B
    board = target(arguments)
    pair = [design(name) for name in names]
    built = [explain(boards.fitted(item, board)) for item in pair]
    bits, build = _described(pair, build=False), _described(pair, build=True)
    streams = list(_streams(built))
    rates = [["latency", *(str(item.latency) for item in built)]]
    rates += [["rate", *(f"{_rates(item)} {item.work}s per cycle" for item in built)]]
    costs = [] if arguments.no_cost else list(_costs(pair, board))
    if arguments.json:
        parts = {"bits": bits, "build": build, "streams": streams, "rates": rates, "cost": costs}
        print_json({"a": names[0], "b": names[1], "same_bits": not bits, **parts})
        return 0
    print("the same bits" if not bits else "different bits")
    for title, rows in (("arithmetic", bits), ("build", build), ("streams", streams),
                        ("rate", rates), (f"cost on {board.name}", costs)):  # fmt: skip
        if rows:
            print(f"\n{table(rows, [title, *names])}")
    return 0


def _described(pair: list[Design], *, build: bool) -> list[list[str]]:
    """Keys of the descriptions whose values differ."""
    flat = [dict(_flat(to_dict(item))) for item in pair]
    keys = sorted({*flat[0], *flat[1]} - {"name"})
    chosen = [key for key in keys if (key.split(".")[0] == "build") == build]
    rows = [[key, *(str(item.get(key, "–")) for item in flat)] for key in chosen]
    return [row for row in rows if row[1] != row[2]]


def _flat(item: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves of nested tables and lists, by their paths."""
    inner = item.items() if isinstance(item, dict) else enumerate(item)
    for key, value in inner:
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict | list):
            yield from _flat(value, here)
        else:
            yield here, value


def _streams(built: list[Hardware]) -> Iterator[list[str]]:
    """Streams that one has alone, or whose beats differ."""
    found = [{s.name: (s.payload_bits, item.notes[s.name]) for s in item.streams} for item in built]
    for name in dict.fromkeys([*found[0], *found[1]]):
        sides = [side.get(name) for side in found]
        if sides[0] != sides[1]:
            yield [name, *("–" if side is None else f"{side[0]} bits: {side[1]}" for side in sides)]


def _rates(item: Hardware) -> str:
    return "/".join(f"{rate:g}" for rate in item.rates.values())


def _costs(pair: list[Design], board: boards.Board) -> Iterator[list[str]]:
    """Each resource of both, and per unit of work."""
    with following(rounds=len(pair)) as told:
        reports = [cost(item, board, progress=told) for item in pair]
    for name in ROWS:
        used = [report.cost.resources.get(name, 0) for report in reports]
        if any(used):
            yield [name, *(f"{number:,g}" for number in used)]
            per = zip(used, reports, strict=True)
            yield [f"{name}, each", *(f"{n / r.rate:.2f} a {r.work}" for n, r in per)]
    yield ["LUT levels", *(str(report.cost.levels["lut"]) for report in reports)]
