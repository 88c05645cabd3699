"""A llama-architecture network: RMSNorm, rotary positions, grouped-query attention, SwiGLU.

Source: Touvron et al. 2023 (LLaMA); Su et al. 2021 (rotary positions); Ainslie et al. 2023 (grouped
queries); Shazeer 2020 (SwiGLU). Every product with a matrix of weights goes through a
:class:`~macsmith.models.networks.product.Product`. Norms, rotations, softmax, SiLU, gates and
residual sums go through a :class:`~macsmith.models.networks.between.Between`. Q Kᵀ, the weighted
sum of values, and biases are FP32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ..matrix import Matrix
from ..model import Model
from .arrays import has_matrix, matrix, optional, vector
from .between import SINGLE, Between
from .linear import Linear
from .llama_files import LlamaSettings
from .parts import angles, attend
from .product import Product
from .tables import Table

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Layer:
    """One block."""

    q: Linear
    k: Linear
    v: Linear
    o: Linear
    gate: Linear
    up: Linear
    down: Linear
    before_attention: Array
    before_mlp: Array


class Cache:
    """Keys and values of the positions so far, for each layer: so a token costs one vector."""

    def __init__(self, settings: LlamaSettings, length: int):
        shape = (settings.layers, settings.shared, length, settings.size)
        self.keys, self.values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.length = 0

    def put(self, layer: int, key: Array, value: Array) -> tuple[Array, Array]:
        """Adds (positions, heads, size) to a layer; all so far, (heads, positions, size)."""
        end = self.length + len(key)
        self.keys[layer, :, self.length : end] = key.transpose(1, 0, 2)
        self.values[layer, :, self.length : end] = value.transpose(1, 0, 2)
        return self.keys[layer, :, :end], self.values[layer, :, :end]


class Llama:
    """The network of a model file.

    Parameters
    ----------
    model : the file.
    settings : what the file says of the network.

    DesignError for an array that is missing or has another shape than ``settings`` say.
    """

    def __init__(self, model: Model, settings: LlamaSettings):
        self.model, self.settings = model, settings
        s, names = settings, settings.names
        self.table = Table(matrix(model, names["table"], s.vocabulary, s.width))
        self.layers = [self._layer(number) for number in range(s.layers)]
        self.norm = vector(model, f"{names['norm']}.weight", s.width)
        self.tied = not has_matrix(model, names["head"])
        head = names["table" if self.tied else "head"]
        self.head = Linear(matrix(model, head, s.vocabulary, s.width))
        self.factors = optional(model, "rope_freqs.weight", s.size // 2)

    def _layer(self, number: int) -> Layer:
        s, names = self.settings, self.settings.names
        across, down = s.heads * s.size, s.shared * s.size

        def linear(part: str, rows: int, columns: int) -> Linear:
            name = names[part].format(number)
            weight = matrix(self.model, name, rows, columns)
            return Linear(weight, optional(self.model, f"{name}.bias", rows))

        def norm(part: str) -> Array:
            return vector(self.model, f"{names[part].format(number)}.weight", s.width)

        return Layer(
            q=linear("q", across, s.width),
            k=linear("k", down, s.width),
            v=linear("v", down, s.width),
            o=linear("o", s.width, across),
            gate=linear("gate", s.hidden, s.width),
            up=linear("up", s.hidden, s.width),
            down=linear("down", s.width, s.hidden),
            before_attention=norm("before_attention"),
            before_mlp=norm("before_mlp"),
        )

    @property
    def matrices(self) -> list[Matrix]:
        """All that are multiplied with for a token, in order."""
        parts = ("q", "k", "v", "o", "gate", "up", "down")
        found = [getattr(layer, part).matrix for layer in self.layers for part in parts]
        return [*found, self.head.matrix]

    def cache(self, length: int) -> Cache:
        """An empty cache for ``length`` positions; DesignError for more than the network knows."""
        if length > self.settings.context:
            raise DesignError(
                f"the text has {length} tokens, {self.model.container.path.name} takes "
                f"{self.settings.context} at most: shorten the prompt, or ask for fewer tokens"
            )
        return Cache(self.settings, length)

    def hidden(
        self, tokens: list[int], product: Product, cache: Cache, between: Between = SINGLE
    ) -> Array:
        """What stands before the head: FP32 (tokens, width), of tokens that follow ``cache``.

        ``between`` computes what stands between products, and takes what comes from them.
        """
        ids = np.asarray(tokens, np.int64)
        if not len(ids) or ids.min() < 0 or ids.max() >= self.settings.vocabulary:
            raise DesignError(f"tokens are numbers below {self.settings.vocabulary}, one or more")
        before = cache.length
        positions = np.arange(before, before + len(ids))
        turns = angles(positions, self.settings.size, self.settings.base, self.factors)
        taken, eps = between.taken, self.settings.eps
        x = taken(self.table(ids))
        for number, layer in enumerate(self.layers):
            x = between.add(x, self._attention(number, layer, x, turns, product, cache, between))
            y = between.norm(x, layer.before_mlp, eps)
            gated = between.gated(taken(layer.gate(product, y)), taken(layer.up(product, y)))
            x = between.add(x, taken(layer.down(product, gated)))
        cache.length += len(ids)
        return between.norm(x, self.norm, eps)

    def _attention(
        self,
        number: int,
        layer: Layer,
        x: Array,
        turns: Array,
        product: Product,
        cache: Cache,
        between: Between,
    ) -> Array:
        s, taken = self.settings, between.taken
        y = between.norm(x, layer.before_attention, s.eps)
        query = taken(layer.q(product, y)).reshape(len(x), s.heads, s.size)
        key = taken(layer.k(product, y)).reshape(len(x), s.shared, s.size)
        value = taken(layer.v(product, y)).reshape(len(x), s.shared, s.size)
        query, key = (between.rotate(part, turns, s.neighbours) for part in (query, key))
        keys, values = cache.put(number, key, value)

        def weigh(scores: Array) -> Array:
            return between.softmax(taken(scores))

        mixed = taken(attend(query, keys, values, cache.length, weigh))
        return taken(layer.o(product, mixed))

    def logits(
        self,
        tokens: list[int],
        product: Product,
        cache: Cache | None = None,
        between: Between = SINGLE,
    ) -> Array:
        """FP32 (tokens, vocabulary) of tokens that follow ``cache``; of a whole text without."""
        cache = cache or self.cache(len(tokens))
        return self.head(product, self.hidden(tokens, product, cache, between))
