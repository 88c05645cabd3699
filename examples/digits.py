"""Handwritten digits through simulated hardware, format by format.

A small network is trained on scikit-learn's digits. For each pair of formats its layers are
quantized per tensor; the golden model classifies the whole test set, and the simulated RTL as many
images as asked for, bit for bit. Between layers, NumPy scales, adds the bias and applies ReLU.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from macsmith.golden.errors import Mismatch
from macsmith.sim.matmul import engine_matmul
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from macsmith import TENSOR, Level, Operand, Plane, boards, design, lookup, matmul, quantize
from macsmith.commands.common import progress, table, whole
from macsmith.commands.synth import synthesize

PAIRS = ("int8xint8", "int4xint8", "ternaryxint8")
LANES = 4


@dataclass(frozen=True)
class Layer:
    """y = weight @ x + bias; weight is (outputs, inputs)."""

    weight: np.ndarray
    bias: np.ndarray


def train(seed: int = 0):
    """Layers of a trained network, and the test set: images (n, 64) in 0…1, labels (n,)."""
    digits = load_digits()
    images, labels = digits.data / 16.0, digits.target
    parts = train_test_split(images, labels, test_size=0.3, random_state=seed, stratify=labels)
    network = MLPClassifier((64, 32), max_iter=400, random_state=seed, alpha=1e-3)
    network.fit(parts[0], parts[2])
    layers = [Layer(w.T, b) for w, b in zip(network.coefs_, network.intercepts_, strict=True)]
    return layers, parts[1], parts[3]


def per_tensor(values, name: str):
    """Codes of a matrix and the one real scale that gives the values back."""
    operand = Operand((Plane(lookup(name), (Level(lookup("fp32"), TENSOR),)),))
    found = quantize(values, operand)
    scale = float(lookup("fp32").decode(found.scales["scale"])[0, 0])
    return found.codes["code"], scale


def classify(layers, images, engine, multiply):
    """Class scores (n, 10); ``multiply(engine, weight, activation)`` gives raw integers (N, M)."""
    arithmetic = engine.arithmetic
    formats = [side.planes[0].element for side in (arithmetic.weight, arithmetic.activation)]
    x, sums = images, []
    for index, layer in enumerate(layers):
        weight, weight_scale = per_tensor(layer.weight, formats[0].name)
        activation, activation_scale = per_tensor(x, formats[1].name)
        raw = multiply(engine, weight, activation).values
        sums.append(raw)
        x = raw.T * weight_scale * activation_scale + layer.bias
        x = np.maximum(x, 0) if index < len(layers) - 1 else x
    return x, sums


def float_accuracy(layers, images, labels) -> float:
    x = images
    for index, layer in enumerate(layers):
        x = x @ layer.weight.T + layer.bias
        x = np.maximum(x, 0) if index < len(layers) - 1 else x
    return float((x.argmax(1) == labels).mean())


def compare(layers, images, labels, name: str, simulated: int, board):
    """One row of the table."""
    engine = design(name)
    scores, _ = classify(layers, images, engine, matmul)
    few = images[:simulated]
    progress(f"{name}: {len(few)} images through the simulated RTL")
    _, golden = classify(layers, few, engine, matmul)
    hardware_scores, hardware = classify(layers, few, engine, engine_matmul)
    wrong = sum(int((a != b).sum()) for a, b in zip(golden, hardware, strict=True))
    macs = sum(layer.weight.size for layer in layers) * len(few)
    folder = Path("build/demo") / name
    cost = synthesize(engine, board, folder, verify=False).cost
    return [
        name,
        f"{(scores.argmax(1) == labels).mean():.2%}",
        f"{(hardware_scores.argmax(1) == labels[:simulated]).mean():.2%}",
        str(engine.arithmetic.weight.planes[0].element.bits),
        f"{cost.resources['sites'] / engine.build.macs_per_step:.1f}",
        f"{macs:,}",
        str(wrong),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=whole, default=200, help="images to simulate")
    parser.add_argument("--board", default="u280")
    arguments = parser.parse_args()
    board, begun = boards.lookup(arguments.board), time.monotonic()

    progress("training on scikit-learn's digits")
    layers, images, labels = train()
    rows = [
        compare(layers, images, labels, name, max(arguments.images, 1), board) for name in PAIRS
    ]
    print(f"{len(images)} test images; float accuracy {float_accuracy(layers, images, labels):.2%}")
    header = ["format", "accuracy", f"first {arguments.images} in RTL", "bits/weight",
              f"sites/MAC {board.name}", "MACs simulated", "mismatches"]  # fmt: skip
    print(table(rows, header))
    print(f"{time.monotonic() - begun:.0f} s; weights and activations scaled per tensor")
    if any(row[-1] != "0" for row in rows):
        raise Mismatch("the simulated hardware differs from the golden model")
    return 0


if __name__ == "__main__":
    sys.exit(main())
