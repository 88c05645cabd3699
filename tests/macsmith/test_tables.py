"""Tables on the screen: as wide as they need, and no wider than a terminal."""

import os
import sys

import pytest

from macsmith.screen import paragraph, table

HEADER = ["name", "what it is", "sites/MAC"]
ROWS = [["w4a8", "INT4 in groups of 128, with zero points", "62.2"], ["nvfp4", "E2M1", "9"]]


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output a terminal of so many columns, without colours."""

    def of(columns):
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))

    return of


def test_what_is_piped_stays_a_line_a_row():
    assert table(ROWS, HEADER).splitlines() == [
        "name   what it is                               sites/MAC",
        "-----  ---------------------------------------  ---------",
        "w4a8   INT4 in groups of 128, with zero points       62.2",
        "nvfp4  E2M1                                             9",
    ]


def test_a_terminal_that_is_wide_enough_has_the_same_words(terminal):
    piped = table(ROWS, HEADER).splitlines()
    terminal(len(piped[0]))
    shown = table(ROWS, HEADER).splitlines()
    assert [shown[0], *shown[2:]] == [piped[0], *piped[2:]] and set(shown[1]) == {"─"}


def test_long_cells_wrap_between_words(terminal):
    terminal(34)
    assert table(ROWS, HEADER).splitlines() == [
        "name   what it is        sites/MAC",
        "─" * 34,
        "w4a8   INT4 in groups         62.2",
        "       of 128, with",
        "       zero points",
        "nvfp4  E2M1                      9",
    ]


def test_a_title_is_broken_at_its_slash(terminal):
    terminal(24)
    assert table(ROWS, HEADER).splitlines()[:3] == [
        "       what it    sites/",
        "name   is            MAC",
        "─" * 24,
    ]


@pytest.mark.parametrize("columns", range(20, 60))
def test_no_line_is_longer_than_the_terminal_and_no_word_is_lost(terminal, columns):
    terminal(columns)
    lines = table(ROWS, HEADER).splitlines()
    assert max(map(len, lines)) <= columns
    said = "".join("".join(line.split()) for line in lines if not line.startswith("─"))
    assert sorted(said) == sorted("".join("".join(HEADER + ROWS[0] + ROWS[1]).split()))


def test_columns_come_closer_before_words_are_broken(terminal):
    cells = ["definition"] * 6
    terminal(65)
    assert table([cells], cells).splitlines()[2] == " ".join(cells)


def test_a_terminal_with_colours_has_them_and_no_other_letters(terminal, monkeypatch):
    terminal(80)
    plain = table(ROWS, HEADER)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    coloured = table(ROWS, HEADER)
    assert "\x1b[1mname" in coloured and "\x1b[36mw4a8" in coloured
    monkeypatch.setenv("TERM", "dumb")
    assert table(ROWS, HEADER) == plain and "\x1b" not in plain


def test_brackets_are_no_markup(terminal):
    terminal(80)
    assert "[red]x[/red]" in table([["[red]x[/red]"]], ["[bold]"])


def test_a_paragraph_wraps_on_a_terminal_only(terminal):
    text = "one two three four five six"
    assert paragraph(text) == text
    terminal(12)
    assert paragraph(text) == "one two\n  three four\n  five six"
