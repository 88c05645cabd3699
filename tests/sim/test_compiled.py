"""Objects of Verilator's library are kept; Verilog is read by its parser."""

import os
import sys

import pytest
from macsmith.golden.errors import DesignError, ToolFailed
from macsmith.sim import objcache, parser

#: Stands for the compiler: writes an object that differs each time.
COMPILER = "import sys, uuid; open(sys.argv[2], 'w').write(uuid.uuid4().hex)"


@pytest.fixture
def compiled(monkeypatch, tmp_path):
    """Compile a source of Verilator's through the launcher; the object's text."""
    source = tmp_path / "verilator" / "include" / "verilated.cpp"
    source.parent.mkdir(parents=True)
    source.write_text("int main() {}")
    monkeypatch.setenv("MACSMITH_OBJECTS", str(tmp_path / "objects"))

    def compile():
        command = [sys.executable, "-c", COMPILER, "-o", str(tmp_path / "a.o"), str(source)]
        assert objcache.main(command) == 0
        return (tmp_path / "a.o").read_text()

    return compile


@pytest.mark.parametrize("damage", ["half", "noise", "empty"])
def test_a_damaged_object_is_compiled_anew(compiled, tmp_path, capfd, damage):
    first = compiled()
    assert compiled() == first and capfd.readouterr().err == ""
    (kept,) = (tmp_path / "objects").iterdir()
    size = kept.stat().st_size
    kept.write_bytes(
        {"half": kept.read_bytes()[: size // 2], "noise": os.urandom(size)}.get(damage, b"")
    )
    second = compiled()
    assert second not in (first, "") and compiled() == second
    assert len(capfd.readouterr().err.splitlines()) == 1
    assert len(list((tmp_path / "objects").iterdir())) == 1


WHOLE = "module m(input a, output b);\n  assign b = a;\nendmodule\n"


def test_verilog_is_read_by_a_parser(tmp_path):
    (tmp_path / "m.v").write_text(WHOLE)
    parser.parse(tmp_path, ["m.v"])
    for place in (7, 20, 35, len(WHOLE) - 4):
        (tmp_path / "m.v").write_text(WHOLE[:place])
        with pytest.raises(ToolFailed, match=r"cannot be read back: .*m\.v:\d+"):
            parser.parse(tmp_path, ["m.v"])


ENDLESS = {
    "itself": {"m.v": '`include "m.v"\n' + WHOLE},
    "each other": {"m.v": '`include "n.vh"\n' + WHOLE, "n.vh": '`include "m.v"\n'},
    "a macro": {"m.v": "`define A `B\n`define B `A\n" + WHOLE.replace("= a", "= `A")},
}
FINITE = {
    "guarded": {"m.v": f'`ifndef G\n`define G\n`include "m.v"\n{WHOLE}`endif\n'},
    "twice": {"m.v": '`include "n.vh"\n`include "n.vh"\n' + WHOLE, "n.vh": "// nothing\n"},
    "no Verilog": {"m.v": "\x00\xff" * 10},
    "missing": {"m.v": '`include "gone.vh"\n' + WHOLE},
}


@pytest.mark.parametrize("name", [*ENDLESS, *FINITE])
def test_verilog_that_never_ends_is_refused(tmp_path, name):
    for file, text in {**ENDLESS, **FINITE}[name].items():
        (tmp_path / file).write_text(text)
    if name in FINITE:
        parser.check_recursion(tmp_path, "m.v")
        return
    with pytest.raises(DesignError, match="never ends: .*Recursive"):
        parser.check_recursion(tmp_path, "m.v")
