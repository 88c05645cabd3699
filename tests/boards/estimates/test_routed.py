"""Frequencies of families that nextpnr routes: fits and bars made anew, and where there is none."""

import importlib.util
from math import ceil

import numpy as np
import pytest
from apycula import chipdb
from fitting import sample, terms
from fmax import wanted
from macsmith.boards import Cost, lookup
from macsmith.boards.estimates.routed import MODELS, PATH, reached, rows
from macsmith.boards.families import FAMILIES
from macsmith.boards.routing.route import GOAL
from pages import SITE

from macsmith import Options, cost, design

#: What the page says: errors of the delay with ways to sum left out, least, greatest and median;
#: and with designs left out.
SHOWN = {
    "ecp5": (-0.208, 0.233, 0.0645, -0.191, 0.285, 0.052),
    "gowin": (-0.1285, 0.235, 0.0555, -0.1135, 0.2455, 0.056),
}

BOTH = pytest.mark.parametrize("family", list(MODELS))


def of(family):
    """The rows of a family, and what is fitted to."""
    model = MODELS[family].model
    known = rows(MODELS[family].board)
    values = [row.values for row in known]
    return model, known, sample(values, "mhz", model.asked, model.least, model.most)


@BOTH
@pytest.mark.cases("all")
def test_the_delays_are_those_that_are_fitted(family):
    model, _, found = of(family)
    assert found.fit() == pytest.approx(terms(model.fitted), abs=5e-4)
    # Paths were chosen by nearly these.
    assert terms(model.chosen) == pytest.approx(terms(model.fitted), rel=0.1, abs=0.03)


@BOTH
@pytest.mark.cases("all")
def test_the_bars_reach_all_that_was_left_out(family):
    """Each way to sum in turn, then each pair of formats or preset; and what the page says."""
    model, known, found = of(family)
    reach, shown = [], SHOWN[family]
    for groups in ([row.sums for row in known], [row.name for row in known]):
        errors = found.held_out(groups)[~found.met]
        reach += [errors.min(), errors.max()]
        told = *reach[-2:], np.median(abs(errors))
        assert told == pytest.approx(shown[:3], abs=6e-4)
        shown = shown[3:]
    assert (min(reach), max(reach)) == pytest.approx((model.short, model.long), abs=5e-4)


def percent(low, high):
    """As the page has errors: rounded outwards."""
    return f"−{ceil(-100 * low)} … +{ceil(100 * high)} %"


@pytest.mark.cases("all")
def test_the_page_has_these_errors():
    """The table, and what it says of rows of policy lut."""
    text = (SITE / "costs.md").read_text(encoding="utf-8")
    for family, called in (("ecp5", "ECP5, grade 6"), ("gowin", "Gowin GW2A, C8/I7")):
        model, known, found = of(family)
        cells = [called, str(len(known))]
        kept = [found.held_out(g) for g in ([r.sums for r in known], [r.name for r in known])]
        for errors in kept:
            half = ceil(1000 * np.median(abs(errors))) / 10
            cells += [percent(errors.min(), errors.max()), f"{half} %"]
        cells.append(f"{model.fitted.net:.3f}, {model.fitted.fan:.3f} ns")
        assert f"| {' | '.join(cells)} |" in text
    model, known, found = of("ecp5")
    bare = np.array([row.cells["policy"] == "lut" for row in known])
    errors = np.concatenate(
        [found.held_out(g)[bare] for g in ([r.sums for r in known], [r.name for r in known])]
    )
    told = percent(errors.min(), errors.max())
    assert f"Of the {bare.sum()} of policy `lut` none is more than {told} off." in text


@BOTH
def test_each_row_lies_within_the_bars_of_its_estimate(family):
    model, _, found = of(family)
    about = found.lines @ terms(model.fitted)
    assert (found.times >= about * (1 + model.short))[~found.met].all()
    assert (found.times <= about * (1 + model.long)).all()


@BOTH
def test_the_rows_are_those_that_are_wanted(family):
    """``make fmax`` would route nothing; all that is said of a row stands in it."""
    known = rows(MODELS[family].board)
    assert [row.key[1:] for row in known] == [line.names for line in wanted(MODELS[family])]
    assert MODELS[family].model.asked == GOAL
    assert len({row.sums for row in known}) >= 5 and len({row.name for row in known}) >= 10
    board = lookup(MODELS[family].board)
    assert (board.family, board.speed_grade) == (family, MODELS[family].grade)
    for row in known:
        assert row.cells["tools"].startswith("nextpnr-") and "yosys 0." in row.cells["tools"]
        assert abs(1000 / row.values["mhz"] - float(row.cells["cells_ns"]) - float(
            row.cells["wires_ns"])) < 0.02  # fmt: skip


@BOTH
def test_cells_take_what_the_databases_say(family):
    model = MODELS[family].model
    low, high, fitted = map(terms, (model.least, model.most, model.fitted))
    assert ((low <= fitted) & (fitted <= high)).all()
    assert (fitted < high)[5:7].all() and fitted[5:7].any(), "nets are fitted, not bounded"


def test_delays_of_gowin_are_those_of_apicula():
    """The greatest of rise and fall, as nextpnr takes them."""
    folder = importlib.util.find_spec("apycula").submodule_search_locations[0]
    timing = chipdb.load_chipdb(f"{folder}/GW2A-18C.msgpack.xz").timing["C8/I7"]
    lut, alu, dff = (
        {name: max(values) for name, values in timing[group].items()}
        for group in ("lut", "alu", "dff")
    )
    model = MODELS["gowin"].model
    by_input = [lut[f"{pin}_f"] for pin in "abcd"]
    into = [alu[f"{pin}0_fco"] for pin in ("a", "b", "d")]
    muxes = [lut["fx_ofx1"], lut["m0_ofx0"]]
    fixed = dff["clk_qpos"] + dff["di_clksetpos"]
    out, bit = alu["fci_f0"], alu["fci_fco"]
    assert terms(model.least)[:5] == pytest.approx(
        [fixed, min(by_input), min(into) + out, bit, min(muxes)], abs=6e-4)  # fmt: skip
    assert terms(model.most)[:5] == pytest.approx(
        [fixed, max(by_input), max(into) + out, bit, max(muxes)], abs=6e-4)  # fmt: skip


def spent(**changes):
    used = {"lut": 300, "lutram": 0, "dsp": 0} | changes
    return Cost("top", "b", "lut", used, {}, {}, {}, None, {}, 0.0)


def chain(draft, luts):
    """From a register to a register by so many LUTs of ECP5."""
    module = draft("clk").cell("TRELLIS_FF", {"Q": "n0"}, {"DI": "0", "CLK": "clk"})
    for number in range(luts):
        module.cell("LUT4", {"Z": f"n{number + 1}"}, {"A": f"n{number}"})
    return module.cell("TRELLIS_FF", {"Q": "q"}, {"DI": f"n{luts}", "CLK": "clk"}).netlist()


def like(draft, luts=3, board="ulx3s-85", **changes):
    return reached(chain(draft, luts), spent(**changes), lookup(board))


def test_a_design_like_the_rows_has_a_figure(draft):
    model, found = MODELS["ecp5"].model, like(draft)
    value = 1000 / (model.fitted.fixed + 3 * (model.fitted.lut + model.fitted.net))
    assert found.figure.value == pytest.approx(value) and found.why == ""
    assert found.figure.least == pytest.approx(value / (1 + model.long))
    assert found.figure.most == pytest.approx(value / (1 + model.short))
    told = found.to_dict()
    assert told["mhz"]["about"] == round(value, 1) and told["grade"] == "6"
    assert told["path"] == dict.fromkeys(PATH, 0) | {"path_lut": 3, "path_nets": 3}
    assert found.line().startswith(f"estimate: Fmax about {float(f'{value:.3g}'):g} MHz (")
    assert found.line().endswith(
        f"), as nextpnr routes it alone in a part of grade 6; from {len(rows('ulx3s-85'))} designs "
        "that nextpnr routed on ulx3s-85, each estimated from those that sum otherwise, or are of "
        "other formats"
    )


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"board": "orangecrab-85"}, "the rows are of grade 6"),
        ({"ebr18": 1}, "no row has memories of ebr18"),
        ({"bsram": 1}, "no row has memories of bsram"),
        ({"luts": 40}, "path_lut is at most"),
        ({"luts": 0, "board": "tang-nano-20k", "dsp": 1}, "nextpnr knows no delays of its DSP"),
    ],
)
def test_what_no_row_is_like_has_no_figure(draft, changes, why):
    found = like(draft, **changes)
    assert found.figure is None and found.line() == "" and found.why.startswith(why)
    assert found.to_dict()["unknown"] == found.why


def test_memories_of_luts_are_in_the_rows(draft):
    """Queues of designs with scales are."""
    for family in MODELS:
        assert any(row.values["lutram"] for row in rows(MODELS[family].board))
    assert like(draft, lutram=24).figure == like(draft).figure


@pytest.mark.parametrize(
    ("resource", "most", "told"),
    [("lut", 2665, "2,665 LUTs"), ("ff", 5384, "5,384 flip-flops"), ("sites", 5384, "5,384 sites"),
     ("dsp", 8, "8 DSP blocks")],
)  # fmt: skip
def test_larger_designs_have_a_bound_from_above(draft, resource, most, told):
    """By whatever they are larger than any row of the file."""
    assert max(float(row.cells[resource]) for row in rows("ulx3s-85")) == most
    assert like(draft, **{resource: most}).figure == like(draft).figure
    found = like(draft, **{resource: most + 1})
    assert found.figure is None and found.most == pytest.approx(like(draft).figure.most)
    assert f"at most about {float(f'{found.most:.3g}'):g} MHz (nets reach further" in found.line()
    assert found.why.endswith(f"in the rows, of up to {told}")


def test_other_families_have_none(draft):
    for board in ("u280", "icebreaker", "crosslink-nx-evn"):
        assert reached(draft("a").netlist(), spent(), lookup(board)) is None
    assert set(MODELS) < set(FAMILIES)


@BOTH
@pytest.mark.slow
def test_a_design_of_no_row_is_routed_within_its_bars(family, tmp_path):
    """INT5 × INT7, twice: estimated, then routed."""
    board = lookup(MODELS[family].board)
    made = design("int5xint7", Options(rows=1, cols=1, lanes=2))
    figure = cost(made, board).fmax.figure
    found = cost(made, board, seeds=(1,), folder=tmp_path).routed
    assert figure.least <= found.fmax <= figure.most
