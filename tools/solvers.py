"""Solvers: abc, which yosys holds, for and-inverter graphs; z3 for SMT-LIB."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..golden.errors import ToolFailed, ToolMissing
from . import processes, yosys

#: yosys gives abc a netlist, and wants one back: this gate's.
GATE = [
    "design -reset",
    "read_verilog <<END",
    "module gate(input a, b, output y); assign y = a & b; endmodule",
    "END",
    "techmap",
]


@dataclass(frozen=True)
class Answer:
    """What abc found of a graph: proven, refuted, or neither; and after how many cycles."""

    proven: bool
    refuted: bool
    cycles: int


#: Kinds of files that abc reads, and how.
READING = {"aig": ("read_aiger,{}.aig",), "blif": ("read_blif,{}.blif", "strash")}


def asking(name: str, method: str, kind: str = "aig") -> list[str]:
    """Commands of yosys that let abc answer a file, of a ``kind`` in :data:`READING`, into
    ``NAME.status``.

    ``method`` is a command of abc's, its words joined with commas.
    """
    steps = [
        *("strash", f"write_blif,{name}_gate.blif"),
        *(step.format(name) for step in READING[kind]),
        *("orpos", method, f"write_status,{name}.status", f"read_blif,{name}_gate.blif"),
    ]
    return [*GATE, f"abc -script +{';'.join(steps)}"]


def abc(name: str, method: str, folder: Path, kind: str = "aig") -> Answer:
    """Answer a file in ``folder``; see :func:`asking`."""
    (folder / f"{name}.status").unlink(missing_ok=True)
    yosys.run(asking(name, method, kind), folder, log=f"{name}_abc.log")
    return answer(folder / f"{name}.status")


def answer(status: Path) -> Answer:
    """What a status file of abc's says."""
    text = status.read_text(encoding="utf-8") if status.exists() else ""
    found = re.match(r"snl_(UNSAT|SAT|UNK) (-?\d+)(?: \S+ (-?\d+) (\d+))?", text)
    if found is None:
        raise ToolFailed(f"abc did not answer: no status in {status}")
    if found[1] == "SAT":
        return Answer(False, True, int(found[4] or found[2]))
    # The last frame may not have been searched to its end.
    return Answer(found[1] == "UNSAT", False, max(int(found[2]) - 1, 0))


def z3_program() -> str:
    """The path of z3: the wheel's, or another on the PATH."""
    beside = Path(sys.executable).parent / "z3"
    found = str(beside) if beside.exists() else shutil.which("z3")
    if found is None:
        raise ToolMissing("z3 is missing; install it with: pip install 'macsmith[proof]'")
    return found


def z3(file: Path, seconds: int) -> list[str]:
    """The answers to a file of SMT-LIB, in order: ``sat``, ``unsat`` or ``unknown``."""
    with processes.started(
        [z3_program(), f"-T:{seconds}", file.name],
        cwd=file.parent.absolute(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        output, _ = process.communicate()
    if "(error" in output:
        said = next(line for line in output.splitlines() if "(error" in line)
        raise ToolFailed(f"z3 failed: {said} (file: {file})")
    return re.findall(r"^(?:un)?sat$|^unknown$", output, re.MULTILINE)
