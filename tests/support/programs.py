"""Programs that some tests run: without one they are skipped, and say what to install."""

import shutil

import pytest

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None, reason="needs Icarus Verilog: apt-get install iverilog"
)
