"""Losses of matrices from the definitions: noise, tails of spectra, and what a network minds."""

import json

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.models.model import open_model
from macsmith.models.networks import open_network, product
from macsmith.models.networks.diverging import divergence
from macsmith.models.networks.generating import generate
from macsmith.studies import texts
from macsmith.studies.allocation import allocate
from macsmith.studies.allocation.allocate import study
from macsmith.studies.allocation.calibrating import Probe, calibrate, gain
from macsmith.studies.allocation.choices import choices
from macsmith.studies.allocation.judging import judge
from macsmith.studies.allocation.losses import items, noises, shares, tail, tails
from macsmith.studies.allocation.solving import solve
from networks import WHOLE, as_gguf, as_safetensors, llama
from safetensors.numpy import save_file
from scipy.special import log_softmax, rel_entr, softmax


@pytest.fixture
def rng():
    return np.random.default_rng(21)


def model(folder, **weights):
    save_file({name: w.astype(np.float32) for name, w in weights.items()}, folder / "m.safetensors")
    return open_model(folder / "m.safetensors")


def test_noise_of_integers_is_that_of_their_steps(tmp_path, rng):
    """16 levels from the least of a group to the most: values on them have none; else about a
    twelfth of a step squared."""
    steps = rng.integers(-7, 9, (128, 256)).astype(float)
    steps[:, ::128], steps[:, 1::128] = -7, 8
    bytes_ = rng.integers(-127, 128, (32, 256)).astype(float)
    bytes_[:, 0] = 127
    own = model(tmp_path, on=steps / 8, off=rng.uniform(-1, 1, (128, 256)))
    given = items(list(own.matrices.values()))
    inputs = {"on": bytes_, "off": bytes_}
    found, possible, notes = noises(given, choices(["w4a8"]), inputs)
    by_name = dict(zip((item.name for item in given), found[:, 0], strict=True))
    assert possible.all() and not notes
    assert by_name["on"] < 1e-12
    assert by_name["off"] == pytest.approx((2 / 15) ** 2 / 12 / (1 / 3), rel=0.05)


def test_weights_that_are_stored_as_a_design_takes_them_have_no_noise(tmp_path, rng):
    network = open_network(as_gguf(tmp_path / "m.gguf", *llama(rng, WHOLE), "Q4_1"))
    given = items(network.matrices)
    zeros = {matrix.name: np.ones((2, matrix.shape[1])) for matrix in network.matrices}
    found, _, _ = noises(given, choices(["gguf_q4_1", "mxfp4"]), zeros)
    stored = np.array([item.matrix.scheme.endswith("Q4_1") for item in given])
    assert stored.any() and (found[stored, 0] < 1e-4).all() and (found[stored, 1] > 1e-3).all()


def test_blocks_share_the_signal_of_their_matrix(tmp_path, rng):
    weight = rng.normal(size=(64, 96))
    weight[:, :32] *= 3
    own = model(tmp_path, w=weight)
    given = items(list(own.matrices.values()), 32)
    assert [item.name for item in given] == ["w[0:32]", "w[32:64]", "w[64:96]"]
    power = (weight**2).sum(axis=0).reshape(3, 32).sum(axis=1)
    assert shares(given) == pytest.approx(power / power.sum())
    quiet = np.where(np.arange(96) < 32, 0.0, 1.0) * np.ones((2, 1))
    assert shares(given, {"w": quiet}) == pytest.approx([0, *(power[1:] / power[1:].sum())])
    assert items(list(own.matrices.values()), 96)[0].name == "w"
    # One design for all blocks loses about what it loses for the whole.
    whole = noises(items(list(own.matrices.values())), choices(["mxfp4"]))[0]
    parts = noises(given, choices(["mxfp4"]))[0]
    assert (parts[:, 0] * shares(given)).sum() == pytest.approx(whole[0, 0], rel=0.1)


def test_heavier_tails_have_smaller_exponents(tmp_path, rng):
    """Singular values whose squares are drawn from a power law of exponent a have that."""
    left, right = (np.linalg.qr(rng.normal(size=(1024, 1024)))[0] for _ in range(2))
    found = []
    for exponent in (2.0, 4.0):
        eigen = (1 - rng.random(1024)) ** (-1 / (exponent - 1))
        found.append(left @ np.diag(np.sqrt(eigen)) @ right)
        assert tail(found[-1]) == pytest.approx(exponent, rel=0.25)
    own = model(tmp_path, heavy=found[0], light=found[1])
    given = items(list(own.matrices.values()))
    weight = dict(zip((item.name for item in given), tails(given), strict=True))
    assert weight["heavy"] / weight["light"] == pytest.approx(
        tail(found[1]) / tail(found[0]), rel=1e-3
    )
    assert tails(given, 2.0).max() == pytest.approx(tails(given).max() ** 2)


def test_divergences_are_those_of_the_definition(rng):
    p, q = rng.normal(0, 5, (2, 7, 40))
    wanted = rel_entr(softmax(p, axis=1), softmax(q, axis=1)).sum(axis=1).mean()
    assert divergence(p, q) == pytest.approx(wanted) and divergence(p, p) == 0
    assert divergence(p, p + 3) == pytest.approx(0, abs=1e-12)
    assert log_softmax(p, axis=1).shape == p.shape


def test_a_gain_is_what_noise_in_one_matrix_moves(tmp_path, rng):
    """By replacing one matrix in the file by what the design makes of it."""
    arrays, config = llama(rng)
    network = open_network(as_safetensors(tmp_path, arrays, config))
    tokens = rng.integers(0, 37, 24).tolist()
    given = calibrate(network, tokens)
    [choice] = choices(["w4a16"])
    matrix = network.matrices[0]
    found = gain(given, matrix, choice, 1.0)
    assert gain(given, matrix, choice, 0.5) == 2 * found and gain(given, matrix, choice, 0) == 0
    probed = network.logits(tokens, Probe(given.plain, matrix.name, choice))
    assert found == pytest.approx(divergence(given.logits, probed)) and found > 1e-6
    served = product("w4a16").served(matrix).weight.dequantize()
    changed = {**arrays, matrix.name: served.astype(np.float32)}
    (tmp_path / "other").mkdir()
    other = open_network(as_safetensors(tmp_path / "other", changed, config))
    moved = divergence(given.logits, other.logits(tokens, product("float")))
    # BF16 activations add little to what INT4 weights do.
    assert found == pytest.approx(moved, rel=0.2)
    with pytest.raises(DesignError, match="2 tokens"):
        calibrate(network, tokens[:1])


def test_a_network_is_allocated_judged_and_goes_on_with_a_text(tmp_path, rng):
    """What is measured on a text predicts the divergence; a file names each matrix's design."""
    path = as_gguf(tmp_path / "m.gguf", *llama(rng, WHOLE), "Q4_1")
    text = tmp_path / "text.txt"
    text.write_text("a b c d " * 40, encoding="utf-8")
    tokens = rng.integers(0, 37, 48).tolist()
    with pytest.MonkeyPatch.context() as m:
        m.setattr(allocate, "_tokens", lambda *_: tokens)
        whole = study(
            path, choices(["mxfp8_e4m3", "mxfp4"]), sensitivity="text", text=text, tokens=24
        )
    assert whole.rest == tuple(tokens[24:]) and whole.calibration is not None
    limit = (whole.problem.total("bits", whole.problem.uniform(0)) + 4.25) / 2
    found = solve(whole.problem, "loss", {"bits": limit})
    told = {item.name: item for item in judge(whole, found, whole.rest)}
    assert [*told] == ["FP32", "allocated", "mxfp8_e4m3", "mxfp4"] and told["FP32"].divergence == 0
    assert told["mxfp8_e4m3"].divergence < told["allocated"].divergence < told["mxfp4"].divergence
    wanted = whole.problem.total("loss", whole.problem.uniform(1))
    assert told["mxfp4"].divergence == pytest.approx(wanted, rel=0.7)
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"designs": found.names}), encoding="utf-8")
    network = open_network(path)
    written = generate(network, tokens[:4], product(str(file)), 2)
    assert found.totals["bits"] == pytest.approx(written.bits, rel=0.01)
    with pytest.raises(DesignError, match="has no design for"):
        file.write_text('{"designs": {}}', encoding="utf-8")
        generate(network, tokens[:4], product(str(file)), 1)
    for wrong in ("[1]", "{", '{"designs": {"a": 1}}'):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(DesignError, match="allocation|allocate"):
            product(str(file))


def test_a_text_without_words_is_no_calibration(tmp_path, rng, monkeypatch):
    """Else losses would be those of weights without a word."""
    path = as_gguf(tmp_path / "m.gguf", *llama(rng, WHOLE), "Q4_1")
    text = tmp_path / "text.txt"
    text.write_text("", encoding="utf-8")

    class Empty:
        @staticmethod
        def encode(words):
            return list(words)

    monkeypatch.setattr(texts, "read_tokenizer", lambda _: Empty)
    with pytest.raises(DesignError, match="has no token"):
        study(path, choices(["mxfp4"]), sensitivity="text", text=text)


def test_weights_as_stored_stay_as_they_are_in_a_probe(tmp_path, rng):
    """Q4_1 of the file on a design that takes it: only activations bring noise."""
    network = open_network(as_gguf(tmp_path / "m.gguf", *llama(rng, WHOLE), "Q4_1"))
    given = calibrate(network, rng.integers(0, 37, 12).tolist())
    matrix = next(m for m in network.matrices if m.scheme.endswith("Q4_1"))
    [stored, other] = choices(["gguf_q4_1", "mxfp4"])
    x = rng.normal(size=(4, matrix.shape[1])).astype(np.float32)
    exact = given.plain(matrix, x)
    near, far = (Probe(given.plain, matrix.name, choice)(matrix, x) for choice in (stored, other))
    served = product("gguf_q4_1")(matrix, x)
    assert np.abs(near - served).max() < 1e-3 * np.abs(served).max()
    assert np.abs(near - exact).mean() < 0.1 * np.abs(far - exact).mean()
