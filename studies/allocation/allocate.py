"""A model file as a problem of allocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...golden.errors import DesignError
from ...models.matrix import Matrix
from ...models.model import Model, open_model
from ...models.networks import open_network
from ...tools.progress import Told, quiet
from ..prediction.foresee import load
from ..texts import language_model, tokens_of
from .calibrating import Calibration, calibrate, gain
from .choices import Choice
from .costs import SHARED, Built, Target, bits, built, milliseconds, sites_of_layers
from .losses import Item, items, noises, shares, tails
from .problem import Problem

#: What says how much a network minds noise in a matrix: nothing (all count the same), the tails of
#: the weights' spectra, or a text.
WEIGHTS, TAILS, TEXT = "weights", "tails", "text"
SENSITIVITIES = (WEIGHTS, TAILS, TEXT)

LOSS, BITS, SITES, MS = "loss", "bits", "sites", "ms"


@dataclass(frozen=True)
class Study:
    """A model's matrices, and what each design costs and loses for each.

    Parameters
    ----------
    problem : of allocation.
    choices : designs, as the problem has them.
    items : matrices or blocks of their columns, likewise.
    unit : what losses are, in words.
    notes : what is to be known.
    calibration : the network's own answers; None where it was not asked.
    rest : the tokens of the text that follow those of the calibration, as many at most.
    """

    problem: Problem
    choices: tuple[Choice, ...]
    items: tuple[Item, ...]
    unit: str
    notes: tuple[str, ...]
    calibration: Calibration | None = None
    rest: tuple[int, ...] = ()


def study(
    path: Path,
    chosen: Sequence[Choice],
    *,
    sensitivity: str = WEIGHTS,
    text: Path | None = None,
    tokens: int = 128,
    block: int | None = None,
    target: Target | None = None,
    progress: Told | None = None,
) -> Study:
    """The problem of a model file.

    Parameters
    ----------
    sensitivity : what losses are weighted by, one of :data:`SENSITIVITIES`.
    text, tokens : what a language model is calibrated on, and how much of it.
    block : columns of a matrix that have a design of their own; None for all.
    target : hardware whose sites, and time where it is shared, are sums; None for no costs.

    Raises DesignError for files that cannot be read, ToolMissing, ToolFailed.
    """
    told = progress or quiet
    model = open_model(path)
    words = _tokens(model, sensitivity, text, 2 * tokens)
    calibration = _calibration(model, words[:tokens], told)
    matrices = _matrices(model, calibration)
    given = items(matrices, block)
    inputs = None if calibration is None else calibration.inputs
    told(f"quantizing {len(given)} matrices for {len(chosen)} designs")
    noise, possible, notes = noises(given, chosen, inputs)
    share = shares(given, inputs)
    weighted = noise * share[:, None]
    unit = "noise over signal, summed over matrices"
    if sensitivity == TAILS:
        told("spectra of the weights")
        weighted *= tails(given)[:, None]
        unit += ", each weighted by the tail of its spectrum"
    elif calibration is not None:
        seen = np.where(possible, weighted, 0.0)
        weighted *= _gains(calibration, given, chosen, seen, told)[:, None]
        unit = f"nats a token of {len(calibration.tokens)}, predicted"
    sums = {LOSS: np.where(possible, weighted, 0.0), BITS: bits(given, chosen)}
    once = {}
    if target is not None:
        notes = (*notes, *((load().note,) if target.fast else ()))
        arrays = built(chosen, target, max(item.k for item in given), told)
        sums.update(_of_target(given, chosen, arrays, target))
        if target.hardware == SHARED:
            once[SITES] = np.array([array.sites for array in arrays])
    names = tuple(item.name for item in given)
    labels, groups = zip(*((choice.name, choice.group) for choice in chosen), strict=True)
    problem = Problem(names, labels, sums, possible, groups, once)
    return Study(
        problem, tuple(chosen), tuple(given), unit, notes, calibration, tuple(words[tokens:])
    )


def _of_target(
    given: Sequence[Item], chosen: Sequence[Choice], arrays: Sequence[Built], target: Target
) -> dict[str, np.ndarray]:
    """The sums that hardware adds."""
    if target.hardware == SHARED:
        return {MS: milliseconds(given, chosen, arrays, target)}
    return {SITES: sites_of_layers(given, chosen, arrays, target.macs)}


def _tokens(model: Model, sensitivity: str, text: Path | None, most: int) -> list[int]:
    """The text that sensitivities are measured on; none where they are not."""
    if sensitivity not in SENSITIVITIES:
        raise DesignError(f"sensitivity is one of {', '.join(SENSITIVITIES)}, got {sensitivity!r}")
    if text is None:
        if sensitivity == TEXT:
            raise DesignError("say which text the network is calibrated on: --text FILE")
        return []
    if sensitivity != TEXT:
        raise DesignError(f"--text is for --sensitivity {TEXT}, got {sensitivity}")
    return tokens_of(model, text, most)


def _calibration(model: Model, tokens: list[int], told: Told) -> Calibration | None:
    if not tokens:
        return None
    network = language_model(model)
    told(f"{len(tokens)} tokens in FP32")
    return calibrate(network, tokens)


def _matrices(model: Model, calibration: Calibration | None) -> list[Matrix]:
    """Of a network those that are multiplied with; else all of the file."""
    if calibration is not None:
        return list({matrix.name: matrix for matrix in calibration.network.matrices}.values())
    try:
        matrices = open_network(model).matrices
    except DesignError:
        matrices = list(model.matrices.values())
    if not matrices:
        raise DesignError(f"{model.container.path.name} has no matrices of weights")
    return list({matrix.name: matrix for matrix in matrices}.values())


def _gains(
    calibration: Calibration,
    given: Sequence[Item],
    chosen: Sequence[Choice],
    noise: np.ndarray,
    told: Told,
) -> np.ndarray:
    """How much a unit of noise of each item's matrix moves the answers, (items,): by the choice
    that is noisiest for the matrix, over all of its items."""
    of_matrix: dict[str, np.ndarray] = {}
    for item, powers in zip(given, noise, strict=True):
        name = item.matrix.name
        of_matrix[name] = of_matrix.get(name, np.zeros(len(chosen))) + powers
    found: dict[str, float] = {}
    for item in given:
        name = item.matrix.name
        if name not in found:
            told(f"noise in {name}, {len(found) + 1} of {len(of_matrix)}")
            probe = int(of_matrix[name].argmax())
            found[name] = gain(
                calibration, item.matrix, chosen[probe], float(of_matrix[name][probe])
            )
    return np.array([found[item.matrix.name] for item in given])
