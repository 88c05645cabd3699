"""Have a model write a text, every product with weights computed by a design."""

from __future__ import annotations

import argparse
from typing import Any

from ..golden.errors import DesignError
from ..models.networks import open_network, product
from ..models.networks.generating import RTL, Generated, generate
from ..models.networks.llama import Llama
from ..models.networks.tokenizer import read_tokenizer
from ..models.networks.tokens import Tokenizer
from .common import following, paragraph, print_json, table

#: What is not computed by a design, as the last line says.
FP32 = (
    "FP32 in NumPy: norms, rotary positions, QKᵀ, softmax, its product with V, SiLU, gates, biases "
    "and residual sums. All products with weights: the designs."
)


def run(arguments: argparse.Namespace) -> int:
    if arguments.prompt is None:
        raise DesignError("say what to go on with: --prompt TEXT")
    if arguments.rtl not in RTL:
        raise DesignError(f"--rtl is one of {', '.join(RTL)}, got {arguments.rtl!r}")
    network = open_network(arguments.file)
    if not isinstance(network, Llama):
        raise DesignError(f"{arguments.file} is an encoder: it writes no text")
    tokenizer = read_tokenizer(network.model.container)
    text = tokenizer.chat(arguments.prompt) if arguments.chat else arguments.prompt
    prompt = tokenizer.encode(text)
    if not prompt:
        raise DesignError("the prompt has no token: write at least a letter")
    with following() as told:
        found = [
            generate(
                network,
                prompt,
                product(name),
                arguments.tokens,
                ends=tokenizer.ends,
                rtl=arguments.rtl,
                progress=told,
            )
            for name in arguments.designs
        ]
    if arguments.json:
        print_json(_json(arguments, prompt, found, tokenizer))
        return 0
    for item in found:
        print(f"{item.design}: {tokenizer.decode(list(item.tokens)).strip()}", end="\n\n")
    print(table([_row(item) for item in found], ("design", "tokens", "a second", "bits a weight")))
    print()
    for item in found:
        if item.proof is not None:
            print(paragraph(proven(item), "green"))
    print(paragraph(FP32))
    return 0


def _row(found: Generated) -> tuple[str, ...]:
    return found.design, str(len(found.tokens)), f"{found.rate:.2g}", f"{found.bits:.2f}"


def proven(found: Generated) -> str:
    """What was computed in simulated RTL too, in words."""
    proof = found.proof
    assert proof is not None
    return (
        f"{found.design}: {proof.macs:,} products of the first token, by {proof.matrices} matrices,"
        f" in RTL ({', '.join(proof.engines)}): equal to the golden model, bit for bit"
    )


def _json(
    arguments: argparse.Namespace, prompt: list[int], found: list[Generated], tokens: Tokenizer
) -> dict[str, Any]:
    return {
        "file": str(arguments.file),
        "prompt": arguments.prompt,
        "prompt_tokens": prompt,
        "fp32": FP32,
        "designs": [
            {
                "design": item.design,
                "tokens": list(item.tokens),
                "text": tokens.decode(list(item.tokens)),
                "tokens_per_second": round(item.rate, 3),
                "bits_a_weight": round(item.bits, 4),
                "rtl": None if item.proof is None else item.proof.to_dict(),
            }
            for item in found
        ],
    }
