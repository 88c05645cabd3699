"""Elementwise products in hardware: bit for bit under stalls, at full rate."""

from dataclasses import replace

import pytest
from macsmith.golden.description import Target
from macsmith.golden.units import Product
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness

from macsmith import lookup


def unit(name, values, factor, result, **given):
    formats = {"values": values, "factor": factor, "result": result}
    return Product(name=name, **{key: lookup(fmt) for key, fmt in formats.items()}, **given)


DESIGNS = [
    unit("bf16", "bf16", "bf16", "bf16"),
    unit("fp16", "fp16", "fp16", "fp16", lanes=2),
    unit("to_fp32", "bf16", "fp16", "fp32"),
    unit("side_by_side", "fp32", "bf16", "bf16", vectors=2),
    replace(unit("axis", "bf16", "bf16", "bf16"), build=Target(interface="axis", policy="dsp")),
]


@pytest.mark.often(2)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.often(1)
@pytest.mark.parametrize("number", range(len(DESIGNS) - 1))
def test_it_takes_a_beat_a_cycle_and_the_latency_once(number):
    emitted = emit(DESIGNS[number])
    tried = harness(emitted.hardware)
    batch = run_batch(emitted, next(tried.bulk(60, 1)).trials).check()
    assert batch.cycles == batch.expected_cycles
