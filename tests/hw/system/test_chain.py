"""Designs joined stream to stream: bit for bit from outside, whoever stalls."""

import numpy as np
import pytest
from macsmith.golden.description import Chain, Target
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Hadamard, Requantize
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.sim import verify
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness

from macsmith import Options, cost, design, lookup


def turned(**given):
    given = {"points": 16, "lanes": 4, "vectors": 2, **given}
    return Hadamard(**{"name": "turned", **given})


def engine(pair, name, rows, cols, lanes, **more):
    return design(pair, Options(name=name, rows=rows, cols=cols, lanes=lanes, **more))


def narrow(width, **given):
    """Sums of so many bits as INT8, a multiplier for each channel."""
    formats = {
        "sums": lookup(f"int{width}"),
        "multiplier": lookup("uint15"),
        "bias": lookup("int16"),
    }
    return Requantize(name="narrow", rounding="nearest_up", distance=20, **formats, **given)


#: Of sums over K = 32; of the last over 4.
WIDTH = {"int4xint8": 17, "int8xint8": 21, "int2xint2": 6}

CHAINS = {
    "a transform before an engine": Chain(
        name="rotated", parts=(turned(), engine("int4xint12", "product", 3, 2, 4, k_max=64))
    ),
    "lanes of its own": Chain(
        name="narrow",
        parts=(turned(lanes=2), engine("int4xint12", "product", 1, 2, 8, k_max=64)),
        build=Target(interface="axis"),
    ),
    "engine after engine": Chain(
        name="layers",
        parts=(
            engine("int4xint8", "first", 4, 2, 4, k_max=32, accumulate="int8"),
            engine("int4xint8", "second", 2, 2, 8, k_max=32),
        ),
    ),
    "turned, multiplied, turned again": Chain(
        name="twice",
        parts=(
            turned(),
            engine("int4xint12", "product", 4, 2, 4, k_max=32, accumulate="int8"),
            turned(name="again", lanes=2),
        ),
    ),
    "a transform between engines": Chain(
        name="between",
        parts=(
            engine("int4xint8", "first", 4, 2, 4, k_max=32, accumulate="int8"),
            turned(),
            engine("int4xint12", "second", 1, 2, 8, k_max=32),
        ),
    ),
    "scales, then a transform": Chain(
        name="after",
        parts=(
            engine("w8a8", "first", 4, 1, 4, k_max=32, output="int8", nan="zero"),
            turned(lanes=2, vectors=1),
        ),
    ),
    "channels requantized one by one": Chain(
        name="channels",
        parts=(
            engine("int4xint8", "first", 3, 2, 4, k_max=32),
            narrow(WIDTH["int4xint8"], rows=2, group=1, shared=True),
        ),
    ),
    "results requantized one by one": Chain(
        name="results",
        parts=(
            engine("int8xint8", "first", 2, 4, 4, k_max=32),
            narrow(WIDTH["int8xint8"], group=4),
        ),
    ),
    "more results than a multiplexer takes": Chain(
        name="many",
        parts=(
            engine("int2xint2", "first", 9, 8, 1, k_max=4),
            narrow(WIDTH["int2xint2"], group=8),
        ),
    ),
    "two results requantized at a time": Chain(
        name="pairs",
        parts=(
            engine("int8xint8", "first", 2, 4, 4, k_max=32),
            narrow(WIDTH["int8xint8"], group=4, lanes=2),
        ),
    ),
}


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(CHAINS)), ids=list(CHAINS))
def test_every_result_equals_the_golden_answers_composed(jobs, found, index):
    verify.check(jobs[index], found[index], seed=3)


def test_a_rotated_product_is_the_product_of_what_is_rotated():
    """By matrices, without streams: W (H x) for each column."""
    chain = CHAINS["a transform before an engine"]
    built = hardware(chain)
    [trial] = harness(built)._drawn(1, 5)
    points = trial.beats["points"].values[0].astype(np.uint8).view(np.int8).astype(int)
    x = points.reshape(-1, 4, 2, 4).transpose(2, 0, 1, 3).reshape(2, -1, 16)
    index = np.arange(16)
    signs = np.array([[1 - 2 * (bin(i & j).count("1") % 2) for j in index] for i in index])
    rotated = (x @ signs).reshape(2, -1)
    w = trial.beats["weight"].values[0].astype(int).reshape(-1, 3, 4)
    w = np.where(w > 7, w - 16, w).transpose(1, 0, 2).reshape(3, -1)
    assert (trial.beats["result"].values[0].reshape(3, 2) == w @ rotated.T).all()


def test_what_joins_keep_and_how_fast_they_are_is_told():
    built = hardware(CHAINS["engine after engine"])
    assert built.remarks[-1] == (
        "first to second: 2 beats become 1; twice 16 values are kept, one such group in 2 cycles"
    )
    names = [stream.name for stream in built.streams]
    assert names == ["first_weight", "activation", "second_weight", "result"]
    assert "nothing is kept" in hardware(CHAINS["a transform before an engine"]).remarks[-1]


def test_a_wrong_order_is_found(monkeypatch):
    chain = CHAINS["engine after engine"]
    sound = emit(chain)
    trials = harness(sound.hardware).stimuli(5, 1)
    join = sound.hardware.joins[0]
    monkeypatch.setattr(type(join), "order", lambda self: np.arange(16))
    broken = emit(chain)
    assert run_batch(broken, trials).report


def test_parts_are_costed_apart():
    report = cost(CHAINS["a transform before an engine"])
    parts = {name: part.resources["lut"] for name, part in report.parts.items()}
    assert set(parts) == {"turned", "product"} and min(parts.values()) > 100
    assert sum(parts.values()) == report.cost.resources["lut"], "a direct join takes no logic"


@pytest.mark.parametrize(
    "parts, message",
    [
        ([turned()], "a chain has two parts at least, got 1"),
        ([turned(), turned()], "names of their own, got 'turned' twice"),
        (
            [turned(), engine("int4xint8", "p", 1, 2, 4)],
            "turned to p: results are int12, the next part takes int8",
        ),
        (
            [turned(normalize="folded"), engine("int4xint12", "p", 1, 2, 4)],
            r"results are int12 in units of 2\^-2, the next part takes int12",
        ),
        (
            [
                design(
                    "w8a8", Options(rows=2, cols=2, lanes=2, output="int8", nan="zero", results=2)
                ),
                engine("int4xint8", "p", 1, 2, 2),
            ],
            "results of several columns in a beat cannot be joined, .* gives 2",
        ),
        (
            [turned(vectors=1), engine("int4xint12", "p", 1, 2, 4)],
            "p takes 2 vectors at a time, turned gives 1: choose vectors = 2 in turned",
        ),
        (
            [engine("e5m2xe4m3", "p", 1, 1, 2), turned(vectors=1)],
            "results with flags, and operands of several planes, cannot be joined",
        ),
    ],
)
def test_parts_that_do_not_fit_are_told(parts, message):
    with pytest.raises(DesignError, match=message):
        hardware(Chain(name="c", parts=tuple(parts)))


def test_a_chain_is_no_part_of_one():
    inner = CHAINS["engine after engine"]
    with pytest.raises(DesignError, match="are engines and units, got chain layers"):
        Chain(name="c", parts=(inner, turned()))


def test_behind_an_engine_reductions_are_counted():
    """Marks of an engine's own reductions are not those of what follows, nor by way of a unit."""
    first, second = hardware(CHAINS["a transform between engines"]).joins
    assert (first.every, second.every) == (16 // 4, 32 // 8)
    parts = CHAINS["a transform between engines"].parts
    with pytest.raises(DesignError, match="of the 16 elements that turned makes .* got 24"):
        hardware(Chain(name="c", parts=parts, lengths=(16, 24)))


def test_policies_agree():
    part = engine("int4xint12", "p", 1, 2, 4, policy="dsp")
    with pytest.raises(DesignError, match="give the chain policy dsp too"):
        Chain(name="c", parts=(turned(), part))


def test_reductions_have_the_length_that_is_asked_for():
    parts = CHAINS["engine after engine"].parts
    assert hardware(Chain(name="c", parts=parts, lengths=(16,))).joins[0].every == 2
    wrong = {(12,): "multiples of the 8 lanes", (64,): "at most k-max = 32, got 64"}
    for lengths, message in wrong.items():
        with pytest.raises(DesignError, match=message):
            hardware(Chain(name="c", parts=parts, lengths=lengths))
    with pytest.raises(DesignError, match="one for each of 1 joins"):
        Chain(name="c", parts=parts, lengths=(8, 8))
    assert lookup("int8") == parts[1].arithmetic.activation.planes[0].element


def test_requantized_channels_are_those_of_the_definition():
    """A multiplier and a bias for each row, whichever way the results of a tile are taken."""
    rng, k = np.random.default_rng(4), 32
    w, x = rng.integers(-128, 128, (2, k)), rng.integers(-128, 128, (4, k))
    m, b = rng.integers(0, 1 << 15, 2), rng.integers(-1000, 1000, 2)
    exact = (w @ x.T + b[:, None]) * m[:, None]
    wanted = np.clip((exact + (1 << 19)) >> 20, -128, 127)
    chain = CHAINS["results requantized one by one"]
    built = hardware(chain)
    steps = k // 4

    def beats(matrix):
        return matrix.reshape(-1, steps, 4).transpose(1, 0, 2).reshape(steps, -1) & 255

    sent = {
        "weight": Beats((beats(w),), (None,), np.zeros(steps, bool)),
        "activation": Beats((beats(x),), (None,), np.arange(steps) == steps - 1),
        "scale": Beats((m[:, None], b[:, None] & 0xFFFF), (None, None), np.zeros(2, bool)),
    }  # fmt: skip
    assert built.answer(sent)["result"].values[0].ravel().tolist() == wanted.ravel().tolist()
