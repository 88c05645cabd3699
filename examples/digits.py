"""Handwritten digits through simulated hardware, format by format.

A small network is trained on scikit-learn's digits. For each format its layers are quantized; the
golden model classifies the whole test set, and the simulated RTL as many images as asked for, bit
for bit. The hardware multiplies, sums, scales, adds the bias and applies ReLU; between two layers
only the activations are quantized anew.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from macsmith.golden.errors import Mismatch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from macsmith import Options, boards, cost, design, lookup, matmul, quantize, simulate
from macsmith.arguments.values import whole
from macsmith.cli import guarded
from macsmith.commands.common import progress, table

#: What stands in the table: a preset, and its group where the layers are narrower than its own.
FORMATS = {
    "INT8": ("w8a8", None),
    "INT4, groups of 32": ("w4a8", 32),
    "ternary": ("bitnet", None),
    "MXFP8 E4M3": ("mxfp8_e4m3", None),
    "MXFP4": ("mxfp4", None),
    "NVFP4": ("nvfp4", None),
}
BIAS = "fp32"


@dataclass(frozen=True)
class Layer:
    """y = weight @ x + bias; weight is (outputs, inputs)."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Engines:
    """The same arithmetic with ReLU behind it, for hidden layers, and without, for the last."""

    hidden: object
    last: object

    @classmethod
    def of(cls, preset: str, group: int | None):
        options = {"group": group, "bias": BIAS}
        return cls(
            design(preset, Options(name=f"{preset}_relu", relu=True, **options)),
            design(preset, Options(name=f"{preset}_last", **options)),
        )


def train(seed: int = 0):
    """Layers of a trained network, and the test set: images (n, 64) in 0…1, labels (n,)."""
    digits = load_digits()
    images, labels = digits.data / 16.0, digits.target
    parts = train_test_split(images, labels, test_size=0.3, random_state=seed, stratify=labels)
    network = MLPClassifier((64, 32), max_iter=400, random_state=seed, alpha=1e-3)
    network.fit(parts[0], parts[2])
    layers = [Layer(w.T, b) for w, b in zip(network.coefs_, network.intercepts_, strict=True)]
    return layers, parts[1], parts[3]


def classify(layers, images, engines, multiply):
    """Class scores (n, 10) and the codes of every layer's result.

    ``multiply(engine, weight, activation, bias)`` gives a result (outputs, n).
    """
    x, results = images, []
    for layer in layers:
        engine = engines.last if layer is layers[-1] else engines.hidden
        arithmetic = engine.arithmetic
        weight = quantize(layer.weight, arithmetic.weight)
        activation = quantize(x, arithmetic.activation)
        result = multiply(engine, weight, activation, lookup(BIAS).encode(layer.bias))
        results.append(result.values)
        x = result.decode().T
    return x, results


def golden(engine, weight, activation, bias):
    return matmul(engine, weight, activation, bias=bias)


def simulated(engine, weight, activation, bias):
    return simulate(engine, weight, activation, bias=bias)


def float_accuracy(layers, images, labels) -> float:
    x = images
    for layer in layers:
        x = x @ layer.weight.T + layer.bias
        x = x if layer is layers[-1] else np.maximum(x, 0)
    return float((x.argmax(1) == labels).mean())


def bits_a_weight(layers, operand) -> float:
    """Bits of codes and scales in memory, over all layers."""
    total = sum(layer.weight.size for layer in layers) * sum(f.bits for f in operand.codes.values())
    for level in operand.levels:
        total += sum(np.prod(level.span.shape(*layer.weight.shape)) for layer in layers) * (
            level.format.bits
        )
    return total / sum(layer.weight.size for layer in layers)


def compare(layers, images, labels, name: str, count: int, board):
    """One row of the table."""
    engines = Engines.of(*FORMATS[name])
    scores, _ = classify(layers, images, engines, golden)
    few = images[:count]
    progress(f"{name}: {len(few)} images through the simulated RTL")
    _, wanted = classify(layers, few, engines, golden)
    found_scores, found = classify(layers, few, engines, simulated)
    wrong = sum(int((a != b).sum()) for a, b in zip(wanted, found, strict=True))
    macs = sum(layer.weight.size for layer in layers) * len(few)
    engine = engines.hidden
    report = cost(engine, board, folder=Path("build/demo") / engine.name)
    sites = report.cost.resources["sites"]
    path = sum(part.resources["sites"] for part in report.parts.values())
    return [
        name,
        f"{bits_a_weight(layers, engine.arithmetic.weight):.2f}",
        f"{(scores.argmax(1) == labels).mean():.2%}",
        f"{(found_scores.argmax(1) == labels[:count]).mean():.2%}",
        f"{sites / engine.build.macs_per_step:.1f}",
        f"{path / sites:.0%}",
        f"{macs:,}",
        str(wrong),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=whole, default=200, help="images to simulate")
    parser.add_argument("--board", default="u280")
    arguments = parser.parse_args()
    board, begun = boards.lookup(arguments.board), time.monotonic()
    count = max(arguments.images, 1)

    progress(f"{len(FORMATS)} formats to build, simulate and synthesize, about four minutes")
    progress("training on scikit-learn's digits")
    layers, images, labels = train()
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # nearly all of it waits for tools
        jobs = [pool.submit(compare, layers, images, labels, n, count, board) for n in FORMATS]
        try:
            rows = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    exact = ["float64", "64.00", f"{float_accuracy(layers, images, labels):.2%}", *["–"] * 5]
    header = ["format", "bits/weight", "accuracy", f"first {count} in RTL",
              f"sites/MAC {board.name}", "scale path", "MACs simulated", "mismatches"]  # fmt: skip
    print(f"{len(images)} test images; scales, bias and ReLU in hardware, results in FP32\n")
    print(table([exact, *rows], header))
    print(f"{time.monotonic() - begun:.0f} s; cost after synthesis, not placed")
    if any(row[-1] != "0" for row in rows):
        raise Mismatch("the simulated hardware differs from the golden model")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
