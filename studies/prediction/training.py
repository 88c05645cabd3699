"""Makes the models of the data set: coefficients of amounts, and trees that correct their sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.errors import ToolMissing
from .data import FIGURES, Sample
from .foresee import Models, figures
from .table import KINDS, Table, table
from .trees import Model

Array = npt.NDArray[Any]

#: Trees, their depth, and how much each corrects.
TREES, DEPTH, RATE = 300, 5, 0.06

#: Relative errors from which on a sum counts an engine less, and rounds of that.
USUAL, ROUNDS = 0.1, 8

#: The seed of what trees see, and of what is held out.
SEED = 1

#: Rows that a model needs at least, and fewer of a kind than which share those of all kinds.
FEWEST = 30


def train(samples: Sequence[Sample], known: Sequence[str] | None = None) -> Models:
    """The models of all figures: of sites, of array and scale path apart.

    ``known`` are the families, those of the engines unless others are to be foreseen too.
    """
    own = tuple(families(samples) if known is None else known)
    found = {}
    for part, figure, chosen, counted in _parts(samples):
        made = _table(chosen, part, own)
        found[figure] = fitted(made, counted)
    return Models(found, own)


def families(samples: Sequence[Sample]) -> list[str]:
    """The families of engines, those of most engines first."""
    return [name for name, _ in Counter(sorted(s.family for s in samples)).most_common()]


def _parts(samples: Sequence[Sample]) -> list[tuple[str, str, list[Sample], Array]]:
    """The part of each model, its name, the engines that it is made of and what they count."""
    known = [s for s in samples if "sites" in s.counted]
    array = [s for s in known if s.counted["sites"] > s.counted.get("scale_sites", 0.0)]
    array = [s for s in array if "scale_sites" in s.counted or not s.numbers["path_one"]]
    path = [s for s in known if s.counted.get("scale_sites")]
    sites = [s.counted["sites"] - s.counted.get("scale_sites", 0.0) for s in array]
    found = [
        ("array", "array", array, np.array(sites)),
        ("path", "path", path, np.array([s.counted["scale_sites"] for s in path])),
    ]
    for figure in FIGURES[1:]:
        chosen = [s for s in samples if s.counted.get(figure)]
        counts = np.array([s.counted[figure] for s in chosen])
        found.append(("all", figure, chosen, counts))
    return [item for item in found if len(item[2]) >= FEWEST]


def _table(samples: Sequence[Sample], part: str, known: Sequence[str]) -> Table:
    return table(
        [s.numbers for s in samples],
        [s.family for s in samples],
        [s.rate for s in samples],
        part,
        known,
    )


def fitted(made: Table, counted: Array) -> Model:
    """The model of one figure: sums of amounts, then trees on the logarithm of what is left."""
    try:
        from sklearn.ensemble import GradientBoostingRegressor
    except ImportError:
        raise ToolMissing(
            "models are made by the package scikit-learn, which is not installed: "
            "pip install 'macsmith[predict]', or make .venv/predict"
        ) from None
    relative = made.amounts / counted[:, None]
    common = _coefficients(relative)
    coefficients = np.tile(common, (KINDS, 1))
    for kind in range(KINDS):
        own = made.kinds == kind
        if own.sum() >= FEWEST:
            coefficients[kind] = _coefficients(relative[own])
    base = np.maximum((made.amounts * coefficients[made.kinds]).sum(axis=1), 1.0)
    boosted = GradientBoostingRegressor(
        n_estimators=TREES,
        max_depth=DEPTH,
        learning_rate=RATE,
        subsample=0.6,
        max_features=0.3,
        min_samples_leaf=3,
        loss="huber",
        random_state=SEED,
    )
    boosted.fit(made.with_base(base).astype(np.float32), np.log(counted / base))
    return _flat(coefficients, boosted)


def _coefficients(relative: Array) -> Array:
    """Coefficients, none negative, with which sums of amounts over counts are nearest to 1: least
    squares where errors are usual, and nearly linear where they are not (Huber's loss, by
    reweighting), so that a few engines of another kind do not bend those of all others."""
    from scipy.optimize import nnls

    weights = np.ones(len(relative))
    found = np.zeros(relative.shape[1])
    for _ in range(ROUNDS):
        found = nnls(relative * weights[:, None], weights)[0]
        errors = np.abs(relative @ found - 1)
        weights = np.sqrt(1 / np.maximum(errors / USUAL, 1))
    return np.asarray(found)


def _flat(coefficients: Array, boosted: Any) -> Model:
    """Trees one behind the other, as arrays of numbers."""
    parts: dict[str, list[Array]] = {name: [] for name in ("f", "t", "l", "r", "v")}
    roots, place = [], 0
    for [estimator] in boosted.estimators_:
        tree = estimator.tree_
        leaf = tree.children_left < 0
        roots.append(place)
        parts["f"].append(np.where(leaf, -1, tree.feature).astype(np.int16))
        # Downwards: a feature of 32 bits is at most the threshold if it is at most this.
        low = tree.threshold.astype(np.float32)
        low = np.where(low > tree.threshold, np.nextafter(low, np.float32(-np.inf)), low)
        parts["t"].append(np.where(leaf, 0, low).astype(np.float32))
        parts["l"].append(np.where(leaf, 0, tree.children_left + place).astype(np.int32))
        parts["r"].append(np.where(leaf, 0, tree.children_right + place).astype(np.int32))
        values = boosted.learning_rate * tree.value[:, 0, 0]
        parts["v"].append(np.where(leaf, values, 0).astype(np.float32))
        place += tree.node_count
    start = np.ravel(boosted.init_.constant_)[:1]
    arrays = [np.concatenate(parts[name]) for name in ("f", "t", "l", "r", "v")]
    return Model(coefficients, start, np.array(roots, np.int32), *arrays)


def held_out(
    samples: Sequence[Sample], key: Callable[[Sample], Hashable], folds: int
) -> dict[str, Array]:
    """Relative errors of each figure on engines whose ``key`` no engine had that models saw.

    All keys are dealt into ``folds`` parts, each of which is held out once.
    """
    keys = sorted({str(key(s)) for s in samples})
    np.random.default_rng(SEED).shuffle(keys)
    errors: dict[str, list[Array]] = {}
    for fold in range(folds):
        out = set(keys[fold::folds])
        models = train([s for s in samples if str(key(s)) not in out], families(samples))
        tested = [s for s in samples if str(key(s)) in out]
        found = figures(
            models,
            [s.numbers for s in tested],
            [s.family for s in tested],
            [s.rate for s in tested],
        )
        for figure in FIGURES:
            known = [place for place, s in enumerate(tested) if s.counted.get(figure)]
            counts = np.array([tested[place].counted[figure] for place in known])
            errors.setdefault(figure, []).append(found[figure][known] / counts - 1)
    return {figure: np.concatenate(parts) for figure, parts in errors.items()}
