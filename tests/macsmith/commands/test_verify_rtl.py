"""``macsmith verify FILE --as DESIGN --map FILE``: verdicts, costs, and wrong words."""

import json

import pytest
from guest_modules import HANDSHAKE, RTL
from macsmith.golden.errors import Mismatch

from macsmith import DesignError, Options, design, verify_rtl
from macsmith.cli import main

SHAPE = ["--as", "int8xint8", "--rows", "1", "--cols", "1", "--lanes", "4"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ports.toml").write_text(HANDSHAKE, encoding="utf-8")
    text = (RTL / "hs.sv").read_text(encoding="utf-8")
    (tmp_path / "hs.sv").write_text(text, encoding="utf-8")
    wrong = text.replace("signed'(a", "unsigned'(a")
    assert wrong != text
    (tmp_path / "wrong.sv").write_text(wrong, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "words, said",
    [
        ("hs.sv", "hs.sv needs --as: the design that it should do"),
        ("hs.sv --as int8xint8", "hs.sv needs --map: a TOML file"),
        ("int8xint8 --as w4a8 --map ports.toml", "--as and --map go with a file of Verilog"),
        ("hs.sv --as int8xint9x --map ports.toml", "unknown"),
        ("hs.sv --as int8xint8 --map none.toml", "cannot read the port map none.toml"),
        ("none.sv --as int8xint8 --map ports.toml", "cannot read none.sv: no such file"),
        ("hs.sv --as int8xint8 --map ports.toml --top nope", "unknown module 'nope'"),
        ("hs.sv --as int8xint8 --map ports.toml --mutants 3", "leave them out of --as"),
        ("hs.sv --as int8xint8 --map ports.toml", "ports.toml:"),
        ("int8xint8 --cost", "--cost goes with a file of Verilog, --as and --map"),
    ],
)
def test_wrong_words_are_one_line(folder, capsys, words, said):
    """Of the design's own 4 × 4 × 4, the ports of one PE carry too little."""
    assert main(["verify", *words.split()]) == 2
    told = capsys.readouterr()
    assert said in told.err and told.err.count("\n") <= 3 and "Traceback" not in told.err


def test_a_wrong_result_ends_with_its_own_code(folder, capsys):
    assert main(["verify", "wrong.sv", *SHAPE, "--map", "ports.toml", "--tiles", "5"]) == 4
    err = capsys.readouterr().err
    assert "hs_as_int8xint8_1x1x4: sent alone, tile " in err
    assert "weight     code: " in err and "activation code: " in err


def test_in_python(folder):
    engine = design("int8xint8", Options(rows=1, cols=1, lanes=4))
    with pytest.raises(Mismatch, match="received"):
        verify_rtl(["wrong.sv"], engine, "ports.toml", count=5)
    with pytest.raises(DesignError, match="unknown module 'x'"):
        verify_rtl(["hs.sv"], engine, "ports.toml", top="x")


@pytest.mark.slow
def test_a_verdict_with_costs(folder, capsys):
    words = ["verify", "hs.sv", *SHAPE, "--map", "ports.toml", "--tiles", "5", "--cost"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verified"] and found["coverage"]["share"] == 1.0
    assert found["steps"] == found["cycles"]  # a step a cycle, and one register
    theirs, ours = (found["cost"][who]["resources"] for who in ("theirs", "ours"))
    assert theirs["ff"] < ours["ff"] and theirs["dsp"] == ours["dsp"] == 0
    assert main([*words, "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "resource" in out and "bits of weight" in out and "equal the golden model" in out


@pytest.mark.slow
def test_costs_of_what_is_wrong(folder, capsys):
    words = ["verify", "wrong.sv", *SHAPE, "--map", "ports.toml", "--tiles", "5", "--cost"]
    assert main(words) == 4
    told = capsys.readouterr()
    assert "sites" in told.out and "received" in told.err
