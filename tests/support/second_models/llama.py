"""A llama from the papers' formulas, slowly: one position, one head, one pair at a time, float64.

Takes arrays as Hugging Face names and lays them out: elements i and i + size / 2 of a head turn
together, as one complex number.
"""

import cmath
import math

import numpy as np


def _norm(x, weight, eps):
    scale = 1 / math.sqrt(sum(v * v for v in x) / len(x) + eps)
    return np.array([v * scale * w for v, w in zip(x, weight, strict=True)])


def _turned(head, position, base, factors):
    half = len(head) // 2
    found = np.zeros(len(head))
    for i in range(half):
        angle = position * base ** (-2 * i / len(head)) / factors[i]
        z = complex(head[i], head[i + half]) * cmath.exp(1j * angle)
        found[i], found[i + half] = z.real, z.imag
    return found


def _attention(queries, keys, values):
    """One head's answer at the last position of ``keys``."""
    scores = [float(queries @ key) / math.sqrt(len(key)) for key in keys]
    powers = [math.exp(score - max(scores)) for score in scores]
    return sum(p / sum(powers) * value for p, value in zip(powers, values, strict=True))


def logits(arrays, config, tokens):
    """float64 (tokens, vocabulary) of a text."""
    w = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    size, eps, base = config["head_dim"], config["rms_norm_eps"], config["rope_theta"]
    turns = base, w.get("rope_freqs.weight", np.ones(size // 2))
    table = w["model.embed_tokens.weight"]
    xs = [table[token] for token in tokens]
    for number in range(config["num_hidden_layers"]):

        def times(part, x, number=number):
            name = f"model.layers.{number}.{part}"
            return w[f"{name}.weight"] @ x + w.get(f"{name}.bias", 0)

        def normal(part, x, number=number):
            return _norm(x, w[f"model.layers.{number}.{part}.weight"], eps)

        keys, values, found = [], [], []
        for position, x in enumerate(xs):
            y = normal("input_layernorm", x)
            k = times("self_attn.k_proj", y).reshape(shared, size)
            keys.append([_turned(head, position, *turns) for head in k])
            values.append(times("self_attn.v_proj", y).reshape(shared, size))
            q = times("self_attn.q_proj", y).reshape(heads, size)
            mixed = []
            for h in range(heads):
                own = h * shared // heads
                mixed.append(
                    _attention(
                        _turned(q[h], position, *turns),
                        [k[own] for k in keys],
                        [v[own] for v in values],
                    )
                )
            x = x + times("self_attn.o_proj", np.concatenate(mixed))
            y = normal("post_attention_layernorm", x)
            gate = times("mlp.gate_proj", y)
            gated = np.array([g / (1 + math.exp(-g)) for g in gate]) * times("mlp.up_proj", y)
            found.append(x + times("mlp.down_proj", gated))
        xs = found
    head = w.get("lm_head.weight", table)
    return np.array([head @ _norm(x, w["model.norm.weight"], eps) for x in xs])
