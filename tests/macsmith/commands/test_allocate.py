"""``macsmith allocate``: tables and models, what it prints, and what it refuses."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from macsmith.cli import main

TABLE = """item,design,loss,bits
a,x,1,1
a,y,0.2,2
b,x,3,1
b,y,0.5,2
c,x,0.1,1
c,y,0.05,2
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A table, and a model of two matrices."""
    rng = np.random.default_rng(2)
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    weights = {
        "a.up_proj.weight": rng.normal(size=(64, 128)).astype(np.float32),
        "b.up_proj.weight": rng.standard_t(3, size=(64, 128)).astype(np.float32),
    }
    save_file(weights, tmp_path / "m.safetensors")
    monkeypatch.chdir(tmp_path)


def told(capfd, *words):
    assert main(["allocate", *words, "--json"]) == 0
    return json.loads(capfd.readouterr().out)


def test_a_table_by_hand(capfd):
    """Two bits more than 3 are best spent on b and a; one on b."""
    found = told(capfd, "t.csv", "--bits", "4.2")
    assert found["designs"] == {"a": "x", "b": "y", "c": "x"}
    assert found["totals"] == {"loss": 1.6, "bits": 4} and found["bound"] == pytest.approx(1.6)
    assert found["uniform"]["x"] == pytest.approx({"loss": 4.1, "bits": 3})
    least = told(capfd, "t.csv", "--minimize", "bits", "--loss", "0.8")
    assert least["designs"] == {"a": "y", "b": "y", "c": "x"}
    same = told(capfd, "t.csv", "--minimize", "bits", "--as", "x", "--pareto", "3")
    assert same["limits"] == pytest.approx({"loss": 4.1}) and len(same["pareto"]) == 3


def test_what_is_printed(capfd):
    assert main(["allocate", "t.csv", "--bits", "4.2", "--out", "a.json"]) == 0
    text = capfd.readouterr().out
    assert text.startswith("3 items: the least loss within bits 4.2")
    assert "proven: no choice has less loss" in text and "bits binds: 1 % more" in text
    with open("a.json", encoding="utf-8") as file:
        assert json.load(file)["designs"]["b"] == "y"


def test_a_model(capfd):
    """The one with outliers gets the wider format; blocks add up to what matrices have."""
    words = ["m.safetensors", "mxfp4", "mxfp8_e4m3", "--bits", "6.3"]
    found = told(capfd, *words)
    assert sorted(found["designs"].values()) == ["mxfp4", "mxfp8_e4m3"]
    assert found["totals"]["bits"] == pytest.approx(6.25)
    blocks = told(capfd, *words, "--block", "64", "--sensitivity", "tails")
    assert len(blocks["designs"]) == 4 and "a.up_proj.weight[64:128]" in blocks["designs"]


def test_fast_costs_say_that_they_are_foreseen(capfd):
    """In the notes, with what they may be off by; sites and milliseconds come of them."""
    words = ["m.safetensors", "mxfp4", "mxfp8_e4m3", "--as", "mxfp8_e4m3", "--fast"]
    found = told(capfd, *words, "--minimize", "sites")
    assert 0 < found["totals"]["sites"] <= found["uniform"]["mxfp8_e4m3"]["sites"]
    assert "nine of ten within" in " ".join(found["notes"])
    assert main(["allocate", *words, "--hardware", "shared"]) == 0
    text = capfd.readouterr().out
    assert "note: foreseen, not synthesized, from the plans of" in text and "ms" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "required: WORK"),
        ("t.csv", "nothing limits the choice: give --bits"),
        ("t.csv --minimize bits", "give --loss"),
        ("t.csv --bits 2", "no choice keeps within bits 2; the least that can be kept: bits 3"),
        ("t.csv --minimize bits --loss 0.1", "the least that can be kept: loss 0.75"),
        ("t.csv --bits -1", "must be a number from 0 on, got '-1'"),
        ("t.csv --bits x", "must be a number from 0 on, got 'x'"),
        (
            "t.csv --bits 4 --bits 5 --minimize area",
            "no sum is called 'area'; there are loss, bits",
        ),
        ("t.csv --sites 4", "no sum is called 'sites'"),
        ("t.csv --as z", "unknown design 'z'"),
        ("t.csv x --bits 4", "a table names its own designs"),
        ("t.csv --bits 4 --hardware shared", "a table has its own sums"),
        ("t.csv --bits 4 --fast", "a table has its own sums: leave out --fast"),
        ("m.safetensors mxfp4 --bits 4 --fast", "--fast foresees sites: ask for them"),
        ("none.csv --bits 4", "cannot read the table none.csv: No such file"),
        ("none.gguf mxfp4 --bits 4", "none.gguf"),
        ("m.safetensors --bits 4", "name designs to choose from"),
        ("m.safetensors mxfp5 --bits 4", "close ones"),
        ("m.safetensors hadamard --bits 4", "hadamard is a unit"),
        ("m.safetensors mxfp4 --bits 4 --sensitivity all", "unknown sensitivity 'all'"),
        ("m.safetensors mxfp4 --bits 4 --sensitivity text", "--text FILE"),
        ("m.safetensors mxfp4 --bits 4 --text t.csv", "--text is for --sensitivity text"),
        ("m.safetensors mxfp4 --bits 4 --judge", "--judge foresees a text"),
        ("m.safetensors mxfp4 --bits 4 --hardware both", "unknown hardware 'both'"),
        ("m.safetensors mxfp4 --bits 5 --out a.txt", "ends in .json"),
        ("m.safetensors mxfp4 --bits 5 --out no/a.json", "there is no folder no for a.json"),
        ("m.safetensors mxfp4 --bits 5 --as mxfp6_e2m3", "unknown design 'mxfp6_e2m3'"),
        ("m.safetensors mxfp4 --bits 5 --minimize area", "unknown sum 'area'"),
        ("m.safetensors mxfp4", "nothing limits the choice"),
        ("m.safetensors mxfp4 --bits 4", "the least that can be kept: bits 4.25"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(capfd, words, message):
    assert main(["allocate", *words.split()]) in (1, 2)
    text = capfd.readouterr().err
    assert message in text and "Traceback" not in text and text.count("\n") == 1
