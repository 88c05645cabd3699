"""Vivado's counts: bars recomputed from the data, and where no figure is given."""

import csv
from fractions import Fraction
from pathlib import Path
from statistics import median

import macsmith.boards.estimates as room
import pytest
from macsmith.boards import Cost, lookup
from macsmith.boards.estimates import estimated
from macsmith.boards.estimates.vivado import luts, origin, registers


def held_out(measured, *counted):
    """Shares that a file's rows are off, each predicted without those that sum in its format."""
    path = Path(room.__file__).parent / "vivado_xtramac.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    rows = list(csv.DictReader(lines))

    def ratio(row):
        return Fraction(int(row[measured]), sum(int(row[name]) for name in counted))

    def sums_in(row):
        return row["module"].split("_")[-1]

    return ratio, rows, {
        (row["module"], row["variant"]): ratio(row)
        / median(ratio(other) for other in rows if sums_in(other) != sums_in(row)) - 1
        for row in rows
    }  # fmt: skip


@pytest.mark.parametrize(
    "found, columns, shown",
    [
        (luts, ("vivado_lut", "yosys_lut"), (0.902, -0.1195, 0.2015, 0.046)),
        (registers, ("vivado_ff", "yosys_ff", "yosys_srl_bits"), (0.980, -0.16, 0.0256, 0.0145)),
    ],
)
def test_the_bars_are_those_of_the_data(found, columns, shown):
    ratio, rows, errors = held_out(*columns)
    assert found().value == pytest.approx(float(median(map(ratio, rows))), abs=1e-12)
    assert found().low == pytest.approx(float(min(errors.values())), abs=1e-12)
    assert found().high == pytest.approx(float(max(errors.values())), abs=1e-12)
    told = found().value, found().low, found().high, found().typical
    assert told == pytest.approx(shown, abs=6e-4), "what the pages say"
    figure = found().of(1000)
    for row in rows:
        counted = sum(int(row[name]) for name in columns[1:])
        about = figure.value * counted / 1000
        # The bars are of medians without a group; that of all is a little off these.
        assert about * (0.98 + figure.low) <= int(row[columns[0]]) <= about * (1.02 + figure.high)


def cost(top="top", **resources):
    counts = {"lut": 1000, "ff": 500, "srl": 0, "lutram": 0} | resources
    return Cost(top, "u280", "lut", counts, {}, {}, {}, None, {}, 0.0)


def test_a_design_of_the_family_has_both_figures(draft):
    found = estimated(draft("a").netlist(), cost(), lookup("u280"))
    assert str(found.lut) == "about 902 (−12…+21 %)" and str(found.ff) == "about 490 (−17…+3 %)"
    (line,) = found.lines()
    assert line == (
        "estimate: Vivado LUT about 902 (−12…+21 %), FF about 490 (−17…+3 %); from 34 public "
        "results of Vivado 2022.2 after synthesis (XtraMAC, xcu55c), each estimated from those "
        "that sum in other formats"
    )
    assert found.to_dict()["data"] == origin() and found.to_dict()["lut"]["about"] == 901.8


def test_shift_registers_widen_the_bars(draft):
    """To where Vivado keeps none of them, and to where it keeps all."""
    child = draft("a", "q", name="child")
    for number in range(20):
        child.cell("SRL16E", {"Q": f"q{number}"}, {"D": "a", "A0": "1", "A1": "1", "A2": "0",
                   "A3": "0"})  # fmt: skip
    top = draft("a")
    for number in range(2):
        top.cell("child", {"q": f"n{number}"}, {"a": "a"})
    found = estimated(top.netlist(child), cost(srl=40), lookup("u280"))
    assert found.srl_bits == 2 * 20 * 4 and "160 bits stand in SRLs here" in found.lines()[0]
    assert found.ff.value == pytest.approx(registers().value * 660)
    assert found.ff.least == pytest.approx(registers().of(500).least)
    assert found.lut.most == pytest.approx(luts().of(1000).most + 40)
    assert found.lut.least == pytest.approx(luts().of(1000).least)


@pytest.mark.parametrize(
    "cell, outs, ins, bits",
    [
        ("SRL16E", "Q", {"A0": "0", "A1": "0", "A2": "0", "A3": "0"}, 1),
        ("SRL16E", "Q", {"A0": "0", "A1": "1", "A2": "0", "A3": "1"}, 11),
        ("SRL16E", "Q", {"A0": "n", "A1": "1", "A2": "0", "A3": "1"}, 16),
        ("SRLC32E", "Q", {"A": "1,1,0,0,1"}, 20),
        ("SRLC32E", "Q31", {"A": "0,0,0,0,0"}, 32),
        ("FDRE", "Q", {}, 0),
    ],
)
def test_a_register_has_the_bits_that_its_address_reaches(draft, cell, outs, ins, bits):
    module = draft("a", "y").cell(cell, {outs: "y"}, {"D": "a", **ins})
    assert estimated(module.netlist(), cost(), lookup("u280")).srl_bits == bits


def test_what_no_row_has_gets_no_figure(draft):
    netlist, board = draft("a").netlist(), lookup("u280")
    assert estimated(netlist, cost(lutram=4), board).lut is None, "memories of LUTs"
    assert estimated(netlist, cost(lut=85), board).lut is None, "the smallest row has 86"
    assert estimated(netlist, cost(ff=100), board).ff is None, "and 151 flip-flops"
    none = estimated(netlist, cost(lut=85, ff=0), board)
    assert none.lines() == [] and none.to_dict()["lut"] is None
    for other in ("pynq-z2", "ulx3s-85", "icebreaker"):
        assert estimated(netlist, cost(), lookup(other)) is None
