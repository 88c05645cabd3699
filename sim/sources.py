"""Verilog files of a user's, in a folder where tools may read them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..golden.errors import DesignError, check_ordinary
from .parser import check_recursion

#: Files that others include; they are not read by themselves.
HEADERS = (".vh", ".svh")

#: Names that stand in quotes in a script of yosys and are no options.
_NAME = re.compile(r"""[^"\\\x00-\x1f\x7f+-][^"\\\x00-\x1f\x7f]*""")

#: Names of modules that mean nothing else in a script of yosys, nor as a part of a folder's name.
_TOP = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.:=+\[\]-]*")


def gathered(files: Sequence[Path], folder: Path) -> list[str]:
    """Copy ``files`` into ``folder``; the names of those that are read by themselves, in order.

    Raises DesignError for what cannot be read, names that yosys cannot take, and text without end.
    """
    names = []
    for path in files:
        try:
            check_ordinary(path)
        except FileNotFoundError:
            raise DesignError(f"cannot read {path}: no such file") from None
        except OSError as error:
            raise DesignError(f"cannot read {path}: {error.strerror}") from None
        if not _NAME.fullmatch(path.name):
            raise DesignError(f"yosys cannot read a file of this name, rename it: {path.name!r}")
        if (folder / path.name).exists():
            raise DesignError(f"two files are called {path.name}: rename one, got {path}")
        shutil.copy(path, folder / path.name)
        if path.suffix not in HEADERS:
            names.append(path.name)
    if not names:
        raise DesignError(
            f"give a file with modules beside those that are included, got {files[0]}"
        )
    for name in names:
        check_recursion(folder, name)
    return names


def reads(names: Sequence[str]) -> list[str]:
    """Commands of yosys that read files of its folder."""
    return [f'read_verilog -sv -I. "{name}"' for name in names]


def check_top(name: str) -> None:
    """Raise DesignError for a module's name that leads elsewhere: Verilog escapes any letters."""
    if not _TOP.fullmatch(name):
        raise DesignError(
            f"a top module is called by letters, digits and _ $ . : = + - [ ], rename {name!r}"
        )
