"""A BERT encoder from the papers' formulas, slowly: one position, one head at a time, float64."""

import math

import numpy as np


def _norm(x, weight, bias, eps):
    mean = sum(x) / len(x)
    variance = sum((v - mean) ** 2 for v in x) / len(x)
    return np.array([(v - mean) / math.sqrt(variance + eps) * w + b
                     for v, w, b in zip(x, weight, bias, strict=True)])  # fmt: skip


def embedding(arrays, config, tokens):
    """float64 (width,): the mean of a text's vectors, at unit length."""
    w = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    heads, eps = config["num_attention_heads"], config["layer_norm_eps"]

    def norm(name, x):
        return _norm(x, w[f"{name}.LayerNorm.weight"], w[f"{name}.LayerNorm.bias"], eps)

    def times(name, x):
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"]

    words, places, kinds = (
        w[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    xs = [norm("embeddings", words[t] + places[i] + kinds[0]) for i, t in enumerate(tokens)]
    for number in range(config["num_hidden_layers"]):
        own = f"encoder.layer.{number}"
        q, k, v = (
            [times(f"{own}.attention.self.{part}", x).reshape(heads, -1) for x in xs]
            for part in ("query", "key", "value")
        )
        found = []
        for i, x in enumerate(xs):
            mixed = []
            for h in range(heads):
                scores = [math.exp(q[i][h] @ key[h] / math.sqrt(len(key[h]))) for key in k]
                total = sum(scores)
                mixed.append(sum(s / total * value[h] for s, value in zip(scores, v, strict=True)))
            y = times(f"{own}.attention.output.dense", np.concatenate(mixed))
            x = norm(f"{own}.attention.output", x + y)
            up = times(f"{own}.intermediate.dense", x)
            up = np.array([u * (1 + math.erf(u / math.sqrt(2))) / 2 for u in up])
            found.append(norm(f"{own}.output", x + times(f"{own}.output.dense", up)))
        xs = found
    mean = sum(xs) / len(xs)
    return mean / math.sqrt(sum(mean**2))
