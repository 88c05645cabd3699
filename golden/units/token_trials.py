"""What functions of tokens are tried with: tokens of all lengths, values near and far apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..formats import Integer
from ..streams import Beats
from .tokens import ends

Array = npt.NDArray[Any]

#: Beats of a trial, at the least, and of what follows a token of full length, at the most.
LEAST, MORE = 8, 8


class Tried(Protocol):
    """What is asked of a unit."""

    @property
    def lanes(self) -> int: ...
    @property
    def beats(self) -> int: ...
    @property
    def held(self) -> dict[str, Integer]: ...
    @property
    def channel(self) -> dict[str, Integer]: ...
    @property
    def source(self) -> Integer: ...


def beats(unit: Tried) -> int:
    """Beats of every trial: a token of full length, and some of others."""
    return max(LEAST, unit.beats + min(unit.beats, MORE))


def drawn(unit: Tried, index: int, kind: int, rng: np.random.Generator) -> dict[str, Beats]:
    """A trial of a ``kind`` of values; one ``index`` in two begins with a token of full length."""
    count, fmt = beats(unit), unit.source
    last = np.zeros(count, bool)
    if index % 2:
        last[rng.integers(0, count, rng.integers(1, 5))] = True
    else:
        last[unit.beats - 1] = True
    last[-1] = True
    whole = ends(last, unit.beats)
    shape, token = (count, unit.lanes), np.cumsum(whole) - whole
    x = _KINDS[kind % KINDS](fmt, shape, token[:, None], rng)
    held = {
        name: _sized(other, (int(whole.sum()), 1), rng) for name, other in unit.held.items()
    }  # fmt: skip
    channel = {name: _sized(other, shape, rng) for name, other in unit.channel.items()}
    return _trial(unit, np.clip(x, fmt.low, fmt.high), held, channel, last)


def _any(fmt: Integer, shape: tuple[int, int], token: Array, rng: np.random.Generator) -> Array:
    return rng.integers(fmt.low, fmt.high + 1, shape)


def _near(fmt: Integer, shape: tuple[int, int], token: Array, rng: np.random.Generator) -> Array:
    """About a middle of the token's, not far from it."""
    middle = rng.integers(fmt.low, fmt.high + 1, shape[0])[token]
    spread = np.exp2(rng.uniform(0, fmt.bits - 1, shape[0]))[token]
    return np.rint(rng.normal(middle, spread, shape)).astype(np.int64)


def _equal(fmt: Integer, shape: tuple[int, int], token: Array, rng: np.random.Generator) -> Array:
    """One value a token, but for a few."""
    same = np.broadcast_to(rng.integers(fmt.low, fmt.high + 1, shape[0])[token], shape)
    return np.where(rng.random(shape) < 0.05, _any(fmt, shape, token, rng), same)


def _outlier(fmt: Integer, shape: tuple[int, int], token: Array, rng: np.random.Generator) -> Array:
    """Values of one sign, a few of them far above the rest."""
    low = rng.integers(0, 2, shape[0])[token] * fmt.low
    x = low + rng.integers(0, max(fmt.high // 4, 1), shape)
    return np.where(rng.random(shape) < 0.1, x + fmt.high // 2, x)


#: How values are drawn.
_KINDS: tuple[Callable[..., Array], ...] = (_any, _near, _equal, _outlier)
KINDS = len(_KINDS)


def _sized(fmt: Integer, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Integers of all sizes, the ends among them; zero now and then."""
    size = np.exp2(rng.uniform(0, fmt.bits - fmt.signed, shape)).astype(np.int64)
    x = size * (rng.choice([-1, 1], shape) if fmt.signed else 1)
    ends_of = rng.choice([fmt.low, fmt.high], shape)
    return np.clip(np.where(rng.random(shape) < 0.1, ends_of, x), fmt.low, fmt.high)


def extremes(unit: Tried) -> list[dict[str, Beats]]:
    """The least, the greatest, and both by turns or by halves; beside the ends of the rest."""
    fmt, count = unit.source, beats(unit)
    shape = count, unit.lanes
    last = np.zeros(count, bool)
    last[[unit.beats - 1, -1]] = True
    number = np.arange(count * unit.lanes).reshape(shape)
    whole = unit.beats * unit.lanes
    half = number % whole < whole // 2
    patterns = [np.zeros(shape, bool), np.ones(shape, bool), number % 2 == 1, half, number == 0]
    beside = list({**unit.held, **unit.channel}.items())
    found = []
    for pattern, chosen in product(patterns, product((0, 1), repeat=len(beside))):
        values = {
            name: (max(other.low, 1 - other.signed * 2), other.high)[end]
            for (name, other), end in zip(beside, chosen, strict=True)
        }
        tokens = int(ends(last, unit.beats).sum())
        held = {name: np.full((tokens, 1), values[name]) for name in unit.held}
        channel = {
            name: np.full(shape, other.low if values[name] < 0 else other.high)
            for name, other in unit.channel.items()
        }
        found.append(_trial(unit, np.where(pattern, fmt.high, fmt.low), held, channel, last))
    return found


def _trial(
    unit: Tried, x: Array, held: Mapping[str, Array], channel: Mapping[str, Array], last: Array
) -> dict[str, Beats]:
    """The beats of integers."""
    found = {"values": Beats((unit.source.codes_of(x),), (None,), last)}
    for name, numbers in held.items():
        codes = unit.held[name].codes_of(numbers)
        found[name] = Beats((codes,), (None,), np.zeros(len(codes), bool))
    if channel:
        each = tuple(unit.channel[name].codes_of(numbers) for name, numbers in channel.items())
        found["channel"] = Beats(each, (None,) * len(each), np.zeros(len(last), bool))
    return found
