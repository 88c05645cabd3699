"""What commands share: naming a design, JSON output, notes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from .. import boards
from ..arguments.command import BOARD
from ..boards.routing import checked, router_of
from ..designs import Options, design, reading
from ..drawing.png import check_png
from ..golden.description import Design
from ..golden.errors import DesignError, ToolFailed, spelled
from ..hw.catalogue import hardware
from ..remedies import remedied
from ..screen import following, paragraph, table
from ..tools import cache, wasm

__all__ = [
    "check_file",
    "chosen",
    "following",
    "need_cache",
    "paragraph",
    "print_json",
    "progress",
    "routing",
    "table",
    "target",
]


def check_picture(path: Path) -> Path:
    """The file of ``--svg``, if a picture may be written there: an SVG or a PNG."""
    check_file("--svg", path, ".svg", ".png")
    if path.suffix == ".png":
        check_png()
    return path


def check_file(option: str, path: Path, *endings: str, also: Sequence[str] = ()) -> None:
    """Say before any work if what it ends in cannot be written: DesignError for another ending
    (those of ``also`` are taken too), for what is no plain file, and where there is no folder."""
    if path.suffix not in (*endings, *also):
        told = " or ".join(endings)
        raise DesignError(f"{option} writes a file that ends in {told}, got {path}")
    if path.exists() and not path.is_file():
        raise DesignError(f"{option} writes a plain file, but {path} is none")
    if not path.absolute().parent.is_dir():
        raise DesignError(f"there is no folder {path.parent} for {path.name}: make it")


def need_cache() -> None:
    """Say before any work if what is built cannot be kept: yosys alone would take minutes anew."""
    root = cache.root()
    if not wasm.writable(root):
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


def target(arguments: argparse.Namespace) -> boards.Board:
    """The board or the part that the arguments name, as ``--no-shell`` has it; or the default."""
    part = getattr(arguments, "part", None)
    if part is None:
        board = boards.lookup(arguments.board or BOARD)
    elif arguments.board is not None:
        raise DesignError("give --board or --part, got both")
    else:
        board = boards.part(part)
    return replace(board, shell=None) if getattr(arguments, "no_shell", False) else board


def routing(arguments: argparse.Namespace, board: boards.Board, many: int) -> tuple[int, ...]:
    """The router's seeds, ``many`` where none are told; none, where nothing is to be routed. What
    is wrong about that is said before any work."""
    if not arguments.route:
        if arguments.seeds:
            raise DesignError("--seeds belongs to --route: add it, or leave out --seeds")
        return ()
    router_of(board)
    return checked(arguments.seeds or range(1, many + 1))


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
        names = vars(arguments).keys()
        if not error.advice or not {"design", "designs"} & names:
            raise
        if not {"design", *(field.name for field in fields(Options))} <= names:
            if {name for change in error.advice for name in change} <= names:
                raise
            # A command that takes a design and none of the options that make another of it.
            how = (
                f"{spelled(error.advice)} with macsmith generate, whose design.toml --design takes"
            )
            raise DesignError(error.what, otherwise=how) from None

        def build(options: Options) -> None:
            made = design(arguments.design, options)
            if "part" in names or getattr(arguments, "board", None):
                made = boards.fitted(made, target(arguments))
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
    """A line on stderr about what is done, also where stderr is no terminal."""
    print(f"… {text}", file=sys.stderr, flush=True)
