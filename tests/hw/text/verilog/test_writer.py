"""The Verilog of an engine is its RTLIL, proven, and can be read and linted."""

import re
import subprocess

import pytest
from amaranth.hdl import Fragment
from amaranth.lib.memory import Memory
from macsmith.golden.errors import ToolFailed
from macsmith.golden.units import Quantize
from macsmith.hw.text.emit import emit
from macsmith.hw.text.verilog.comments import comment
from macsmith.hw.text.verilog.writer import verilog, written
from macsmith.sim.models import cell_models
from macsmith.tools import verilator, yosys
from renaming import renamed

from macsmith import design, lookup
from macsmith.designs import Options, unit_presets

DECLARED = re.compile(r"^ +(?:input +|output +)?(?:wire|reg) +(?:\[[^\]]+\] )?(\w+)", re.M)

#: Every flow, the scale path, floats, saved carries, carry blocks, DSP blocks, registers without
#: bits.
SMALL = {
    "int8xint8": {"rows": 2, "cols": 2, "lanes": 2},
    "e4m3xe4m3": {"rows": 1, "cols": 2, "lanes": 2},
    "bf16xint4": {"rows": 1, "cols": 1, "accumulate": "aligned", "fraction": 24},
    "uint4xint8": {"rows": 2, "cols": 2, "lanes": 2, "flow": "systolic_os"},
    "int4xint8": {"rows": 1, "cols": 1, "carries": "saved"},
    "int8xint4": {"rows": 2, "cols": 1, "flow": "weight_stationary", "policy": "dsp"},
    "int6xint8": {"rows": 1, "cols": 1, "adders": "carry4"},
    "int8xuint8": {"rows": 2, "cols": 1, "policy": "dsp"},
    "e2m3xe2m3": {"rows": 1, "cols": 1, "lanes": 2},
}
LARGE = {
    "w4a8": {"rows": 1, "cols": 1},
    "nvfp4": {"rows": 1, "cols": 1},
    "simd": {"rows": 1, "cols": 1},
    "deepseek_fp8": {"rows": 1, "cols": 1, "partials": 7},
}

#: Units with a choice between nothings, where an element has no exponent, and with a memory that is
#: read at a clock edge.
UNITS = {
    "no_exponent": Quantize(element=lookup("mxint8"), rule="ceil", name="no_exponent"),
    "kept_in_memory": Quantize(
        name="kept_in_memory",
        element=lookup("int8_sym"),
        scale=lookup("bf16"),
        rule="absmax",
        block=200,
    ),
}

#: What lint may say of a file with many modules, and of registers with a first value.
ALLOWED = ("DECLFILENAME", "PROCASSINIT")


def made(name):
    return emit(design(name, Options(**(SMALL | LARGE)[name])))


def prove(rtlil, folder, models="", spoil=lambda text: text):
    """Raises ToolFailed unless yosys proves the Verilog of an RTLIL text equal to it."""
    text, called = written(rtlil)
    top = re.findall(r"^module \\(\S+)$", rtlil, re.M)[-1]
    (folder / "gold.il").write_text(renamed(rtlil, called))
    (folder / "gate.v").write_text(spoil(text))
    (folder / "models.v").write_text(models)
    whole = [f"hierarchy -check -top {top}", "proc", "flatten", "memory_map", "opt_clean"]
    yosys.run(
        [
            *("read_verilog models.v", "read_rtlil gold.il", *whole, f"rename {top} gold"),
            *("design -stash gold", "read_verilog models.v", "read_verilog gate.v", *whole),
            *(f"rename {top} gate", "design -stash gate", "design -copy-from gold gold"),
            *("design -copy-from gate gate", "equiv_make gold gate proof", "hierarchy -top proof"),
            *("opt_clean", "equiv_struct", "equiv_simple", "equiv_induct", "equiv_status -assert"),
        ],
        folder,
    )


@pytest.mark.parametrize("name", SMALL)
def test_the_verilog_is_the_rtlil(name, build_folder):
    emitted = made(name)
    prove(emitted.fabric, build_folder, "".join(cell_models(emitted).values()))


@pytest.mark.parametrize("name", UNITS)
def test_the_verilog_of_units_is_the_rtlil(name, build_folder):
    prove(emit(UNITS[name]).fabric, build_folder)


def always_enabled(text):
    """The text of a core with a clock enable, which is tied high."""
    head, found, top = text.rpartition("\nmodule ")
    tied, count = re.subn(r",\n +input  wire ce\n\);", "\n);\n    wire ce = 1'b1;", top)
    assert count == 1
    return head + found + tied


@pytest.mark.cases(1)
@pytest.mark.often(3)
@pytest.mark.parametrize("name", ["uint4xint8", "int8xuint8", "int4xint8", *UNITS])
def test_with_its_enable_high_it_is_the_rtlil(name, build_folder):
    emitted = emit(UNITS[name]) if name in UNITS else made(name)
    rtlil, models = emitted.fabric, "".join(cell_models(emitted).values())
    prove(rtlil, build_folder, models, lambda _: always_enabled(verilog(rtlil, enabled=True)))


@pytest.mark.parametrize("domain, edge", [("sync", "at"), ("comb", "without")])
def test_a_comment_says_how_a_memory_is_read(domain, edge):
    memory = Memory(shape=5, depth=12, init=[])
    memory.read_port(domain=domain)
    Fragment.get(memory, None)
    told = f"A memory that is read {edge} a clock edge: 12 words of 5 bits."
    assert comment(memory) == told


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_the_verilog_of_large_engines_is_the_rtlil(name, build_folder):
    prove(made(name).fabric, build_folder)


@pytest.mark.cases(0)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace(" - {", " + {", 1),
        lambda text: text.replace("if (rst)", "if (!rst)", 1),
        lambda text: text.replace("[7:0] <=", "[7:0] <= ~", 1).replace("<= {", "<= ~{", 1),
    ],
)
def test_the_proof_can_fail(spoil, build_folder):
    rtlil = made("int8xint8").rtlil
    assert spoil(written(rtlil)[0]) != written(rtlil)[0]
    with pytest.raises(ToolFailed, match="unproven"):
        prove(rtlil, build_folder, spoil=spoil)


@pytest.mark.parametrize("name", ["int8xint8", "bf16xint4", "int8xuint8", "int6xint8", "w4a8"])
def test_nets_have_names_and_modules_comments(name):
    text = made(name).verilog
    assert "$auto" not in text and "\\" not in text and text.isascii()
    names = DECLARED.findall(text)
    numbered = [item for item in names if re.fullmatch(r"\W*[n_]*\d+_*", item)]
    assert len(names) > 100 and len(numbered) <= len(names) / 20
    modules = re.findall(r"((?:^//.*\n)*)^module (\S+)", text, re.M)
    assert len(modules) > 2
    assert [module for comment, module in modules if not comment] == []
    assert not re.search(r"(\w+\[\d+\]), \1", text), "a sign bit by bit"


def test_a_comment_says_what_a_module_is_and_its_widths():
    text = made("int8xint8").verilog
    assert (
        "// One sum of the array: lanes products of each pair a step into one exact accumulator.\n"
        "// int8 x int8 with 2 lanes; total signed 28 bits\n"
        "module int8xint8_2x2x2_core_pe (" in text
    )


def test_the_same_text_each_time():
    assert made("int8xint8").verilog == made("int8xint8").verilog


@pytest.mark.parametrize("name", ["int8xint8", "e4m3xe4m3", "uint4xint8", "w4a8", "bf16xint4"])
def test_lint_finds_nothing(name, tmp_path):
    lint(made(name), tmp_path)


@pytest.mark.parametrize("name", unit_presets())
def test_lint_finds_nothing_in_a_unit(name, tmp_path):
    lint(emit(design(name)), tmp_path)


def lint(emitted, folder):
    verilator.use_verilator()
    (folder / "core.v").write_text(emitted.verilog)
    command = ["verilator", "--lint-only", "-Wall", *(f"-Wno-{kind}" for kind in ALLOWED), "core.v"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
