"""Reads Verilog as a tool would, without building anything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ..golden.errors import DesignError
from ..tools import processes
from ..tools.verilator import verilator_bin
from .plain import plain

#: Verilator stops when it has read the text: a tenth of a second for the default engine.
_PARSE = ("--lint-only", "--debug-exit-parse", "--no-timing", "-Wno-fatal", "-Wno-lint")

#: Verilator stops before it writes anything.
_LINT = ("--lint-only", "--no-timing", "-Wno-fatal", "-Wno-lint", "-Wno-style", "-sv", "-I.")


def parse(folder: Path, files: Iterable[str]) -> None:
    """Read Verilog files of ``folder``; raises ToolFailed with the first error of syntax."""
    status, said = _verilator(folder, [*_PARSE, *files])
    if status:
        wrong = next((line for line in said.splitlines() if "rror" in line), "no error named")
        text = f"the Verilog that was written cannot be read back: {wrong.strip()}"
        raise processes.failure(text, folder, said)


def lint(folder: Path, files: Iterable[str], top: str | None) -> None:
    """Elaborate Verilog files of ``folder``; raises ToolFailed with the first error.

    A ``top`` that is not there is left to others, who know the modules.
    """
    chosen = [] if top is None else ["--top-module", top]
    status, said = _verilator(folder, [*_LINT, *chosen, *files])
    wrong = next((line for line in said.splitlines() if line.startswith("%Error")), "no error")
    if status and "--top-module" not in wrong:
        raise processes.failure(wrong.strip(), folder, said)


def check_recursion(folder: Path, file: str) -> None:
    """Raise DesignError if a file of ``folder`` includes itself, or a macro uses itself, for ever.

    yosys never ends on such a file. Other errors are left to it.
    """
    _, said = _verilator(folder, ["-E", "-P", file])
    wrong = next((line for line in said.splitlines() if line.startswith("%Error: ")), "")
    if "Recursive" in wrong:
        raise DesignError(f"cannot read Verilog that never ends: {wrong.removeprefix('%Error: ')}")


def _verilator(folder: Path, words: list[str]) -> tuple[int, str]:
    """The status of Verilator without its wrapper, which needs perl; and what it printed."""
    program = verilator_bin() / "verilator_bin"
    with processes.started(
        [str(program), *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        # It reads files of its own there, and would misread quotes and dollars.
        env={**os.environ, "VERILATOR_ROOT": str(plain(program.parent.parent))},
    ) as process:
        said, _ = process.communicate()
    return process.returncode, said
