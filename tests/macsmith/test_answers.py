"""Answers computed from packed vectors are those that the packed results hold, for all kinds."""

import numpy as np
import pytest
from macsmith.hw.catalogue import hardware
from macsmith.sim.harness import harness
from macsmith.sim.pack import pack, unpacked

from macsmith import Options, design

SMALL = {"rows": 2, "cols": 2, "lanes": 4}
DESIGNS = {
    "int4xint8": {**SMALL, "interface": "axis"},
    "e5m2xint4": {**SMALL, "interface": "axis"},
    "w4a8": SMALL,
    "nvfp4": {"interface": "axis"},
    "bitmod3": {},
    "int8xint8": {**SMALL, "flow": "weight_stationary", "policy": "dsp", "k_max": 4},
    "requantize": {"interface": "axis"},
    "dequantize_w4a16": {},
    "hadamard": {"interface": "axis"},
}


@pytest.mark.cases("all")
@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_answers_what_it_was_sent(name):
    built = hardware(design(name, Options(**DESIGNS[name])))
    tried = harness(built)
    trials = tried.stimuli(4, 1)[:12]
    given = {}
    for stream in built.sources:
        beats = tried.sent(stream, trials)
        given[stream.name] = read = unpacked(
            stream, built.interface, pack(stream, built.interface, beats)
        )
        for field, sent, found in zip(stream.fields, beats.values, read.values, strict=True):
            mask = (1 << field.bits) - 1
            assert np.array_equal(sent & mask, found & mask), field
        assert not stream.last or np.array_equal(beats.last, read.last)
    [result] = built.results
    answered = pack(result, built.interface, built.answer(given)[result.name])
    assert answered == pack(result, built.interface, tried.sent(result, trials))
