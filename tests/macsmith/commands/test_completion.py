"""The scripts for shells: what they complete, and how fast."""

import json
import shutil
import subprocess

import pytest

from macsmith.arguments.commands import COMMANDS, SHELLS
from macsmith.cli import main
from macsmith.commands.completion import kinds, script

#: Completes the words of the line that is given; an empty word at its end where it ends in a space.
ASK = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
complete -p macsmith >&2
_macsmith
printf '%s\\n' "${COMPREPLY[@]}"
"""


def need(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: apt-get install {shell}")


@pytest.fixture(scope="module")
def bash(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    (folder / "macsmith").write_text(script("bash"))
    (folder / "here").mkdir()
    for name in ("mine.toml", "book.npy", "mac.v", "notes.txt"):
        (folder / "here" / name).write_text("")

    def complete(line, program="bash"):
        words = [str(folder / "macsmith"), *line.split(" ")]
        done = subprocess.run(
            [program, "--norc", "-c", ASK, "bash", *words],
            capture_output=True, text=True, check=True, cwd=folder / "here",
        )  # fmt: skip
        assert done.stderr == "complete -F _macsmith macsmith\n"
        return done.stdout.split("\n")[:-1]

    return complete


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("macsmith syn", ["synth"]),
        ("macsmith --", ["--help", "--version"]),
        ("macsmith synth --no-", ["--no-shell", "--no-verify"]),
        ("macsmith verify --no-", [""]),
        ("macsmith synth w4a8 --board u5", ["u50", "u55c"]),
        ("macsmith synth --board = u28", ["u280"]),
        ("macsmith explain nvfp", ["nvfp4"]),
        ("macsmith explain hada", ["hadamard"]),
        ("macsmith verify qse", ["qserve"]),
        ("macsmith explain mi", ["mixllm", "mixpe", "mine.toml"]),
        ("macsmith explain boo", ["book.npy"]),
        ("macsmith explain int4xuint1", ["int4xuint16"]),
        ("macsmith explain mxfp4xmxfp8", ["mxfp4xmxfp8_e4m3", "mxfp4xmxfp8_e5m2"]),
        ("macsmith verify --datapath bit_s", ["bit_serial"]),
        ("macsmith verify --scale ue", ["ue4m3", "ue5m3"]),
        ("macsmith verify --rows ", [""]),
        ("macsmith list form", ["formats"]),
        ("macsmith completion f", ["fish"]),
        ("macsmith cost m", ["mac.v"]),
    ],
)
def test_bash_completes(bash, line, found):
    assert {*bash(line)} == {*found}  # bash shows what comes twice once


def test_bash_knows_every_command_and_option(bash):
    assert bash("macsmith ") == [*COMMANDS, "--help", "--version"]
    for name, command in COMMANDS.items():
        wanted = [item.flags[-1] for item in command.arguments if item.is_option]
        assert bash(f"macsmith {name} -") == [*wanted, "--help"]


def test_bash_starts_no_program(bash, monkeypatch):
    """So it answers at once: no word needs Python, or anything else that is not bash's own."""
    found = shutil.which("bash")
    monkeypatch.setenv("PATH", "")
    assert "int4xint8" in bash("macsmith synth int4xint", found)


def test_all_kinds_of_names_are_known():
    known = {*kinds(), "file", "folder", "verilog"}
    for command in COMMANDS.values():
        assert {item.names for item in command.arguments if item.names} <= known


@pytest.mark.parametrize("shell", SHELLS)
def test_the_scripts_are_well_formed(shell, tmp_path, capsys):
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert text == script(shell) and "{{" not in text and "\n\n\n" not in text
    (tmp_path / "script").write_text(text)
    need(shell)
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_fish_completes(tmp_path):
    need("fish")
    (tmp_path / "script.fish").write_text(script("fish"))
    lines = {
        "macsmith syn": ["synth"],
        "macsmith synth --board u5": ["u50", "u55c"],
        "macsmith explain int4xuint1": ["int4xuint16"],
    }
    for line, found in lines.items():
        ask = f"source {tmp_path}/script.fish; complete -C {json.dumps(line)}"
        done = subprocess.run(
            ["fish", "--no-config", "-c", ask], capture_output=True, text=True, cwd=tmp_path,
            check=True, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert [answer.split("\t")[0] for answer in done.stdout.splitlines()] == found


def test_an_unknown_shell_is_one_line(capsys):
    assert main(["completion", "fsh"]) == 2
    assert "unknown shell 'fsh'; close ones: fish" in capsys.readouterr().err
    assert main(["completion"]) == 2
    assert "SHELL" in capsys.readouterr().err
