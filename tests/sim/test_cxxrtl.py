"""Compiling hardware to machine code: what happens when it does not work."""

import pytest
from macsmith.golden.errors import ToolFailed, ToolMissing
from macsmith.hw.text.emit import emit
from macsmith.sim import cxxrtl
from macsmith.sim.streams import Simulator

from macsmith import Build, Engine, raw

ENGINE = Engine("batch", (raw("int4", "int8"),), Build(2, 2, 2))


def test_without_a_compiler_the_message_says_what_to_install(build_folder, monkeypatch):
    monkeypatch.setenv("MACSMITH_CACHE", str(build_folder))
    monkeypatch.setenv("PATH", str(build_folder))
    with pytest.raises(ToolMissing, match="apt-get install g[+][+]"):
        Simulator(emit(ENGINE))


def test_what_does_not_compile_is_reported(build_folder, monkeypatch):
    monkeypatch.setenv("MACSMITH_CACHE", str(build_folder))
    files, commands = {"top.v": "module top(input w, input a); endmodule"}, ["read_verilog top.v"]
    with pytest.raises(ToolFailed, match="the C[+][+] compiler failed: .*error.*g[+][+].log"):
        cxxrtl.build(files, commands, "nonsense", "sweep.cpp")
    with pytest.raises(ToolFailed, match="yosys failed: .*ERROR"):
        cxxrtl.build(files, ["read_verilog missing.v"], "", "sweep.cpp")


def test_an_interrupted_build_leaves_nothing(build_folder, monkeypatch):
    monkeypatch.setenv("MACSMITH_CACHE", str(build_folder))

    def interrupted(folder, *options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cxxrtl, "compiled", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Simulator(emit(ENGINE))
    assert [path for path in build_folder.rglob("*") if path.is_file()] == []
