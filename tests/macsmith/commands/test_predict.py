"""``macsmith predict`` and ``explore``, ``compare --fast``: what they print and refuse."""

import json

import pytest

from macsmith.cli import main


def test_it_prints_what_is_foreseen_and_its_error(capsys):
    words = ["predict", "mxfp4", "int4xint8", "--rows", "2", "--cols", "2", "--lanes", "16"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert text.startswith("mxfp4, int4xint8 on AMD Alveo U280") and "nine of ten within" in text
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    mx, plain = told["designs"]
    assert "--partials 4" in mx["words"] and mx["rate"] == 64
    assert 0 < mx["scale_sites"] < mx["sites"] and plain["scale_sites"] == 0
    assert told["held_out"]["pair"]["sites"]["engines"] == told["engines"]


def test_options_and_boards_count(capsys):
    costs = {}
    for words in ((), ("--policy", "dsp"), ("--board", "icebreaker"), ("--k-max", "65536")):
        assert main(["predict", "int8xint8", *words, "--json"]) == 0
        costs[words] = json.loads(capsys.readouterr().out)["designs"][0]
    plain, *others = costs.values()
    assert all(other["sites"] != plain["sites"] for other in others)
    assert costs["--policy", "dsp"]["dsp"] > 0 == plain["dsp"]


def test_a_fast_comparison_says_that_it_foresees(capsys):
    words = ["compare", "mxfp4", "w4a8", "--macs", "16", "--fast", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert all(row["cost"] > 0 and row["lut_levels"] is None for row in told["designs"])
    assert all("macsmith predict" in row["commands"]["cost"] for row in told["designs"])
    assert any("from the plans of" in line for line in told["notes"])
    assert told["tools"]["foreseen"].endswith("engines")
    assert told["fronts"]["gaussian"] and told["scaling"]


def test_an_exploration_is_printed_and_written(tmp_path, capsys):
    page, rows = tmp_path / "p.html", tmp_path / "r.csv"
    words = ["explore", "--bits", "3", "--macs", "16", "--activation", "itself", "--scheme", "row"]
    assert main([*words, "--html", str(page), "--csv", str(rows)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("3 designs on AMD Alveo U280") and "Pareto front, Gaussian" in text
    assert "nine of ten within" in text
    assert "<title>3 designs" in page.read_text(encoding="utf-8")
    assert len(rows.read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("predict", "required: DESIGN"),
        ("predict mxfp5", "close ones: mxfp4"),
        ("predict hadamard", "hadamard is a unit, no engine"),
        ("predict int8 --board u28", "unknown board 'u28'; close ones: u280"),
        (
            "predict int8 --board tang-nano-9k",
            "got one of gowin: choose --board u280, or synthesize it",
        ),
        ("predict int4xint8 --requantize tflite", "is a chain, no engine: it makes no MACs"),
        ("predict int4xint8 --axis-width 64", "leave out --axis-width, or synthesize it"),
        ("compare int8 --fast --no-cost", "--fast tells costs: leave out --no-cost"),
        ("explore --bits 9", "--bits are 3 to 8, got 9"),
        ("explore --scheme rows", "unknown scheme 'rows'; close ones: row"),
        ("explore --policy dps", "unknown policy 'dps'; close ones: dsp"),
        ("explore --html page.txt", "--html writes a file that ends in .html, got page.txt"),
        ("explore --text words.txt", "name its file with --model"),
        ("explore --perplexity 3", "--perplexity is that of a text: name it with --text"),
        ("explore --macs 0", "must be at least 1, got 0"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(capsys, words, message):
    assert main(words.split()) in (1, 2)
    said = capsys.readouterr().err.strip().splitlines()
    assert message in said[-1] or any(message in line for line in said)
