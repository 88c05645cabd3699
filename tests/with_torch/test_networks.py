"""Networks in float equal those of transformers within the noise of FP32."""

import numpy as np
import pytest
import torch
from macsmith.models.networks import FloatProduct, open_network
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

TOKENS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35]


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("heads", [(4, 4), (6, 2)])
def test_llama(tmp_path, tied, heads):
    """Grouped queries, tied and untied embeddings, a base of its own, weights in BF16 too."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=50, hidden_size=48, intermediate_size=80, num_hidden_layers=3,
        num_attention_heads=heads[0], num_key_value_heads=heads[1], tie_word_embeddings=tied,
        max_position_embeddings=64, rope_theta=500.0, rms_norm_eps=1e-4,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(tmp_path)
    with torch.no_grad():
        wanted = model(torch.tensor([TOKENS])).logits[0].double().numpy()
    found = open_network(tmp_path).logits(TOKENS, FloatProduct())
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_bert(tmp_path):
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=50, hidden_size=48, intermediate_size=80, num_hidden_layers=3,
        num_attention_heads=4, max_position_embeddings=64,
    )  # fmt: skip
    model = BertModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(tmp_path)
    with torch.no_grad():
        wanted = model(torch.tensor([TOKENS])).last_hidden_state[0].double().numpy()
    found = open_network(tmp_path).hidden(TOKENS, FloatProduct())
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()
