"""Runs nextpnr and packers of bitstreams (yowasp wheels), in a folder of their own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path

from ..golden.errors import ToolMissing
from . import processes, wasm

_RUN = (
    "import importlib, sys; package, program, *words = sys.argv[1:]; "
    "sys.exit(getattr(importlib.import_module(package), program)(words))"
)


def require(package: str) -> None:
    """Raise ToolMissing unless the wheel with this package is installed."""
    if importlib.util.find_spec(package) is None:
        raise ToolMissing(
            f"{package.replace('_', '-')} is missing; install it with: pip install "
            "'macsmith[routing]', or make .venv/routing in a clone"
        )


def run(package: str, program: str, words: Sequence[str], folder: Path, log: str) -> str:
    """Run a ``program`` of a wheel inside ``folder`` and return what it said, which is kept there.

    A program with a dot in its name is a module of Python that is run.

    Like yosys, it sees the working folder alone: every path in ``words`` is relative to it.

    Raises
    ------
    ToolMissing : the wheel is not installed.
    ToolFailed : the program reported an error, which the message quotes.
    """
    require(package)
    how = ["-P", "-m", program] if "." in program else ["-c", _RUN, package, f"run_{program}"]
    with processes.started(
        [sys.executable, *how, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=wasm.environment(folder),
    ) as process:
        output, _ = process.communicate()
    (folder / log).write_text(output, encoding="utf-8")
    if process.returncode:
        errors = [line for line in output.splitlines() if "ERROR" in line or "Error" in line]
        said = errors[0] if errors else f"status {process.returncode}: {output[-300:]}"
        text = f"{program.replace('_', '-')} failed: {said.strip()} (log: {folder / log})"
        raise processes.failure(text, folder, output)
    return output


def version(package: str) -> str:
    """The version of a wheel."""
    return installed(package.replace("_", "-"))
