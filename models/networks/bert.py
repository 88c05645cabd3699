"""A BERT encoder: texts as vectors of unit length, whose dot product says how alike they are.

Source: Devlin et al. 2019 (BERT); Reimers and Gurevych 2019 (mean pooling). Every product with a
matrix of weights goes through a :class:`~macsmith.models.networks.product.Product`. Sums of
embeddings, norms, Q Kᵀ, softmax, the weighted sum of values, GELU, biases, residual sums and
pooling are FP32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ..files.safetensors import read_json
from ..matrix import Matrix
from ..model import Model
from .arrays import has_matrix, matrix, vector
from .linear import Linear
from .parts import attend, gelu, layer_norm
from .product import Product
from .settings import Settings
from .tables import Table

Array = npt.NDArray[Any]

#: Where checkpoints that end in more than the encoder keep it.
_PREFIX = "bert."
_WORDS = "embeddings.word_embeddings"

#: What is multiplied in a layer, in order.
_PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
    "up": "intermediate.dense",
    "down": "output.dense",
}


@dataclass(frozen=True)
class BertSettings:
    """What an encoder is.

    Parameters
    ----------
    layers, width, hidden : blocks, elements of a vector between them, and in the feed-forward part.
    heads : of attention; they share the width.
    vocabulary, context : tokens that there are, and positions of a text.
    kinds : of tokens; a text by itself is of the first.
    eps : of the norms.
    """

    layers: int
    width: int
    hidden: int
    heads: int
    vocabulary: int
    context: int
    kinds: int
    eps: float


def from_config(model: Model) -> BertSettings:
    """Of config.json beside safetensors; DesignError for what is not computed here."""
    container = model.container
    given = Settings(f"config.json of {container.path.name}", container.sidecar("config.json"))
    given.must_be("hidden_act", "gelu")
    given.must_be("position_embedding_type", "absolute")
    pooling = container.path.parent / "1_Pooling" / "config.json"
    if pooling.is_file() and read_json(pooling).get("pooling_mode_mean_tokens") is not True:
        raise DesignError("1_Pooling/config.json asks for another pooling than the mean of tokens")
    width, heads = given.whole("hidden_size"), given.whole("num_attention_heads")
    if width % heads:
        raise DesignError(
            f"{given.where}: heads share the width evenly, got {heads} for {width} elements"
        )
    return BertSettings(
        layers=given.whole("num_hidden_layers"),
        width=width,
        hidden=given.whole("intermediate_size"),
        heads=heads,
        vocabulary=given.whole("vocab_size"),
        context=given.whole("max_position_embeddings"),
        kinds=given.whole("type_vocab_size", 2),
        eps=given.real("layer_norm_eps"),
    )


class Bert:
    """The encoder of a model file.

    Parameters
    ----------
    model : the file.
    settings : what config.json says of the network.

    DesignError for an array that is missing or has another shape than ``settings`` say.
    """

    def __init__(self, model: Model, settings: BertSettings):
        self.model, self.settings = model, settings
        self.prefix = _PREFIX if has_matrix(model, f"{_PREFIX}{_WORDS}") else ""
        s = settings
        self.words = self._table(_WORDS, s.vocabulary)
        self.places = self._table("embeddings.position_embeddings", s.context)
        self.kinds = self._table("embeddings.token_type_embeddings", s.kinds)
        self.first = self._norm("embeddings.LayerNorm")
        self.layers = [self._layer(number) for number in range(s.layers)]
        names = (f"encoder.layer.{number}" for number in range(s.layers))
        self.norms = [
            (
                self._norm(f"{name}.attention.output.LayerNorm"),
                self._norm(f"{name}.output.LayerNorm"),
            )
            for name in names
        ]

    def _table(self, name: str, rows: int) -> Table:
        return Table(matrix(self.model, f"{self.prefix}{name}", rows, self.settings.width))

    def _norm(self, name: str) -> tuple[Array, Array]:
        weight, bias = (
            vector(self.model, f"{self.prefix}{name}.{part}", self.settings.width)
            for part in ("weight", "bias")
        )
        return weight, bias

    def _layer(self, number: int) -> dict[str, Linear]:
        s, found = self.settings, {}
        for part, called in _PARTS.items():
            name = f"{self.prefix}encoder.layer.{number}.{called}"
            rows = s.hidden if part == "up" else s.width
            columns = s.hidden if part == "down" else s.width
            weight = matrix(self.model, name, rows, columns)
            found[part] = Linear(weight, vector(self.model, f"{name}.bias", rows))
        return found

    @property
    def matrices(self) -> list[Matrix]:
        """All that a token is multiplied with, in order."""
        return [linear.matrix for layer in self.layers for linear in layer.values()]

    def hidden(self, tokens: list[int], product: Product) -> Array:
        """FP32 (tokens, width) of one text, all of whose tokens see each other."""
        s, ids = self.settings, np.asarray(tokens, np.int64)
        if not len(ids) or ids.min() < 0 or ids.max() >= s.vocabulary:
            raise DesignError(f"tokens are numbers below {s.vocabulary}, one or more")
        if len(ids) > s.context:
            raise DesignError(
                f"the text has {len(ids)} tokens, {self.model.container.path.name} takes "
                f"{s.context} at most"
            )
        x = self.words(ids) + self.places(np.arange(len(ids))) + self.kinds(np.zeros(1, np.int64))
        x = layer_norm(x, *self.first, s.eps)
        for layer, (middle, end) in zip(self.layers, self.norms, strict=True):
            x = layer_norm(x + self._attention(layer, x, product), *middle, s.eps)
            y = layer["down"](product, gelu(layer["up"](product, x)))
            x = layer_norm(x + y, *end, s.eps)
        return x

    def _attention(self, layer: dict[str, Linear], x: Array, product: Product) -> Array:
        heads = self.settings.heads
        query, key, value = (
            layer[part](product, x).reshape(len(x), heads, -1) for part in ("query", "key", "value")
        )
        mixed = attend(query, key.transpose(1, 0, 2), value.transpose(1, 0, 2), None)
        return layer["output"](product, mixed)

    def embed(self, tokens: list[int], product: Product) -> Array:
        """The mean of a text's vectors, at unit length: FP32 (width,)."""
        mean = self.hidden(tokens, product).mean(axis=0, dtype=np.float32)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)
