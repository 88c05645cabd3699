"""Codes at the corners of the arithmetic, for descriptions drawn there."""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing import SCALES, scales
from macsmith.golden import Codebook, Format, Operand, Quantized

Array = np.ndarray[Any, np.dtype[Any]]
Rng = np.random.Generator

#: How matrices are drawn: ``wild`` with what is special; ``tame`` so that every sum has its share
#: of a result; ``little`` with one product of few bits, or none, and others so small that they only
#: break ties; ``infinite`` with infinities that meet no zero.
MOODS = ("wild", "wild", "wild", "tame", "tame", "tame", "little", "infinite")
FEW_BITS = (0.5, 1, 1.25, 1.5, 2, 2.5, 3, 5, 6, 7, 10, 20, 40, 56, 96, 160, 640)


def one(rng: Rng, choices: Any) -> Any:
    return choices[int(rng.integers(len(choices)))]


def codes(rng: Rng, fmt: Format, shape: tuple[int, ...], mood: str = "wild") -> Array:
    """Codes of an element format from a pool: a pool of few cancels often, ends overflow, the
    smallest and specials are rare among all."""
    legal = np.asarray(fmt.legal)
    values = fmt.decode(legal, 0)
    size = np.where(np.isfinite(values), np.abs(values), 0)
    if mood == "tame":
        near = legal[(size >= 0.25) & (size <= 2)]
        return rng.choice(near if near.size else legal, shape).astype(fmt.dtype)
    pools = [
        legal,
        rng.choice(legal, 2),
        rng.choice(legal, 4),
        legal[size == size.max()],
        legal[np.argsort(size, kind="stable")[:6]],
        legal[(size >= 0.5) & (size <= 2)],
        np.concatenate([rng.choice(legal, 5), legal[np.isnan(values)][:1]]),
    ]
    ends = [rng.choice(legal[np.isfinite(values) & (size > 0)], 3), legal[np.isinf(values)]]
    if len(ends[1]):  # beside zeros, which make NaN of infinity
        pools += [np.concatenate([*ends, legal[size == 0][:1]])] * 4
    if mood == "infinite":
        pools = [np.concatenate(ends)]
    pool = one(rng, pools)
    return rng.choice(pool if pool.size else legal, shape).astype(fmt.dtype)


def elements(rng: Rng, fmt: Format, shape: tuple[int, int], mood: str) -> Array:
    """Codes (rows, K) in a mood; ``little`` has its one product in the first place."""
    if mood != "little":
        return codes(rng, fmt, shape, mood)
    found = np.zeros(shape)
    found[:, 1::4] = 2.0**fmt.lsb
    if rng.integers(5):
        found[:, 0] = rng.choice(FEW_BITS, shape[0])
    return fmt.encode(found * rng.choice([1, 1, -1], shape))


def scale_codes(rng: Rng, fmt: Format, shape: tuple[int, ...], mood: str = "wild") -> Array:
    """Codes of a scale: as for elements, or special, extreme, or powers of two that make ties."""
    if isinstance(fmt, Codebook):
        return codes(rng, fmt, shape)
    how = one(rng, {"little": ("power",)}.get(mood, ("tame", "power")))
    if mood == "wild":
        how = one(rng, ("tame", "tame", "tame", "power", *SCALES))
    if how != "power" or not hasattr(fmt, "mantissa_width"):
        return scales(rng, fmt, "tame" if how == "power" else how, shape)
    power = fmt.bias + rng.integers(-3, 4, shape) << fmt.mantissa_width
    found = np.clip(power, 0, fmt.max_code).astype(fmt.dtype)
    if mood == "little" and len(shape) > 1:  # of later groups the least
        found[..., 1:] = 1
    return found


def matrix(rng: Rng, side: Operand, shape: tuple[int, int], mood: str) -> Quantized:
    """Every array of an operand of ``shape``, rows × K."""
    select = None
    if side.select is not None:
        select = rng.integers(0, 1 << side.select.width, side.select.span.shape(*shape))
    return Quantized(
        side,
        {name: elements(rng, fmt, shape, mood) for name, fmt in side.codes.items()},
        {lv.name: scale_codes(rng, lv.format, lv.span.shape(*shape), mood) for lv in side.levels},
        select,
    )
