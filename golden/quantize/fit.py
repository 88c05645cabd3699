"""Scales, tables and codes of one plane, chosen by the error that is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..description import Plane, Span
from ..errors import DesignError
from ..formats import Format, Rounding
from ..tensor import spread
from .rules import SCALE_RULES, reach, wanted
from .scales import Array, Wanted, blocks, divide, inner_scales, outer_scales, product_of, sums_of

Scales = dict[str, Array]


@dataclass(frozen=True)
class Fit:
    """What stands for a plane's values.

    Parameters
    ----------
    codes : of the elements, rows × K.
    scales : level name -> codes.
    table : of each block, which of the tables its codes are of.
    error : of each block, the sum of squares of what is left, over its greatest magnitude squared.
    """

    codes: Array
    scales: Scales
    table: Array
    error: Array


@dataclass(frozen=True)
class Task:
    """Values (rows × K) for a plane whose elements have one of ``tables`` in each block.

    ``span`` is that of a block: of the first level of scales, if there is one. ``given`` are codes
    of all levels but the first, where they are known. With ``saturate`` a scale that its format
    cannot hold becomes the nearest that it can.
    """

    x: Array
    plane: Plane
    tables: Sequence[Format]
    span: Span
    rounding: Rounding = "nearest_even"
    given: Scales | None = None
    saturate: bool = False

    def fit(self, rule: str) -> Fit:
        """By a scale rule; DesignError if the format of a scale cannot hold what it asks for."""
        if not self.plane.scales:
            return self._best(self._measured({}, index) for index in range(len(self.tables)))
        return self._least_squares() if rule == "mse" else self._by_rule(rule)

    def _by_rule(self, rule: str) -> Fit:
        """All tables are measured beside one set of outer scales."""
        asks = self._asks(rule)
        outer = self.given
        if outer is None:
            outer = outer_scales(self.x.shape, self.plane.scales, self._ideal(asks))
        alone = not outer and not self.saturate
        return self._best(
            self._measured(outer | self._inner(ask, outer, strict=alone), index)
            for index, ask in enumerate(asks)
        )

    def _least_squares(self) -> Fit:
        """The best of many stored scales for each block, beside the outer scales of a rule.

        Where there are outer scales, those that another rule brings may serve better as a whole:
        its blocks are taken, outer block by outer block.
        """
        plain = dict(self._rules())
        first = next(iter(plain))
        outer = {lv.name: plain[first].scales[lv.name] for lv in self.plane.scales[1:]}
        best = self._best(self._candidates(outer), plain[first])
        for rule, fit in plain.items():
            if outer and rule != first:
                best = self._better(best, fit, self._outermost())
        return best

    def _rules(self) -> Iterator[tuple[str, Fit]]:
        """What every rule gives whose scales can be stored."""
        refused: DesignError | None = None
        some = False
        for rule in SCALE_RULES:
            try:
                if rule != "mse":
                    yield rule, self._by_rule(rule)
                    some = True
            except DesignError as error:
                refused = refused or error
        if refused and not some:
            raise refused

    def _candidates(self, outer: Scales) -> Iterator[Fit]:
        """Every table with the scales of all rules, and with those of a grid, as stored."""
        level = self.plane.scales[0]
        for index, table in enumerate(self.tables):
            asks = [wanted(self.x, self.span, table, rule) for rule in SCALE_RULES if rule != "mse"]
            asks += [
                replace(asks[0], value=asks[0].value * factor, nearest=True)
                for factor in _grid(reach(table), level.format)
            ]
            tried: list[Array] = []
            for ask in asks:
                inner = self._inner(ask, outer)
                codes = inner[level.name]
                if not any(np.array_equal(codes, other) for other in tried):
                    tried.append(codes)
                    yield self._measured(outer | inner, index)

    def _asks(self, rule: str) -> list[Wanted]:
        return [wanted(self.x, self.span, table, rule) for table in self.tables]

    def _ideal(self, asks: list[Wanted]) -> Wanted:
        """Of each block what its best table asks for, if scales were real numbers."""
        best, error = asks[0], np.full(asks[0].value.shape, np.inf)
        for table, ask in zip(self.tables, asks, strict=True):
            if len(asks) == 1:
                break
            scale = spread(ask.value / ask.unit, self.span, self.x.shape)
            ratio = np.divide(self.x, scale, out=np.zeros_like(self.x), where=scale != 0)
            own = self._error(table.decode(table.encode(ratio, self.rounding)) * scale)
            value = np.where(own < error, ask.value, best.value)
            best = Wanted(value, np.where(own < error, ask.unit, best.unit), ask.nearest)
            error = np.minimum(own, error)
        return best

    def _inner(self, ask: Wanted, outer: Scales, strict: bool = False) -> Scales:
        level = self.plane.scales[0]
        room = product_of(self.plane.scales[1:], outer, self.x.shape)
        return {level.name: inner_scales(level, ask, room, strict=strict)}

    def _measured(self, scales: Scales, index: int) -> Fit:
        """With scales as stored, and the table of that index everywhere."""
        table = self.tables[index]
        codes = table.encode(divide(self.x, self.plane, scales), self.rounding)
        total = product_of(self.plane.scales, scales, self.x.shape)
        error = self._error(table.decode(codes) * total)
        return Fit(codes, scales, np.full(error.shape, index), error)

    def _error(self, found: Array) -> Array:
        largest = np.abs(blocks(self.x, self.span)).max(axis=2)
        unit = spread(np.where(largest > 0, largest, 1.0), self.span, self.x.shape)
        return sums_of(np.square((found - self.x) / unit), self.span)

    def _best(self, fits: Iterable[Fit], best: Fit | None = None) -> Fit:
        """Block by block the least error, the first of two that are as good."""
        for fit in fits:
            best = fit if best is None else self._taken(best, fit, fit.error < best.error)
        assert best is not None
        return best

    def _outermost(self) -> Span:
        """The span of the last level, or all where blocks do not lie within it."""
        span = self.plane.scales[-1].span
        whole = all(_within(level.span, span) for level in self.plane.scales)
        return span if whole else Span()

    def _better(self, best: Fit, other: Fit, span: Span) -> Fit:
        """The fit that leaves less in an outer block altogether."""
        largest = np.abs(blocks(self.x, self.span)).max(axis=2)
        weight = np.square(largest / max(largest.max(), np.finfo(float).tiny))
        many = _blocks_of(self.span, span)
        before, after = (sums_of(fit.error * weight, many) for fit in (best, other))
        return self._taken(best, other, spread(after < before, many, best.error.shape))

    def _taken(self, best: Fit, other: Fit, where: Array) -> Fit:
        """``best``, and ``other`` in the blocks ``where``."""
        chosen = spread(where, self.span, self.x.shape)
        scales = {}
        for level in self.plane.scales:
            own = blocks(chosen, level.span)[..., 0]
            scales[level.name] = np.where(own, other.scales[level.name], best.scales[level.name])
        return Fit(
            np.where(chosen, other.codes, best.codes),
            scales,
            np.where(where, other.table, best.table),
            np.where(where, other.error, best.error),
        )


def _within(inner: Span, outer: Span) -> bool:
    """Whether the blocks of ``inner`` lie whole in those of ``outer``."""
    sides = (inner.rows, outer.rows), (inner.columns, outer.columns)
    return all(big is None or (small is not None and big % small == 0) for small, big in sides)


def _blocks_of(inner: Span, outer: Span) -> Span:
    """How many blocks of ``inner`` a block of ``outer`` has along each axis."""

    def many(small: int | None, big: int | None) -> int | None:
        return 1 if small is None else big and big // small

    return Span(many(inner.rows, outer.rows), many(inner.columns, outer.columns))


def _grid(top: float, scale: Format) -> Array:
    """Factors of absmax's scale, from a quarter to where 1 stands for the greatest value.

    Eight an octave where scales clip or nearly do, four beyond, one where the element spans more
    than ten octaves; of powers of two every one.
    """
    octaves = max(int(np.ceil(np.log2(top))), 1)
    if scale.significand_width == 1:
        return np.asarray(np.exp2(np.arange(-2.0, octaves + 1)))
    wide = np.arange(1, octaves + 0.25, 0.25 if octaves <= 10 else 1)
    return np.asarray(np.exp2(np.concatenate([np.arange(-2, 1, 0.125), wide])))
