"""Reports of Vivado: what is read of them, and what is said of those that are none."""

import re

import pytest
import vivado_texts as texts
from macsmith.boards.estimates.report_text import text
from macsmith.boards.estimates.timing import timing
from macsmith.boards.estimates.utilization import utilization
from macsmith.golden.errors import DesignError


@pytest.fixture
def report(tmp_path):
    def made(content):
        path = tmp_path / "x.rpt"
        path.write_text(content, encoding="utf-8")
        return text(path)

    return made


def test_a_flat_report(report):
    found = utilization(report(texts.flat(lut=1442, ff="1,258")))
    assert found.counts == {
        "lut": 1442, "ff": 1258, "srl": 3, "lutram": 0, "dsp": 1, "bram36": 0.5,
    }  # fmt: skip
    assert (found.stage, found.text.device) == ("synthesis", "xczu3eg-sbva484-1-e")
    assert (found.text.tool, found.text.kind) == ("Vivado 2021.2", "report_utilization")
    assert utilization(report(texts.flat(state="Routed"))).stage == "routing"
    assert utilization(report(texts.flat(state="Fully Placed"))).stage == "placement"


def test_slices_of_7_series_and_registers_of_versal(report):
    assert utilization(report(texts.flat(kind="Slice"))).counts["lut"] == 442
    versal = texts.flat().replace("CLB Registers", "Registers").replace("DSPs ", "DSP Slices ")
    assert utilization(report(versal)).counts["ff"] == 258
    assert utilization(report(versal)).counts["dsp"] == 1


def test_older_releases_have_fewer_columns(report):
    old = re.sub(r"\| Prohibited |\|          0 (?=\|     7)", "", texts.flat())
    assert utilization(report(old)).counts["lut"] == 442


def test_a_report_by_hierarchy_counts_its_top(report):
    found = utilization(report(texts.by_instance()))
    assert found.counts == {
        "lut": 442, "ff": 258, "srl": 3, "lutram": 0, "dsp": 1, "bram36": 2.5, "uram": 0,
    }  # fmt: skip


def test_a_timing_summary(report):
    found = timing(report(texts.summary()))
    assert (found.period, found.slack, found.met, found.routed) == (4.0, 0.432, True, True)
    assert found.megahertz == pytest.approx(1000 / 3.568)
    assert found.levels == "3 (CARRY8=1 LUT4=1 LUT6=1)"
    missed = timing(report(texts.summary("-0.063", "5.000")))
    assert not missed.met and missed.megahertz == pytest.approx(1000 / 5.063)
    assert timing(report(texts.summary(paths=()))).levels == ""


def test_the_longest_of_several_paths(report):
    paths = texts.path("0.5"), texts.path("-0.25", "VIOLATED"), texts.path("-9", "VIOLATED",
            kind="Hold (Min at Fast Process Corner)"), texts.path("inf", "")  # fmt: skip
    found = timing(report(texts.timing(*paths)))
    assert (found.slack, found.period) == (-0.25, 4.0)


@pytest.mark.parametrize(
    "content, routed",
    [
        (texts.timing(texts.path()), True),
        (texts.timing(texts.path(net="estimated")), False),
        (texts.timing(texts.path(net="unplaced")), False),
        (texts.timing(texts.path(), state="Routed"), True),
        (texts.timing(texts.path(), state="Synthesized"), False),
    ],
)
def test_whether_it_was_routed(report, content, routed):
    assert timing(report(content)).routed is routed


def numbered(content, word):
    """The number of the first line with a word."""
    return next(i for i, line in enumerate(content.splitlines(), 1) if word in line)


FLAT, SUMMARY, INSTANCE = texts.flat(), texts.summary(), texts.by_instance()


@pytest.mark.parametrize(
    "read, content, line, what",
    [
        (utilization, "", 1, "must name its command in its head"),
        (utilization, "hello\n", 1, "such as '| Command : report_utilization', got 'hello'"),
        (utilization, texts.head("report_utilization"), None, "no table of Site Type or Instance"),
        (utilization, FLAT.replace("| 442 |", "| four |"), "CLB LUTs", "a number, got 'four'"),
        (utilization, FLAT.replace("CLB Reg", "Some reg"), "Site Type", "no count of FF"),
        (utilization, INSTANCE.replace("FFs", "FFx"), "Instance", "no count of FF"),
        (utilization, INSTANCE.replace(" (top) |", ""), "engine   |", "10 cells below the titles"),
        (utilization, INSTANCE.replace(" 258 |", " -3 |"), "engine   |", "a number, got '-3'"),
        (timing, texts.timing(), "Timing Report", "no path with a slack and a requirement"),
        (timing, texts.timing(texts.path("x")), "Slack", "a slack must be a number of ns"),
        (
            timing,
            texts.summary("NA", paths=()),
            "     NA ",
            "no path between registers has a clock",
        ),
        (timing, texts.summary(clocks=()), "Waveform", "one clock must be timed, got none"),
        (timing, texts.summary(clocks="ab"), "Waveform", "one clock must be timed, got a, b"),
        (timing, SUMMARY.replace("Waveform", "wave"), None, "no Clock Summary"),
        (timing, texts.summary("4.5"), 1, "the slack must be less than the period"),
        (timing, SUMMARY[: SUMMARY.index("    -------")], "WNS", "no numbers below WNS(ns)"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(report, read, content, line, what):
    if isinstance(line, str):
        line = numbered(content, line)
    line = len(content.splitlines()) if line is None else line
    with pytest.raises(DesignError) as error:
        read(report(content))
    assert str(error.value).startswith(f"x.rpt:{line}: ") and what in str(error.value)
    assert "\n" not in str(error.value)
