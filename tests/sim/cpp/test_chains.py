"""Models of chains: their beats of results are golden's, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
from cpp_beats import CompiledBeats, alone_in, same, short
from macsmith.golden import DesignError
from macsmith.golden.description import Chain
from macsmith.hw.catalogue import alone
from macsmith.sim.cpp import catalogue
from macsmith.sim.harness import harness

from macsmith import Options, design

#: Presets all of whose parts have a model: requantizers in turn and side by side, scales that come
#: beside values, scales of tokens, what one engine hands to another.
PRESETS = (
    "tflite_int8", "qlinear_uint8", "tflite_layer", "mxfp8_layer", "w4a16_aligned", "w4a8_tokens",
    "mxfp8_fp8",
)  # fmt: skip


def own():
    """Engines with a requantizer, by the option."""
    shape = Options(rows=2, cols=3, lanes=4)
    made = [
        design("int4xint8", replace(shape, requantize="dyadic")),
        design("int8xuint8", replace(shape, requantize="qlinear", flow="systolic_os")),
        design("int4xint4", replace(shape, requantize="requantize_e4m3", rows=1)),
        design("w8a8", replace(shape, requantize="qlinear", bias="fp32")),
    ]
    return [replace(chain, name=f"own{number}") for number, chain in enumerate(made)]


def tried(compiled, chain, count=6):
    """Trials that were compared, of which some lack beats; 0 if one differs."""
    hardware, rng = alone(chain), np.random.default_rng(1)
    trials = [trial.beats for trial in harness(hardware).stimuli(count, seed=1)]
    inputs = [{s.name: beats[s.name] for s in hardware.sources} for beats in trials]
    inputs += [short(sent, rng) for sent in inputs]
    for sent in inputs:
        answer = hardware.answer(sent)["result"]
        if not same(compiled.answer(chain.name, sent), compiled.ports[chain.name][-1], answer):
            return 0
    return len(inputs)


def test_an_engine_with_a_requantizer_answers_as_golden(tmp_path):
    chain = own()[0]
    assert tried(CompiledBeats(tmp_path, [chain]), chain)


@pytest.mark.slow
def test_chains_answer_as_golden(tmp_path):
    """With every warning of an optimizing compiler."""
    chains = [*map(design, PRESETS), *own()]
    compiled = CompiledBeats(tmp_path, chains, more=())
    for chain in chains:
        assert tried(compiled, chain), chain.name


#: Names of chains, and what is changed in the text of their models.
FAULTS = (
    ("tflite_int8", "made.field[0].push_back(results.field[0][at] & ones);",
     "made.field[0].push_back(results.field[0][at ^ 1] & ones);"),
    ("tflite_layer", "along * join.vectors + vector", "along + vector * join.given"),
    ("w4a8_tokens", "made.last.push_back(join.every ? counted : marked);",
     "made.last.push_back(counted || !marked);"),
    ("w4a16_aligned", "(value)]);", "(value ^ 1)]);"),
)  # fmt: skip


@pytest.mark.slow
def test_faults_of_joins_are_seen(tmp_path):
    chains, texts = {name: design(name) for name, *_ in FAULTS}, {}
    for name, right, wrong in FAULTS:
        text = catalogue.header(chains[name])
        assert text.count(right) == 1, right
        texts[name] = alone_in(text.replace(right, wrong), name)
    compiled = CompiledBeats(tmp_path, chains.values(), texts)
    assert [name for name in texts if tried(compiled, chains[name])] == []


def test_a_part_without_a_model_is_refused_by_name():
    with pytest.raises(DesignError) as caught:
        catalogue.files(design("normalized_w4a8"))
    assert "and normalized is a unit of the kind rmsnorm: leave --cpp out" in str(caught.value)


def test_an_engine_with_flags_is_refused_by_name():
    values = replace(design("pow2scale"), name="values", lanes=4)
    product = replace(design("e4m3xe4m3", Options(rows=1, cols=1, lanes=4)), name="product")
    told = "product, a part of flagged, has flags beside its results"
    with pytest.raises(DesignError, match=told):
        catalogue.files(Chain(name="flagged", parts=(values, product)))
