"""Networks that tell what designs are good for: digits they classify, text they foresee."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from ...golden.description import Engine
from ..accuracy import multiplied, quantized
from .outer import scaled

Array = npt.NDArray[Any]


#: By how much, relative, what is about as good may be worse.
NEAR = 0.01


@dataclass(frozen=True)
class Judge:
    """A network whose products with weights a design computes.

    Parameters
    ----------
    name : a word, as JSON and CSV have it.
    title : heading of its column.
    about : what it tells, a sentence.
    exact : what it tells of products of real numbers.
    score : what it tells of an engine, by its golden model.
    spelled : how people read that.
    less : whether less is better.
    most : designs of a front that are judged at most, evenly spread over their costs; None for all.
    words : the options of a command line that ask it, each with a space before.
    """

    name: str
    title: str
    about: str
    exact: float
    score: Callable[[Engine], float]
    spelled: Callable[[float], str]
    less: bool = False
    most: int | None = None
    words: str = ""

    def near(self, score: float) -> bool:
        """Whether a score is worse than the exact one by 1 % of it at most."""
        worse = score - self.exact if self.less else self.exact - score
        return worse <= NEAR * self.exact


def product(engine: Engine, weight: Array, activation: Array) -> Array:
    """``activation`` (M × K) times the transposed ``weight`` (N × K), float64 (M × N): the golden
    results of an engine. Both are quantized as the engine takes them; a scale that acts outside of
    it (:func:`.outer.scaled`), and one of all activations, are those of this call.
    """
    whole = scaled(engine)
    arithmetic = whole.arithmetic
    sides = quantized(weight, arithmetic.weight), quantized(activation, arithmetic.activation)
    return multiplied(whole, *sides).T
