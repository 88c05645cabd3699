"""Tiny random networks, as GGUF and as safetensors with config.json."""

import json

import gguf
import numpy as np
from checkpoints import write

#: Odd sizes; rows of 24 have no group of 32.
SMALL = {"width": 24, "heads": 4, "shared": 2, "size": 6, "hidden": 20, "vocabulary": 37}
#: What GGUF's blocks of 32 take.
WHOLE = {"width": 32, "heads": 4, "shared": 2, "size": 8, "hidden": 64, "vocabulary": 37}

GGUF_NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "model.layers": "blk",
}  # fmt: skip


def llama(rng, sizes=SMALL, layers=2, tied=True, biases=False):
    """(arrays by Hugging Face's names, config) of a random llama."""
    width, heads, shared, size, hidden, vocabulary = sizes.values()
    shapes = {
        "self_attn.q_proj": (heads * size, width), "self_attn.k_proj": (shared * size, width),
        "self_attn.v_proj": (shared * size, width), "self_attn.o_proj": (width, heads * size),
        "mlp.gate_proj": (hidden, width), "mlp.up_proj": (hidden, width),
        "mlp.down_proj": (width, hidden),
    }  # fmt: skip
    arrays = {"model.embed_tokens.weight": rng.normal(size=(vocabulary, width))}
    for layer in range(layers):
        for part, shape in shapes.items():
            name = f"model.layers.{layer}.{part}"
            arrays[f"{name}.weight"] = rng.normal(size=shape) / np.sqrt(shape[1])
            if biases:
                arrays[f"{name}.bias"] = rng.normal(size=shape[0])
        for part in ("input_layernorm", "post_attention_layernorm"):
            arrays[f"model.layers.{layer}.{part}.weight"] = rng.uniform(0.5, 2, width)
    arrays["model.norm.weight"] = rng.uniform(0.5, 2, width)
    if not tied:
        arrays["lm_head.weight"] = rng.normal(size=(vocabulary, width))
    config = {
        "model_type": "llama", "num_hidden_layers": layers, "hidden_size": width,
        "intermediate_size": hidden, "num_attention_heads": heads, "num_key_value_heads": shared,
        "head_dim": size, "vocab_size": vocabulary, "max_position_embeddings": 64,
        "rms_norm_eps": 1e-5, "rope_theta": 500.0, "hidden_act": "silu",
    }  # fmt: skip
    return {name: array.astype(np.float32) for name, array in arrays.items()}, config


def as_safetensors(folder, arrays, config, tokenizer=None):
    """The checkpoint's folder."""
    write(folder, arrays, config)
    if tokenizer is not None:
        (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    return folder


def permuted(array, heads):
    """Rows of q and k as llama.cpp's converter lays them: i and i + size / 2 become neighbours."""
    size = array.shape[0] // heads
    parts = array.reshape(heads, 2, size // 2, *array.shape[1:])
    return np.ascontiguousarray(parts.swapaxes(1, 2).reshape(array.shape))


def as_gguf(path, arrays, config, kind="F32", tokenizer=None, settings=None):
    """The same in one GGUF file: matrices of ``kind``, vectors FP32; ``tokenizer`` adds lists to
    the writer, ``settings`` replace keys of the metadata."""
    writer = gguf.GGUFWriter(path, "llama")
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    keys = {
        "block_count": config["num_hidden_layers"], "context_length": 64,
        "embedding_length": config["hidden_size"],
        "feed_forward_length": config["intermediate_size"],
        "attention.head_count": heads, "attention.head_count_kv": shared,
        "attention.key_length": config["head_dim"], "vocab_size": config["vocab_size"],
        "rope.freq_base": config["rope_theta"],
        "attention.layer_norm_rms_epsilon": config["rms_norm_eps"], **(settings or {}),
    }  # fmt: skip
    for key, value in keys.items():
        add = writer.add_float32 if isinstance(value, float) else writer.add_uint32
        if value is not None:
            add(f"llama.{key}", value)
    if tokenizer is not None:
        tokenizer(writer)
    own = gguf.GGMLQuantizationType[kind]
    for name, array in arrays.items():
        if ".q_proj." in name or ".k_proj." in name:
            array = permuted(array, heads if ".q_proj." in name else shared)
        for theirs, ours in GGUF_NAMES.items():
            name = name.replace(theirs, ours)
        if array.ndim == 2 and kind != "F32":
            writer.add_tensor(name, gguf.quants.quantize(array, own), raw_dtype=own)
        else:
            writer.add_tensor(name, array)
    for step in ("header", "kv_data", "tensors"):
        getattr(writer, f"write_{step}_to_file")()
    writer.close()
    return path


def config_file(folder, **changes):
    """Changes settings in a checkpoint's config.json; None takes one away."""
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: v for key, v in config.items() if v is not None}))


def bert(rng, width=24, heads=4, hidden=20, vocabulary=37, context=16, layers=2):
    """(arrays by Hugging Face's names, config) of a random encoder."""
    arrays = {
        f"embeddings.{name}_embeddings.weight": rng.normal(size=(rows, width))
        for name, rows in (("word", vocabulary), ("position", context), ("token_type", 2))
    }
    norms = ["embeddings"]
    for number in range(layers):
        own = f"encoder.layer.{number}"
        norms += [f"{own}.attention.output", f"{own}.output"]
        for part, shape in {
            "attention.self.query": (width, width), "attention.self.key": (width, width),
            "attention.self.value": (width, width), "attention.output.dense": (width, width),
            "intermediate.dense": (hidden, width), "output.dense": (width, hidden),
        }.items():  # fmt: skip
            arrays[f"{own}.{part}.weight"] = rng.normal(size=shape) / np.sqrt(shape[1])
            arrays[f"{own}.{part}.bias"] = rng.normal(size=shape[0])
    for name in norms:
        arrays[f"{name}.LayerNorm.weight"] = rng.uniform(0.5, 2, width)
        arrays[f"{name}.LayerNorm.bias"] = rng.normal(size=width)
    config = {
        "model_type": "bert", "num_hidden_layers": layers, "hidden_size": width,
        "intermediate_size": hidden, "num_attention_heads": heads, "vocab_size": vocabulary,
        "max_position_embeddings": context, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
    }  # fmt: skip
    return {name: array.astype(np.float32) for name, array in arrays.items()}, config
