"""What yosys writes is whole, or an error: it does not notice that a disk takes no more."""

import subprocess
import sys

import pytest
from macsmith.golden.errors import ToolFailed
from macsmith.tools import yosys

MODULE = "module top(input clk, input [7:0] a, output reg [7:0] b);\n" + "".join(
    f"reg [7:0] r{n};\nalways @(posedge clk) r{n} <= a * r{n - 1 if n else 0};\n" for n in range(40)
)
WRITES = ["out.v", "out.il", "out.json", "out.edf", "out.cc"]
COMMAND = {"v": "verilog", "il": "rtlil", "json": "json", "edf": "edif", "cc": "cxxrtl -g0"}

#: yosys with files of at most so many bytes, which it may not notice.
LIMITED = """
import resource, sys
from pathlib import Path
from macsmith.tools import yosys
limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({sys.argv[2]},) * 2); "
ignore = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
yosys._RUN = limit + ignore + yosys._RUN
yosys.run(sys.argv[3:], Path(sys.argv[1]))
"""


@pytest.fixture
def source(build_folder):
    (build_folder / "in.v").write_text(MODULE + "always @(posedge clk) b <= r39;\nendmodule\n")
    return build_folder


def script(names):
    writes = [f"write_{COMMAND[name.split('.')[1]]} {name}" for name in names]
    return ["read_verilog in.v", "hierarchy -top top", "proc", *writes]


def test_every_kind_of_file_is_known_to_be_whole(source):
    yosys.run(script(WRITES), source)
    assert all((source / name).stat().st_size > 2000 for name in WRITES)


def test_a_design_without_modules_is_whole_too(build_folder):
    (build_folder / "in.v").write_text("")
    yosys.run(["read_verilog in.v", "write_rtlil out.il", "write_verilog out.v"], build_folder)


@pytest.mark.parametrize("name", WRITES)
def test_a_cut_file_is_an_error(source, name):
    words = [sys.executable, "-c", LIMITED, str(source), "2000", *script([name])]
    done = subprocess.run(words, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "ToolFailed" in done.stderr.splitlines()[-1]


def test_a_missing_file_is_an_error(source):
    with pytest.raises(ToolFailed, match=r"did not write .*gone\.v to its end"):
        yosys._whole(source / "gone.v")
