"""The perplexity of a tiny llama whose products designs of a front compute."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="tokenizers is not installed: make .venv/smollm2")

from macsmith.boards import lookup
from macsmith.golden.errors import DesignError
from macsmith.models.networks import open_network, product
from macsmith.models.networks.generating import perplexity
from macsmith.models.networks.product import FloatProduct
from macsmith.studies.exploring.explore import Space, explore
from macsmith.studies.exploring.page import plots
from macsmith.studies.exploring.tables import notes, tables
from macsmith.studies.exploring.text import EngineProduct, perplexity_of
from macsmith.studies.given import given
from networks import WHOLE, as_gguf, as_safetensors, bert, llama
from second_models.llama import logits as second
from vocabulary import TEXT, lists, trained

from macsmith import design

SIZES = {**WHOLE, "vocabulary": 300}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model with its tokenizer, a text, what it is made of, and the text's tokens."""
    folder = tmp_path_factory.mktemp("text")
    arrays, config = llama(np.random.default_rng(1), SIZES)
    inner = trained()
    model = as_gguf(folder / "m.gguf", arrays, config, tokenizer=lists(inner))
    text = folder / "words.txt"
    text.write_text(TEXT * 3, encoding="utf-8")
    return model, text, arrays, config, inner.encode(TEXT * 3).ids[:20]


def test_products_in_floats_are_those_of_the_formulas(files):
    model, text, arrays, config, tokens = files
    scores = second(arrays, config, tokens)[:-1]
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    wanted = np.exp(-np.log(chances[np.arange(19), tokens[1:]]).mean())
    assert abs(perplexity_of(model, text, 20, 2).exact / wanted - 1) < 2e-5


@pytest.mark.parametrize("name", ["w8a8", "mxfp4"])
def test_products_of_an_engine_are_those_of_its_design(files, name):
    """As generate-text computes them, of weights that the file stores in floats."""
    model, text, _, _, tokens = files
    network = open_network(model)
    judge = perplexity_of(model, text, 20, 2)
    found = judge.score(design(name))
    assert found == perplexity(network, tokens, product(name)) != judge.exact
    used = EngineProduct(design(name), FloatProduct())
    matrix = network.matrices[0]
    assert used.bits(matrix) == pytest.approx(product(name).bits(matrix), rel=0.05)


def test_some_designs_of_the_front_on_its_weights_are_judged(files):
    model, text, *_ = files
    space = Space(lookup("u280"), macs=16, k=64, bits=(3, 4), activations=("itself",),
                  schemes=("row", "ue4m3-16"))  # fmt: skip
    judge = perplexity_of(model, text, 20, 2)
    found = explore(space, own=given(None, model, None), judges=[judge])
    front = found.fronts["own"]
    judged = [item for item in found.every if item.scores]
    assert len(judged) == min(2, len(front)) and all(any(i is e for e in front) for i in judged)
    title, header, lines = tables(found)[-2]
    assert "matrices" in title and header[-2] == "perplexity"
    told = {line[-2] for line in lines} - {"–"}
    assert told == {f"{item.scores['perplexity']:.4g}" for item in judged}
    assert any(line.startswith("perplexity: of m.gguf on 20 tokens") for line in notes(found))


def test_a_ruined_text_has_no_room_in_the_chart(files):
    """A perplexity of millions would leave one line of all others."""
    space = Space(lookup("u280"), macs=16, k=64, bits=(4,), activations=("int8",),
                  schemes=("row",))  # fmt: skip
    judge = replace(perplexity_of(*files[:2], 20, 9), exact=40.0)
    found = explore(space, own=given(None, files[0], None))
    for scores, drawn in (((45.0, 9e6), 1), ((9e6, 9e6), 0), ((45.0, 50.0), 2)):
        every = tuple(
            replace(item, scores={"perplexity": score})
            for item, score in zip(found.every, scores, strict=False)
        )
        figures = plots(replace(found, every=every, judges=(judge,)))
        text = figures["perplexity"].svg() if "perplexity" in figures else ""
        assert text.count("<title>") - bool(text) == drawn


def test_what_cannot_be_judged_is_told(files, tmp_path):
    model, text, *_ = files
    with pytest.raises(DesignError, match="2 tokens at least, .* has 1"):
        perplexity_of(model, text, 1, 2)
    encoder = as_safetensors(tmp_path, *bert(np.random.default_rng(1)))
    with pytest.raises(DesignError, match="is an encoder"):
        perplexity_of(encoder, text, 20, 2)
