"""A project: several designs in one folder, and no clash of their modules, files or names."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
import yaml
from macsmith.golden import Build, Engine, raw
from macsmith.golden.errors import DesignError
from macsmith.tools import verilator

import macsmith.folder
import macsmith.project
from macsmith import Options, design
from macsmith.cli import main
from macsmith.project import generate_project, is_project

SMALL = Build(1, 1, 2)
DOT = Engine("dot", (raw("int4", "int8", 64),), SMALL)
FLAGS = Engine("flags", (raw("e5m2", "int4", 64),), SMALL)
UNIT = design("residual_bf16", Options(name="add"))
#: No tool of AMD's reads it.
LATTICE = Engine(
    "lattice",
    (raw("int4", "int8", 64),),
    Build(1, 1, 2, policy="dsp", blocks="mult18x18d", fabric="ecp5"),
)


def project(folder, *designs, **how):
    return generate_project(designs, folder, tiles=2, **how)


def tree(folder):
    """Path -> bytes of all files below."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "My engines"
    return project(folder, UNIT, DOT, FLAGS, wrappers=("sv",))


def listed(folder):
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def test_each_design_has_a_whole_folder_and_the_project_lists_all(made):
    assert made.name == "my_engines" and made.designs == ("add", "dot", "flags")
    own = {"manifest.json", "README.md", "Bender.yml", "vivado.tcl"}
    own |= {"my_engines.core", "my_engines.eda.yml"}
    found = set(tree(made.folder))
    assert {path for path in found if "/" not in path} == own
    assert set(listed(made.folder)["files"]) == found == {str(path) for path in made.files}
    for name in made.designs:
        below = {path.removeprefix(f"{name}/") for path in found if path.startswith(f"{name}/")}
        assert set(listed(made.folder / name)["files"]) == below
    assert is_project(made.folder) and not is_project(made.folder / "dot")


def test_one_by_one_or_at_once_gives_the_same_bytes(made, tmp_path):
    folder = tmp_path / "My engines"
    for part in (FLAGS, UNIT, DOT):
        one = project(folder, part, wrappers=("sv",))
        assert part.name in one.designs
    assert tree(folder) == tree(made.folder)
    project(folder, DOT, FLAGS, wrappers=("sv",))
    assert tree(folder) == tree(made.folder)


def test_no_module_is_called_as_another_and_all_compile_together(made):
    modules = {}
    for path, text in tree(made.folder).items():
        if re.search(r"/(rtl|tb)/[^/]+\.v$", path):
            for name in re.findall(r"^module (\w+)", text.decode("ascii"), re.M):
                assert modules.setdefault(name, path) == path
    verilator.use_verilator()
    edam = yaml.safe_load((made.folder / "my_engines.eda.yml").read_text("ascii"))
    files = [file["name"] for file in edam["files"]]
    assert sum(file.endswith("macsmith_stream.sv") for file in files) == 1
    assert edam["toplevel"].split() == ["add", "dot", "flags"]
    for name in edam["toplevel"].split():
        command = ["verilator", "--lint-only", "-Wno-fatal", "-Wno-lint", "--top-module", name]
        done = subprocess.run([*command, *files], cwd=made.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_one_library_of_fusesoc_and_of_bender(made):
    cores = [made.folder / "my_engines.core", *made.folder.glob("*/*.core")]
    found = {}
    for path in cores:
        text = path.read_text("ascii")
        assert text.startswith("CAPI=2:\n")
        found[path.stem] = yaml.safe_load(text.removeprefix("CAPI=2:"))
    names = {stem: core["name"] for stem, core in found.items()}
    assert len(set(names.values())) == 4
    depend = found["my_engines"]["filesets"]["designs"]["depend"]
    assert depend == [names[name] for name in ("add", "dot", "flags")]
    bender = yaml.safe_load((made.folder / "Bender.yml").read_text("ascii"))
    assert bender["package"]["name"] == "my_engines"
    for name, where in bender["dependencies"].items():
        below = made.folder / where["path"] / "Bender.yml"
        own = yaml.safe_load(below.read_text("ascii"))
        assert own["package"]["name"] == name
        plain = [item for item in own["sources"] if isinstance(item, str)]
        [bench] = [item for item in own["sources"] if not isinstance(item, str)]
        assert bench["target"] == "test"
        assert all((below.parent / path).is_file() for path in (*plain, *bench["files"]))


def test_what_edalize_is_told_is_there(made):
    for path in (*made.folder.glob("*.eda.yml"), *made.folder.glob("*/edalize/*.eda.yml")):
        edam = yaml.safe_load(path.read_text("ascii"))
        assert all((path.parent / file["name"]).is_file() for file in edam["files"]), path
        for hook in edam.get("hooks", {}).get("pre_run", []):
            copied = [word for word in hook["cmd"] if word.endswith(".hex")]
            assert copied and all((path.parent / word).is_file() for word in copied)


#: Vivado's commands, with a project open or none; what would be read must be there.
TCL = """
proc get_projects {args} { return [list %s] }
proc unknown {name args} {
    if {$name in {read_verilog read_xdc add_files}} {
        foreach file [lindex $args end] { if {![file exists $file]} { error "no file $file" } }
    }
    puts "$name $args"; return ""
}
source vivado.tcl
"""


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="needs tclsh: apt-get install tcl")
@pytest.mark.parametrize("opened", ["mine", ""])
def test_one_script_for_vivado(made, tmp_path, opened):
    folder = Path(shutil.copytree(made.folder, tmp_path / "copy"))
    (tmp_path / "run.tcl").write_text(f"cd {{{folder}}}\n" + TCL % opened, encoding="ascii")
    done = subprocess.run(
        ["tclsh", "run.tcl"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    if opened:
        [added] = [line for line in lines if line.startswith("add_files")]
        assert added.count("/rtl/dot_core.v") == 1 and added.count("macsmith_stream.sv") == 1
        assert not any(line.startswith("synth_design") for line in lines)
    else:
        tops = re.findall(r"^synth_design -top (\w+)", done.stdout, re.M)
        assert tops == ["add", "dot", "flags"]
        assert lines.count("close_project ") == 3
        assert not any(line.startswith("add_files") for line in lines)


def test_vivado_is_told_only_of_what_it_can_read(tmp_path):
    folder = project(tmp_path / "two", LATTICE).folder
    assert not (folder / "vivado.tcl").exists()
    project(folder, DOT)
    script = (folder / "vivado.tcl").read_text("ascii")
    assert "dot/rtl/dot.v" in script and "lattice" not in script
    assert "lattice/rtl/lattice.v" in (folder / "two.eda.yml").read_text("ascii")


# What is refused, and leaves the folder as it was.

OTHER = Engine("dot", (raw("int4", "uint8", 64),), SMALL)


def test_another_design_of_the_same_name_is_refused(tmp_path):
    folder = project(tmp_path / "p", DOT, FLAGS).folder
    before = tree(folder)
    wanted = r"holds another dot, which differs in design.toml; choose another --name, .*: --force$"
    with pytest.raises(DesignError, match=wanted):
        project(folder, OTHER)
    with pytest.raises(DesignError, match="another dot, which differs in vivado/"):
        project(folder, DOT, megahertz=200)
    assert tree(folder) == before
    project(folder, OTHER, force=True)
    after = tree(folder)
    assert after["dot/design.toml"] != before["dot/design.toml"]
    same = [path for path in before if path.startswith("flags/")]
    assert all(after[path] == before[path] for path in same)


def test_a_design_that_was_changed_by_hand_is_refused(tmp_path):
    folder = project(tmp_path / "p", DOT).folder
    (folder / "dot" / "rtl" / "dot.v").write_text("mine", encoding="ascii")
    with pytest.raises(DesignError, match="another dot, which differs in rtl/dot.v"):
        project(folder, DOT)


def test_files_of_the_user_s_own_stay(tmp_path):
    folder = project(tmp_path / "p", DOT).folder
    (folder / "top.v").write_text("module top; endmodule\n", encoding="ascii")
    (folder / "dot" / "notes.txt").write_text("mine", encoding="ascii")
    project(folder, FLAGS)
    project(folder, OTHER, force=True)
    assert (folder / "top.v").exists() and (folder / "dot" / "notes.txt").exists()


def named(name):
    return Engine(name, (raw("int4", "int8", 64),), SMALL)


REFUSED = [
    ((DOT, OTHER), "two designs are called dot; generate one of them apart, with another --name"),
    ((DOT, named("dot_core")), "dot and dot_core both have a module dot_core; choose another"),
    ((DOT, named("dot_tb")), "dot and dot_tb both have a module dot_tb; choose another"),
    ((DOT, named("Dot")), "dot and Dot differ in the size of letters only: --name"),
]  # fmt: skip


@pytest.mark.cases("all")
@pytest.mark.parametrize("designs, wanted", REFUSED)
@pytest.mark.parametrize("apart", [False, True])
def test_names_that_clash_are_refused(tmp_path, designs, wanted, apart):
    folder = tmp_path / "p"
    if apart:
        project(folder, designs[0])
        wanted = wanted.replace("two designs are called dot; generate one", "holds another dot, wh")
        wanted = wanted[:20]
    before = tree(folder)
    with pytest.raises(DesignError) as error:
        project(folder, *(designs[1:] if apart else designs))
    assert wanted in str(error.value) and "\n" not in str(error.value)
    assert tree(folder) == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="ascii")
    for force in (False, True):
        wanted = "holds no project of macsmith's; choose another folder, a new or an empty one$"
        with pytest.raises(DesignError, match=wanted):
            project(tmp_path, DOT, force=force)
    assert main(["generate", "int4xint8", "--rows", "1", "-o", str(tmp_path / "one")]) == 0
    wanted = "one holds the design int4xint8_1x4x4 alone; choose another folder for a project$"
    with pytest.raises(DesignError, match=wanted):
        project(tmp_path / "one", DOT, force=True)
    newer = project(tmp_path / "p", DOT).folder
    text = (newer / "manifest.json").read_text("utf-8")
    (newer / "manifest.json").write_text(text.replace('version": 1', 'version": 9'), "utf-8")
    with pytest.raises(DesignError, match="is of another release's project"):
        project(newer, FLAGS)


def test_a_broken_write_leaves_the_project_as_it_was(tmp_path, monkeypatch):
    folder = project(tmp_path / "p", DOT).folder
    before = tree(folder)

    def cut(self, *arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", cut)
    with pytest.raises(KeyboardInterrupt):
        project(folder, FLAGS)
    assert tree(folder) == before and [path.name for path in tmp_path.iterdir()] == ["p"]


def test_two_at_the_same_moment_lose_nothing(tmp_path, monkeypatch):
    """One writes while the other, whose design is made, waits to add it."""
    folder, waits, own = tmp_path / "above" / "p", threading.Event(), threading.get_ident()
    lock, write = fcntl.flock, macsmith.project.write_folder
    other = threading.Thread(target=project, args=(folder, FLAGS))

    def asked(file, how):
        above = os.path.samestat(os.fstat(file), folder.parent.stat())
        if above and threading.get_ident() != own:
            waits.set()
        return lock(file, how)

    def slow(*arguments, **how):
        if threading.get_ident() == own:
            other.start()
            assert waits.wait(60)
        return write(*arguments, **how)

    monkeypatch.setattr(macsmith.folder.fcntl, "flock", asked)
    monkeypatch.setattr(macsmith.project, "write_folder", slow)
    assert project(folder, DOT).designs == ("dot",)
    other.join()
    assert [entry["name"] for entry in listed(folder)["designs"]] == ["dot", "flags"]
    assert set(listed(folder)["files"]) == set(tree(folder))


# The command.

ROWS = ["--rows", "1", "--cols", "1", "--lanes", "2"]


def test_several_names_or_again_into_the_folder(tmp_path, capsys):
    folder = tmp_path / "p"
    assert main(["generate", "int4xint8", "int4xuint8", *ROWS, "-o", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["project"] == "p" and told["designs"] == ["int4xint8_1x1x2", "int4xuint8_1x1x2"]
    assert all(Path(path).is_file() for path in told["files"])
    assert main(["generate", "residual_bf16", "-o", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "p holds int4xint8_1x1x2, int4xuint8_1x1x2, residual_bf16\n" in told
    assert "fusesoc --cores-root=" in told
    assert main(["generate", "int4xint8", *ROWS, "--project", "-o", str(tmp_path / "q")]) == 0
    assert is_project(tmp_path / "q")


@pytest.mark.parametrize(
    "words, wanted",
    [
        (["int4xint8", "int4xuint8"], "a project needs a folder: say which with -o, such as -o o"),
        (["int4xint8", "int8xint8", "--name", "x", "-o", "p"], "--name is of one design, and 2 "),
        (["int4xint8", "--rows", "2", "w4a8"], "takes its words side by side: put 'w4a8' before"),
        (["int4xint8", "int4xint8", "-o", "p"], "two designs are called int4xint8"),
        (["int4xint8", "rmsnorm", "--cpp", "-o", "p"], "rmsnorm is a unit of the kind rmsnorm: l"),
        (["int4xint8", "fp32xfp32", "-o", "p"], "needs 567 bits, more than 128"),
        (["int4xint8", "rmsnorm", "--rows", "1", "-o", "p"], "rmsnorm is a unit, whose "),
        (
            ["int4xint8", "rmsnorm", "--rows", "1", "-o", "p"],
            "(--set values=…): generate rmsnorm by a call of its own into the same folder\n",
        ),
        (
            ["int4xint8", "mxfp4", "--rows", "1", "--group", "3", "-o", "p"],
            "generate int4xint8 by a call of its own into the same folder\n",
        ),
    ],
)  # fmt: skip
def test_calls_that_are_refused(tmp_path, monkeypatch, capsys, words, wanted):
    monkeypatch.chdir(tmp_path)
    assert main(["generate", *words]) == 2
    told = capsys.readouterr().err
    assert wanted in told and told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
