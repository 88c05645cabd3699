"""A generated folder between AXI DMAs of another package, which :mod:`dma_sides` runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

#: Shares of cycles in which the sources and the sink of an engine with two inputs pause.
PAUSES = {"nobody": (0, 0, 0), "sources": (0.5, 0.3, 0), "sink": (0, 0, 0.6),
          "all": (0.4, 0.6, 0.4)}  # fmt: skip

RUN = """
import sys
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner
top, build, *sources = sys.argv[1:]
runner = get_runner("icarus")
runner.build(sources=sources, hdl_toplevel=top, build_dir=build, timescale=("1ns", "1ps"))
found = runner.test(hdl_toplevel=top, hdl_toplevel_lang="verilog", test_module="dma_sides",
                    test_dir=build)
tests, failed = get_results(found)
print(f"{tests} tests, {failed} failed")
sys.exit(failed)
"""


def simulated(folder, job):
    """(exit code, what was printed) of DMAs at all streams of a generated folder."""
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    name = folder.name
    sources = [str(folder / "rtl" / f"{name}{part}.v") for part in ("_core", "")]
    paths = [str(Path(__file__).parent), *filter(None, sys.path)]
    environment = {**os.environ, "AXIS_JOB": str(folder / "job.json"), "COCOTB_ANSI_OUTPUT": "0"}
    environment |= {"PYTHONPATH": os.pathsep.join(paths)}
    environment.pop("PYTEST_CURRENT_TEST", None)
    done = subprocess.run(
        [sys.executable, "-c", RUN, name, str(folder / "build"), *sources],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr
