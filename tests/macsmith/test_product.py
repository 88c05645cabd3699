"""``--shape`` on the command line; ``diff`` and ``cache``."""

import json

import pytest

from macsmith.cli import main


@pytest.fixture
def run(capsys):
    def call(*words):
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_explain_tells_what_a_shape_takes(run):
    words = ["explain", "mxfp4", "--rows", "8", "--cols", "8", "--lanes", "8", "--partials", "8"]
    code, out, _ = run(*words, "--shape", "1024x1024x64")
    assert code == 0 and "effective MACs per cycle, 25% of 512" in out
    assert "set by: results, one by one" in out
    found = json.loads(run(*words, "--shape", "1024x1024x64", "--json")[1])["product"]
    assert found["limit"] == "results, one by one" and found["shape"] == [1024, 1024, 64]


def test_synth_tells_the_cost_per_effective_mac(run, build_folder):
    words = ["synth", "int2xint2", "--rows", "2", "--cols", "1", "--no-verify", "--shape", "3x4x1"]
    code, out, _ = run(*words, "-o", str(build_folder), "--force")
    assert code == 0 and "per effective MAC: " in out and "rows in use: 3 of 4" in out


@pytest.mark.parametrize(
    "words, message",
    [
        (["int8xint8", "--shape", "4x4"], "a shape is NxKxM, such as 4096x4096x1, got '4x4'"),
        (["int8xint8", "--shape", "4x9000x1"], "K is at most k-max = 4096, got 9000"),
        (["hadamard", "--shape", "4x4x4"], "--shape is of an engine's product; hadamard is a unit"),
    ],
)
def test_shapes_that_cannot_be_are_told(run, words, message):
    code, _, err = run("explain", *words)
    assert code == 2 and message in err and len(err.splitlines()) == 1


def test_designs_of_the_same_bits_and_of_others(run, tmp_path):
    code, out, _ = run("diff", "w4a8", "w8a8", "--no-cost")
    assert code == 0 and out.startswith("different bits") and "modes.0.weight" in out
    run("generate", "int2xint2", "--interface", "axis", "-o", str(tmp_path / "a"))
    code, out, _ = run("diff", "int2xint2", str(tmp_path / "a" / "design.toml"), "--no-cost")
    assert code == 0 and out.startswith("the same bits") and "build.interface" in out


@pytest.mark.cases(0)
def test_diff_costs_both(run):
    found = json.loads(run("diff", "int2xint2", "int2xint4", "--json")[1])
    cost = {row[0]: row[1:] for row in found["cost"]}
    assert not found["same_bits"] and int(cost["sites"][0]) < int(cost["sites"][1])
    assert cost["sites, each"][0].endswith(" a MAC")


def test_the_cache_is_shown_and_only_ours_is_removed(run, monkeypatch, tmp_path):
    monkeypatch.setenv("MACSMITH_CACHE", str(tmp_path))
    assert run("cache")[0] == 0
    run("generate", "int2xint2", "--rows", "1", "--cols", "1", "-o", str(tmp_path / "out"))
    (tmp_path / "emitted").mkdir(exist_ok=True)
    (tmp_path / "emitted" / "mine.txt").write_text("mine")
    (tmp_path / "sim" / "notes").mkdir(parents=True)
    (tmp_path / "sim" / "notes" / "a").write_text("mine")
    code, out, _ = run("cache", "--clear")
    assert code == 0 and f"removed from {tmp_path}" in out
    assert (tmp_path / "emitted" / "mine.txt").exists() and (tmp_path / "sim/notes/a").exists()
    found = json.loads(run("cache", "--json")[1])
    assert all(kind["entries"] == 0 for kind in found["kinds"].values())
