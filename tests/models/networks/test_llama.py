"""A llama of either kind of file gives what the papers' formulas give; else a line tells why."""

import numpy as np
import pytest
from checkpoints import random_scales, words
from macsmith.golden.errors import DesignError
from macsmith.models.networks import open_network, product
from macsmith.models.networks.settings import Settings
from networks import SMALL, WHOLE, as_gguf, as_safetensors, config_file, llama
from second_models.llama import logits as second

TOKENS = [3, 36, 0, 11, 3, 3, 20, 7, 1]

#: What FP32 leaves of results at most, as a part of the greatest: a sum of 64 products by two
#: layers, each rounded to 2**-24, stays far below; a wrong formula is far above.
NOISE = 2.0**-17


def near(found, wanted):
    return np.abs(found - wanted).max() <= NOISE * np.abs(wanted).max()


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("biases", [False, True])
def test_both_files_give_what_the_formulas_give(tmp_path, rng, tied, biases):
    arrays, config = llama(rng, tied=tied, biases=biases)
    wanted = second(arrays, config, TOKENS)
    for path in (
        as_safetensors(tmp_path / "folder", arrays, config),
        as_gguf(tmp_path / "model.gguf", arrays, config),
    ):
        network = open_network(path)
        assert network.tied is tied
        found = network.logits(TOKENS, product("float"))
        assert found.dtype == np.float32 and near(found, wanted), path


def test_tokens_after_a_cache_are_as_those_of_a_whole_text(tmp_path, rng):
    arrays, config = llama(rng)
    network = open_network(as_safetensors(tmp_path, arrays, config))
    cache, found = network.cache(len(TOKENS)), []
    for part in (TOKENS[:4], TOKENS[4:5], TOKENS[5:]):
        found.append(network.logits(part, product("float"), cache))
    assert near(np.concatenate(found), second(arrays, config, TOKENS))


def test_settings_that_are_left_out_are_what_the_formats_say(tmp_path, rng):
    """Heads that share the width, as many of keys, a base of 10000."""
    arrays, config = llama(rng, {**SMALL, "shared": 4})
    wanted = second(arrays, config | {"rope_theta": 10000.0}, TOKENS)
    left_out = {"num_key_value_heads": None, "head_dim": None, "rope_theta": None}
    folder = as_safetensors(tmp_path / "folder", arrays, config)
    config_file(folder, **left_out)
    keys = dict.fromkeys(("attention.head_count_kv", "attention.key_length", "rope.freq_base"))
    file = as_gguf(tmp_path / "model.gguf", arrays, config, settings=keys)
    for path in (folder, file):
        assert near(open_network(path).logits(TOKENS, product("float")), wanted)


def test_a_checkpoint_that_is_quantized_is_a_network_too(tmp_path, rng):
    """MLX's: its weights have the layers' names alone, its table is quantized as well."""
    arrays, config = llama(rng, WHOLE)
    stored, meant = {}, {}
    for name, array in arrays.items():
        layer, groups = name.removesuffix(".weight"), (array.shape[0], -1, 32)
        if array.ndim == 1:
            stored[name] = meant[name] = array
            continue
        codes = rng.integers(0, 16, array.shape)
        scales, biases = (random_scales(rng, (len(array), array.shape[1] // 32), np.float16)
                          for _ in range(2))  # fmt: skip
        stored[name] = words(codes, 4)
        stored[f"{layer}.scales"], stored[f"{layer}.biases"] = scales, biases
        real = codes.reshape(groups) * scales[..., None].astype("f8") + biases[..., None]
        meant[name] = real.reshape(array.shape)
    quantization = {"quantization": {"bits": 4, "group_size": 32}}
    network = open_network(as_safetensors(tmp_path, stored, config | quantization))
    assert network.matrices[0].name == "model.layers.0.self_attn.q_proj"
    found = network.logits(TOKENS, product("float"))
    # MLX rounds each weight to FP16.
    assert np.abs(found - second(meant, config, TOKENS)).max() < 2.0**-8 * np.abs(found).max()


def test_factors_of_rotations_divide_them(tmp_path, rng):
    """GGUF's rope_freqs.weight, as models for long texts have it."""
    arrays, config = llama(rng)
    factors = {"rope_freqs.weight": rng.uniform(1, 8, config["head_dim"] // 2).astype(np.float32)}
    file = as_gguf(tmp_path / "m.gguf", arrays | factors, config)
    found = open_network(file).logits(TOKENS, product("float"))
    assert near(found, second(arrays | factors, config, TOKENS))
    assert not near(found, second(arrays, config, TOKENS))


def test_products_are_those_of_the_design(tmp_path, rng):
    """Each is the golden model's of activations that are quantized as the design says."""
    from macsmith.models.serving import serve

    from macsmith import matmul, quantize

    arrays, config = llama(rng, WHOLE)
    network = open_network(as_gguf(tmp_path / "m.gguf", arrays, config, "Q4_1"))
    for name in ("file", "nvfp4"):
        used = product(name)
        for matrix in network.matrices[:7]:
            x = rng.normal(size=(3, matrix.shape[1])).astype(np.float32)
            served = serve(matrix, None if name == "file" else name)
            assert served.engine.name == {"file": "gguf_q4_1"}.get(name, name)
            codes = quantize(x, served.engine.arithmetic.activation)
            wanted = matmul(served.engine, served.weight, codes).decode().T
            assert np.array_equal(used(matrix, x), wanted)
            assert used.served(matrix) is used.served(matrix)


def test_bits_a_weight_count_scales(tmp_path, rng):
    arrays, config = llama(rng, WHOLE)
    network = open_network(as_gguf(tmp_path / "m.gguf", arrays, config, "Q4_1"))
    [matrix] = network.matrices[:1]
    assert product("file").bits(matrix) == 5.0  # 4, and two scales of 16 for 32 weights
    assert product("w8a8").bits(matrix) == 8 + 32 / 32  # a scale of 32 bits for a row
    assert product("float").bits(matrix) == 32


def test_only_the_rows_that_are_asked_for_are_read(tmp_path, rng, monkeypatch):
    arrays, config = llama(rng, WHOLE)
    for kind in ("F32", "F16", "BF16", "Q8_0", "Q4_1"):
        network = open_network(as_gguf(tmp_path / f"{kind}.gguf", arrays, config, kind))
        table, rows = network.table, np.array([5, 0, 5, 36])
        wanted = table.matrix.values()[rows]
        monkeypatch.setattr("macsmith.models.matrix.Matrix.values", None)
        assert np.array_equal(table(rows), wanted.astype(np.float32)), kind
        monkeypatch.undo()


CONFIG = [
    ({"model_type": "gemma"}, "has architecture 'gemma'; networks of these are known: bert, llama"),
    ({"model_type": None}, "has no architecture"),
    ({"num_hidden_layers": 3}, "model.layers.2.self_attn.q_proj.weight is missing"),
    ({"intermediate_size": 21}, "mlp.gate_proj.weight must be 21 × 24, as the network's settings"),
    ({"num_key_value_heads": 3}, "multiple of key and value heads, got 4 and 3"),
    ({"num_attention_heads": "4"}, "num_attention_heads is a count from 1 to 2^24, got '4'"),
    ({"hidden_size": None}, "hidden_size is missing"),
    ({"rms_norm_eps": 0}, "rms_norm_eps is a finite number above 0, got 0"),
    ({"head_dim": 5}, "a head has pairs of elements to turn, got 5"),
    ({"rope_scaling": {"type": "linear"}}, "rope_scaling = {'type': 'linear'} is not computed"),
    ({"hidden_act": "gelu"}, "hidden_act = 'gelu' is not computed; known: silu"),
    ({"vocab_size": 38}, "model.embed_tokens.weight must be 38 × 24"),
]


@pytest.mark.parametrize(("change", "message"), CONFIG)
def test_settings_that_do_not_fit_are_told(tmp_path, rng, change, message):
    folder = as_safetensors(tmp_path, *llama(rng))
    config_file(folder, **change)
    with pytest.raises(DesignError) as caught:
        open_network(folder)
    assert message in str(caught.value) and "\n" not in str(caught.value)


GGUF = [
    ({"expert_count": 8}, "expert_count = 8 is not computed; known: 0"),
    ({"embedding_length": None}, "embedding_length is missing"),
    ({"rope.dimension_count": 4}, "rope.dimension_count = 4 is not computed; known: 6"),
    ({"block_count": 0}, "block_count is a count from 1"),
    ({"feed_forward_length": 24}, "blk.0.ffn_gate.weight must be 24 × 24"),
]


@pytest.mark.parametrize(("change", "message"), GGUF)
def test_so_are_those_of_gguf(tmp_path, rng, change, message):
    file = as_gguf(tmp_path / "m.gguf", *llama(rng), settings=change)
    with pytest.raises(DesignError) as caught:
        open_network(file)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_an_array_is_no_setting():
    with pytest.raises(DesignError, match="experts = .* is not computed; known: 0"):
        Settings("m.gguf", {"experts": np.array([0, 0])}).must_be("experts", 0)


def test_an_array_that_is_missing_or_damaged_is_named(tmp_path, rng):
    arrays, config = llama(rng)
    norm = "model.layers.1.input_layernorm.weight"
    for number, (value, message) in enumerate((
        (None, f"{norm} is missing"),
        (np.ones(23, np.float32), f"{norm} must have 24 elements"),
        (np.full(24, np.nan, np.float32), f"{norm} has NaN"),
        (np.ones(24, np.int32), f"{norm} must be floating-point numbers, got int32"),
    )):  # fmt: skip
        changed = {**arrays, norm: value}
        kept = {name: array for name, array in changed.items() if array is not None}
        with pytest.raises(DesignError, match=message):
            open_network(as_safetensors(tmp_path / str(number), kept, config))


def test_a_text_that_is_too_long_and_tokens_that_are_none_are_told(tmp_path, rng):
    network = open_network(as_safetensors(tmp_path, *llama(rng)))
    with pytest.raises(DesignError, match="has 65 tokens, model.safetensors takes 64 at most"):
        network.cache(65)
    for tokens in ([], [37], [-1]):
        with pytest.raises(DesignError, match="tokens are numbers below 37"):
            network.hidden(tokens, product("float"), network.cache(4))


def test_weights_that_are_not_quantized_have_no_design_of_the_file(tmp_path, rng):
    network = open_network(as_safetensors(tmp_path, *llama(rng)))
    with pytest.raises(DesignError, match="q_proj.weight: .*not quantized.*--design float"):
        network.logits([1], product("file"))
