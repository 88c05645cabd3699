"""What commands share: naming a design, JSON output, progress, tables."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from itertools import zip_longest
from typing import Any

from .. import boards
from ..designs import DEFAULT, Options, design, reading
from ..golden.description import Design
from ..golden.description.build import (
    ADDERS,
    BLOCKS,
    CARRIES,
    DATAPATHS,
    DIGIT_SUMS,
    DIGITS,
    FABRICS,
    FLOWS,
    INTERFACES,
)
from ..golden.errors import DesignError, ToolFailed
from ..golden.formats import ROUNDINGS
from ..golden.products import RULES
from ..hw.catalogue import hardware
from ..letters import shown
from ..remedies import remedied
from ..tools import cache, yosys

_WHOLE = {
    "rows", "cols", "lanes", "k_max", "group", "activation_group", "partials", "fraction",
    "pipeline",
}  # fmt: skip


def _words() -> dict[str, str]:
    """What each option is; names are asked for where they are registered."""
    return {
        "name": "the module's name; default the design's, and what the options here change of it",
        "rows": "output channels worked on at a time",
        "cols": "activation vectors worked on at a time",
        "lanes": "products summed per row, column and cycle",
        "k_max": "longest reduction that the accumulator is sized for (default 4096; of "
        "weight_stationary the lanes)",
        "group": "elements of the weight that share a scale; scales are fp16 unless --scale "
        "says else",
        "scale": "format of the weight's scales (fp16, e8m0, ue4m3, …); without --group, one a row",
        "zero_point": "integer format of the weight's zero points, one beside each scale",
        "activation_group": "as --group, of the activation",
        "activation_scale": "as --scale, of the activation",
        "activation_zero_point": "as --zero-point, of the activation",
        "sparse": "kept:window, which elements of the weight there are: 2:4 keeps two of every "
        "four",
        "accumulate": "exact, aligned, an integer format (int32) or a float format (fp32)",
        "partials": "with a float: partial sums that the addends go round (default 1)",
        "overflow": "with an integer: wrap (default) or saturate",
        "fraction": "with aligned: bits kept below the greatest exponent",
        "accumulator": "with aligned: the accumulator's float format (default fp32)",
        "initial": "format of what every raw sum starts from (int32), as a stream of its own",
        "output": "the result's format: raw, fp32 (default of scaled designs), bf16, fp16, int8, …",
        "rounding": f"of the results: {', '.join(ROUNDINGS)}",
        "product": f"how two elements multiply: {', '.join(RULES)}",
        "bias": "float format of a bias per output channel, added before the output's rounding",
        "relu": "negative results become 0",
        "clamp": "cut results to a range, such as -6,6",
        "nan": "zero turns NaN into 0 where the output cannot hold it",
        "datapath": f"how products are made: {', '.join(DATAPATHS)}",
        "flow": f"how operands travel: {', '.join(FLOWS)}",
        "policy": "lut (no DSP blocks) or dsp",
        "interface": f"how streams meet the world: {', '.join(INTERFACES)} (AXI-Stream)",
        "pipeline": "adder levels between two registers (default 1)",
        "adders": f"{' or '.join(ADDERS)}, AMD's carry blocks, which no tool takes apart",
        "blocks": f"DSP blocks under the policy dsp: {', '.join(BLOCKS)}",
        "fabric": f"FPGA family by whose costs datapaths are chosen: {', '.join(FABRICS)}",
        "digit_sums": f"{' or '.join(DIGIT_SUMS)} until a reduction ends",
        "digits": f"of bit_serial that take a cycle: {' or '.join(DIGITS)}",
        "set": "a parameter of a unit, such as points=128; may be given several times",
        "carries": f"of sums over K, {' or '.join(CARRIES)} until a reduction ends (carry-save)",
    }


def design_arguments(parser: argparse.ArgumentParser) -> None:
    """DESIGN and the options that override it."""
    parser.add_argument(
        "design",
        nargs="?",
        default=DEFAULT,
        metavar="DESIGN",
        help="a preset, one format, two of either (e2m1xint8, mxfp4xmxfp8_e5m2; preset:mxint8 is "
        "no format), a unit (hadamard), a TOML file, a .npy table; "
        "default %(default)s",
    )
    words = _words()
    for field in fields(Options):
        how: dict[str, Any] = {"type": str, "metavar": "NAME"}
        if field.name in _WHOLE:
            how = {"type": whole, "metavar": "N"}
        elif field.name == "set":
            how = {"action": "append", "metavar": "PARAMETER=VALUE"}
        elif field.name == "relu":
            how = {"action": "store_true", "default": None}
        elif field.name == "clamp":
            how = {"type": bounds, "metavar": "LOW,HIGH"}
        parser.add_argument(f"--{field.name.replace('_', '-')}", help=words[field.name], **how)


def json_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def whole(text: str) -> int:
    """A whole number, or the rule and the value."""
    try:
        return int(text, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}") from None


def bounds(text: str) -> tuple[float, float]:
    """Two numbers with a comma between them."""
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be LOW,HIGH such as -6,6, got {text!r}") from None
    return low, high


def natural(text: str) -> int:
    """A whole number that is not negative."""
    if whole(text) < 0:
        raise argparse.ArgumentTypeError(f"must not be negative, got {text}")
    return whole(text)


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if whole(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return whole(text)


def need_cache() -> None:
    """Say before any work if what is built cannot be kept: yosys alone would take minutes anew."""
    root = cache.root()
    if not yosys.writable(root):
        raise ToolFailed(
            f"builds are kept in {root}, which cannot be written; set MACSMITH_CACHE to a folder "
            "that can"
        )


def chosen(arguments: argparse.Namespace) -> Design:
    """The design that the arguments name."""
    if (told := reading(arguments.design)) is not None:
        progress(told)
    found: Design = design(arguments.design, _options(arguments))
    return found


def _options(arguments: argparse.Namespace) -> Options:
    given = {field.name: getattr(arguments, field.name) for field in fields(Options)}
    given["set"] = tuple(given["set"]) if given["set"] else None
    return Options(**given)


@contextmanager
def advising(arguments: argparse.Namespace) -> Iterator[None]:
    """What a design that is refused inside is told to do, was tried."""
    try:
        yield
    except DesignError as error:
        if not error.advice or not hasattr(arguments, "policy"):
            raise  # no command of a single design and its options

        def build(options: Options) -> None:
            made = design(arguments.design, options)
            if board := getattr(arguments, "board", None):
                made = boards.fitted(made, boards.lookup(board))
            hardware(made)

        raise remedied(build, _options(arguments), error) from None


def print_json(item: Any) -> None:
    """JSON keeps every letter: as a code where the terminal does not know it."""
    text = json.dumps(item, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = json.dumps(item, indent=2)
    print(text)


def progress(text: str) -> None:
    """A line about work under way, on stderr."""
    print(f"… {text}", file=sys.stderr, flush=True)


def table(rows: list[list[str]], header: list[str]) -> str:
    """Columns as wide as their widest cell, numbers to the right.

    Where the terminal is narrower, long cells are wrapped between words; what is piped or
    redirected stays a line a row.
    """
    rows, header = [[shown(cell) for cell in row] for row in rows], [*map(shown, header)]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    if sys.stdout.isatty():
        widths = _fitted(widths, [header, *rows], shutil.get_terminal_size().columns)

    def numeric(column: int) -> bool:
        cells = [row[column].strip("%×x~") for row in rows if row[column] not in ("", "–", "-")]
        return all(cell.replace(",", "").replace(".", "", 1).isdigit() for cell in cells)

    right = [bool(rows) and numeric(i) for i in range(len(header))]

    def lines(cells: list[str]) -> list[str]:
        wrapped = [
            textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
            for cell, width in zip(cells, widths, strict=True)
        ]
        return [
            "  ".join(
                part.rjust(width) if r else part.ljust(width)
                for part, width, r in zip(parts, widths, right, strict=True)
            ).rstrip()
            for parts in zip_longest(*wrapped, fillvalue="")
        ]

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([*lines(header), rule, *(line for row in rows for line in lines(row))])


def _fitted(widths: list[int], rows: list[list[str]], room: int) -> list[int]:
    """Widths whose sum fits into ``room``: the widest column gives way first.

    Columns keep their longest word; only if that leaves no other way, words are broken.
    """
    words = [
        max(len(word) for row in rows for word in (row[i].split() or [""]))
        for i in range(len(widths))
    ]
    widths = list(widths)
    for least in (words, [min(width, 4) for width in words]):
        while sum(widths) + 2 * (len(widths) - 1) > room:
            column = max(range(len(widths)), key=lambda i: (widths[i] > least[i], widths[i]))
            if widths[column] <= least[column]:
                break
            widths[column] -= 1
    return widths
