"""Dequantizers in hardware: bit for bit under stalls, by either way, at full rate."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden.description import Target
from macsmith.golden.errors import DesignError, Mismatch
from macsmith.golden.units import Dequantize
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.hw.units.table_plan import TablePlan
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup


def unit(name, element, result, scales=(), zero=None, **more):
    formats = {"element": lookup(element), "result": lookup(result)}
    formats |= {"scales": tuple(map(lookup, scales)), "zero": zero and lookup(zero)}
    given = {"group": 32, "lanes": 4, **more}
    return Dequantize(name=name, **formats, **given)


GPTQ = ("uint4", "fp16", ("fp16",), "uint4")
UNITS = [
    unit("gptq_table", *GPTQ, via="table"),
    unit("gptq_direct", *GPTQ, via="direct"),
    unit("gptq_rows", *GPTQ, rows=3, via="table"),
    unit("gptq_two_memories", *GPTQ, group=64, lanes=8, via="table"),
    unit("mirrored", "int4", "fp16", ("fp16",), via="table"),
    unit("mirrored_tight", "int4", "fp16", ("fp16",), group=64, lanes=8, via="table"),
    unit("mirrored_rows", "int4", "bf16", ("bf16",), rows=3, lanes=2, via="table"),
    unit("mirrored_parts", "e2m1", "fp16", ("fp16",), group=16, via="table"),
    unit("up_to_last", "int4_sym", "fp16", ("fp16",), group=0, via="table"),
    unit("up_to_last_direct", "int8", "fp16", ("fp16",), group=0, via="direct"),
    unit("ternary", "ternary", "bf16", ("bf16",), via="table"),
    unit("unscaled", "uint4", "fp16", (), "uint4"),
    unit("unscaled_wide", "uint8", "bf16", (), "uint8"),
    unit("unscaled_float", "e4m3", "bf16"),
    unit("unscaled_code_book", "iq4_nl", "fp16"),
    unit("nf4_table", "nf4", "bf16", ("fp32",), via="table"),
    unit("nf4_direct", "nf4", "bf16", ("fp32",), via="direct"),
    unit("iq4_nl", "iq4_nl", "fp16", ("fp16",), via="direct"),
    unit("mxfp4", "e2m1", "bf16", ("e8m0",)),
    unit("mxfp8", "e4m3", "bf16", ("e8m0",)),
    unit("mxint8", "mxint8", "fp16", ("e8m0",)),
    unit("nvfp4", "e2m1", "bf16", ("ue4m3", "fp32"), group=16),
    unit("nvfp4_table", "e2m1", "bf16", ("ue4m3", "fp32"), group=16, lanes=2, via="table"),
    unit("fp8", "e4m3", "fp16", ("fp32",), via="direct"),
    unit("fp6", "e3m2", "fp16", ("fp16",), via="direct"),
    unit("fp4_to_fp8", "e2m1", "e4m3", ("e8m0",)),
    unit("fp4_to_fp8_infinite", "e2m1", "e5m2", ("e8m0",), overflow="saturate"),
    unit("to_e4m3", "int4", "e4m3", ("bf16",), via="table"),
    unit("to_e4m3_nan", "int4", "e4m3", ("bf16",), overflow="infinity", via="table"),
    unit("to_fp32", "int8", "fp32", ("fp16",), via="direct"),
    unit("qserve_table", "uint4", "int8", ("int8",), "uint4", overflow="wrap", via="table"),
    unit("qserve_direct", "uint4", "int8", ("int8",), "uint4", overflow="wrap", via="direct"),
    unit("dgq", "uint4", "int8", ("int8",), "uint4", via="direct"),
    unit("mixllm", "uint4", "int8", (), "uint8", overflow="wrap"),
    unit("two_levels", "uint4", "fp16", ("int8", "fp16"), "uint4", via="direct"),
]

DESIGNS = [*UNITS, replace(UNITS[0], name="axis", build=Target(interface="axis"))]


@pytest.mark.often(12)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_it_takes_a_beat_a_cycle_and_the_latency_once(number):
    """No bubble between groups, also where a table is filled in as many cycles as a group has."""
    emitted = emit(UNITS[number])
    machine, tried = Simulator(emitted), harness(emitted.hardware)
    whole = [trial for trial in tried._drawn(40, 1) if tried.cycles([trial]) is not None]
    batch = run_batch(emitted, whole, simulator=machine).check()
    assert batch.cycles == batch.expected_cycles
    for part in tried.bulk(200, 1):
        stalls = int(part.stalls)
        run_batch(emitted, part.trials, simulator=machine, stalls=stalls, turns=part.turns).check()


def test_groups_of_one_beat_wait_a_cycle():
    """Where others are longer: scales enter every second cycle."""
    mixed, each = emit(UNITS[9]), hardware(replace(UNITS[9], name="each", group=4))
    marked = [
        {**trial, "codes": replace(trial["codes"], last=np.ones(len(trial["codes"]), bool))}
        for trial in each.trials(10, np.random.default_rng(1))
    ]
    batch = run_batch(mixed, harness(mixed.hardware)._answered(marked)).check()
    beats = sum(len(trial["codes"]) for trial in marked)
    assert beats > 20 and batch.expected_cycles is None
    assert beats * 2 - 1 <= batch.cycles <= beats * 2 + mixed.hardware.latency


def test_tables_are_filled_in_time():
    for design in UNITS:
        plan = TablePlan(design)
        if plan.possible and design.beats:
            assert plan.cycles <= design.beats
            assert plan.multipliers * plan.shared >= design.rows * plan.parts
    tight = TablePlan(UNITS[5])
    assert (tight.mirrored, len(tight.entries), tight.cycles) == (True, 8, 8)


def test_auto_looks_up_where_few_products_serve_many_elements():
    for lanes, via in ((16, "table"), (1, "direct")):
        assert hardware(unit("g", *GPTQ, group=128, lanes=lanes)).via == via
    assert hardware(unit("g", "e2m1", "bf16", ("e8m0",), lanes=16)).via == "direct"
    assert hardware(unit("g", "int8", "fp16", ("fp16",), lanes=16)).via == "direct"
    assert hardware(unit("g", "uint4", "fp16", (), "uint4", lanes=16)).via == "direct"


def test_a_wrong_entry_is_found(monkeypatch):
    sound = emit(UNITS[4])
    monkeypatch.setattr(TablePlan, "flips", (0,) * 16)
    broken = emit(UNITS[4])
    trials = harness(sound.hardware).stimuli(5, 1)
    with pytest.raises(Mismatch):
        run_batch(broken, trials).check()


@pytest.mark.parametrize(
    "given, message",
    [
        (unit("a", "int8", "fp16", ("fp16",), via="table"), "elements of up to 6 bits, .* int8"),
        (unit("a", "int4", "fp16", via="table"), "got 0 scales and int4: choose direct"),
        (
            unit("a", *GPTQ, group=8, via="table"),
            "table of 16 products of uint4 cannot be filled in the 2 beats of a group, 4 a cycle",
        ),
    ],
)
def test_tables_that_cannot_be_are_told(given, message):
    with pytest.raises(DesignError, match=message):
        hardware(given)
