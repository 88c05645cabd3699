"""Frequencies: the fit and its bars made anew from the data, and where no figure is given."""

import numpy as np
import pytest
from fitting import sample, terms
from macsmith.boards import Cost, lookup
from macsmith.boards.estimates.fmax import (
    ASKED,
    CHOSEN,
    FITTED,
    LEAST,
    LONG,
    MOST,
    SHORT,
    fmax,
    numbers,
)
from macsmith.boards.estimates.limits import GRADES, grade, limit
from macsmith.boards.estimates.path import Path
from macsmith.boards.estimates.routed import MODELS
from macsmith.boards.estimates.rows import FMAX, packaged

ROWS = packaged().rows
SAMPLE = sample([row.values for row in ROWS], FMAX, ASKED, LEAST, MOST)
MET = SAMPLE.met
SUMS = [row.accumulator for row in ROWS]
DESIGNS = [row.module for row in ROWS]


def test_the_delays_are_those_that_are_fitted():
    assert SAMPLE.fit() == pytest.approx(terms(FITTED), abs=5e-4)


def test_the_bars_are_those_of_formats_that_are_left_out():
    errors = SAMPLE.held_out(SUMS)[~MET]
    assert (errors.min(), errors.max()) == pytest.approx((SHORT, LONG), abs=5e-4)
    assert np.median(abs(errors)) == pytest.approx(0.119, abs=1e-3), "what the page says"


@pytest.mark.slow
def test_designs_that_are_left_out_are_nearer():
    others = SAMPLE.held_out(DESIGNS)[~MET]
    assert SHORT < others.min() and others.max() < LONG
    assert np.median(abs(others)) == pytest.approx(0.076, abs=1e-3)


def test_each_row_lies_within_the_bars_of_its_estimate():
    for line, time, met in zip(SAMPLE.lines, SAMPLE.times, MET, strict=True):
        path = Path(*map(int, line[1:4]))
        about = 1000 / path.delay(FITTED)
        least, most = about / (1 + LONG), about / (1 + SHORT)
        reached = 1000 / time
        assert min(ASKED, least) <= reached, path
        assert met or reached <= most


def test_cells_take_what_public_reports_say():
    assert (terms(LEAST) < terms(MOST))[:4].all()
    assert ((terms(LEAST) <= terms(FITTED)) & (terms(FITTED) <= terms(MOST))).all()


def test_the_path_is_chosen_as_those_of_the_data(draft):
    """By these delays the row int8_int8_int32 has one LUT, two runs and 31 steps."""
    assert terms(CHOSEN)[:4] == pytest.approx([0, 0.121, 0.277, 0.038])


def cost(**changes):
    used = {"lut": 1000, "lutram": 0, "bram36": 0} | changes
    deep = {"lut": 9, "dsp": used.pop("deep", 0)}
    return Cost("top", "b", "lut", used, {}, deep, {}, None, {}, 0.0)


def chain(draft, luts, runs):
    """From a register to a register by so many LUTs and carry runs of no step, alternating."""
    module = draft("clk")
    done, net = 0, "n0"
    for number in range(runs):
        while done < luts * (number + 1) // runs:
            module.lut(f"n{done + 1}", net)
            done, net = done + 1, f"n{done + 1}"
        module.carry4(f"o{number},a,b,c", "d,e,f,g", f"{net},0,0,0", "0,0,0,0")
        net = f"o{number}"
    while done < luts:
        module.lut(f"n{done + 1}", net)
        done, net = done + 1, f"n{done + 1}"
    return module.ff("n0", net)


def like(draft, luts, runs, board="u280", **changes):
    return fmax(chain(draft, luts, runs).netlist(), cost(**changes), lookup(board))


def test_a_design_like_the_rows_has_a_figure(draft):
    found = like(draft, 16, 4)
    value = 1000 / (0.15 + 16 * 0.1303 + 4 * 0.39)
    assert found.figure.value == pytest.approx(value) and found.why == ""
    assert found.figure.least == pytest.approx(value / (1 + LONG))
    assert found.figure.most == pytest.approx(value / (1 + SHORT))
    assert found.line() == (
        "estimate: Fmax about 264 MHz (−22…+30 %), nearly empty device, grade -2 at 0.85 V; from "
        "28 public routed results and 6 that met their clock (Vivado 2022.2, XtraMAC, xcu55c), "
        "each estimated from those that sum in other formats"
    )
    told = found.to_dict()
    assert told["mhz"]["about"] == round(value, 1) and told["limit_mhz"] == 775
    assert told["path"] == {
        "path_lut": 16, "path_carry_runs": 4, "path_carry_bits": 0, "path_dsp": 0,
    }  # fmt: skip
    assert numbers(found.path) == (16, 4, 0, 0)


def test_beyond_the_clock_of_the_rows_there_is_a_bound(draft):
    """No row was driven further: what is faster is so many MHz at least."""
    found = like(draft, 2, 0)
    assert found.figure is None and found.least == ASKED
    assert "Fmax at least about 450 MHz, nearly empty" in found.line()
    near = like(draft, 8, 2)
    assert near.least == pytest.approx(1000 / (0.15 + 8 * 0.1303 + 2 * 0.39) / (1 + LONG))


@pytest.mark.parametrize(
    "board, changes, why",
    [
        ("ultra96v2", {}, "slower than the rows' grade -2 at 0.85 V"),
        ("u280", {"lut": 1208}, "nets reach further than in the rows, of up to 1,207 LUTs"),
        ("u280", {"ff": 721}, "nets reach further than in the rows, of up to 720 flip-flops"),
        ("u280", {"sites": 948}, "nets reach further than in the rows, of up to 947 sites"),
    ],
)
def test_what_can_only_be_slower_has_a_bound_from_above(draft, board, changes, why):
    found = like(draft, 16, 4, board, **changes)
    assert found.figure is None and found.why == why
    assert found.most == pytest.approx(1000 / (0.15 + 16 * 0.1303 + 4 * 0.39) / (1 + SHORT))
    assert f"Fmax at most about 341 MHz ({why})" in found.line()
    short = like(draft, 2, 0, board, **changes)
    assert short.line() == "" and "no row was driven beyond 450 MHz" in short.why


@pytest.mark.parametrize(
    "many, changes, why",
    [
        (16, {"lutram": 4}, "no row has memories, this has lutram"),
        (16, {"bram36": 0.5}, "no row has memories, this has bram36"),
        (16, {"deep": 1}, "a path crosses a DSP block"),
        (19, {}, "path_lut is at most 18 in the rows, here 19"),
        (6, {"runs": 0}, "rows have up to 5 LUTs for a carry run, here 6"),
        (12, {"runs": 2}, "rows have up to 5 LUTs for a carry run, here 6"),
    ],
)
def test_what_no_row_is_like_has_no_figure(draft, many, changes, why):
    changes = dict(changes)
    found = like(draft, many, changes.pop("runs", 4), **changes)
    assert (found.figure, found.least, found.most, found.line()) == (None, None, None, "")
    assert why in found.why and found.to_dict()["unknown"] == found.why


def test_a_design_without_a_path_has_no_figure(draft):
    found = fmax(draft("a", "y").lut("y", "a").netlist(), cost(), lookup("u280"))
    assert found.path is None and "no path leads" in found.why and found.to_dict()["path"] is None


@pytest.mark.parametrize(
    "part, told",
    [
        ("xcu280-fsvh2892-2L-e", "-2 at 0.85 V"),
        ("xczu3eg-sbva484-1-i", "-1 at 0.85 V"),
        ("xck26-sfvc784-2LV-c", "-2 at 0.72 V"),
        ("xczu2eg-sbva484-1LV-i", "-1 at 0.72 V"),
        ("xcku5p-ffvb676-3-e", "-3 at 0.90 V"),
        ("xcvu9p", "None"),
    ],
)
def test_a_part_tells_its_grade(part, told):
    assert str(grade(part)) == told


def test_limits_are_those_of_the_data_sheets(draft):
    """DS923: a block with all registers 775 and 644 MHz, without MREG 544 and 440."""
    fast, low = (next(g for g in GRADES if (g.speed, g.volts) == (2, v)) for v in (0.85, 0.72))
    assert (fast.bufg, fast.dsp, low.bufg, low.dsp) == (775, 775, 725, 644)

    def block(**registers):
        module = draft("a", "y").cell("DSP48E2", {"P": "y"}, {"A": "a"}, **registers)
        return limit(module.netlist(), "top", fast), limit(module.netlist(), "top", low)

    assert block() == (775, 644)
    assert block(MREG=0) == (544, 440) and block(MREG=0, USE_MULT="NONE") == (775, 644)
    assert block(ADREG=0) == (775, 644) and block(ADREG=0, AMULTSEL="AD") == (565, 453)
    assert block(ADREG=0, MREG=0, BMULTSEL="AD") == (410, 323)
    assert limit(draft("a", "y").lut("y", "a").netlist(), "top", low) == 725


def test_a_figure_reaches_no_further_than_the_device(draft):
    module = chain(draft, 10, 2)
    assert fmax(module.netlist(), cost(), lookup("u280")).figure.most > 544
    module.cell("DSP48E2", {"P": "p"}, {"A": "n0"}, MREG=0, PREG=1)
    capped = fmax(module.netlist(), cost(), lookup("u280"))
    assert capped.limit == 544 and capped.figure.most == pytest.approx(544)


def test_nothing_is_said_beyond_what_the_device_allows():
    """Neither the figure, nor its bar, nor an upper bound."""
    model, path = MODELS["ecp5"].model, Path(lut=2, nets=2, doublings=4)
    free = model.fmax(path, "").figure.value
    for most in (free / 2, free * 0.95, free * 1.1):
        found = model.fmax(path, "", most).figure
        assert found.least <= found.value <= found.most <= most * (1 + 1e-9)
        assert found.value == min(free, most)
        assert model.fmax(path, "larger than any", most).most <= most * (1 + 1e-9)


def test_a_bar_beyond_the_clock_of_the_rows_is_told():
    """Its upper part is from no row; and so would be an upper bound there."""
    model, path = MODELS["ecp5"].model, Path(lut=2, nets=2, doublings=2)
    free = 1000 / path.delay(model.fitted)
    assert free < model.asked < free / (1 + model.short)
    found = model.fmax(path, "")
    assert found.figure.value == pytest.approx(free)
    assert found.why == "no row was driven beyond 400 MHz"
    assert model.fmax(path, "larger") == (None, None, None, f"{found.why}; larger")
    # Where the device allows no more than the rows were asked for, all is known.
    assert model.fmax(path, "", 390).why == "" and model.fmax(path, "larger", 390).most == 390


def test_a_line_tells_of_a_bar_beyond_the_clock_of_the_rows(draft):
    line = like(draft, 10, 2).line()
    assert "448 MHz (−22…+30 %; no row was driven beyond 450 MHz), nearly empty" in line
    assert like(draft, 10, 2, lut=1208).line() == "", "no bound from above either"
