"""Text that a network goes on with, and how well it foresees a given one."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import DesignError
from ...tools.progress import Told, quiet
from .between import SINGLE, Between
from .llama import Llama
from .product import DesignProduct, Product
from .proving import Proof, Proven
from .proving_units import UnitsProof
from .units import Units

Array = npt.NDArray[Any]

#: How much of a token is computed in simulated RTL too: every product, a few rows of each matrix,
#: or nothing.
RTL = ("all", "sample", "none")

#: Vectors of a pass when a text is measured.
BLOCK = 512


@dataclass(frozen=True)
class Generated:
    """What a design went on with.

    Parameters
    ----------
    design : name of the product.
    tokens : that were generated, each the likeliest.
    seconds : of the prompt (with the reading of the weights), and of each token that followed; not
        of simulated RTL.
    bits : a weight, over all matrices that a token is multiplied with.
    proof : what was computed in simulated RTL; None for nothing.
    between : name of what stands between products.
    """

    design: str
    tokens: tuple[int, ...]
    seconds: tuple[float, ...]
    bits: float
    proof: Proof | None
    between: str = SINGLE.name

    @property
    def rate(self) -> float:
        """Tokens a second after the prompt."""
        later = self.seconds[2:] or self.seconds[1:]
        return len(later) / max(sum(later), 1e-9)


def generate(
    network: Llama,
    prompt: list[int],
    product: Product,
    count: int = 32,
    *,
    ends: Collection[int] = (),
    rtl: str = "none",
    between: Between = SINGLE,
    progress: Told | None = None,
) -> Generated:
    """At most ``count`` tokens that follow ``prompt``, each the likeliest; fewer if one of ``ends``
    comes.

    The prompt but its last token is one pass of vectors; then each token is one vector. ``rtl``
    (:data:`RTL`): how much of the first of these is also computed in simulated RTL, by engines, and
    by the units of ``between`` if it is :class:`~.units.Units`.

    Raises DesignError for a text that is longer than the network's context, Mismatch where RTL
    differs from the golden model.
    """
    told = progress or quiet
    if rtl not in RTL:
        raise DesignError(f"rtl must be one of {', '.join(RTL)}, got {rtl!r}")
    proven = _proven(product, rtl, between, told)
    cache = network.cache(len(prompt) + count - 1)
    begun = time.monotonic()
    told(f"{product.name}: reading weights, {len(prompt)} tokens of the prompt")
    if len(prompt) > 1:
        network.hidden(prompt[:-1], product, cache, between)
    seconds, tokens, last = [time.monotonic() - begun], [], prompt[-1]
    for number in range(count):
        told(f"{product.name}: token {number + 1} of {count}")
        begun = time.monotonic()
        chosen, watched = product, between
        if number == 0 and proven is not None:
            chosen = proven
            if isinstance(between, Units):
                watched = replace(between, watch=proven.units)
        last = int(network.logits([last], chosen, cache, watched)[-1].argmax())
        spent = time.monotonic() - begun
        if chosen is proven and proven is not None:
            proof = proven.done()
            spent -= proof.seconds + proof.build_seconds
        seconds.append(spent)
        tokens.append(last)
        if last in ends:
            break
    return Generated(
        product.name, tuple(tokens), tuple(seconds), bits(network, product),
        None if proven is None else proven.done(), between.name,
    )  # fmt: skip


def _proven(product: Product, rtl: str, between: Between, told: Told) -> Proven | None:
    if rtl == "none":
        return None
    if not isinstance(product, DesignProduct):
        raise DesignError("FP32 products have no hardware: choose --rtl none, or another --design")
    found = Proven(product, rtl == "all", told)
    if isinstance(between, Units):
        found = replace(found, units=UnitsProof(rtl == "all", told), form=between.form)
    return found


def bits(network: Llama, product: Product) -> float:
    """Bits a weight over all matrices that a token is multiplied with."""
    matrices = network.matrices
    total = sum(product.bits(matrix) * matrix.count for matrix in matrices)
    return total / sum(matrix.count for matrix in matrices)


def perplexity(
    network: Llama,
    tokens: list[int],
    product: Product,
    *,
    block: int = BLOCK,
    between: Between = SINGLE,
    progress: Told | None = None,
) -> float:
    """exp of the mean of −ln p(token | those before) over all tokens but the first.

    So many positions as ``block`` says are one pass: their vectors are multiplied together, and a
    scale of activations that spans a tensor is that of all of them.
    """
    told = progress or quiet
    if len(tokens) < 2:
        raise DesignError(f"a perplexity needs 2 tokens at least, got {len(tokens)}")
    if block < 1:
        raise DesignError(f"block must be at least 1, got {block}")
    cache, total = network.cache(len(tokens)), 0.0
    for begin in range(0, len(tokens) - 1, block):
        part = tokens[begin : min(begin + block, len(tokens) - 1)]
        told(f"{product.name}: foreseeing tokens {begin + 2} to {begin + 1 + len(part)}")
        logits = network.logits(part, product, cache, between)
        total += surprise(logits, tokens[begin + 1 : begin + 1 + len(part)])
    return float(np.exp(total / (len(tokens) - 1)))


def surprise(logits: Array, wanted: Sequence[int]) -> float:
    """The sum of −ln p of each token of ``wanted``, foreseen by a row of ``logits`` each."""
    exact = logits.astype(np.float64)
    most = exact.max(axis=1, keepdims=True)
    normal = most[:, 0] + np.log(np.exp(exact - most).sum(axis=1))
    return float((normal - exact[np.arange(len(exact)), np.asarray(wanted)]).sum())
