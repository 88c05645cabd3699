"""``macsmith cost``: Verilog of one's own by the same rules."""

import argparse
import json
import re

import pytest
from macsmith.boards import lookup
from macsmith.boards.fanout import LIMIT

from macsmith.arguments.help import command_help
from macsmith.cli import main
from macsmith.commands.common import target

MAC = """`include "size.vh"
module mac(input clk, input clear, input signed [`SIZE:0] a, input signed [17:0] b,
           output reg signed [47:0] acc);
    reg signed [`SIZE:0] a_r;
    reg signed [17:0] b_r;
    reg signed [44:0] product;
    always @(posedge clk) begin
        a_r <= a;
        b_r <= b;
        product <= a_r * b_r;
        acc <= (clear ? 48'sd0 : acc) + product;
    end
endmodule
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mac.v").write_text(MAC)
    (tmp_path / "size.vh").write_text("`define SIZE 26\n")
    (tmp_path / "empty.v").write_text("")
    (tmp_path / "wrong.v").write_text("module wrong(;\n")
    return tmp_path


def test_plain_products_are_absorbed(files, capsys):
    """Registers, product and sum are those of one block."""
    assert main(["cost", "mac.v", "size.vh", "--macs", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["top"], found["policy"], found["macs_per_cycle"]) == ("mac", "dsp", 1)
    assert {name for name, used in found["resources"].items() if used} == {"dsp"}
    assert found["resources"]["dsp"] == 1
    assert found["vivado"] == {"lut": None, "ff": None, "srl_bits": 0} | {
        name: found["vivado"][name] for name in ("data", "fmax")
    }
    assert found["vivado"]["fmax"]["mhz"] is None and found["vivado"]["fmax"]["limit_mhz"] == 775
    assert (files / "build/cost/mac-dsp-u280/mapped.v").is_file()


@pytest.mark.cases(0)
def test_what_nextpnr_may_reach_is_told_or_why_it_is_not(files, capsys):
    words = ["cost", "mac.v", "size.vh", "--top", "mac", "--board", "ulx3s-85"]
    assert main([*words, "--policy", "lut", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["vivado"] is None and found["fmax"]["grade"] == "6"
    assert found["fmax"]["path"]["path_carry_runs"] > 0
    assert (found["fmax"]["mhz"] is None) == bool(found["fmax"]["unknown"])
    assert main([*words, "--policy", "dsp", "--json"]) == 0
    blocks = json.loads(capsys.readouterr().out)["fmax"]
    assert blocks["mhz"] is None and "crosses a DSP block" in blocks["unknown"]


@pytest.mark.cases(0)
def test_it_prints_a_table(files, capsys):
    assert main(["cost", "mac.v", "size.vh", "--top", "mac", "--policy", "lut"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("mac on AMD Alveo U280") and "per MAC" not in text
    assert "levels between registers" in text and "not placed" in text
    assert "\nestimate: Vivado LUT about" in text


def test_a_part_needs_no_board(files, capsys):
    part = "xcku5p-ffvb676-2-e"
    assert main(["cost", "mac.v", "size.vh", "--top", "mac", "--part", part, "--fanout", "1"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"mac on XCKU5P ({part}), policy dsp")
    assert re.search(r"\n *dsp +1 +1,824 ", text)
    assert (files / f"build/cost/mac-dsp-{part}/mapped.v").is_file()


def test_a_shell_may_be_left_off():
    given = argparse.Namespace(board="u280", part=None, no_shell=False)
    assert target(given) == lookup("u280")
    given.no_shell = True
    assert target(given).available("lut") == 1_303_680
    assert LIMIT == 256 and f"(default {LIMIT})" in " ".join(command_help("synth").split())


@pytest.mark.parametrize(
    "words, message",
    [
        ("missing.v", "cannot read missing.v: no such file"),
        (".", "cannot read .: it is a folder"),
        ("size.vh", "give a file with modules"),
        ("mac.v size.vh --top mcc", "unknown module 'mcc'; close ones: mac"),
        ("mac.v mac.v", "two files are called mac.v"),
        ("wrong.v", "yosys failed: wrong.v:1: ERROR"),
        ("empty.v", "choose one with --top"),
        ("mac.v size.vh --board u28", "unknown board 'u28'; close ones: u280"),
        ("mac.v size.vh --part xcku6p-ffvb676-2-e", "unknown part 'xcku6p'; close ones: "),
        ("mac.v size.vh --board u50 --part xcku5p-ffvb676-2-e", "give --board or --part, got both"),
        ("mac.v size.vh --policy dps", "unknown policy 'dps'; close ones: dsp"),
        ("mac.v size.vh --macs 0", "must be at least 1, got 0"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(files, capsys, words, message):
    assert main(["cost", *words.split()]) in (1, 2)
    text = capsys.readouterr().err
    assert message in text and "Traceback" not in text
