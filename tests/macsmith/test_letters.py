"""What a terminal without UTF-8 shows, and what is in the files that tools read."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from macsmith import design, to_toml
from macsmith.cli import main
from macsmith.letters import PLAIN, ascii_letters
from macsmith.options import Options
from macsmith.output import generate

ROOT = Path(__file__).parent.parent.parent
SYSTEM_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("4 × 4 × 2", "4 x 4 x 2"),
        ("2⁻¹⁸ · x²", "2^-18 . x^2"),
        ("… a – b → ±1 − π", "... a - b -> +-1 - pi"),
        ("plain", "plain"),
        ("é漢", "\\xe9\\u6f22"),
    ],
)
def test_plain_letters(text, plain):
    assert ascii_letters(text) == plain


def test_our_texts_have_no_other_letters():
    """So that none of them is shown as a code."""
    known = set(PLAIN) | set("⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    for folder in ("macsmith", "golden", "hw", "sim", "boards", "models"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".toml", ".j2", ".v"):
                found = set(re.findall(r"[^\x00-\x7f]", path.read_text(encoding="utf-8")))
                assert found <= known, path


class Terminal(io.TextIOWrapper):
    """A strict terminal of an encoding, and what it was sent."""

    def __init__(self, encoding):
        super().__init__(io.BytesIO(), encoding=encoding, errors="strict")

    def sent(self):
        self.flush()
        return self.buffer.getvalue()


@pytest.fixture(params=["ascii", "latin-1", "cp1252"])
def terminal(request, monkeypatch):

    def call(*words):
        out, err = Terminal(request.param), Terminal(request.param)
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            code = main([*words])
        return code, out.sent().decode(request.param), err.sent().decode(request.param)

    return request.param, call


COMMANDS = [
    "list",
    "explain w4a8",
    "explain anywidth",
    "explain nvfp4 --json",
    "list formats --json",
]


@pytest.mark.parametrize("words", COMMANDS)
def test_any_terminal_shows_it(terminal, words):
    encoding, call = terminal
    code, out, err = call(*words.split())
    assert code == 0 and not err and out
    if words.endswith("--json"):
        assert "×" in json.dumps(json.loads(out), ensure_ascii=False)  # nothing is lost there
    else:
        plain = ("+-1", "x int8") if encoding == "ascii" else ("±1", "× int8")
        assert any(text in out for text in plain) and "\\" not in out


def test_any_terminal_is_told_what_is_wrong(terminal):
    encoding, call = terminal
    code, _, err = call("explain", "é漢")
    assert code == 2 and len(err.splitlines()) == 1
    assert ("\\xe9" if encoding == "ascii" else "é") in err and "\\u6f22" in err


def test_columns_stay_in_line(terminal):
    _, call = terminal
    lines = call("explain", "w4a8")[1].splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("---"))
    column = lines[rule].rindex(" ") + 1
    assert lines[rule - 1][column - 2 :].startswith("  what")
    for line in lines[rule + 1 : lines.index("", rule)]:
        assert line[column - 1] == " " and line[column] != " "


def test_a_system_without_utf8(tmp_path):
    """Folders beyond ASCII, with every text that goes through files and processes."""
    folder = tmp_path / "é漢"
    folder.mkdir()
    (folder / "own.toml").write_text(to_toml(design("int2xint2", SMALL)), encoding="utf-8")
    command = [sys.executable, "-P", "-m", "macsmith"]
    environment = {**os.environ, **SYSTEM_C}
    generated = [*command, "generate", str(folder / "own.toml"), "-o", str(folder / "ü × 2")]
    done = subprocess.run(generated, capture_output=True, cwd=folder, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    # A file's name goes out as it is.
    assert f"{folder}/ü × 2/rtl/int2xint2_1x1x1.v\n".encode() in done.stdout
    assert (folder / "ü × 2/README.md").read_text(encoding="utf-8")


SMALL = Options(rows=1, cols=1, lanes=1)
#: Of each interface, with float flags, scales, several modes, blocks and leaves.
FOLDERS = {
    "int2xint2": SMALL,
    "e5m2xint4": Options(rows=1, cols=2, lanes=2, interface="axis"),
    "w4a8": SMALL,
    "simd": SMALL,
    "int8xint8": Options(rows=2, cols=2, lanes=2, policy="dsp"),
    "int4xint4": Options(rows=1, cols=1, lanes=2, adders="carry4"),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_sources_and_scripts_are_ascii(name, tmp_path):
    made = generate(design(name, FOLDERS[name]), tmp_path / "out", tiles=2)
    read = {path.suffix or path.name for path in made.files} - {".md", ".toml"}
    assert read >= {".v", ".core", ".hex", ".json", "Makefile", ".tcl", ".xdc"}
    for path in made.files:
        text = (made.folder / path).read_bytes()
        if path.suffix not in (".md", ".toml"):
            assert text.isascii(), path
    assert " x " in (made.folder / f"rtl/{made.emitted.engine.name}.v").read_text(encoding="ascii")
