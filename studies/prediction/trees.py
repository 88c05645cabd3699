"""A sum of amounts, each with a coefficient, times what gradient-boosted trees correct it by.

Trees are arrays of numbers, which are read without running anything that a file says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Parts of a model in a file, behind its name and a dot.
PARTS = ("coefficients", "start", "roots", "feature", "threshold", "left", "right", "value")


@dataclass(frozen=True)
class Model:
    """What foresees one figure.

    Parameters
    ----------
    coefficients : kinds × amounts, none negative; a kind is a row of them.
    start : what the logarithm of the correction is without any tree.
    roots : of each tree, its first node.
    feature, threshold : of each node: left if the feature is at most the threshold; a leaf has
        feature -1.
    left, right : nodes.
    value : of each leaf.
    """

    coefficients: Array
    start: Array
    roots: Array
    feature: Array
    threshold: Array
    left: Array
    right: Array
    value: Array

    @classmethod
    def read(cls, arrays: Mapping[str, Array], name: str) -> Model:
        """The model of this name in a file's arrays."""
        return cls(*(arrays[f"{name}.{part}"] for part in PARTS))

    def to_arrays(self, name: str) -> dict[str, Array]:
        """As :meth:`read` takes them."""
        return {f"{name}.{part}": getattr(self, part) for part in PARTS}

    def base(self, amounts: Array, kinds: Array) -> Array:
        """The sums of amounts (n × amounts), by each one's kind; at least 1."""
        found: Array = np.maximum((amounts * self.coefficients[kinds]).sum(axis=1), 1.0)
        return found

    def corrections(self, features: Array) -> Array:
        """The logarithms by which trees correct them; ``features``: n × features, float32."""
        features = features.astype(np.float32)
        rows = np.arange(len(features))[:, None]
        nodes = np.broadcast_to(self.roots, (len(features), len(self.roots))).copy()
        while (inner := self.feature[nodes] >= 0).any():
            asked = np.where(inner, self.feature[nodes], 0)
            low = features[rows, asked] <= self.threshold[nodes]
            nodes = np.where(inner, np.where(low, self.left[nodes], self.right[nodes]), nodes)
        found: Array = self.start[0] + self.value[nodes].sum(axis=1)
        return found
