"""Activations quantized before an engine: codes and scales arrive where they belong."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Const
from macsmith.golden.description import Chain
from macsmith.golden.errors import DesignError, Mismatch
from macsmith.golden.joins import Beside
from macsmith.golden.matmul import matmul
from macsmith.golden.streams import Beats
from macsmith.golden.units import Hadamard, LayerNorm, Quantize, RmsNorm
from macsmith.hw.catalogue import hardware
from macsmith.hw.system import scales
from macsmith.hw.system.component import ChainComponent
from macsmith.hw.text.emit import emit
from macsmith.sim import verify
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness

from macsmith import Options, design, lookup, quantize

BLOCK, LANES = 8, 4


def coded(**given):
    """A quantizer of two vectors."""
    formats = {key: lookup(given[key]) for key in ("values", "element", "scale", "tensor")
               if key in given}  # fmt: skip
    shape = {"block": BLOCK, "lanes": LANES, "vectors": 2}
    return Quantize(**{"name": "coded", **shape, **given, **formats})


def product(preset, **given):
    shape = {"rows": 3, "cols": 2, "lanes": LANES, "k_max": 32}
    return design(preset, Options(**{"name": "product", **shape, **given}))


MX = {"element": "e4m3", "rule": "rceil"}
NV = {"scale": "ue4m3", "rule": "nearest", "tensor": "fp32"}
GROUPS = {"group": BLOCK, "activation_group": BLOCK, "partials": 7}

CHAINS = {
    "MXFP8": Chain(name="mx", parts=(coded(**MX), product("mxfp8_e4m3", **GROUPS))),
    "NVFP4, rotated": Chain(
        name="nv",
        parts=(
            Hadamard(
                name="turned", points=16, lanes=2, format=lookup("bf16"),
                sums=lookup("bf16"), normalize="multiplied",
            ),
            coded(block=16, lanes=2, vectors=1, **NV),
            product("nvfp4", rows=1, cols=1, lanes=2),
        ),
    ),
    "other lanes": Chain(
        name="lanes", parts=(coded(**MX, lanes=8), product("mxfp8_e4m3", lanes=2, **GROUPS))
    ),
    "a scale for a token": Chain(
        name="tokens",
        parts=(
            coded(element="int8", scale="fp32", rule="absmax", block=32),
            product("w8a8", rows=2),
        ),
    ),
    "a norm in front": Chain(
        name="normalized",
        parts=(
            RmsNorm(name="norm", token=32, lanes=LANES, vectors=2),
            coded(element="int8", scale="fp32", rule="absmax", block=32),
            product("w8a8", rows=2),
        ),
    ),
    "a LayerNorm in front": Chain(
        name="centred",
        parts=(
            LayerNorm(name="norm", token=32, lanes=LANES, vectors=2, beta=None),
            coded(element="int8", scale="fp32", rule="absmax", block=32),
            product("w8a8", rows=2),
        ),
    ),
    "results quantized": Chain(
        name="layer",
        parts=(
            coded(**MX),
            product("mxfp8_e4m3", rows=4, **GROUPS),
            coded(name="results", values="fp32", lanes=2, **MX),
        ),
    ),
    "a quantizer between engines": Chain(
        name="layers",
        parts=(
            product("int8xint8", name="first", rows=4, output="fp32", k_max=16),
            coded(values="fp32", **MX),
            product("mxfp8_e4m3", name="second", **GROUPS),
        ),
        lengths=(8, 16),
    ),
}  # fmt: skip


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(CHAINS)), ids=list(CHAINS))
def test_every_result_equals_the_golden_answers_composed(jobs, found, index):
    verify.check(jobs[index], found[index], seed=3)


def beats_of(matrix, lanes=LANES):
    """A matrix (vectors, K) as beats of a stream of codes."""
    steps = matrix.shape[1] // lanes
    values = matrix.reshape(len(matrix), steps, lanes).transpose(1, 0, 2).reshape(steps, -1)
    return Beats((values,), (None,), np.arange(steps) == steps - 1)


def drawn(unit, k, seed):
    rng = np.random.default_rng(seed)
    sizes = np.exp2(rng.integers(-6, 7, (2, k // BLOCK))).repeat(BLOCK, axis=1)
    return unit.values.encode(rng.standard_t(3, (2, k)) * sizes)


def plain(*arrays):
    return Beats(arrays, (None,) * len(arrays), np.zeros(len(arrays[0]), bool))


def test_a_chain_multiplies_what_quantize_makes_by_hand():
    """By matrices, without streams: the values quantized, then the product of the two."""
    chain = CHAINS["MXFP8"]
    unit, engine = chain.parts
    codes, k = drawn(unit, 32, 5), 32
    weight = quantize(np.random.default_rng(6).normal(size=(3, k)), engine.arithmetic.weight)
    made = quantize(unit.values.decode(codes), engine.arithmetic.activation, scale_rule=unit.rule)
    [w] = weight.codes.values()
    sent = {"values": beats_of(codes), "weight": beats_of(w)}
    sent["scale"] = plain(weight.scales["scale"].T)
    found = hardware(chain).answer(sent)["result"].values[0]
    assert (found.reshape(3, 2) == matmul(engine, weight, made).values).all()


def test_with_a_tensors_scale_too():
    unit, engine = coded(block=16, **NV), product("nvfp4")
    chain, k, rng = Chain(name="c", parts=(unit, engine)), 32, np.random.default_rng(6)
    codes = drawn(unit, k, 5)
    weight = quantize(rng.normal(size=(3, k)), engine.arithmetic.weight)
    made = quantize(unit.values.decode(codes), engine.arithmetic.activation)
    tensor = made.scales["tensor"].reshape(1, 1)
    made = quantize(
        unit.values.decode(codes), engine.arithmetic.activation, scale_rule="nearest",
        outer={"tensor": made.scales["tensor"]}, saturate=True,
    )  # fmt: skip
    [w] = weight.codes.values()
    sent = {
        "values": beats_of(codes),
        "tensor": plain(tensor),
        "weight": beats_of(w),
        "scale": plain(weight.scales["block"].T),
        "end_scale": plain(weight.scales["tensor"].reshape(1, 1), tensor),
    }
    found = hardware(chain).answer(sent)["result"].values[0]
    assert (found.reshape(3, 2) == matmul(engine, weight, made).values).all()


def test_a_tokens_scale_acts_at_the_end():
    chain = CHAINS["a scale for a token"]
    unit, engine = chain.parts
    codes, rng = drawn(unit, 16, 5), np.random.default_rng(6)  # shorter than a block
    weight = quantize(rng.normal(size=(2, 16)), engine.arithmetic.weight)
    made = quantize(unit.values.decode(codes), engine.arithmetic.activation)
    [w] = weight.codes.values()
    sent = {"values": beats_of(codes), "weight": beats_of(w)}
    sent["end_scale"] = plain(weight.scales["scale"].T)
    found = hardware(chain).answer(sent)["result"].values[0]
    assert (found.reshape(2, 2) == matmul(engine, weight, made).values).all()


def test_only_scales_from_outside_are_a_port():
    built = hardware(CHAINS["MXFP8"])
    ports = {stream.name: [f.name for f in stream.fields] for stream in built.streams}
    assert list(ports) == ["values", "weight", "scale", "result"]
    assert ports["scale"] == ["weight_scale"] and "activation" not in built.notes["scale"]
    assert built.remarks[-1] == (
        "coded to product: a beat becomes a beat, nothing is kept between them; with the first of "
        "every 2 beats its 2 scales go to scale, where those of 8 blocks can wait"
    )
    assert built.facts["joins"][0]["scales_kept"] == 2 * built.joins[0].beside.kept
    unscaled = product("mxfp8_e4m3", **GROUPS)
    [mode] = unscaled.modes
    [plane] = mode.weight.planes
    weight = replace(mode.weight, planes=(replace(plane, scales=()),))
    alone = replace(unscaled, modes=(replace(mode, weight=weight),))
    built = hardware(Chain(name="c", parts=(coded(**MX), alone)))
    assert [stream.name for stream in built.streams] == ["values", "weight", "result"]


@pytest.mark.often(1)
@pytest.mark.parametrize("fewer", [False, True])
def test_as_many_scales_wait_as_full_rate_takes(monkeypatch, fewer):
    """Steps follow each other without bubbles; with room for two blocks' scales alone they do
    not."""
    if fewer:
        monkeypatch.setattr(scales, "_kept", lambda plan, block: 2)
    k, count = 256, 4  # results leave one by one: shorter reductions wait for them
    parts = coded(**MX), product("mxfp8_e4m3", **{**GROUPS, "k_max": k})
    emitted = emit(Chain(name=f"mx_{fewer}", parts=parts))
    tried = harness(emitted.hardware)
    monkeypatch.setattr(type(tried), "_length", lambda self, number, part, rng: k)
    batch = run_batch(emitted, tried._drawn(count, 1)).check()
    first, results = emitted.hardware.latency + 8, 3 * 2 * 8
    assert (batch.cycles > count * k // LANES + first + results) == fewer


def test_scales_at_wrong_blocks_are_found(monkeypatch):
    """Where each beat hands its scales on, those of a block act on others."""
    chain = CHAINS["MXFP8"]
    trials = harness(hardware(chain)).stimuli(10, 1)
    monkeypatch.setattr(ChainComponent, "_firsts", lambda *given: Const(1, 1))
    with pytest.raises(Mismatch):
        run_batch(emit(replace(chain, name="broken")), trials).check()


def test_the_golden_model_reads_each_blocks_first(monkeypatch):
    chain = CHAINS["MXFP8"]
    unit, _ = chain.parts
    codes = drawn(unit, 32, 5)
    made = unit.answer({"values": beats_of(codes)})["result"]
    beside = hardware(chain).joins[0].beside
    want = [unit.quantize(codes[:, n : n + BLOCK])[1] for n in range(0, 32, BLOCK)]
    np.testing.assert_array_equal(beside.joined(made), want)
    assert isinstance(beside, Beside)


@pytest.mark.parametrize(
    "unit, engine, message",
    [
        (coded(**MX, block=16), product("mxfp8_e4m3", **GROUPS),
         "a block has 16 values, product shares a scale among 8: make groups and block the same"),
        (coded(**MX), product("mxfp8_e4m3", group=4, activation_group=8, partials=8),
         "a block has 8 values, product takes scales every 4"),
        (coded(**MX), product("nvfp4"), "results are e4m3, the next part takes e2m1"),
        (coded(element="e2m1"), product("nvfp4"), "scales are e8m0, product takes ue4m3, fp32"),
        (coded(**MX), product("e4m3xe4m3", output="fp32"), "are e8m0, product takes none"),
        (coded(**MX, lanes=16, vectors=2), product("mxfp8_e4m3", **GROUPS),
         "a beat holds several blocks of a vector.*choose lanes = 8 in coded"),
        (coded(**MX, vectors=1), product("mxfp8_e4m3", **GROUPS),
         "takes 2 vectors at a time, coded gives 1: choose vectors = 2 in coded"),
        (coded(element="int8", scale="fp32", rule="absmax", block=16), product("w8a8"),
         "a scale for a reduction of up to k-max = 32, a block has 16 values"),
        (coded(**MX), Hadamard(name="h", points=16, format=lookup("e4m3"), vectors=2),
         "results are codes with scale, and only an engine takes both: make coded the last part"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(unit, engine, message):
    with pytest.raises(DesignError, match=message):
        hardware(Chain(name="c", parts=(unit, engine)))


def test_codes_of_a_quantizer_are_no_weights():
    parts = coded(**MX), product("mxfp8_e4m3", rows=2, **GROUPS)
    with pytest.raises(DesignError, match="a quantizer makes activations: leave into = 'weight'"):
        hardware(Chain(name="c", parts=parts, into=("weight",)))
