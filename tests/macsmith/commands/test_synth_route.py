"""``synth --route``: what is wrong is said before any work; what is routed is shown."""

import json

import pytest

from macsmith import cli
from macsmith.arguments.values import seeds

SMALL = ["synth", "int2xint2", "--rows", "1", "--cols", "1", "--lanes", "1", "--no-verify"]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--seeds", "3"], 2, "--seeds belongs to --route: add it, or leave out --seeds"),
        (["--route"], 2, "no open router places the family xcup of u280; routed are ecp5, gow"),
        (["--route"], 2, "such as --board ulx3s-85, or leave out --route"),
        (["--board", "ulx3s-85", "--route", "--seeds", "101"], 2, "1 to 100 seeds, got 101"),
        (["--board", "ulx3s-85", "--route", "--seeds", "0"], 2,
         "must be how many seeds, such as 5, or which, such as 3,7,11, got '0'"),
        (["--board", "ulx3s-85", "--route", "--seeds", "many"], 2, "got 'many'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_any_work(words, code, said, capsys, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("macsmith.commands.synth.cost", None)
        patch.setattr("macsmith.commands.synth.chosen", None)  # a design's file may take its time
        try:
            found = cli.main([*SMALL, *words])
        except SystemExit as end:
            found = end.code
    out, err = capsys.readouterr()
    assert found == code and not out and said in err and "Traceback" not in err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "found"), [("1", (1,)), ("3", (1, 2, 3)), ("7,3", (7, 3)), ("5,", None), ("-1", None)]
)
def test_seeds_are_a_number_or_a_list(text, found):
    if found is None:
        with pytest.raises(Exception, match="must be how many seeds"):
            seeds(text)
    else:
        assert seeds(text) == found


def test_a_routed_design_on_screen_and_in_json(capsys, tmp_path):
    words = [*SMALL, "--board", "icebreaker", "--route", "--seeds", "1"]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    (line,) = (line for line in out.splitlines() if line.startswith("routed at "))
    assert line.endswith(" MHz, seed 1")
    assert "Estimate after synthesis" not in out and "nextpnr-ice40 0." in out
    (folder,) = (tmp_path / "build" / "synth").iterdir()
    assert (folder / "routed" / "harness.bin").stat().st_size > 10_000
    assert cli.main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["routed"]
    assert f"{told['fmax_mhz']['median']:.1f}" == line.split()[2]
    assert told["used"]["core"]["sites"] > 0 < told["used"]["harness"]["ff"]
    assert told["bitstream"] == "routed/harness.bin" and told["pins"] == {}
    assert json.loads((folder / "report.json").read_text())["routed"] == told


def test_a_routing_that_ends_early_leaves_no_report(monkeypatch, capsys, tmp_path):
    """The same command can be given again, into the same folder; a report has its own seeds."""
    words = [*SMALL, "--board", "icebreaker", "--route", "-o", "mine", "--seeds"]

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("macsmith.library.route", interrupted)
        assert cli.main([*words, "1"]) == 130
    assert not any((tmp_path / "mine").iterdir())
    assert cli.main([*words, "2,1"]) == 0
    assert cli.main([*words, "1"]) == 2 and "mine is not empty" in capsys.readouterr().err
    assert cli.main([*words, "1", "--force"]) == 0
    routed = {path.name for path in (tmp_path / "mine" / "routed").iterdir()}
    assert routed == {"harness.json", "harness.bin", "seed-1.log"}
