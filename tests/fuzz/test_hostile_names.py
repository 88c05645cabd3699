"""Names that are commands to a shell, Tcl, yosys, YAML or Verilog: refused in a line, or inert.

Nothing that a file of the user's calls something is ever executed, nor leads out of a folder.
"""

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from fuzzed import called, refused_or
from macsmith.boards import script
from macsmith.boards.catalogue import load as load_board
from macsmith.golden.errors import DesignError
from macsmith.hw.text.emit import emit
from macsmith.sim import sources
from odd_trees import places, trees

import macsmith
from macsmith import design, from_toml, to_toml
from macsmith.output import contents

PRESETS = Path(macsmith.__file__).parent / "presets"
HOSTILE = (
    "x;touch pwned", "$(touch pwned)", "`touch pwned`", "[exec touch pwned]", "x]; exec id; [",
    'x"; shell id; "', "x'y", "x\nendmodule", "x\n!touch pwned", "x\r`include \"/etc/passwd\"",
    "*/ initial $system(\"id\"); /*", "}\nexec id\nset y {", "../../pwned", "/tmp/pwned", "~/pwned",
    "x\\", "x\x1b[2J", "x\u2028y", "{{ 7 * 7 }}", "${HOME}", "$HOME", "%n", "x: &a [*a]", "-exec",
    "x #", "!id", "x\ty", "", "é", "x" * 500,
)  # fmt: skip
BOARD = """title = "T"\npart = "xcku5p-ffvb676-2-e"\nfamily = "xcup"\nsource = "s"
flags = "-abc9 -widemux 5"\n[resources]\nlut = 100\nff = 200\ndsp = 3\n"""


def texts(tree):
    """The paths of a tree's strings."""
    found = []
    for path in places(tree):
        item = tree
        for key in path:
            item = item[key]
        if isinstance(item, str):
            found.append(path)
    return found


def put(tree, path, value):
    tree = copy.deepcopy(tree)
    inner = tree
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return tree


CHOSEN = ("ifairy.toml", "w4a8.toml", "bitmod4.toml", "units/dgq.toml", "units/tflite.toml")


@pytest.mark.parametrize("name", CHOSEN)
def test_no_text_of_a_design_takes_a_command(name):
    """Every string of a file in turn is each of these."""
    tree = trees(PRESETS, "*.toml")[name]
    for path in texts(tree):
        for hostile in HOSTILE:
            text = tomli_w.dumps(put(tree, path, hostile))
            found = refused_or(lambda text=text: from_toml(text))
            # Nothing at all stands for the default in some places.
            assert found is None or hostile == "", (path, hostile)


def test_names_that_are_taken_are_inert_wherever_they_stand():
    """Odd names as far as they may be: in Verilog, Tcl, YAML, JSON, a Makefile, Markdown."""
    odd, field = "a.b +-c 1", "_a1"
    tree = {
        "name": "x",
        "modes": [{
            "k_max": 16,
            "weight": {"planes": [{
                "element": {"family": "integer", "name": odd, "width": 2}, "code": field,
                "scales": [{"name": field, "format": "fp16", "span": "group 16"}],
            }]},
            "activation": {"planes": [{"element": "int2"}]},
            "output": {"format": "fp32"},
        }],
    }  # fmt: skip
    found = from_toml(tomli_w.dumps(tree))
    assert from_toml(to_toml(found)) == found
    files = contents(emit(found), tiles=1)
    for name, text in files.items():
        stands = [line for line in text.splitlines() if odd in line]
        if name.endswith((".v", ".tcl", "Makefile", ".core", ".xdc")):
            # In a comment, in braces of Tcl, in quotes of YAML.
            quoted = rf'(//|\*|#|description [{{]|description: ").*{re.escape(odd)}'
            assert all(re.search(quoted, line) for line in stands), (name, stands)


@pytest.mark.parametrize("key", ["part", "flags", "family", "title", "source"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_board_s_words(tmp_path, key, hostile):
    path = tmp_path / "mine.toml"
    lines = [line for line in BOARD.splitlines() if not line.startswith(key)]
    path.write_text(tomli_w.dumps({key: hostile}) + "\n".join(lines))
    board = refused_or(lambda: load_board(path))
    shown = hostile.isprintable()
    if key in ("title", "source"):  # lines for people
        assert (board is not None) == shown
    elif key == "flags" and hostile in ("", "-exec"):
        assert board.flags == hostile  # an option that yosys does not have
    else:
        assert board is None


def test_what_a_board_says_stands_in_scripts_as_it_is(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(BOARD)
    board = load_board(path)
    files = contents(emit(design("int2xint2")), tiles=1, board=board)
    assert "\nset part xcku5p-ffvb676-2-e\n" in files["vivado/synth_ooc.tcl"]
    assert "T" not in re.findall(r"\w+", files["vivado/synth_ooc.tcl"])
    lines = script.commands(board, "lut", "default", ["top"], False)
    assert any(line.endswith(f"-abc9 -widemux 5 -top {script.WRAPPER}") for line in lines)


@pytest.mark.parametrize("hostile", ["x;id", "../../x", "a/b", ".", "..", '"x', "x;", "#x", "!id",
                                     "`x", "$(id)", "a\\b", "-x", "", "x|y", "*", "%"])  # fmt: skip
def test_a_top_module_of_one_s_own(hostile):
    """Verilog lets a module be called anything, after a backslash."""
    with pytest.raises(DesignError, match="a top module is called by letters"):
        sources.check_top(hostile)


def test_plain_tops_are_taken():
    for name in ("mac", "$paramod", "a.b", "a[0]", "_x", "m9"):
        sources.check_top(name)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_designs_and_tables_of_such_names(tmp_path, monkeypatch, hostile):
    """On the command line, and as a file's name."""
    monkeypatch.chdir(tmp_path)
    code, _, err = called(["explain", hostile])
    assert code == 2, err
    code, _, err = called(["explain", "int4", "--name", hostile])
    assert code == 2, err
    name = f"{hostile.replace('/', '_')[:100]}.npy"
    np.save(tmp_path / name, np.arange(4.0))
    assert called(["explain", name])[0] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]
