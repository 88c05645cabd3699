"""``macsmith compare``: what it prints and writes, and what it refuses before any work."""

import csv
import json

import numpy as np
import pytest
from macsmith.tools import nextpnr

from macsmith.cli import main

SMALL = ("compare", "mxfp4", "int8", "--macs", "16", "--no-cost")


def test_it_prints_what_is_moved_and_lost(capsys):
    assert main([*SMALL]) == 0
    text = capsys.readouterr().out
    assert text.startswith("mxfp4, int8, 16 MACs a cycle, K = 4,096\n")
    assert "bits/weight" in text and "gaussian dB" in text and "sites" not in text
    assert "note: the operands differ in precision" in text


def test_files_and_json_agree(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.random.default_rng(1).standard_t(3, size=(5, 64)))
    files = {what: tmp_path / f"out.{end}"
             for what, end in (("html", "html"), ("csv", "csv"), ("markdown", "md"))}  # fmt: skip
    words = [word for what, path in files.items() for word in (f"--{what}", str(path))]
    assert main([*SMALL, "--data", str(tmp_path / "x.npy"), "--json", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["dsp_sites"] is None and len(told["designs"]) == 2
    assert all(row["sqnr_own"] > 10 for row in told["designs"])
    rows = list(csv.DictReader(files["csv"].read_text(encoding="utf-8").splitlines()))
    assert [float(row["sqnr_own"]) for row in rows] == [d["sqnr_own"] for d in told["designs"]]
    assert "| mxfp4 | 1x1x16 |" in files["markdown"].read_text(encoding="utf-8")
    assert "<title>mxfp4, int8" in files["html"].read_text(encoding="utf-8")


def test_sides_make_the_macs(capsys):
    words = ["compare", "int8", "--rows", "2", "--cols", "1", "--lanes", "8", "--no-cost", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["macs_per_cycle"] == 16


def test_what_synth_has_routed_is_not_routed_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shape = "--rows 1 --cols 1 --lanes 1 --board icebreaker --policy lut"
    words = ["compare", "int2xint2", *shape.split(), "--no-scaling", "--json", "--route"]
    synth = f"int2xint2 {shape} --k-max 4096 --no-verify --route --seeds 1,2 --json"
    assert main(["synth", *synth.split()]) == 0
    routed = json.loads(capsys.readouterr().out)["routed"]
    monkeypatch.setattr(nextpnr, "run", None)
    for seeds, run in (([], routed["runs"][0]), (["--seeds", "2,2"], routed["runs"][1])):
        assert main([*words, *seeds]) == 0
        [row] = json.loads(capsys.readouterr().out)["designs"]
        assert row["routed_mhz"] == run["fmax_mhz"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "required: DESIGN"),
        ("mxfp4 --policy dps", "unknown policy 'dps'; close ones: dsp"),
        ("mxfp4 --board u28", "unknown board 'u28'; close ones: u280"),
        ("mxfp4 --macs 0", "must be at least 1, got 0"),
        ("mxfp4 --html page.txt", "--html writes a file that ends in .html, got page.txt"),
        ("mxfp4 --csv nowhere/a.csv", "there is no folder nowhere for a.csv"),
        ("mxfp4 --markdown folder.md", "--markdown writes a plain file, but folder.md is none"),
        ("mxfp4 --svg charts --no-cost", "--svg draws costs: leave out --no-cost"),
        ("mxfp4 --route", "no open router places the family xcup of u280; routed are ecp5, gow"),
        ("mxfp4 --route", "choose a board of these, such as --board ulx3s-85, or leave out --rou"),
        ("mxfp4 --board ulx3s-85 --seeds 3", "--seeds belongs to --route: add it, or leave out"),
        ("mxfp4 --board ulx3s-85 --route --seeds 0", "must be how many seeds, such as 5, or which"),
        ("mxfp4 --board ulx3s-85 --route --seeds 101", "1 to 100 seeds, got 101"),
        ("mxfp4 --board ulx3s-85 --route --fast", "takes what is synthesized: leave out --fast"),
        ("mxfp4 --board ulx3s-85 --route --no-cost", "is synthesized: leave out --no-cost"),
        ("mxfp4 --data missing.npy", "cannot read missing.npy"),
        ("mxfp4 --data text.npy", "it is no .npy file of numbers"),
        ("mxfp4 --matrix a", "name its file with --model"),
        ("mxfp4 --model missing.gguf", "missing.gguf"),
        ("mxfp5 --no-cost", "close ones: mxfp4"),
        ("hadamard --no-cost", "hadamard is a unit, no engine"),
        ("nvfp4 --macs 32 --lanes 32 --no-cost", "nvfp4 at 1x1x32: lanes must divide the group"),
        ("w4a8 --k 100 --no-cost", "w4a8 at 4x4x16"),
        ("int8 --macs 7 --rows 2 --no-cost", "must make 7 MACs a step"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "text.npy").write_text("no array", encoding="utf-8")
    assert main(["compare", *words.split()]) in (1, 2)
    text = capsys.readouterr().err
    assert message in text and "Traceback" not in text and text.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.md", "text.npy"]
