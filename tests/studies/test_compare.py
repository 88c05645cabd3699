"""A comparison: sums of parts, fronts, warnings, and the same figures in every form."""

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from macsmith.boards.estimates import Figure, Vivado
from macsmith.boards.estimates.path import Path
from macsmith.boards.estimates.routed import MODELS, Reached
from macsmith.studies import compare as module
from macsmith.studies import tables
from macsmith.studies.accuracy import Data
from macsmith.studies.columns import columns
from macsmith.studies.compare import compare
from macsmith.studies.page import page
from macsmith.studies.plots import plots

from macsmith import DesignError
from macsmith.cli import main


def test_the_whole_is_the_sum_of_its_parts(found):
    for row in tables.to_dict(found)["designs"]:
        assert row["sites"] == row["array_sites"] + row["scale_path_sites"]
        assert row["cost"] == pytest.approx(row["sites"] + 132.6 * row["dsp"])
        assert row["cost_per_mac"] == pytest.approx(row["cost"] / 48, abs=1e-3)
        streams = ("weight", "activation", "scale", "result")
        moved = sum(row[f"{name}_bytes"] for name in streams)
        assert row["bytes_per_cycle"] == pytest.approx(moved, abs=3e-4)


def test_all_do_as_much(found):
    assert {row["macs_per_cycle"] for row in tables.to_dict(found)["designs"]} == {48}
    shapes = {entry.name: entry.candidate.shape for entry in found.entries}
    assert shapes == {**dict.fromkeys(shapes, (1, 3, 16)), "bitserial": (3, 3, 16)}
    assert {entry.candidate.engine.modes[0].k_max for entry in found.entries} == {4096}


def test_dsp_blocks_count_as_the_board_has_them(made_up):
    """U280: (1,303,680 − 107,629) / (9,024 − 4) LUTs a block; or what is asked for."""
    assert compare(["int8"], macs=16).asked.exchange == 132.6
    found = compare(["int8"], macs=16, dsp_sites=50, policies=("dsp",))
    [entry] = found.entries
    assert entry.cost == entry.used("sites") + 50 * entry.used("dsp")


def test_the_front_of_each_data(found):
    """The cheapest is on every front, and so is the most accurate at its least cost."""
    for data in found.data:
        best = [e for e in found.entries if data.name in found.fronts(e)]
        cheapest = min(found.entries, key=lambda e: e.cost)
        assert any(e.cost == cheapest.cost for e in best)
        top = max(e.lost[data.name].product for e in found.entries)
        assert any(e.lost[data.name].product == pytest.approx(top, abs=0.1) for e in best)
        assert all(e.policy == "lut" for e in best)  # with blocks they cost more here


def test_what_differs_is_warned_of(found, made_up):
    [precision, *others] = found.warnings
    assert "4 × 4 bits: mxfp4; 4 × 8 bits: w4a8, bitserial; 8 × 8 bits: int8xint8" in precision
    assert any(line.startswith("int8xint8: no scales for its weight and act") for line in others)
    assert any(line.startswith("mxfp4: adds groups into 4 partial sums") for line in others)
    alike = compare(["w8a8", "int8"], macs=16, costs=False)
    assert alike.warnings == ()


def test_frequencies_are_shown_as_bars(made_up, monkeypatch):
    about = Reached(Figure(214.5, -0.1, 0.25), None, None, "", Path(2), MODELS["ecp5"])
    plain = module.cost
    monkeypatch.setattr(
        module, "cost", lambda *words, **how: replace(plain(*words, **how), fmax=about)
    )
    found = compare(["int8"], macs=16, policies=("lut",), scaling=False)
    [row] = tables.to_dict(found)["designs"]
    assert (row["fmax_mhz"], row["fmax_mhz_from"], row["fmax_mhz_to"]) == (214.5, 193.1, 268.1)
    header, [line] = tables.tables(found)[0]
    assert line[header.index("Fmax MHz")] == "193…268"
    [note] = [text for text in tables.notes(found) if text.startswith("Fmax: ")]
    assert note.startswith("Fmax: as nextpnr routes it alone in a part of grade 6, an estimate")
    bare = compare(["int8"], macs=16, policies=("lut",), costs=False)
    assert not any(text.startswith("Fmax: ") for text in tables.notes(bare))


def test_vivados_luts_are_shown_as_bars(made_up, monkeypatch):
    figure = Figure(1234.5, -0.1, 0.25)
    plain = module.cost
    monkeypatch.setattr(
        module,
        "cost",
        lambda *words, **how: replace(plain(*words, **how), vivado=Vivado(figure, None, 0)),
    )
    found = compare(["int8"], macs=16, policies=("lut",), scaling=False)
    [row] = tables.to_dict(found)["designs"]
    told = row["vivado_lut"], row["vivado_lut_from"], row["vivado_lut_to"]
    assert told == (1234.5, 1111.0, 1543.1)
    header, [line] = tables.tables(found)[0]
    assert line[header.index("Vivado LUT")] == "1,110…1,540"
    assert any(text.startswith("Vivado LUT: ") for text in tables.notes(found))
    drawn = plots(found)["vivado"].svg()
    assert "<title>int8, lut: Vivado LUT about 1,230 (−10…+25 %)</title>" in drawn
    # The bar ends at the number; the line from 1111 to 1543 goes on both sides of it.
    [(left, width)] = re.findall(
        r'<rect class="array" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn
    )
    [(least, most)] = re.findall(
        r'<polyline class="line s1"[^>]* points="([\d.]+),39.0 ([\d.]+),', drawn
    )[:1]
    scale = float(width) / 1234.5
    assert float(least) - float(left) == pytest.approx(1111.05 * scale, abs=0.2)
    assert float(most) - float(left) == pytest.approx(1543.125 * scale, abs=0.2)
    assert drawn in page(found)


def test_json_csv_and_markdown_have_the_rows_of_the_table(found):
    cells, rows = columns(found), tables.to_dict(found)["designs"]
    assert json.loads(json.dumps(rows)) == rows
    read = list(csv.DictReader(io.StringIO(tables.as_csv(found))))
    assert len(rows) == len(read) == len(found.entries) == 8
    for row, line, entry in zip(rows, read, found.entries, strict=True):
        for cell in cells:
            value = row[cell.key]
            assert line[cell.key] == ("" if value is None else str(value))
            shown = cell.text(entry)
            if isinstance(value, int | float):
                assert float(shown.replace(",", "")) == pytest.approx(
                    value, abs=0.51 * 10**-cell.digits
                )
            else:
                assert shown == ("–" if value is None else value)
        assert line["cost_command"] == row["commands"]["cost"]
    [costs, *_] = tables.tables(found)
    lines = tables.as_markdown(found).splitlines()
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[4:12]] == costs[
        1
    ]


def test_the_curve_is_of_the_first_policy_at_fewer_lanes(found):
    by_name = {}
    for point in tables.to_dict(found)["scaling"]:
        by_name.setdefault(point["design"], []).append((point["lanes"], point["macs_per_cycle"]))
    assert by_name == dict.fromkeys(by_name, [(4, 12), (8, 24), (16, 48)])
    # 1000 sites of the path and 17.5 for each MAC, see conftest.
    [last] = [p for p in found.points if p.name == "mxfp4" and p.lanes == 16]
    assert last.per_mac == pytest.approx(1000 / 48 + 17.5)


def test_own_data_stands_beside_what_is_drawn(made_up):
    rng = np.random.default_rng(1)
    own = Data("own", "mine", ((rng.normal(size=(4, 32)), rng.normal(size=(2, 32))),), " --data x")
    found = compare(["mxfp4"], macs=16, own=own, seed=3, costs=False)
    told = tables.to_dict(found)
    [row] = told["designs"]
    assert row["sqnr_own"] and set(told["fronts"]) == {"gaussian", "student_t", "own"}
    assert "--seed 3 --data x" in row["commands"]["design"]


@pytest.mark.parametrize("name", ["mxfp4", "bitserial", "int8xint8"])
def test_the_command_of_what_is_not_synthesized_makes_it(found, capsys, name):
    [first, *_] = (row for row in tables.to_dict(found)["designs"] if row["design"] == name)
    words = first["commands"]["design"].split()
    assert words[:2] == ["macsmith", "compare"] and main(words[1:]) == 0
    [again] = json.loads(capsys.readouterr().out)["designs"]
    same = [key for key in again if key not in ("policy", "front", "commands")]
    assert {key: again[key] for key in same} == {key: first[key] for key in same}


def test_what_has_no_error_is_compared_without(made_up):
    """Complex weights are no matrix of real numbers."""
    found = compare(["ifairy", "int8"], macs=16, scaling=False)
    assert found.entries[0].lost["gaussian"] is None
    assert any(re.match("ifairy: no error on Gaussian: ", line) for line in found.warnings)
    assert found.fronts(found.entries[0]) == []


@pytest.mark.parametrize(
    ("names", "how", "message"),
    [
        ([], {}, "name a design at least"),
        ([f"int{n}" for n in range(2, 70)], {}, "up to 64 designs"),
        (["int8"], {"macs": 16, "rows": 3}, "must make 16 MACs"),
        (["nvfp4"], {"macs": 32, "lanes": 32}, "nvfp4 at 1x1x32: lanes must divide"),
        (["w4a8"], {"macs": 16, "k": 100}, "w4a8 at 1x1x16: .*100"),
        (["hadamard"], {}, "hadamard is a unit"),
        (["w4a9"], {}, "close ones: w4a8"),
    ],
)
def test_what_cannot_be_compared_is_said(made_up, names, how, message):
    with pytest.raises(DesignError, match=message) as caught:
        compare(names, **how)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_costs_are_those_of_synth_and_of_the_netlist(tmp_path, capsys, monkeypatch):
    """The command of a cost makes the same figures, and LUTs are those that yosys counts."""
    monkeypatch.chdir(tmp_path)
    found = compare(["int4"], macs=2, policies=("lut",), scaling=False)
    [row] = tables.to_dict(found)["designs"]
    words = [*row["commands"]["cost"].split()[1:], "-o", str(tmp_path / "out")]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    for name in ("sites", "lut", "ff", "dsp"):
        assert row[name] == report["resources"][name]
    assert row["scale_path_sites"] == report["parts"]["scale path"]["resources"]["sites"]
    netlist = json.loads((tmp_path / "out" / "netlist.json").read_text(encoding="utf-8"))
    for key, part in (("lut", "core"), ("scale_path_lut", "core_path")):
        cells = counted(netlist["modules"], f"{report['design']}_{part}")
        luts = sum(cells[f"LUT{size}"] for size in range(1, 7))
        # Inverters take a LUT where nothing takes them in.
        assert luts <= row[key] <= luts + cells["INV"] and luts > 1000


def counted(modules, top):
    """Cells of a module and of all below it, by type."""
    found = Counter()
    for cell in modules[top]["cells"].values():
        inner = modules.get(cell["type"], {"cells": {}})
        if inner["cells"]:
            found += counted(modules, cell["type"])
        else:
            found[cell["type"]] += 1
    return found
