"""Whole engines against the golden model: random and corner data, stalls, both interfaces."""

import copy
from dataclasses import replace

import pytest
from macsmith.golden.description.structure import parse_structure
from macsmith.golden.errors import Mismatch
from macsmith.hw.text.emit import emit
from macsmith.sim import runner, verify
from macsmith.sim.verify import stimuli

from macsmith import Build, DesignError, Engine, Stage, lookup, raw


def aligned(terms, fraction=24, form="fp32"):
    return (Stage("aligned", format=lookup(form), fraction=fraction, terms=terms),)


STAYING = {"policy": "dsp", "flow": "weight_stationary"}

#: weight, activation, (rows, cols, lanes), interface, what else the arithmetic or the build has
ENGINES = [
    ("int4", "int8", (4, 4, 4), "native", {}),
    ("int8", "int8", (2, 3, 8), "axis", {"initial": lookup("int32")}),
    ("uint4", "int8", (3, 1, 1), "native", {"k_max": 100}),
    ("int4_sym", "int8_sym", (1, 2, 5), "native", {"k_max": 1000}),
    ("ternary", "int8", (2, 2, 16), "axis", {}),
    ("binary", "binary", (2, 2, 8), "native", {}),
    ("uint2", "uint3", (1, 1, 4), "axis", {}),
    ("int4", "e4m3", (2, 2, 2), "native", {}),
    ("e2m1", "e2m1", (2, 2, 4), "axis", {}),
    ("e2m1", "int8", (1, 3, 3), "native", {"k_max": 4095}),
    ("e4m3", "e4m3", (2, 2, 4), "native", {"initial": lookup("int16")}),
    ("e5m2", "e5m2", (1, 2, 2), "axis", {}),
    ("e5m2", "int4", (2, 1, 2), "native", {}),
    ("e4m3_fnuz", "e3m4_ieee", (1, 1, 4), "native", {}),
    ("fp16", "int4", (1, 2, 4), "native", {}),
    ("fp16", "fp16", (1, 1, 2), "axis", {}),
    ("mxint8", "e3m2", (2, 1, 4), "native", {}),
    ("int16", "int16", (1, 1, 4), "native", {}),
    ("int8", "int8", (2, 2, 4), "native", {"accumulate": (Stage("int", format=lookup("int20")),)}),
    ("bf16", "int4", (2, 1, 4), "native", {"accumulate": aligned(4)}),
    ("e2m1", "bf16", (1, 2, 3), "axis", {"accumulate": aligned(3), "k_max": 4095}),
    ("e5m2", "e5m2", (1, 1, 8), "native", {"accumulate": aligned(8, 13, "e8m13_ieee")}),
    ("bf16", "bf16", (1, 1, 2), "native", {"accumulate": aligned(2, 25)}),
    ("int4", "int8", (3, 5, 4), "axis", {"flow": "systolic_os"}),
    ("int8", "int8", (2, 2, 1), "native", {"carries": "saved", "initial": lookup("int16")}),
    ("e4m3", "e4m3", (2, 1, 3), "axis", {"carries": "saved", "flow": "systolic_os", "k_max": 999}),
    ("e5m2", "e4m3", (2, 3, 2), "native", {"flow": "systolic_os", "initial": lookup("int16")}),
    ("binary", "int8", (3, 2, 5), "native", {"datapath": "table", "k_max": 4095}),
    ("int3", "int2", (2, 2, 7), "axis", {"datapath": "bit_plane", "k_max": 4095}),
    ("int8", "int8", (2, 2, 4), "native", {"datapath": "bit_serial", "initial": lookup("int16")}),
    ("e3m2", "int4", (1, 1, 2), "native", {"datapath": "bit_serial"}),
    ("int2", "int8", (2, 2, 5), "native", {"datapath": "table_serial", "k_max": 4095}),
    ("e3m2", "bipolar3", (1, 2, 4), "axis", {"datapath": "table_serial", "flow": "systolic_os"}),
    ("int8", "int6", (2, 2, 4), "native", {"digit_sums": "apart", "carries": "saved"}),
    ("e2m1", "e4m3", (1, 2, 3), "axis", {"digit_sums": "apart", "datapath": "booth", "k_max": 99}),
    (
        "uint5",
        "int8",
        (2, 3, 1),
        "native",
        {
            "datapath": "bit_serial",
            "digits": "nonzero",
            "digit_sums": "apart",
            "flow": "systolic_os",
        },
    ),
    ("bitmod4", "int5", (2, 1, 2), "native", {"datapath": "bit_serial", "digits": "nonzero"}),
    (
        "int8",
        "int6",
        (2, 3, 2),
        "axis",
        {"datapath": "bit_serial", "digits": "nonzero", "flow": "systolic_os"},
    ),
    (
        "e2m1",
        "e4m3",
        (2, 3, 3),
        "axis",
        {"datapath": "bit_serial", "flow": "systolic_os", "k_max": 999},
    ),
    (
        "int8",
        "int4",
        (2, 2, 2),
        "axis",
        {
            "modes": [("int4", "int4"), ("e2m1", "e2m1")],
            "flow": "systolic_os",
            "carries": "saved",
        },
    ),
    (
        "int4",
        "int8",
        (2, 2, 3),
        "axis",
        {
            "modes": [("bipolar2", "bipolar3"), ("uint2", "int4"), ("binary", "int2")],
            "datapath": "plane_serial",
            "flow": "systolic_os",
            "k_max": 3000,
        },
    ),
    ("int8", "int8", (3, 2, 5), "native", {"policy": "dsp", "k_max": 4095}),
    ("int4", "int8", (2, 1, 16), "axis", {"policy": "dsp"}),
    ("uint4", "int4", (3, 3, 2), "native", {"policy": "dsp"}),
    ("e2m1", "int8", (1, 2, 3), "axis", {"policy": "dsp", "k_max": 4095}),
    ("int2", "int8", (4, 1, 4), "native", {"policy": "dsp", "k_max": 4096}),
    ("int8", "int8", (2, 2, 4), "native", {"policy": "dsp", "initial": lookup("int16")}),
    ("int5", "int7", (2, 2, 3), "axis", {"policy": "dsp", "flow": "systolic_os", "k_max": 4095}),
    ("int16", "int16", (1, 2, 2), "native", {"policy": "dsp"}),
    ("int8", "int8", (2, 2, 2), "native", {"policy": "dsp", "modes": [("int4", "int4")]}),
    ("e3m0", "int5", (2, 1, 5), "native", {"policy": "dsp", "datapath": "dsp", "k_max": 500}),
    ("ternary", "int6", (2, 2, 7), "native", {"policy": "dsp", "datapath": "dsp", "k_max": 7}),
    ("int4", "int4", (4, 3, 4), "native", {"policy": "dsp", "product": "overpacked"}),
    (
        "int4",
        "uint4",
        (2, 6, 2),
        "axis",
        {"policy": "dsp", "product": "overpacked_corrected", "k_max": 4096},
    ),
    ("e4m3", "e4m3", (2, 2, 4), "axis", {"policy": "dsp"}),
    ("int8", "e5m2", (2, 1, 3), "native", {"policy": "dsp", "k_max": 4095}),
    ("int4", "fp16", (1, 2, 3), "axis", {"policy": "dsp", "k_max": 999}),
    ("e4m3", "int4", (1, 2, 5), "native", {"policy": "dsp", "flow": "systolic_os", "k_max": 500}),
    ("int8", "int8", (3, 2, 4), "native", {"sparse": "2:4"}),
    (
        "ternary",
        "int8",
        (5, 3, 16),
        "native",
        {"policy": "dsp", "datapath": "dsp_adders", "k_max": 4096},
    ),
    (
        "int8",
        "int2",
        (2, 3, 5),
        "axis",
        {"policy": "dsp", "datapath": "dsp_adders", "k_max": 4095, "flow": "systolic_os"},
    ),
    ("posit8_1", "posit8_1", (1, 2, 2), "native", {"accumulate": aligned(2, 20)}),
    ("int4", "bf16", (4, 2, 2), "axis", {"policy": "dsp", "accumulate": aligned(2)}),
    ("e4m3", "e4m3", (2, 3, 4), "native", {"policy": "dsp", "accumulate": aligned(4, 13)}),
    ("posit8_1", "int8", (2, 2, 2), "native", {"policy": "dsp", "accumulate": aligned(2, 20)}),
    ("int4", "int8", (2, 3, 4), "axis", {"sparse": "4:8", "policy": "dsp", "k_max": 1024}),
    ("e2m1", "e5m2", (2, 1, 3), "native", {"sparse": "1:4", "k_max": 12}),
    ("ternary", "int5", (3, 1, 6), "axis", {"sparse": "3:5", "k_max": 1000}),
    ("uint4", "int6", (1, 4, 2), "native", {"sparse": "2:4", "policy": "dsp", "k_max": 4096}),
    ("int8", "int8", (3, 2, 9), "native", {**STAYING, "k_max": 9}),
    ("int4", "uint4", (2, 3, 5), "axis", {**STAYING, "k_max": 5}),
    ("e2m3", "int8", (3, 1, 4), "native", {**STAYING, "k_max": 4}),  # weights take a cycle to make
    ("int8", "e3m0", (2, 3, 4), "axis", {**STAYING, "k_max": 4}),  # activations do
    (
        "int8",
        "int8",
        (2, 1, 3),
        "native",
        {"modes": [("e5m2", "e2m1"), ("int4", "uint4")], "k_max": 510},
    ),
]


def made(index, weight, activation, shape, interface, options):
    options = {"k_max": 4096, **options}
    names = ("flow", "datapath", "carries", "digits", "digit_sums", "policy")
    ways = {name: options.pop(name) for name in names if name in options}
    build = Build(*shape, interface=interface, **ways)
    pairs = [(weight, activation), *options.pop("modes", ())]
    sparse = options.pop("sparse", None)
    modes = tuple(raw(*pair, **options) for pair in pairs)
    if sparse:
        operand = replace(modes[0].weight, structure=parse_structure(sparse))
        modes = (replace(modes[0], weight=operand),)
    return Engine(f"e{index}_{weight}x{activation}", modes, build)


#: One for each datapath, flow and stage: the brief part's.
FEW = (0, 4, 8, 18, 20, 23, 27, 28, 29, 31, 34, 40, 43, 57, 70)


@pytest.fixture(scope="module")
def jobs(indexes):
    engines = [emit(made(index, *ENGINES[index])) for index in indexes]
    return [runner.job(emitted, stimuli(emitted, 60, seed=3)) for emitted in engines]


@pytest.fixture(scope="module")
def found(jobs):
    """One simulator holds all engines."""
    return runner.run(jobs, seed=3)


@pytest.mark.often(20)
@pytest.mark.parametrize(
    "index",
    [
        pytest.param(index, marks=[pytest.mark.brief] if index in FEW else [])
        for index in range(len(ENGINES))
    ],
    ids=lambda index: "x".join(ENGINES[index][:2]),
)
def test_every_result_equals_the_golden_model(indexes, jobs, found, index):
    """Under every pattern of stalls, none lost, none doubled, and at full rate without stalls."""
    place = indexes.index(index)
    verify.check(jobs[place], found[place], seed=3)


def test_every_engine_met_every_pattern_and_both_bounds(jobs, found):
    assert all(len(phases) == len(runner.PHASES) for phases in found)
    kinds = {tile.kind for job in jobs for tile in job.trials}
    assert {"upper bound", "lower bound", "corners", "cancelling"} <= kinds


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda phase: phase["results"].pop(), "results of"),
        (lambda phase: phase["results"].__setitem__(2, "1"), "expected 0x"),
        (lambda phase: phase.__setitem__("extra", 1), "more than reductions"),
        (lambda phase: phase.__setitem__("cycles", 1), "cycles"),
        (lambda phase: phase.__setitem__("hung", True), "then none"),
        (lambda phase: phase.__setitem__("unsteady", 1), "changed before they were taken"),
        (lambda phase: phase["unsent"].__setitem__("weight", 1), "never taken: {'weight': 1}"),
    ],
)
def test_a_difference_is_reported_with_how_to_run_it_again(jobs, found, spoil, message):
    phases = copy.deepcopy(found[0])
    spoil(phases[0])
    with pytest.raises(Mismatch, match=message) as error:
        verify.check(jobs[0], phases, seed=3)
    assert "macsmith verify" in str(error.value) and "--seed 3" in str(error.value)


@pytest.mark.cases(0)
def test_a_broken_engine_is_found_and_its_waveform_kept(tmp_path, monkeypatch):
    emitted = emit(made(0, "int4", "int8", (1, 1, 2), "native", {}))
    core = emitted.verilog
    broken = core.replace(" - {", " + {", 1)  # sums are written a - ~f
    assert broken != core
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Mismatch, match="row 0, column 0") as error:
        verify.verify(emitted, count=10, core=broken)
    assert "waveform: build/waves/e0_int4xint8.vcd" in str(error.value)
    assert (tmp_path / "build/waves/e0_int4xint8.vcd").stat().st_size > 100


def test_wider_than_128_bits_is_refused_with_what_to_do():
    with pytest.raises(DesignError, match="277 bits, more than 128: choose --accumulate aligned"):
        emit(made(0, "bf16", "int4", (1, 1, 1), "native", {}))
