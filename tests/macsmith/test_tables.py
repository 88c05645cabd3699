"""Tables on the screen: as wide as they need, and no wider than a terminal."""

import os
import sys

import pytest

from macsmith.commands.common import table

HEADER = ["name", "what it is", "sites"]
ROWS = [["w4a8", "INT4 in groups of 128, with zero points", "62.2"], ["nvfp4", "E2M1", "9"]]


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output a terminal of so many columns."""

    def of(columns):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))

    return of


def test_what_is_piped_stays_a_line_a_row():
    assert table(ROWS, HEADER).splitlines() == [
        "name   what it is                               sites",
        "-----  ---------------------------------------  -----",
        "w4a8   INT4 in groups of 128, with zero points   62.2",
        "nvfp4  E2M1                                         9",
    ]


def test_a_terminal_that_is_wide_enough_changes_nothing(terminal):
    piped = table(ROWS, HEADER)
    terminal(len(piped.splitlines()[0]))
    assert table(ROWS, HEADER) == piped


def test_long_cells_wrap_between_words(terminal):
    terminal(34)
    assert table(ROWS, HEADER).splitlines() == [
        "name   what it is            sites",
        "-----  --------------------  -----",
        "w4a8   INT4 in groups of      62.2",
        "       128, with zero",
        "       points",
        "nvfp4  E2M1                      9",
    ]


@pytest.mark.parametrize("columns", range(20, 60))
def test_no_line_is_longer_than_the_terminal_and_no_word_is_lost(terminal, columns):
    terminal(columns)
    lines = table(ROWS, HEADER).splitlines()
    assert max(map(len, lines)) <= columns
    said = "".join("".join(line.split()) for line in lines if not line.startswith("-"))
    assert sorted(said) == sorted("".join("".join(HEADER + ROWS[0] + ROWS[1]).split()))
