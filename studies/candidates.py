"""Designs made comparable: as many MACs a cycle, as long reductions, with the command of each."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from math import isqrt

from ..boards import Board, fitted
from ..designs import Options, design
from ..golden.description import Build, Engine
from ..golden.errors import DesignError, option
from ..hw.engine.hardware import EngineHardware
from ..library import explain

#: Products that a row and column sums a step, the first that serves all designs.
LANES = (16, 8, 32, 4, 2, 1, 64, 128)

#: Whoever compares more waits for hours.
MOST = 64

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Candidate:
    """An engine as it is compared.

    Parameters
    ----------
    name : as it was asked for.
    options : what shapes it.
    engine : the design with these.
    hardware : what it is built of on the board.
    base : the shape that all were asked for; where a step takes several cycles, its own has more
        rows.
    """

    name: str
    options: Options
    engine: Engine
    hardware: EngineHardware
    base: Shape

    @property
    def policy(self) -> str:
        return self.engine.build.policy

    @property
    def shape(self) -> Shape:
        return _sides(self.engine.build)

    @property
    def rate(self) -> Fraction:
        """MACs a cycle, in the first mode."""
        found = next(iter(self.hardware.rates.values()))
        return Fraction(found).limit_denominator(1 << 16)

    @property
    def words(self) -> str:
        """The design with its options, as on a command line."""
        given = {f.name: getattr(self.options, f.name) for f in fields(self.options)}
        told = [option(name, value) for name, value in given.items() if value is not None]
        return " ".join([shlex.quote(self.name), *told])


def _sides(build: Build) -> Shape:
    return build.rows, build.cols, build.lanes


def buildable(name: str, options: Options, board: Board) -> Candidate:
    """The engine called ``name`` on a board, with as many partial sums as its shape needs.

    Raises DesignError for what cannot be built.
    """
    if not isinstance(own := design(name), Engine):
        raise DesignError(
            f"{name} is a {explain(own).kind}, no engine: it makes no MACs to compare"
        )
    found: Engine = design(name, options)
    try:
        hardware = explain(fitted(found, board)).alone
    except DesignError as error:
        if (needed := error.advised("partials")) is None:
            raise
        # A whole tree of them.
        options = replace(options, partials=1 << (int(str(needed)) - 1).bit_length())
        last, given = found.modes[0].accumulate[-1], own.modes[0].accumulate[-1]
        if last.rule == "fp" and given.rule != "fp" and last.format is not None:
            # It is the scales of the options that no exact sum holds: partial sums are theirs.
            options = replace(options, accumulate=last.format.name)
        found = design(name, options)
        hardware = explain(fitted(found, board)).alone
    if not isinstance(hardware, EngineHardware):
        raise DesignError(
            f"{name} with a requantizer is a chain, no engine: it makes no MACs to compare",
            {"requantize": None},
        )
    return Candidate(name, options, found, hardware, _sides(found.build))


def candidate(name: str, shape: Shape, k: int, policy: str, board: Board) -> Candidate:
    """The design called ``name`` in a shape, for reductions over ``k``. Raises DesignError."""
    rows, cols, lanes = shape
    options = Options(rows=rows, cols=cols, lanes=lanes, k_max=k, policy=policy)
    return buildable(name, options, board)


def equal(name: str, macs: int, shape: Shape, k: int, policy: str, board: Board) -> Candidate:
    """As :func:`candidate`, with so many MACs a cycle: where a step takes several cycles there are
    as many times the rows, where words hold several elements fewer.

    Raises DesignError where no number of rows makes them equal.
    """
    found = candidate(name, shape, k, policy, board)
    if found.rate == macs:
        return found
    rows = shape[0] * Fraction(macs) / found.rate
    if rows.denominator == 1:
        found = replace(candidate(name, (int(rows), *shape[1:]), k, policy, board), base=shape)
    if found.rate != macs:
        made = "x".join(map(str, found.shape))
        raise DesignError(
            f"{found.rate} MACs a cycle at {made}, and no number of rows makes {macs}; give "
            "another --macs, or leave the design out"
        )
    return found


def shapes(
    macs: int, rows: int | None = None, cols: int | None = None, lanes: int | None = None
) -> Iterator[Shape]:
    """Shapes of so many MACs a step, the preferred first: 16 lanes, and nearly as many columns as
    rows; those that have the sides that are given."""
    for lane in LANES if lanes is None else (lanes,):
        if macs % lane:
            continue
        left = macs // lane
        sides = [(left // c, c) for c in range(isqrt(left), 0, -1) if left % c == 0]
        sides += [(c, r) for r, c in reversed(sides) if r != c]
        for r, c in sides:
            if rows in (None, r) and cols in (None, c):
                yield r, c, lane


def together(
    names: Sequence[str],
    macs: int,
    k: int,
    policies: Sequence[str],
    board: Board,
    tried: Sequence[Shape],
) -> list[Candidate]:
    """Each design under each policy, all in the first shape of ``tried`` that serves all.

    Raises DesignError, with the reason of the first shape, where none does.
    """
    first: DesignError | None = None
    for shape in tried:
        found = []
        try:
            for name in names:
                found += [_named(name, macs, shape, k, policy, board) for policy in policies]
        except DesignError as error:
            first = first or error
            continue
        return found
    if first is None:
        raise DesignError(
            f"rows × cols × lanes must make {macs} MACs a step: no shape has the sides given"
        )
    raise first


def _named(name: str, macs: int, shape: Shape, k: int, policy: str, board: Board) -> Candidate:
    """:func:`equal`; errors begin with the design's name and shape."""
    try:
        return equal(name, macs, shape, k, policy, board)
    except DesignError as error:
        if name in error.what:
            raise
        made = "x".join(map(str, shape))
        ways = f"{name} at {made}: {error.what}"
        raise DesignError(ways, otherwise="choose other --rows, --cols, --lanes or --k"
                          if error.advice else "") from None  # fmt: skip
