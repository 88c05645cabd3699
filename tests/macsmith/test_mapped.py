"""The mapped netlist in an output folder: what was counted, with the ports of the core."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from macsmith.boards import lookup
from macsmith.boards.families import family, models
from macsmith.golden.errors import UnknownName
from macsmith.sim import verify as simulated
from macsmith.sim.models import primitives

from macsmith import DesignError, Options, cost, design
from macsmith.cli import main
from macsmith.folder import MANIFEST
from macsmith.output import generate

SHAPE = Options(rows=1, cols=1, lanes=2)
CORE = "int2xint2_1x1x2_core"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folders of a small engine with its netlist, by form."""
    root, found = tmp_path_factory.mktemp("mapped"), {}
    for form in ("verilog", "edif"):
        engine = design("int2xint2", SHAPE)
        found[form] = generate(engine, root / form, board=lookup("u280"), netlist=form)
    return found


def listed(made, form):
    folder = made[form].folder
    return folder, json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


@pytest.mark.parametrize("form, ending", [("verilog", "v"), ("edif", "edf")])
def test_the_folder_has_the_netlist_a_stub_and_a_script(made, form, ending):
    folder, manifest = listed(made, form)
    files = {f"netlist/{CORE}.{ending}", f"netlist/{CORE}_stub.v", "netlist/place_ooc.tcl"}
    assert {name for name in manifest["files"] if name.startswith("netlist/")} == files
    assert manifest["netlist"]["file"] == f"netlist/{CORE}.{ending}"
    assert all((folder / name).is_file() for name in files)
    script = (folder / "netlist/place_ooc.tcl").read_text(encoding="utf-8")
    reader = "read_edif" if form == "edif" else "read_verilog"
    assert f"{reader} [file join $here {CORE}.{ending}]" in script
    assert f"link_design -top {CORE} " in script and "synth_design" not in script
    assert "`netlist/` is the core as it was mapped" in (folder / "README.md").read_text("utf-8")


def test_it_is_what_is_counted(made, tmp_path):
    """Byte for byte what synth counts, and the counts stand in the manifest."""
    folder, manifest = listed(made, "verilog")
    report = cost(design("int2xint2", SHAPE), "u280", folder=tmp_path)
    counted = (tmp_path / "mapped.v").read_text(encoding="utf-8")
    written = (folder / f"netlist/{CORE}.v").read_text(encoding="utf-8")
    assert written.partition("\n")[2] == counted.partition("*/\n")[2].lstrip("\n")
    told = manifest["netlist"]["resources"]
    assert told["lut"] == report.cost.resources["lut"] > 0
    cells = re.findall(r"^  (\w+) (?:#\(|\S+ \()", written, re.MULTILINE)
    assert sum(name in ("FDRE", "FDSE") for name in cells) == told["ff"]
    assert sum(re.fullmatch(r"LUT\d", name) is not None for name in cells) == told["lut"]


def test_the_stub_has_the_ports_of_the_core(made):
    folder, _ = listed(made, "verilog")
    ways = re.compile(r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", re.MULTILINE)
    stub = (folder / f"netlist/{CORE}_stub.v").read_text(encoding="utf-8")
    text = (folder / f"netlist/{CORE}.v").read_text(encoding="utf-8")
    core = text[text.index(f"module {CORE}(") :].partition("endmodule")[0]
    assert "(* black_box *)\nmodule " in stub and ways.findall(stub)
    assert sorted(ways.findall(stub)) == sorted(ways.findall(core))


def test_edif_is_well_formed(made):
    folder, _ = listed(made, "edif")
    text = (folder / f"netlist/{CORE}.edf").read_text(encoding="utf-8")
    plain = re.sub(r'"[^"]*"', "", text)
    assert plain.count("(") == plain.count(")") > 100
    assert text.startswith(f"(edif {CORE}\n") and f"(design {CORE}" in text
    for name in ("FDRE", "CARRY4", "LUT4"):
        assert f"(cell {name}" in text


@pytest.mark.slow
def test_it_does_what_the_design_does(made):
    """In place of the core, with the maker's models of the cells, bit for bit under stalls."""
    folder, _ = listed(made, "verilog")
    netlist = (folder / f"netlist/{CORE}.v").read_text(encoding="utf-8")
    libraries = (*models(family("xcup").name), *primitives())
    found = simulated.verify(made["verilog"].emitted, count=5, core=netlist, libraries=libraries)
    assert found.results > 5


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="needs tclsh: apt-get install tcl")
def test_the_script_runs_from_any_folder(made, tmp_path):
    """With Vivado's commands as procedures that print their words."""
    folder, _ = listed(made, "edif")
    names = ("create_project", "set_property", "current_fileset", "read_edif", "link_design",
             "create_clock", "get_ports", "report_utilization", "opt_design", "place_design",
             "route_design", "report_timing_summary", "report_timing",
             "write_checkpoint")  # fmt: skip
    stubs = "".join(f'proc {name} {{args}} {{ puts "{name} $args" }}\n' for name in names)
    (tmp_path / "run.tcl").write_text(f"{stubs}source {folder}/netlist/place_ooc.tcl\n")
    done = subprocess.run(["tclsh", "run.tcl"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"read_edif {folder}/netlist/{CORE}.edf" in done.stdout


def test_other_families_have_no_script_for_vivado(tmp_path):
    found = generate(
        design("int2xint2", SHAPE), tmp_path / "x", board=lookup("ulx3s-85"), netlist="verilog"
    )
    assert Path(f"netlist/{CORE}.v") in found.files
    assert not any(name.suffix == ".tcl" for name in found.files)


def test_what_cannot_be_written_is_said_before_any_work(tmp_path, capsys):
    engine = design("int2xint2", SHAPE)
    with pytest.raises(DesignError, match="a netlist is mapped for a board: add --board"):
        generate(engine, tmp_path / "x", netlist="edif")
    with pytest.raises(UnknownName, match="unknown form of a netlist 'vhdl'"):
        generate(engine, tmp_path / "x", board=lookup("u280"), netlist="vhdl")
    assert main(["generate", "int2xint2", "--netlist", "edif", "-o", str(tmp_path / "x")]) == 2
    assert "add --board" in capsys.readouterr().err and not (tmp_path / "x").exists()
