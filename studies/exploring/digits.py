"""A small network that classifies handwritten digits, as docs/digits.py trained it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.description import Engine
from .judges import Judge, product

Array = npt.NDArray[Any]

#: Weights, and the digits that they were not trained on.
FILE = Path(__file__).parent / "digits.npz"

#: What an image's pixel is at most.
WHITE = 16


@dataclass(frozen=True)
class Digits:
    """A multilayer perceptron with ReLU, and its test set.

    Parameters
    ----------
    layers : weights (outputs × inputs) and biases (outputs,) of each.
    images : (n, 64), 0 … 1.
    labels : (n,), 0 … 9.
    """

    layers: tuple[tuple[Array, Array], ...]
    images: Array
    labels: Array

    def accuracy(self, multiply: Callable[[Array, Array], Array]) -> float:
        """The share of images that are classified right. ``multiply`` takes weights (N × K) and
        vectors (M × K) and gives M × N; biases and ReLU are float64."""
        x = self.images
        for number, (weight, bias) in enumerate(self.layers):
            x = multiply(weight, x) + bias
            if number < len(self.layers) - 1:
                x = np.maximum(x, 0)
        return float((x.argmax(axis=1) == self.labels).mean())


@cache
def load() -> Digits:
    """The network that comes with the package."""
    with np.load(FILE, allow_pickle=False) as arrays:
        count = sum(name.startswith("weight") for name in arrays)
        layers = [
            tuple(arrays[f"{part}{number}"].astype(np.float64) for part in ("weight", "bias"))
            for number in range(count)
        ]
        images, labels = arrays["images"] / WHITE, arrays["labels"].astype(int)
    return Digits(tuple((weight, bias) for weight, bias in layers), images, labels)


def digits() -> Judge:
    """How many handwritten digits a small network classifies right, its products by a design."""
    network = load()

    def score(engine: Engine) -> float:
        return network.accuracy(lambda weight, x: product(engine, weight, x))

    shape = " × ".join(str(weight.shape[1]) for weight, _ in network.layers)
    count = len(network.labels)
    return Judge(
        "digits",
        "digits",
        f"of {count} handwritten digits that a network of {shape} × "
        f"{len(network.layers[-1][1])} neurons did not see in training, the share that it "
        "classifies right",
        network.accuracy(lambda weight, x: x @ weight.T),
        score,
        lambda share: f"{100 * share:.1f} %",
    )
