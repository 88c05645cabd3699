"""The recorded terminal shows what the command prints today, but for times."""

import html
import importlib.util
import re
import xml.etree.ElementTree as tree
from pathlib import Path

import pytest
import terminals

from macsmith import cost_lines

ROOT = Path(__file__).parent.parent
_SPEC = importlib.util.spec_from_file_location("terminal", ROOT / "docs" / "terminal.py")
terminal = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(terminal)

SVG = "{http://www.w3.org/2000/svg}"


def lines():
    """The lines of the picture, and those of the steps apart."""
    found = {}
    for text in tree.parse(terminal.PICTURE).getroot().iter(f"{SVG}text"):
        row, column = float(text.get("y")), round(float(text.get("x")) / 12.2)
        line = found.get(row, "").ljust(column)
        found[row] = line[:column] + html.unescape(text.text).replace("\xa0", " ")
    told = [line.rstrip() for line in found.values() if line.strip()]
    return [x for x in told if not x.startswith("✓")], [x for x in told if x.startswith("✓")]


@pytest.mark.cases(0)
def test_the_recorded_terminal_is_what_is_printed(build_folder):
    words = [*terminal.COMMAND.split()[1:], "--no-verify"]  # the picture's run was verified
    done = terminals.seen(words, cwd=build_folder, columns=terminal.COLUMNS)
    printed = [line for line in done.screen if line and not line.startswith("✓")]
    printed = [line.replace(cost_lines.NOT_VERIFIED, cost_lines.VERIFIED) for line in printed]
    (command, *shown), steps = lines()
    assert command == f"$ {terminal.COMMAND}"
    assert [" ".join(line.split()) for line in shown] == [" ".join(x.split()) for x in printed]
    assert [line.split()[1] for line in steps] == [
        "emitting", "building", "simulating", "simulating", "synthesizing",
    ]  # fmt: skip
    assert all(re.search(r" \d+\.\d s$", line) for line in steps)


def test_the_picture_needs_nothing_from_elsewhere_and_follows_both_modes():
    text = terminal.PICTURE.read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme: light" in text and str(ROOT) not in text
    dark, light = text.split("@media")
    names = [
        set(re.findall(r"\.(macsmith-r\d+|macsmith-window) \{", part)) for part in (dark, light)
    ]
    assert names[0] == names[1] and len(names[0]) > 5


def test_a_picture_has_the_words_that_it_is_made_of(tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "PICTURE", tmp_path / "other.svg")
    text = "✓ \x1b[2m1.0 s\x1b[0m\n\x1b[1mname\x1b[0m  <&>"
    terminal.PICTURE.write_text(terminal.picture(text), encoding="utf-8")
    assert lines() == ([f"$ {terminal.COMMAND}", "name  <&>"], ["✓ 1.0 s"])
