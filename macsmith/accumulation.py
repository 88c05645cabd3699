"""How products are summed, as options of the command line say it."""

from __future__ import annotations

from dataclasses import replace
from itertools import starmap
from typing import Protocol

from .golden.description import Stage
from .golden.errors import DesignError, UnknownName, option
from .golden.formats import Minifloat, lookup

#: P where rule fp is chosen and nobody says how many partial sums: the plain sum in order.
PARTIALS = 1


class Sums(Protocol):
    """What options say of sums; None where they say nothing."""

    @property
    def lanes(self) -> int | None: ...
    @property
    def accumulate(self) -> str | None: ...
    @property
    def overflow(self) -> str | None: ...
    @property
    def partials(self) -> int | None: ...
    @property
    def fraction(self) -> int | None: ...
    @property
    def accumulator(self) -> str | None: ...


def stages_of(
    stages: tuple[Stage, ...], options: Sums, lanes: int, grouped: bool
) -> tuple[Stage, ...]:
    """``stages`` with what the options say of sums; ``grouped``: they close once a group.

    A step sums ``lanes`` products. Raises DesignError for options of other rules.
    """
    if options.accumulate is not None:
        stages = _accumulate(options.accumulate, options, lanes, grouped)
    elif options.fraction is not None or options.accumulator is not None:
        raise _aligned_only(options)
    elif options.lanes is not None and stages[0].terms is not None:
        stages = (replace(stages[0], terms=lanes), *stages[1:])
    if options.overflow is not None:
        if stages[0].rule != "int":
            raise DesignError(
                f"--overflow {options.overflow} belongs to integer sums; these are "
                f"{stages[0].rule}",
                {"accumulate": "int32"},
                {"overflow": None},
            )
        terms = lanes if options.overflow == "saturate" and not grouped else None
        stages = (replace(stages[0], overflow=options.overflow, terms=terms), *stages[1:])
    if options.partials is not None:
        if stages[-1].rule not in ("fp", "aligned"):
            raise DesignError(
                f"--partials {options.partials} belongs to sums in floating point; these are "
                f"{stages[-1].rule}",
                {"accumulate": "fp32"},
                {"partials": None},
            )
        stages = (*stages[:-1], replace(stages[-1], partials=options.partials))
    return stages


def _accumulate(rule: str, options: Sums, lanes: int, grouped: bool) -> tuple[Stage, ...]:
    """The stages that --accumulate names."""
    if rule != "aligned" and (options.fraction is not None or options.accumulator is not None):
        raise _aligned_only(options)
    if rule == "exact":
        return (Stage(),)
    if rule == "aligned":
        if options.fraction is None:
            raise DesignError(
                "--accumulate aligned needs --fraction, the bits kept below the greatest exponent "
                "(13 on Hopper's FP8, 25 on Blackwell)",
                {"fraction": 25},
            )
        form = lookup(options.accumulator or "fp32")
        inner = Stage("aligned", format=form, fraction=options.fraction, terms=lanes)
        return (inner, *floating("fp32", options)[1:]) if grouped else (inner,)
    try:
        form = lookup(rule)
    except UnknownName:
        known = ("exact", "aligned", "int32", "int48", "fp32", "bf16", "fp16")
        raise UnknownName("accumulation", rule, known) from None
    if isinstance(form, Minifloat):
        return floating(rule, options)
    return (Stage("int", format=form),)


def _aligned_only(options: Sums) -> DesignError:
    given = {"fraction": options.fraction, "accumulator": options.accumulator}
    given = {name: value for name, value in given.items() if value is not None}
    return DesignError(
        f"{' '.join(starmap(option, given.items()))} belongs to --accumulate aligned",
        {"accumulate": "aligned"},
        dict.fromkeys(given),
    )


def floating(form: str, options: Sums) -> tuple[Stage, ...]:
    """Exact within a group, then rounded additions."""
    partials = PARTIALS if options.partials is None else options.partials
    return Stage(), Stage("fp", format=lookup(form), partials=partials)
