"""Designs of two halves: the weight of one design, the activation of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd

from .golden.bounds import inner_range, result_range
from .golden.description import Arithmetic, Build, Engine, Output, Stage
from .golden.errors import DesignError
from .golden.formats import lookup
from .golden.terms import accumulators
from .hw.engine.planner import plan
from .options import whole_groups


@dataclass(frozen=True)
class Half:
    """A design that gives its weight or its activation to a pair.

    Parameters
    ----------
    name : of the preset or of the element format.
    engine : the design; of an element format its unscaled pair with itself.
    preset : whether it is one; element formats say nothing of sums, products or results.
    """

    name: str
    engine: Engine
    preset: bool


def paired(name: str, weight: Half, activation: Half, *, whole: bool = True) -> Engine:
    """The weight of the one with the activation of the other.

    What else a design says is taken as follows, where halves differ:

    - sums: alike in both, or of the only preset, they stay if they fit. Else they are exact where
      128 bits hold them; or exact in a group and FP32 across, with the larger number of partial
      sums of both, or as many as the default shape needs; or aligned as in the half that is;
    - the result: of the weight's, or the activation's where that is raw; FP32 where scales act;
    - k-max: the larger, up to whole groups;
    - the build: of both if alike, else the default one, with lanes that divide the group.

    ``whole`` is False where options will say how sums accumulate: they stay exact, of any width.

    Raises DesignError, in one line, where the halves do not fit: by their modes, product rules,
    planes, structure, groups or scales.
    """
    modes = weight.engine.modes, activation.engine.modes
    if len(modes[0]) != len(modes[1]):
        counts = " and ".join(f"{h.name} has {len(h.engine.modes)}" for h in (weight, activation))
        raise DesignError(f"both halves of a pair need the same number of modes: {counts}")
    if weight == activation:
        return replace(weight.engine, name=name)
    try:
        made = _engine(name, weight, activation, whole)
        return _with_partials(made) if whole else made
    except DesignError as error:
        halves = f"the weight of {weight.name} does not fit the activation of {activation.name}"
        what = f"{halves}: {error.what}"
        raise DesignError(what, *error.advice, otherwise=error.otherwise) from None


def _engine(name: str, weight: Half, activation: Half, whole: bool) -> Engine:
    halves = tuple(half for half in (weight, activation) if half.preset)
    builds = {half.engine.build for half in halves}
    build = builds.pop() if len(builds) == 1 else Build()
    modes = [
        _arithmetic(weight, activation, mode, build.lanes, whole)
        for mode in range(len(weight.engine.modes))
    ]
    if len(modes) == 1 and modes[0].accumulate[0].terms is None:
        build = replace(build, lanes=_lanes(modes[0], build.lanes))
    return Engine(name, tuple(modes), build)


def _lanes(arithmetic: Arithmetic, lanes: int) -> int:
    """Lanes that divide the groups, and the spans of selections."""
    compressed = arithmetic.compressed
    selects = [side.select for side in (compressed.weight, compressed.activation)]
    spans = [item.span.columns for item in selects if item]
    return gcd(lanes, compressed.group or 0, *(size for size in spans if size))


def _arithmetic(weight: Half, activation: Half, mode: int, lanes: int, whole: bool) -> Arithmetic:
    left, right = weight.engine.modes[mode], activation.engine.modes[mode]
    given = [side for side, half in ((left, weight), (right, activation)) if half.preset]
    products = [side.product for side in given]
    if len(set(products)) > 1:
        raise DesignError(
            f"their product rules differ, {products[0]} and {products[1]}: a pair has one"
        )
    combine = _combined(left, right)
    initial = {side.initial for side in given}
    rest = {
        "combine": combine,
        "product": products[0],
        "initial": initial.pop() if len(initial) == 1 else None,
    }
    refused: DesignError | None = None
    for stages in _stages(left, right, given, lanes) if whole else [(Stage(),)]:
        longest = whole_groups(
            max(side.k_max for side in given), left.weight, right.activation, stages
        )
        try:
            output = _output(given, bool(left.weight.levels or right.activation.levels))
            made = Arithmetic(
                left.weight,
                right.activation,
                accumulate=stages,
                output=output,
                k_max=longest,
                **rest,  # type: ignore[arg-type]
            )
            if whole:
                _check_widths(made)
        except DesignError as error:
            if refused is None or stages[0].rule != "aligned":
                refused = error
        else:
            return made
    assert refused is not None
    raise refused


def _combined(left: Arithmetic, right: Arithmetic) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The table of signs: that of both; any is alike where all planes are simply added."""
    if left.combine == right.combine and len(left.weight.planes) == len(right.weight.planes):
        if len(left.activation.planes) == len(right.activation.planes):
            return left.combine
    plain = all(
        len(side.combine) == 1 and all(sign == 1 for signs in side.combine[0] for sign in signs)
        for side in (left, right)
    )
    if not plain:
        raise DesignError(
            "complex or signed planes, whose products are not just added, go only with their like: "
            "choose both halves with such planes, or neither"
        )
    return ()


def _stages(
    left: Arithmetic, right: Arithmetic, given: list[Arithmetic], lanes: int
) -> Iterator[tuple[Stage, ...]]:
    """Ways to accumulate, the first that fits is taken."""
    grouped = bool(left.weight.group or right.activation.group)
    if len({side.accumulate for side in given}) == 1:
        yield given[0].accumulate
    yield (Stage(),)
    partials = max(side.accumulate[-1].partials for side in given)
    across = Stage("fp", format=lookup("fp32"), partials=partials)
    if grouped:
        yield Stage(), across
    for side in given:
        if side.aligned:
            inner = replace(side.accumulate[0], terms=lanes, span=None)
            yield (inner, across) if grouped else (inner,)


def _output(given: list[Arithmetic], scaled: bool) -> Output:
    for side in given:
        if side.output.format is not None:
            return side.output
    return Output(lookup("fp32")) if scaled else given[0].output


def _check_widths(arithmetic: Arithmetic) -> None:
    """Raise DesignError where an exact sum is wider than hardware builds."""
    if arithmetic.accumulate[-1].rule in ("exact", "int"):
        result_range(arithmetic)
    elif arithmetic.accumulate[0].rule == "exact":
        for item in accumulators(arithmetic):
            for term in item.terms:
                inner_range(term, arithmetic)


def _with_partials(engine: Engine) -> Engine:
    """``engine``, with as many partial sums as its shape needs at the least."""
    try:
        plan(engine)
    except DesignError as error:
        if (needed := error.advised("partials")) is None:
            raise
        arithmetic = engine.arithmetic
        *inner, last = arithmetic.accumulate
        stages = (*inner, replace(last, partials=int(str(needed))))
        engine = replace(engine, modes=(replace(arithmetic, accumulate=stages),))
        plan(engine)
    return engine
