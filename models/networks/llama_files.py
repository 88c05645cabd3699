"""Where a llama's numbers stand: GGUF's metadata and names, or Hugging Face's config.json.

The two differ in how heads are turned. Hugging Face pairs element i of a head with i + size / 2;
llama.cpp pairs 2i with 2i + 1, and its converter permutes the rows of q and k accordingly. So the
kind of the file tells which pairs are turned.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...golden.errors import DesignError
from ..model import Model
from .settings import Settings


@dataclass(frozen=True)
class LlamaSettings:
    """What a llama-architecture network is.

    Parameters
    ----------
    layers, width, hidden : blocks, elements of a vector between them, and in the feed-forward part.
    heads, shared, size : query heads, key and value heads, elements of each.
    vocabulary, context : tokens that there are, and positions of a text.
    eps : of the norms.
    base : of the rotations.
    neighbours : whether elements 2i and 2i + 1 are a pair, or i and i + size / 2.
    names : of this file's arrays, by what they are; ``{}`` stands for the layer.
    """

    layers: int
    width: int
    hidden: int
    heads: int
    shared: int
    size: int
    vocabulary: int
    context: int
    eps: float
    base: float
    neighbours: bool
    names: dict[str, str]


#: Parts of a layer, then of the whole, as llama.cpp and as Hugging Face call them.
_LAYER = {
    "q": ("attn_q", "self_attn.q_proj"),
    "k": ("attn_k", "self_attn.k_proj"),
    "v": ("attn_v", "self_attn.v_proj"),
    "o": ("attn_output", "self_attn.o_proj"),
    "gate": ("ffn_gate", "mlp.gate_proj"),
    "up": ("ffn_up", "mlp.up_proj"),
    "down": ("ffn_down", "mlp.down_proj"),
    "before_attention": ("attn_norm", "input_layernorm"),
    "before_mlp": ("ffn_norm", "post_attention_layernorm"),
}
_WHOLE = {
    "table": ("token_embd", "model.embed_tokens"),
    "norm": ("output_norm", "model.norm"),
    "head": ("output", "lm_head"),
}


def _names(which: int) -> dict[str, str]:
    prefix = ("blk.{}.", "model.layers.{}.")[which]
    layer = {part: f"{prefix}{names[which]}" for part, names in _LAYER.items()}
    return layer | {part: names[which] for part, names in _WHOLE.items()}


def from_gguf(model: Model) -> LlamaSettings:
    """Of ``llama.*`` in the metadata."""
    metadata, where = model.container.metadata, model.container.path.name
    own = {
        key.removeprefix("llama."): value
        for key, value in metadata.items()
        if key.startswith("llama.")
    }
    given = Settings(f"{where}, llama.*", own)
    given.must_be("expert_count", 0)
    given.must_be("rope.scaling.type", "none")
    heads = given.whole("attention.head_count")
    width = given.whole("embedding_length")
    size = given.whole("attention.key_length", _size(width, heads, given.where))
    given.must_be("attention.value_length", size)
    given.must_be("rope.dimension_count", size)
    tokens = metadata.get("tokenizer.ggml.tokens")
    return LlamaSettings(
        layers=given.whole("block_count"),
        width=width,
        hidden=given.whole("feed_forward_length"),
        heads=heads,
        shared=_shared(given.whole("attention.head_count_kv", heads), heads, given.where),
        size=_even(size, given.where),
        vocabulary=given.whole("vocab_size", len(tokens) if isinstance(tokens, list) else None),
        context=given.whole("context_length"),
        eps=given.real("attention.layer_norm_rms_epsilon"),
        base=given.real("rope.freq_base", 10000.0),
        neighbours=True,
        names=_names(0),
    )


def from_config(model: Model) -> LlamaSettings:
    """Of config.json beside safetensors."""
    config = model.container.sidecar("config.json")
    given = Settings(f"config.json of {model.container.path.name}", config)
    given.must_be("hidden_act", "silu")
    given.must_be("rope_scaling")
    given.must_be("sliding_window")
    heads, width = given.whole("num_attention_heads"), given.whole("hidden_size")
    parameters = config.get("rope_parameters")
    rope = Settings(f"{given.where}, rope_parameters", parameters) if (
        isinstance(parameters, dict)) else given  # fmt: skip
    rope.must_be("rope_type", "default")
    return LlamaSettings(
        layers=given.whole("num_hidden_layers"),
        width=width,
        hidden=given.whole("intermediate_size"),
        heads=heads,
        shared=_shared(given.whole("num_key_value_heads", heads), heads, given.where),
        size=_even(given.whole("head_dim", _size(width, heads, given.where)), given.where),
        vocabulary=given.whole("vocab_size"),
        context=given.whole("max_position_embeddings"),
        eps=given.real("rms_norm_eps"),
        base=rope.real("rope_theta", 10000.0),
        neighbours=False,
        names=_names(1),
    )


def _size(width: int, heads: int, where: str) -> int | None:
    """Elements of a head, where heads share the width evenly and nothing else is said."""
    return width // heads if width % heads == 0 else None


def _shared(shared: int, heads: int, where: str) -> int:
    if heads % shared:
        raise DesignError(
            f"{where}: query heads are a multiple of key and value heads, got {heads} and {shared}"
        )
    return shared


def _even(size: int, where: str) -> int:
    if size % 2:
        raise DesignError(f"{where}: a head has pairs of elements to turn, got {size} elements")
    return size
