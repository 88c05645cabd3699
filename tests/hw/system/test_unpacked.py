"""Stored weights unpacked before an engine: codes and scales arrive where they belong."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden import storage
from macsmith.golden.description import Chain
from macsmith.golden.errors import DesignError, Mismatch
from macsmith.golden.joins import Beside
from macsmith.golden.matmul import matmul
from macsmith.golden.streams import Beats
from macsmith.golden.units import Unpack
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.sim import verify
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness

from macsmith import Options, design, quantize


def stored(scheme, **given):
    return Unpack(name="stored", scheme=scheme, **{"rows": 2, "lanes": 4, "port": 64, **given})


def product(preset, **given):
    shape = {"rows": 2, "cols": 2, "lanes": 4, "k_max": 1024}
    return design(preset, Options(**{"name": "product", **shape, **given}))


def chain(name, *parts):
    return Chain(name=name, parts=parts, into=("weight",))


CHAINS = {
    "a scale": chain("q4_0", stored("q4_0"), product("gguf_q4_0")),
    "two levels and minimums": chain(
        "q4_k", stored("q4_k", rows=1, lanes=8), product("gguf_q4_k", rows=1, partials=4)
    ),
    "zero points, three parts": chain(
        "awq", stored("awq4_g128", rows=8), product("w4a8", rows=8, cols=1)
    ),
    "no scales": chain("plain", stored("dense_uint4", lanes=8), product("uint4xint8")),
}


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(CHAINS)), ids=list(CHAINS))
def test_every_result_equals_the_golden_answers_composed(jobs, found, index):
    verify.check(jobs[index], found[index], seed=3)


def beats_of(matrix, lanes):
    """A matrix (vectors, K) as beats of a stream of codes."""
    steps = matrix.shape[1] // lanes
    values = matrix.reshape(len(matrix), steps, lanes).transpose(1, 0, 2).reshape(steps, -1)
    return Beats((values,), (None,), np.arange(steps) == steps - 1)


@pytest.mark.parametrize("name", ["a scale", "two levels and minimums"])
def test_a_chain_multiplies_what_the_bytes_are(name):
    """By matrices, without streams: the file read by `storage`, then the product of the two."""
    whole = CHAINS[name]
    unit, engine = whole.parts
    rng, k = np.random.default_rng(6), 512
    weight = quantize(rng.normal(size=(unit.rows, k)), unit.stored.operand)
    data = storage.pack(unit.scheme, weight)
    made = quantize(rng.normal(size=(engine.build.cols, k)), engine.arithmetic.activation)
    sent = unit.sent(
        {"blocks": np.frombuffer(data, np.uint8).reshape(unit.rows, -1)}, (unit.rows, k)
    )
    lanes, [codes], [scales] = engine.build.lanes, made.codes.values(), made.scales.values()
    group = weight.operand.group
    beside = scales.repeat(k // group // scales.shape[1], axis=1).T
    plain = Beats((beside,), (None,), np.zeros(len(beside), bool))
    given = {**sent, "activation": beats_of(codes, lanes), "scale": plain}
    found = hardware(whole).answer(given)["result"].values[0]
    again = storage.unpack(unit.scheme, data, (unit.rows, k))
    want = matmul(engine, again, made).values
    assert (found.reshape(want.shape) == want).all()


def test_all_scales_of_a_block_come_from_the_unpacker():
    built = hardware(CHAINS["two levels and minimums"])
    ports = {stream.name: [f.name for f in stream.fields] for stream in built.streams}
    assert ports == {
        "blocks": ["blocks"], "activation": ["code"], "scale": ["activation_scale"],
        "result": ["value"],
    }  # fmt: skip
    [join] = built.joins
    assert [(field, bits) for field, _, bits in join.beside.taken] == [
        ("weight_sc", 6), ("weight_d", 16), ("weight_m", 6), ("weight_dmin", 16),
    ]  # fmt: skip
    assert (join.beside.every, join.beside.width) == (4, 44)
    assert "with the first of every 4 beats its 4 scales go to scale" in built.remarks[-1]
    assert built.facts["joins"][0]["scales_kept"] == 4 * join.beside.kept


def test_scales_in_another_order_are_found(monkeypatch):
    """Where the hardware takes scales for minimums."""
    whole = CHAINS["two levels and minimums"]
    trials = harness(hardware(whole))._drawn(2, 1)
    taken = Beside.taken.fget

    def swapped(self):
        first, second, third, fourth = taken(self)
        return (third[0], *first[1:]), second, (first[0], *third[1:]), fourth

    monkeypatch.setattr(Beside, "taken", property(swapped))
    with pytest.raises(Mismatch):
        run_batch(emit(replace(whole, name="broken")), trials).check()


@pytest.mark.parametrize(
    "parts, message",
    [
        ((stored("q4_0"), product("gguf_q4_k")), "results are int4, the next part takes uint4"),
        ((stored("q4_1"), product("gguf_q4_k")), r"weights are uint4 × fp16 \(group 32\) \+ one ×"),
        ((stored("q4_0", lanes=64), product("gguf_q4_0")),
         "stored has scales for 32 elements, 64 in a beat, product takes scales every 32"),
        ((stored("q4_0", rows=1), product("gguf_q4_0")),
         "product takes 2 rows of weights at a time, stored gives 1: choose rows = 2 in stored"),
        ((stored("iq1_s", rows=2), product("gguf_iq1_s")), "operands of several planes"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(parts, message):
    with pytest.raises(DesignError, match=message):
        hardware(chain("c", *parts))


def test_an_unpacker_makes_weights():
    whole = chain("c", stored("q4_0", rows=2), product("int4xint8", cols=2))
    with pytest.raises(DesignError, match="weights are int4 × fp16 .* product takes int4"):
        hardware(whole)
    activations = stored("q8_0"), product("int4xint8")
    with pytest.raises(DesignError, match="an unpacker makes weights: say into = 'weight'"):
        hardware(replace(whole, parts=activations, into=()))
