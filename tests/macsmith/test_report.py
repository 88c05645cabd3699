"""A report says Vivado's counts as estimates, beside its own, and only where they are known."""

import json
from dataclasses import replace

import pytest
from macsmith.boards import Cost, lookup
from macsmith.boards.cost import Fits
from macsmith.boards.estimates import Figure, Vivado
from macsmith.boards.estimates.fmax import Fmax
from macsmith.boards.estimates.limits import GRADES
from macsmith.boards.estimates.path import Path
from macsmith.boards.estimates.routed import MODELS, Reached
from macsmith.hw.catalogue import hardware

from macsmith import design
from macsmith.cost_lines import style
from macsmith.report import Report

RESOURCES = {"sites": 390, "lut": 490, "lut_packed": 330, "ff": 162, "carry8": 9, "dsp": 0}
FMAX = Fmax(Figure(293, -0.21, 0.29), None, None, "", Path(12, 4, 22), GRADES[1], 775)
VIVADO = Vivado(Figure(442, -0.12, 0.2), Figure(253, -0.16, 0.02), 96, FMAX)


@pytest.fixture(scope="module")
def report():
    spent = Cost("top", "u280", "lut", RESOURCES, {}, {"lut": 12, "carry": 22}, {"lut": 0.1}, None,
                 {"yosys": "0"}, 1.0)  # fmt: skip
    return Report(hardware(design("int2xint2")), lookup("u280"), spent, {}, False, 1.0, VIVADO)


def test_estimates_are_marked_and_name_their_data(report):
    luts, clock = (line for line in report.summary() if line.startswith("estimate: "))
    assert luts.startswith("estimate: Vivado LUT about 442 (−12…+20 %), FF about 253 (−16…+2 %); ")
    assert "; 96 bits stand in SRLs here; from 34 public results of Vivado" in luts
    assert clock.startswith(
        "estimate: Fmax about 293 MHz (−21…+29 %), nearly empty device, grade -2"
    )
    assert "from 28 public routed results and 6 that met their clock" in clock
    assert all(f"- {line}" in report.markdown() for line in (luts, clock))
    assert style(luts) == "" and style(report.summary()[-2]) == "dim"


def test_json_has_numbers_and_bars(report):
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))["vivado"]
    assert told["lut"] == {"about": 442, "from": 389.0, "to": 530.4, "bars": [-0.12, 0.2]}
    assert told["srl_bits"] == 96 and told["fmax"]["mhz"]["about"] == 293
    assert told["fmax"]["grade"] == "-2 at 0.85 V" and told["fmax"]["path"]["path_lut"] == 12


def test_nothing_is_said_where_nothing_is_known(report):
    for vivado in (None, Vivado(None, None, 3)):
        bare = replace(report, vivado=vivado)
        assert not any("estimate:" in line for line in bare.summary())
    assert replace(report, vivado=None).to_dict()["vivado"] is None


def test_the_frequency_that_a_router_may_reach_is_told(report):
    about = Reached(Figure(214, -0.15, 0.2), None, None, "", Path(2, 1, 9, nets=3), MODELS["ecp5"])
    known = replace(report, vivado=None, fmax=about)
    (line,) = (line for line in known.summary() if line.startswith("estimate: "))
    assert line.startswith("estimate: Fmax about 214 MHz (−15…+20 %), as nextpnr routes it alone")
    assert f"- {line}" in known.markdown()
    told = json.loads(json.dumps(known.to_dict(), allow_nan=False))["fmax"]
    assert told["mhz"] == {"about": 214, "from": 181.9, "to": 256.8, "bars": [-0.15, 0.2]}
    assert told["path"]["path_nets"] == 3 and report.to_dict()["fmax"] is None
    unknown = replace(
        known, fmax=Reached(None, None, None, "of another grade", None, about.routings)
    )
    assert not any("estimate:" in line for line in unknown.summary())
    assert unknown.to_dict()["fmax"]["unknown"] == "of another grade"


def test_what_a_die_takes_is_told(report):
    for dies, words in (
        ((7, 6, 6), "the device's 3 dies, empty, take 7, 6, 6"),
        ((9, 9), "the device's 2 dies, empty, take 9 each"),
    ):
        spent = replace(report.cost, fits=Fits(18, "lut", dies))
        told = replace(report, cost=spent)
        assert words in told.summary()
        assert told.to_dict()["fits"] == {"designs": 18, "tightest": "lut", "dies": list(dies)}
    one = replace(report, cost=replace(report.cost, fits=Fits(18, "lut")))
    assert not any("dies" in line for line in one.summary())


def test_what_sites_are_the_largest_of_is_told(report):
    bounds = {"lut": 290.0, "carry": 308.0, "ff": 308.5}
    told = replace(report, cost=replace(report.cost, bounds=bounds)).summary()
    assert "sites: flip-flops bind (309); carries 308, LUTs 290" in told
    alone = replace(report, cost=replace(report.cost, bounds={"logic_cells": 40})).summary()
    assert not any(line.startswith("sites: ") for line in alone)


REGISTERS = {
    "fanouts": {"2": 90, "300": 8, "512": 1},
    "greatest": [["go", 512, 1], ["pe/a", 300, 4], ["pe/b", 300, 2]],
    "control_sets": 12,
}


def test_registers_of_great_fanout_are_named(report):
    told = replace(report, cost=replace(report.cost, registers=REGISTERS))
    lines = told.summary()
    assert "registers: greatest fan-out 512 (go), 12 control sets" in lines
    assert "fan-out above 256: go (512), pe/a (300) 4 times, pe/b (300) 2 times, 2 more" in lines
    assert told.to_dict()["registers"] == REGISTERS
    above = [line for line in replace(told, fanout=400).summary() if "fan-out above" in line]
    assert above == ["fan-out above 400: go (512)"]
    assert not any("fan-out above" in line for line in replace(told, fanout=512).summary())
