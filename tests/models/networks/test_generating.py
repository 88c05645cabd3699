"""Texts are gone on with greedily, foreseen as the formulas say, and proven in simulated RTL."""

import numpy as np
import pytest
from macsmith.golden.errors import DesignError, Mismatch
from macsmith.models.networks import open_network, product, proving
from macsmith.models.networks.generating import bits, generate, perplexity
from networks import WHOLE, as_gguf, as_safetensors, llama
from second_models.llama import logits as second

PROMPT = [3, 36, 0, 11]


@pytest.fixture
def rng():
    return np.random.default_rng(12)


@pytest.fixture
def tiny(tmp_path, rng):
    """A network with matrices in Q4_1."""
    return open_network(as_gguf(tmp_path / "m.gguf", *llama(rng, WHOLE), "Q4_1"))


def test_each_token_is_the_likeliest(tmp_path, rng):
    arrays, config = llama(rng)
    network = open_network(as_safetensors(tmp_path, arrays, config))
    found, text = generate(network, PROMPT, product("float"), 6), list(PROMPT)
    for token in found.tokens:
        assert token == second(arrays, config, text)[-1].argmax()
        text.append(token)
    assert len(found.tokens) == 6 and len(found.seconds) == 7 and found.bits == 32
    # One of the ends is the last.
    end = found.tokens[2]
    few = generate(network, PROMPT, product("float"), 6, ends={end})
    assert few.tokens == found.tokens[: found.tokens.index(end) + 1]
    # A prompt of one token, and one token to write.
    assert generate(network, PROMPT[:1], product("float"), 1).tokens == (
        second(arrays, config, PROMPT[:1])[-1].argmax(),
    )


def test_a_text_longer_than_the_context_is_told(tiny):
    assert len(generate(tiny, [1] * 63, product("float"), 2).tokens) == 2
    with pytest.raises(DesignError, match="has 65 tokens, m.gguf takes 64 at most: shorten"):
        generate(tiny, [1] * 63, product("float"), 3)


def test_a_perplexity_is_that_of_the_formulas(tmp_path, rng):
    arrays, config = llama(rng)
    network = open_network(as_safetensors(tmp_path, arrays, config))
    text = rng.integers(0, 37, 20).tolist()
    scores = second(arrays, config, text)[:-1]
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    wanted = np.exp(-np.log(chances[np.arange(19), text[1:]]).mean())
    for block in (512, 19, 7, 1):
        assert abs(perplexity(network, text, product("float"), block=block) / wanted - 1) < 2e-5
    for tokens, block, message in (([1], 8, "needs 2 tokens"), ([1, 2], 0, "block must be")):
        with pytest.raises(DesignError, match=message):
            perplexity(network, tokens, product("float"), block=block)


def test_designs_whose_scales_are_of_a_vector_foresee_alike_in_any_block(tiny, rng):
    """Integers and scales of rows and groups: a vector's products do not depend on the others."""
    text = rng.integers(0, 37, 12).tolist()
    used = product("file")
    # FP32 sums of attention may differ in the last places, no more.
    one, other = (perplexity(tiny, text, used, block=block) for block in (512, 5))
    assert abs(one / other - 1) < 1e-3


def test_bits_are_weighed_by_the_weights_of_each_matrix(tiny):
    assert bits(tiny, product("file")) == 5.0
    total = sum(m.count for m in tiny.matrices)
    assert bits(tiny, product("w8a8")) == 8 + 32 * sum(m.shape[0] for m in tiny.matrices) / total


@pytest.mark.parametrize("rtl", ["all", pytest.param("sample", marks=pytest.mark.brief)])
def test_a_token_in_rtl_equals_the_golden_model(tiny, rtl):
    plain = generate(tiny, PROMPT, product("w8a8"), 3)
    found = generate(tiny, PROMPT, product("w8a8"), 3, rtl=rtl)
    assert found.tokens == plain.tokens
    proof, matrices = found.proof, tiny.matrices
    assert proof.matrices == len(matrices) == 15 and proof.engines == ["w8a8 16x1x4"]
    rows = [m.shape[0] if rtl == "all" else 4 for m in matrices]
    assert proof.macs == sum(r * m.shape[1] for r, m in zip(rows, matrices, strict=True))
    assert proof.to_dict()["mismatches"] == 0


@pytest.mark.slow
def test_a_file_of_blocks_is_proven_on_its_own_design(tiny):
    assert generate(tiny, PROMPT, product(), 1, rtl="all").proof.engines == ["gguf_q4_1 16x1x4"]


def test_what_differs_is_named(tiny, monkeypatch):
    """The sixth product's second row is wrong by one: its matrix and row are told."""
    calls = []

    def wrong(engine, weight, codes, copies):
        from macsmith import matmul

        calls.append(weight.shape[0])
        found = matmul(engine, weight, codes)
        if len([n for n in calls if n > 1]) == 6:
            found.values[1, 0] ^= 1
        return found

    monkeypatch.setattr(proving, "simulate", wrong)
    name = tiny.matrices[5].name
    with pytest.raises(
        Mismatch, match=rf"w8a8, {name}: 1 of 64 results differ, the first at \(1, 0"
    ):
        generate(tiny, PROMPT, product("w8a8"), 1, rtl="all")


def test_what_cannot_be_proven_is_told(tiny):
    with pytest.raises(DesignError, match="FP32 products have no hardware"):
        generate(tiny, PROMPT, product("float"), 1, rtl="all")
    with pytest.raises(DesignError, match="rtl must be one of all, sample, none, got 'some'"):
        generate(tiny, PROMPT, product("w8a8"), 1, rtl="some")


@pytest.mark.parametrize(("design", "message"), [
    ("ifairy", "complex"), ("nothing", "unknown"), ("simd", "simd"), ("hadamard", "hadamard"),
])  # fmt: skip
def test_a_design_that_multiplies_no_matrices_is_refused(tiny, design, message):
    with pytest.raises(DesignError, match=message):
        generate(tiny, PROMPT, product(design), 1)
