"""Where results stand that are on their way: a sum over registers, found by simulation.

A count of what was taken and has not come out is an awkward thing for a solver. But it equals a
sum over the registers that say where something is: one for each stage that is taken and marked
as the last, a few more for what is handed out one by one. Its weights are found here, by
linear algebra over simulated states; whether the sum holds for ever is then proven.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from .aiger import Aiger, Draw

#: A product of register bits, by their latches' numbers; an empty one is the constant one.
Place = tuple[int, ...]

#: How states are sampled: runs side by side, their length, and how often one is looked at.
LANES, CYCLES, EVERY = 512, 400, 40

#: Latches of which all triples are tried.
NARROW = 48

#: Latches of a module of which all triples are tried even where those of others are too many.
SMALL = 16

#: Latches of which all pairs are tried.
WIDEST = 120


def places(
    graph: Aiger,
    count: Sequence[int],
    homes: Mapping[int, str],
    resets: Sequence[int],
    sure: Mapping[int, int],
    most: int = 160,
) -> dict[Place, int] | None:
    """The weights of a sum over products of latches that always was the count; None if none is.

    Products of two latches that are near each other are tried first: the more there are, the more
    often some that mean nothing are like those that do.

    Parameters
    ----------
    count : the latches of the count, low bit first; two's complement.
    homes : the latches that the sum may be over, and the module of each.
    resets : the inputs that reset the design; they stay low.
    sure : latches whose weights the plan tells: they are tried as they are, and then as others.
    most : how many products a sum may have.
    """
    states = _sampled(graph, resets)
    weights = 2 ** np.arange(len(count), dtype=np.int64)
    weights[-1] *= -1
    total = states[:, list(count)].astype(np.int64) @ weights
    for given in [sure, {}] if sure else [{}]:
        told = states[:, list(given)].astype(np.int64) @ np.array([*given.values()], np.int64)
        rest = {n: home for n, home in homes.items() if n not in given}
        for found in _nearer(rest):
            weighed = _summed(states, total - told, found, most)
            if weighed is not None:
                return {(n,): weight for n, weight in given.items()} | weighed
    return None


def _nearer(homes: Mapping[int, str]) -> Iterator[list[Place]]:
    """Latches alone and in pairs that are nearer or less near; where there are few, all pairs."""
    singles = sorted(homes)
    apart = {pair: _apart(homes[pair[0]], homes[pair[1]]) for pair in combinations(singles, 2)}
    for most in range(3 + (len(singles) <= WIDEST)):
        yield [*((n,) for n in singles), *(pair for pair, steps in apart.items() if steps <= most)]


def _apart(one: str, other: str) -> int:
    """How far two modules are from each other: the same, the core and one of its parts, any that
    lies inside the other, or else."""
    outer, inner = sorted((one, other), key=len)
    if outer == inner:
        return 0
    if not outer or not inner.startswith(f"{outer}."):
        return 3
    return 1 if "." not in outer else 2


def _summed(
    states: npt.NDArray[np.bool_],
    total: npt.NDArray[np.int64],
    found: Sequence[Place],
    most: int,
) -> dict[Place, int] | None:
    """The weights with which products are ``total`` in all states; None where they are not."""
    columns = np.ones((len(found), len(states)), bool)
    for column, place in zip(columns, found, strict=True):
        column[:] = states[:, list(place)].all(axis=1)
    chosen = _matched(columns.astype(np.float32), total.astype(np.float64), most)
    kept = np.concatenate([np.ones((1, len(total))), columns[chosen]]).astype(np.float64)
    solved, *_ = np.linalg.lstsq(kept.T, total.astype(np.float64), rcond=None)
    whole = np.rint(solved).astype(np.int64)
    if (kept.T.astype(np.int64) @ whole != total).any():
        return None
    named = [(), *(found[n] for n in chosen)]
    return {place: int(w) for place, w in zip(named, whole, strict=True) if w}


def _matched(
    columns: npt.NDArray[np.float32], total: npt.NDArray[np.float64], most: int
) -> list[int]:
    """Rows whose weighted sum is ``total``, chosen one by one: what explains most of the rest."""
    columns = columns - columns.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(columns, axis=1)
    lengths[lengths < 1e-3] = np.inf
    rest = total - total.mean()
    basis = np.empty((most, len(total)))
    chosen: list[int] = []
    while len(chosen) < min(most, len(columns)) and np.abs(rest).max() > 1e-3:
        best = int(np.argmax(np.abs(columns @ rest.astype(np.float32)) / lengths))
        if not np.isfinite(lengths[best]):
            break
        new = columns[best].astype(np.float64)
        for _ in range(2):
            new = new - basis[: len(chosen)].T @ (basis[: len(chosen)] @ new)
        lengths[best] = np.inf
        if (size := np.linalg.norm(new)) < 1e-3:
            continue
        basis[len(chosen)] = new / size
        rest = rest - basis[len(chosen)] * (basis[len(chosen)] @ rest)
        chosen.append(best)
    return chosen


#: A latch and its value.
Literal = tuple[int, bool]


def exclusions(
    graph: Aiger,
    latches: Sequence[int],
    resets: Sequence[int],
    near: Sequence[int],
    modules: Iterable[Sequence[int]],
) -> list[tuple[Literal, ...]]:
    """Values of two ``latches``, or of three where it matters, that never met in a simulated state.

    Triples are of ``near`` and what pairs tell of; where these are many, of latches in one of the
    ``modules`` that have few. Values that a latch never had are left out, and triples that hold a
    pair.
    """
    runs = list(graph.states(_habits(graph, resets), LANES, CYCLES, seed=1))[::2]
    pairs = _never(graph, runs, sorted(latches), 2, set())
    close = {*near, *(n for pair in pairs for n, _ in pair)}
    groups = [sorted(close)] if len(close) <= NARROW else [m for m in modules if len(m) <= SMALL]
    triples = [item for group in groups for item in _never(graph, runs, group, 3, set(pairs))]
    return [*pairs, *dict.fromkeys(triples)]


def _never(
    graph: Aiger,
    runs: Sequence[Sequence[int]],
    latches: Sequence[int],
    size: int,
    known: set[tuple[Literal, ...]],
) -> list[tuple[Literal, ...]]:
    """So many values that never met, without those that hold a known set."""
    ones = (1 << LANES) - 1
    whole: dict[Literal, int] = {}
    for n in latches:
        high = low = 0
        for cycle, state in enumerate(runs):
            word = state[graph.first_latch + n]
            high |= word << (cycle * LANES)
            low |= (word ^ ones) << (cycle * LANES)
        whole[n, True], whole[n, False] = high, low
    found = []
    for group in combinations(latches, size):
        for values in product((True, False), repeat=size):
            chosen = tuple(zip(group, values, strict=True))
            together = -1
            for literal in chosen:
                together &= whole[literal]
            if together or not all(whole[literal] for literal in chosen):
                continue
            if not any(part in known for part in combinations(chosen, 2)):
                found.append(chosen)
    return found


def enables(graph: Aiger, resets: Sequence[int], least: int = 3) -> list[int]:
    """The literals that let at least so many latches take a value, the most used first.

    A latch that has one is ``enable ? value : itself`` while nobody resets.
    """
    same = {2 * (n + 1): 0 for n in resets}
    gates: dict[int, tuple[int, int]] = {}
    known: dict[tuple[int, int], int] = {}

    def now(literal: int) -> int:
        return same.get(literal & ~1, literal & ~1) ^ (literal & 1)

    for number, pair in enumerate(graph.gates):
        left, right = sorted(now(item) for item in pair)
        this = 2 * (graph.first_gate + number)
        if left in (0, right ^ 1):
            same[this] = 0
        elif left in (1, right):
            same[this] = right
        elif (left, right) in known:
            same[this] = known[left, right]
        else:
            known[left, right], gates[this] = this, (left, right)
    counts: Counter[int] = Counter()
    for number, literal in enumerate(graph.latches):
        own, value = 2 * (graph.first_latch + number), now(literal)
        pair = gates.get(value & ~1, (0, 0))
        for one, other in (pair, pair[::-1]):
            keep, take = gates.get(one & ~1, ()), gates.get(other & ~1, ())
            for idle in keep:
                if own in keep and idle != own and idle ^ 1 in take:
                    counts[idle & ~1] += 1
    return [literal for literal, count in counts.most_common() if count >= least]


def _sampled(graph: Aiger, resets: Sequence[int]) -> npt.NDArray[np.bool_]:
    """States that it was in, each a row of its latches."""
    samples = []
    for cycle, values in enumerate(graph.states(_habits(graph, resets), LANES, CYCLES, seed=1)):
        if cycle % EVERY == EVERY - 1:
            words = values[graph.first_latch : graph.first_gate]
            rows = [np.frombuffer(w.to_bytes(LANES // 8, "little"), np.uint8) for w in words]
            samples.append(np.unpackbits(np.stack(rows), axis=1, bitorder="little").T)
    return np.concatenate(samples).astype(bool)


def _habits(graph: Aiger, resets: Sequence[int]) -> list[Draw]:
    """How inputs are drawn: every lane has habits of its own, and nobody resets."""
    rng = random.Random(2)
    draw: list[Draw] = []
    for number in range(graph.inputs):
        often, seldom = rng.getrandbits(LANES), rng.getrandbits(LANES)
        quiet = number in resets
        draw.append(_low if quiet else partial(_drawn, often, seldom & ~often))
    return draw


def _low(rng: random.Random, lanes: int) -> int:
    return 0


def _drawn(often: int, seldom: int, rng: random.Random, lanes: int) -> int:
    """High in most cycles where ``often``, in one of 64 where ``seldom``, else in half of them."""
    half = rng.getrandbits(lanes)
    most = half | rng.getrandbits(lanes) | rng.getrandbits(lanes)
    few = half
    for _ in range(5):
        few &= rng.getrandbits(lanes)
    return (half & ~often & ~seldom) | (most & often) | (few & seldom)
