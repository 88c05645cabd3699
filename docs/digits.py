"""Writes studies/exploring/digits.npz: a small trained network, and the digits that it did not see.

The network is trained on half of scikit-learn's handwritten digits (UCI's Optical Recognition of
Handwritten Digits, CC BY 4.0), the test set of macsmith explore is the other half. Needs
scikit-learn; what is written holds numbers alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

FILE = Path(__file__).parent.parent / "studies" / "exploring" / "digits.npz"

#: Neurons of the hidden layers.
HIDDEN = (64, 32)


def main() -> int:
    digits = load_digits()
    seen, images, classes, labels = train_test_split(
        digits.data, digits.target, test_size=0.5, random_state=0, stratify=digits.target
    )
    network = MLPClassifier(HIDDEN, max_iter=400, random_state=0, alpha=1e-3)
    network.fit(seen / 16, classes)
    layers = zip(network.coefs_, network.intercepts_, strict=True)
    arrays = {"images": images.astype(np.uint8), "labels": labels.astype(np.uint8)}
    for number, (weight, bias) in enumerate(layers):
        arrays |= {
            f"weight{number}": weight.T.astype(np.float32),
            f"bias{number}": bias.astype(np.float32),
        }
    np.savez_compressed(FILE, allow_pickle=False, **arrays)
    score = network.score(images / 16, labels)
    print(f"{FILE.name}: {len(labels)} digits, {100 * score:.2f} % are classified right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
