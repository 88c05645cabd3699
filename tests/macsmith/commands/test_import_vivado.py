"""``macsmith import-vivado``: reports beside our counts, the row that is kept, and wrong words."""

import json

import pytest
import vivado_texts as texts
from macsmith.boards import Cost
from macsmith.boards.estimates import Figure, Vivado
from macsmith.boards.estimates.fmax import Fmax
from macsmith.boards.estimates.path import Path
from macsmith.boards.estimates.rows import read

import macsmith.vivado_reports as module
from macsmith import boards, explain
from macsmith.cli import main
from macsmith.report import Report

SHAPE = ["--design", "int4xint8", "--rows", "1", "--cols", "1", "--lanes", "4"]
RESOURCES = {
    "sites": 390,
    "lut": 490,
    "lut_packed": 330,
    "ff": 162,
    "srl": 32,
    "lutram": 0,
    "dsp": 1,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Reports in the current folder; no synthesis runs, ours are made up."""

    def costed(design, board, **_):
        hardware = explain(boards.fitted(design, board))
        spent = Cost(design.name, board.name, design.build.policy, RESOURCES, {},
                     {"lut": 7, "carry": 22}, {}, None, {"yosys": "none"}, 0.0)  # fmt: skip
        fmax = Fmax(Figure(300, -0.1, 0.2), None, None, "", Path(7, 2, 22), None, 775)
        vivado = Vivado(Figure(442, -0.1, 0.2), Figure(200, -0.1, 0.05), 96, fmax)
        return Report(hardware, board, spent, {}, False, 0.0, vivado)

    monkeypatch.setattr(module, "cost", costed)
    monkeypatch.chdir(tmp_path)
    files = {
        "synth.rpt": texts.flat(),
        "route.rpt": texts.flat(lut=430, state="Routed"),
        "hier.rpt": texts.by_instance(),
        "timing.rpt": texts.summary(),
        "paths.rpt": texts.timing(texts.path("-0.1", "VIOLATED", net="estimated")),
        "seven.rpt": texts.flat(device="xc7z020clg400-1", kind="Slice"),
        "other.rpt": texts.flat(device="xc7z020clg400-1", state="Fully Placed"),
        "versal.rpt": texts.flat(device="xcvc1902-vsva2197-2MP-e-S"),
        "clocks.rpt": texts.head("report_clocks"),
        "old.rpt": texts.head("report_utilization"),
        "mine.txt": "",
        "odd.csv": "a,b\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_reports_stand_beside_ours(folder, capsys):
    words = ["synth.rpt", "route.rpt", "timing.rpt", *SHAPE]
    assert main(["import-vivado", *words]) == 0
    text = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert text.startswith("int4xint8_1x1x4 on xczu3eg-sbva484-1-e, Vivado 2021.2\n")
    assert "Vivado, synthesis  Vivado, routing" in text
    assert rows["lut"] == ["490", "398…530", "442", "430"]
    assert rows["ff"] == ["162", "180…210", "258", "258"]
    assert rows["srl"] == ["32", "–", "3", "3"] and rows["dsp"] == ["1", "–", "1", "1"]
    assert rows["bram36"] == ["0", "–", "0.5", "0.5"] and "lutram" not in rows
    assert "LUT: +0.0% of the estimate, inside its bars" in text
    assert "FF: +29.0% of the estimate, OUTSIDE its bars" in text
    assert "routed: 280.3 MHz (asked for 250.0 MHz, met, so it may go faster)" in text
    assert "Fmax: -6.6% of the estimate, inside its bars" in text
    assert "longest path: levels 3 (CARRY8=1 LUT4=1 LUT6=1)" in text
    assert "note: the reports are of engine, ours of int4xint8_1x1x4" in text


def test_a_row_is_kept_and_replaced(folder, capsys):
    call = ["import-vivado", "hier.rpt", "timing.rpt", *SHAPE, "--csv", "rows.csv", "--json"]
    assert main(call) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["row"] == {"file": "rows.csv", "replaced": False}
    assert told["vivado"]["synthesis"]["lut"] == 442 and told["timing"]["mhz"] == 280.27
    assert main(call) == 0
    assert json.loads(capsys.readouterr().out)["row"]["replaced"] is True
    [row] = read(folder / "rows.csv").rows
    assert row.key == ("int4xint8_1x1x4", "1x1x4-lut-xczu3eg-sbva484-1-e-2021.2")
    assert row.values == {
        "yosys_lut": 490, "yosys_lut_packed": 330, "sites": 390, "vivado_lut": 442,
        "yosys_ff": 162, "yosys_srl_bits": 96, "vivado_ff": 258, "vivado_fmax_mhz": 280,
        "path_lut": 7, "path_carry_runs": 2, "path_carry_bits": 22, "path_dsp": 0,
    }  # fmt: skip
    assert row.words == {
        "part": "xczu3eg-sbva484-1-e", "tool": "Vivado 2021.2", "period_ns": "4",
    }  # fmt: skip


def test_what_was_not_routed_is_no_frequency(folder, capsys):
    assert main(["import-vivado", "hier.rpt", "paths.rpt", *SHAPE, "--csv", "rows.csv"]) == 0
    assert "NOT routed: 243.9 MHz (asked for 250.0 MHz, missed)" in capsys.readouterr().out
    [row] = read(folder / "rows.csv").rows
    assert "vivado_fmax_mhz" not in row.values


@pytest.mark.parametrize(
    "words, said",
    [
        ("synth.rpt", "say whose reports they are, in one way: --design DESIGN, or --folder"),
        ("synth.rpt --design int4xint8 --folder out", "in one way"),
        ("synth.rpt --folder out", "out has no manifest.json"),
        ("none.rpt --design int8", "cannot read the report none.rpt"),
        ("mine.txt --design int8", "mine.txt:1: a report of Vivado must name its command"),
        (
            "clocks.rpt --design int8",
            "clocks.rpt:1: give report_utilization, report_timing_summary",
        ),
        ("old.rpt --design int8", "old.rpt:9: no table of Site Type or Instance"),
        ("synth.rpt hier.rpt --design int8", "hier.rpt and synth.rpt are both of synthesis"),
        ("synth.rpt other.rpt --design int8", "reports must be of one device, got"),
        ("versal.rpt --design int8", "devices of UltraScale+ and 7 series can be compared with"),
        ("synth.rpt --design int8 --board pynq-z2", "--board must be of the family xcup"),
        ("synth.rpt --design int8 --board u28", "unknown board 'u28'; close ones: u280"),
        ("synth.rpt --design int8 --csv rows.txt", "--csv writes a file that ends in .csv"),
        ("synth.rpt --design int8 --csv no/rows.csv", "there is no folder no for rows.csv"),
        ("synth.rpt --design int8 --csv odd.csv", "odd.csv:1: the head must have the column"),
        ("timing.rpt --design int8 --csv rows.csv", "got reports of timing alone: give"),
        ("seven.rpt --design int8 --csv rows.csv", "rows are of UltraScale+ devices, got reports"),
        ("route.rpt --design int8 --csv rows.csv", "a row has Vivado's counts after synthesis"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(folder, capsys, words, said):
    assert main(["import-vivado", *words.split()]) == 2
    text = capsys.readouterr().err
    assert said in text and "Traceback" not in text and text.count("\n") <= 2
    assert not (folder / "rows.csv").exists() and (folder / "odd.csv").read_text() == "a,b\n"


@pytest.mark.parametrize(
    "device, board",
    [
        ("xczu3eg-sbva484-1-e", "ultra96v2"),
        ("xczu3egsbva484-1", "u280"),
        ("xcu55c-fsvh2892-2l-e", "u55c"),
        ("xcku5p-ffvb676-2-e", "u280"),
        ("xck26-sfvc784-2lv-c", "kv260"),
        ("xc7z020-clg400-1", "pynq-z2"),
        ("7a35tcpg236-1", "pynq-z2"),
    ],
)
def test_ours_is_of_the_devices_family(device, board):
    assert module.board_of(device, None).name == board


def test_ultrascale_without_plus_is_none_of_them():
    for device in ("xcku040-ffva1156-2-e", "xcvu095-ffva2104-2-e", "xcvc1902-vsva2197", ""):
        with pytest.raises(module.DesignError, match="can be compared with, got"):
            module.board_of(device, None)
