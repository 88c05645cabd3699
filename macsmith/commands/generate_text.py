"""Have a model write a text, every product with weights computed by a design."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from ..golden.errors import DesignError
from ..golden.formats import lookup
from ..models.networks import open_network, product
from ..models.networks.diverging import Apart, apart
from ..models.networks.generating import RTL, Generated, generate
from ..models.networks.llama import Llama
from ..models.networks.product import Product
from ..models.networks.quantizers import Quantized, quantized
from ..models.networks.tokenizer import read_tokenizer
from ..models.networks.tokens import Tokenizer
from ..models.networks.units import Units
from ..tools.progress import Told
from .common import following, paragraph, print_json, table

#: What is not computed by a design, as the last line says.
FP32 = (
    "FP32 in NumPy: norms, rotary positions, QKᵀ, softmax, its product with V, SiLU, gates, biases "
    "and residual sums. All products with weights: the designs."
)
#: The same, of units; what they are of stands before.
UNITS = (
    "values. Units: norms, rotary positions, softmax, SiLU, gates, residual sums. FP32 in NumPy, "
    "then rounded: QKᵀ, the product of softmax and V, biases. All products with weights: the "
    "designs."
)


def run(arguments: argparse.Namespace) -> int:
    if arguments.prompt is None:
        raise DesignError("say what to go on with: --prompt TEXT")
    if arguments.rtl not in RTL:
        raise DesignError(f"--rtl is one of {', '.join(RTL)}, got {arguments.rtl!r}")
    units = None if arguments.units is None else Units(lookup(arguments.units))
    network = open_network(arguments.file)
    if not isinstance(network, Llama):
        raise DesignError(f"{arguments.file} is an encoder: it writes no text")
    tokenizer = read_tokenizer(network.model.container)
    text = tokenizer.chat(arguments.prompt) if arguments.chat else arguments.prompt
    prompt = tokenizer.encode(text)
    if not prompt:
        raise DesignError("the prompt has no token: write at least a letter")
    with following() as told:
        written = [
            Written.by(network, prompt, product(name), units, arguments, tokenizer.ends, told)
            for name in arguments.designs
        ]
    if arguments.json:
        print_json(_json(arguments, prompt, written, tokenizer))
        return 0
    for item in written:
        for text in item.texts:
            between = f" ({text.between} between)" if units else ""
            words = tokenizer.decode(list(text.tokens)).strip()
            print(f"{text.design}{between}: {words}", end="\n\n")
    header = ["design", "tokens", "a second", "bits a weight"]
    if units:
        header = ["design", "between", *header[1:], "perplexity", "divergence", "same"]
    print(table([row for item in written for row in item.rows()], header))
    print()
    for item in written:
        for text in item.texts:
            if text.proof is not None:
                print(paragraph(proven(text), "green"))
        if item.quantized is not None:
            print(paragraph(f"{item.texts[0].design}: {made(item.quantized)}"))
    print(paragraph(FP32))
    if units:
        print(paragraph(f"{units.name}: {units.form.name.upper()} {UNITS}"))
    return 0


@dataclass(frozen=True)
class Written:
    """What a design wrote.

    Parameters
    ----------
    texts : with FP32 between products, and with units if they were asked for.
    apart : how far units lead away, on the prompt and the first text.
    quantized : of units and designs: how activations become codes.
    """

    texts: tuple[Generated, ...]
    apart: Apart | None
    quantized: Quantized | None = None

    @classmethod
    def by(
        cls,
        network: Llama,
        prompt: list[int],
        used: Product,
        units: Units | None,
        arguments: argparse.Namespace,
        ends: Collection[int],
        told: Told,
    ) -> Written:
        count, rtl = arguments.tokens, arguments.rtl
        single = "none" if units else rtl  # the units' text is proven, products and all
        texts = [generate(network, prompt, used, count, ends=ends, rtl=single, progress=told)]
        if units is None:
            return cls((texts[0],), None)
        texts.append(
            generate(network, prompt, used, count, ends=ends, rtl=rtl, between=units, progress=told)
        )
        whole = [*prompt, *texts[0].tokens]
        found = apart(network, whole, used, units, told)
        return cls(tuple(texts), found, quantized(used, units.form))

    def rows(self) -> list[tuple[str, ...]]:
        """The lines of the table."""
        if self.apart is None:
            return [_row(self.texts[0])]
        perplexities = self.apart.perplexities
        more = ("–", "–"), (f"{self.apart.divergence:.2g}", f"{self.apart.same:.0%}")
        return [
            (text.design, text.between, *_row(text)[1:], f"{perplexity:.4g}", *rest)
            for text, perplexity, rest in zip(self.texts, perplexities, more, strict=True)
        ]


def _row(found: Generated) -> tuple[str, ...]:
    return found.design, str(len(found.tokens)), f"{found.rate:.2g}", f"{found.bits:.2f}"


def made(found: Quantized) -> str:
    """By whom activations are quantized, in words."""
    who = {
        "the unit quantize": found.by_unit,
        "nobody, for they have no scales": found.plain,
        "macsmith's quantize, as there is no unit": found.others,
    }
    parts = [f"{count} by {name}" for name, count in who.items() if count]
    return f"activations of {found.matrices} matrices: {', '.join(parts)}"


def proven(found: Generated) -> str:
    """What was computed in simulated RTL too, in words."""
    proof = found.proof
    assert proof is not None
    told = (
        f"{found.design}: {proof.macs:,} products of the first token, by {proof.matrices} matrices,"
        f" in RTL ({', '.join(proof.engines)})"
    )
    if proof.units:
        units = ", ".join(f"{name}: {count:,}" for name, count in proof.units.items())
        told += f", and {sum(proof.units.values()):,} values that units made ({units})"
    return f"{told}: equal to the golden model, bit for bit"


def _json(
    arguments: argparse.Namespace, prompt: list[int], written: list[Written], tokens: Tokenizer
) -> dict[str, Any]:
    return {
        "file": str(arguments.file),
        "prompt": arguments.prompt,
        "prompt_tokens": prompt,
        "fp32": FP32,
        "designs": [
            {
                "design": item.design,
                "between": item.between,
                "tokens": list(item.tokens),
                "text": tokens.decode(list(item.tokens)),
                "tokens_per_second": round(item.rate, 3),
                "bits_a_weight": round(item.bits, 4),
                "rtl": None if item.proof is None else item.proof.to_dict(),
            }
            for found in written
            for item in found.texts
        ],
        "apart": [
            {
                "design": found.texts[0].design,
                "perplexity_fp32": found.apart.perplexities[0],
                "perplexity_units": found.apart.perplexities[1],
                "divergence": found.apart.divergence,
                "same": found.apart.same,
                "quantized": None if found.quantized is None else asdict(found.quantized),
            }
            for found in written
            if found.apart is not None
        ],
    }
