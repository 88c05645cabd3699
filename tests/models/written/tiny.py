"""A small Llama of random weights, for tools that quantize whole models of transformers."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

#: The layer whose arrays are kept.
LAYER = "model.layers.0.mlp.down_proj"

ROWS, K = 64, 96


def model():
    """In BF16; ``down_proj`` is 64 × 96."""
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=ROWS, intermediate_size=K, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, vocab_size=64, max_position_embeddings=64, head_dim=32,
    )  # fmt: skip
    config.architectures = ["LlamaForCausalLM"]
    made = LlamaForCausalLM(config).to(torch.bfloat16).eval()
    with torch.no_grad():
        for weight in made.parameters():
            if weight.dim() == 2:
                rows = 0.1 * torch.rand(weight.shape[0], 1)
                weight.copy_(torch.randn(weight.shape) * rows)
    return made
