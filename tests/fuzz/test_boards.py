"""Board files with anything wrong: a board with whole reports, or one line."""

import json
import re

import pytest
from fuzzed import called, examples, refused_or, tried
from macsmith.boards import catalogue, cost, families
from macsmith.hw.catalogue import hardware
from odd_trees import WHOLE, files, trees

from macsmith import design
from macsmith.report import Report

BOARDS = trees(catalogue._FOLDER, "*.toml")
SMALL = hardware(design("int2xint2"))
#: What a synthesis could have measured.
MEASURED = {
    "resources": {"sites": 10, "lut": 9, "lut_packed": 8, "ff": 7, "carry8": 1, "dsp": 2},
    "bounds": {"lut": 9},
    "levels": {"lut": 2, "carry": 8, "carry_runs": 1, "muxf": 0, "dsp": 0},
}


def reported(path):
    """A board that is taken can be reported on; its words are safe where they will stand."""
    board = refused_or(lambda: catalogue.load(path))
    if board is None:
        return False
    tools = {"yosys": "0", "flags": board.flags}
    spent = cost._cost("top", board, "lut", MEASURED, tools, 1.0)
    report = Report(SMALL, board, spent, {}, False, 1.0)
    lines = [*report.summary(), *report.markdown().splitlines(), board.title, board.source]
    assert all(line.isprintable() for line in lines)
    json.dumps(report.to_dict(), allow_nan=False)
    assert re.fullmatch(r"[\w./-]+", board.part, re.ASCII)
    assert re.fullmatch(r"[\w./: -]*", board.flags, re.ASCII)
    assert families.family(board.family)
    return True


@pytest.fixture
def write(tmp_path):
    def to(content):
        path = tmp_path / "odd.toml"
        path.write_bytes(content)
        return path

    return to


@examples(100, 2000)
def test_boards(count, write):
    tried(count, files(BOARDS, 2), lambda content: reported(write(content)))


@pytest.mark.parametrize("content", WHOLE)
def test_whole_files(content, write):
    assert not reported(write(content))
    code, _, err = called(["diff", "int4", "int8", "--no-cost", "--board", str(write(content))])
    assert code == 2, err


def test_the_package_s_own_are_taken(tmp_path):
    for name in BOARDS:
        assert reported(catalogue._FOLDER / name)
