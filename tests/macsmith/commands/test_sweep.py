"""``macsmith sweep``: what it prints and writes, and what it refuses before any work."""

import json

import pytest
from macsmith.studies.sweeping import running

from macsmith.cli import main

GRID = '[[grid]]\ndesign = ["a", "b", "c"]\n'
STATUS = {"a": "counted", "b": "refused", "c": "failed"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A grid of three in a folder with a space; nothing is counted, each goes another way."""
    here = tmp_path / "a folder"
    here.mkdir()
    (here / "g.toml").write_text(GRID, encoding="utf-8")
    monkeypatch.chdir(here)

    def row(point, memory):
        error = {} if point.design == "a" else {"error": f"no {point.design}"}
        return {"design": point.design, "board": point.board, "status": STATUS[point.design],
                **error}  # fmt: skip

    monkeypatch.setattr(running, "measured", row)


def test_what_is_printed_and_written(capsys):
    """What failed gives exit code 1; the second time nothing is done."""
    assert main(["sweep", "g.toml", "-o", "rows here", "--table", "t.csv", "--cores", "1"]) == 1
    text = capsys.readouterr().out.splitlines()
    assert [line.split() for line in text[2:5]] == [
        ["counted", "1"],
        ["refused", "1"],
        ["failed", "1"],
    ]
    assert "1 ×: no b" in text and text[-1] == "0 of 3 were kept from before"
    with open("t.csv", encoding="utf-8") as file:
        assert [line.split(",")[0] for line in file] == ["design", "a", "b", "c"]
    assert main(["sweep", "g.toml", "-o", "rows here", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["kept"] == 3 and [row["status"] for row in told["rows"]] == [*STATUS.values()]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "required: GRID"),
        ("none.toml", "cannot read none.toml"),
        ("g.toml --table t.txt", "--table writes a file that ends in .csv or .parquet"),
        ("g.toml --table no/t.csv", "there is no folder no for t.csv"),
        ("g.toml -o g.toml", "g.toml"),
        ("g.toml --cores 0", "must be at least 1, got 0"),
        ("g.toml --memory x", "must be a whole number, got 'x'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(capsys, words, message):
    assert main(["sweep", *words.split()]) in (1, 2)
    text = capsys.readouterr().err
    assert message in text and "Traceback" not in text and text.count("\n") == 1
