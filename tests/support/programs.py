"""Programs that some tests run: without one they are skipped, and say what to install."""

import shutil
from pathlib import Path

import pytest

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="needs Icarus Verilog: apt-get install iverilog"
)

needs_ghdl = pytest.mark.skipif(
    shutil.which("ghdl") is None, reason="needs GHDL: apt-get install ghdl"
)


def alive(mark):
    """Living processes that have ``mark`` in their environment: ours and all below them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and mark.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found
