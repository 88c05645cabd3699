"""Operands of several planes: sums with a scale each, and complex values."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from ..description import Operand, Plane
from ..errors import DesignError
from ..tensor import Quantized
from .scales import Array, blocks, stored, sums_of, there_in, unblocked

MAX_SUMS = 256
ROUNDS = 20


def sum_of_planes(x: Array, operand: Operand, rule: str | None) -> Quantized:
    """Each value as a sum of planes' elements: x = a1 t1 + a2 t2 + …, with scales a block.

    By turns, until nothing changes: for every value the nearest of all sums, the first of two as
    near; for every block the scales by least squares, with a small ridge where planes are alike.
    So PTQTP's progressive approximation works (arXiv 2509.16989; the ridge, the start, and that a
    plane that is left all zero begins anew are this project's reading). It begins with powers of
    two: of elements that know no sign every other scale is negative, which for two planes are
    DB-LLM's a1 = 2s, a2 = -s.
    """
    _check(operand)
    _check_rule(rule, "a sum of planes", "least squares")
    span = operand.planes[0].scales[0].span
    cut = blocks(x, span)
    tables = [plane.element.decode(plane.element.legal) for plane in operand.planes]
    sums = np.array(list(product(*tables)))  # (sums, planes)
    choices = np.array(list(product(*(plane.element.legal for plane in operand.planes))))

    scales = _start(cut, sums)
    chosen = _nearest(cut, scales @ sums.T)
    there = there_in(x.shape, span)
    for _ in range(ROUNDS):
        scales = _seeded(cut, sums[chosen], _least_squares(cut, sums[chosen], there))
        before, chosen = chosen, _nearest(cut, scales @ sums.T)
        if np.array_equal(before, chosen):
            break

    levels = [plane.scales[0] for plane in operand.planes]
    held = {lv.name: stored(scales[..., i], lv.format, True) for i, lv in enumerate(levels)}
    exact = [np.asarray(lv.format.decode(held[lv.name])) for lv in levels]
    chosen = _nearest(cut, np.stack(exact, axis=-1) @ sums.T)
    codes = {
        plane.code: unblocked(choices[chosen][..., i], span, x.shape).astype(plane.element.dtype)
        for i, plane in enumerate(operand.planes)
    }
    return Quantized(operand, codes, held)


def _check(operand: Operand) -> None:
    planes = operand.planes
    alone = len({plane.code for plane in planes}) == len(planes) == len(operand.levels)
    simple = all(not plane.constant and len(plane.scales) == 1 for plane in planes)
    if operand.select is None and alone and simple:
        spans = {plane.scales[0].span for plane in planes}
        if len(spans) == 1 and 2 ** sum(plane.element.bits for plane in planes) <= MAX_SUMS:
            return
    shared = (
        " complex values, if they are a real and an imaginary part, or" if len(planes) == 2 else ""
    )
    raise DesignError(
        "quantize handles sums of planes with a code and one level of scales each, of one span, "
        f"and {MAX_SUMS.bit_length() - 1} bits a value at most; give{shared} a Quantized built "
        "from codes"
    )


def _check_rule(rule: str | None, what: str, how: str) -> None:
    if rule is not None:
        raise DesignError(f"{what} finds its scales by {how}: leave scale_rule out, got {rule!r}")


def _start(cut: Array, sums: Array) -> Array:
    """Scales that fall by twos, so large that the greatest sum reaches the greatest value."""
    count = sums.shape[1]
    weights = np.exp2(np.arange(count)[::-1])
    if (sums >= 0).all():
        weights = weights * (-1.0) ** np.arange(count)
    reach = sums @ weights
    up, down = max(reach.max(), 0.0), max(-reach.min(), 0.0)
    needed = np.zeros(cut.shape[:2])
    if up:
        needed = np.maximum(needed, cut.max(axis=2) / up)
    if down:
        needed = np.maximum(needed, -cut.min(axis=2) / down)
    return np.asarray(needed[..., np.newaxis] * weights)


def _nearest(cut: Array, levels: Array) -> Array:
    """For each value of (blocks…, elements) the index of the nearest of (blocks…, sums)."""
    best = np.full(cut.shape, np.inf)
    found = np.zeros(cut.shape, np.int64)
    for index in range(levels.shape[-1]):
        distance = np.abs(cut - levels[..., index, np.newaxis])
        found = np.where(distance < best, index, found)
        best = np.minimum(distance, best)
    return found


def _least_squares(cut: Array, elements: Array, there: Array) -> Array:
    """Scales (blocks…, planes) for values (blocks…, n) from elements (blocks…, n, planes).

    ``there`` is 1 for values that count, 0 for others (blocks…, n).
    """
    elements = elements * there[..., np.newaxis]
    gram = np.einsum("abnp,abnq->abpq", elements, elements)
    ridge = 1e-9 * there.sum(axis=2)[..., np.newaxis, np.newaxis]
    gram = gram + ridge * np.eye(elements.shape[-1])
    right = np.einsum("abnp,abn->abp", elements, cut)
    return np.asarray(np.linalg.solve(gram, right[..., np.newaxis])[..., 0])


def _seeded(cut: Array, elements: Array, scales: Array) -> Array:
    """The scales, where a plane is all zero in a block with what is missing most there.

    As k-means seeds clusters that became empty: no value comes to lie further from its sum.
    """
    missing = cut - np.einsum("abnp,abp->abn", elements, scales)
    worst = np.abs(missing).argmax(axis=2)[..., np.newaxis]
    return np.where(elements.any(axis=2), scales, np.take_along_axis(missing, worst, axis=2))


def two_parts(
    x: Array, operand: Operand, one: Callable[[Array, Operand], Quantized], rule: str | None
) -> Quantized:
    """Complex values: the first plane is the real part, the second the imaginary one.

    ``one`` quantizes a part for an operand of one plane.
    """
    planes = operand.planes
    if len(planes) != 2 or any(plane.constant for plane in planes) or operand.select is not None:
        raise DesignError(
            "complex values need an operand of two planes, the real and the imaginary part; "
            f"this one has {len(planes)}"
        )
    if {level.name for level in planes[0].scales} & {level.name for level in planes[1].scales}:
        raise DesignError("quantize gives the real and the imaginary part scales of their own")
    if planes[0].code == planes[1].code:
        _check_rule(rule, "a complex code", "means")
        return _phases(x, operand)
    parts = [
        one(part, Operand((plane,))) for part, plane in zip((x.real, x.imag), planes, strict=True)
    ]
    codes = {name: array for part in parts for name, array in part.codes.items()}
    scales = {name: array for part in parts for name, array in part.scales.items()}
    return Quantized(operand, codes, scales)


def _phases(x: Array, operand: Operand) -> Quantized:
    """The code of the nearest phase; a plane's scale is the mean of its part where it is not zero.

    Half-way between two phases the one counter-clockwise is taken: 1 from -π/4 to below π/4.
    Source: PKULab1806/Fairy-plus-minus-i, modeling_Fairy_plus_minus_i.py.
    """
    real, imaginary = operand.planes
    if len(real.scales) > 1 or [lv.span for lv in real.scales] != [
        lv.span for lv in imaginary.scales
    ]:
        raise DesignError("quantize handles complex codes with one scale a part, of one span")
    legal = real.element.legal
    points = real.element.decode(legal) + 1j * imaginary.element.decode(legal)
    order = np.argsort(np.angle(points), kind="stable")
    chosen = _nearest_phase(np.where(x == 0, 1, x), points[order])
    codes = legal[order][chosen]

    scales: dict[str, Array] = {}
    for plane, part in ((real, x.real), (imaginary, x.imag)):
        scales |= _mean_scale(plane, part, np.asarray(plane.element.decode(codes)))
    return Quantized(operand, {real.code: codes}, scales)


def _nearest_phase(x: Array, points: Array) -> Array:
    """Indices into ``points``, which ascend in phase from -π to π."""
    closeness = [(x * np.conj(point / abs(point))).real for point in points]
    found, best = np.zeros(x.shape, np.int64), closeness[0]
    for index, close in enumerate(closeness[1:], start=1):
        found, best = np.where(close >= best, index, found), np.maximum(close, best)
    # From the last to the first the circle closes.
    return np.where((found == len(points) - 1) & (closeness[0] == best), 0, found)


def _mean_scale(plane: Plane, part: Array, elements: Array) -> dict[str, Array]:
    """The mean magnitude over the elements that are not zero."""
    if not plane.scales:
        return {}
    level = plane.scales[0]
    used = sums_of((elements != 0).astype(np.float64), level.span)
    total = sums_of(np.where(elements != 0, np.abs(part), 0.0), level.span)
    mean = np.divide(total, used, out=np.zeros_like(total), where=used > 0)
    return {level.name: stored(mean, level.format, True)}
