"""Which stages and outputs fit an arithmetic's operands: one line for what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Change, DesignError
from ..formats import Integer
from ..products import RULES
from ..reach import nan_source
from ..terms import accumulators

if TYPE_CHECKING:
    from .arithmetic import Arithmetic


def check_stages(arithmetic: Arithmetic) -> None:
    """Raise DesignError unless the stages follow one another and sum what the operands give."""
    stages, k_max = arithmetic.accumulate, arithmetic.k_max
    if not stages:
        raise DesignError("accumulate needs at least one stage")
    if len(stages) > 2:
        raise DesignError(f"accumulate has two stages at most, got {len(stages)}")
    if any(stage.rule == "fp" for stage in stages[:-1]):
        raise DesignError("rule fp must come last: nothing follows a rounded sum")
    if len(stages) == 2 and stages[1].rule != "fp":
        raise DesignError(f"the second of two stages has rule fp, got {stages[1].rule}")
    if stages[-1].span:
        raise DesignError(
            f"the last stage takes all that comes: it has no span, got {stages[-1].span}"
        )
    if stages[-1].rule == "fp" and not arithmetic.group:
        raise DesignError(
            "rule fp adds up the sums of groups, and no scale has any",
            {"group": 128},
            {"accumulate": "exact"},
            otherwise="give the stage before it a span",
        )
    if arithmetic.aligned:
        _check_aligned(arithmetic)
    _check_span(arithmetic)
    if any(stage.saturates for stage in stages):
        _check_saturating(arithmetic)
    whole = stages[0].span or arithmetic.group or 1
    if k_max % whole:
        what = "span" if stages[0].span else "group"
        raise DesignError(
            f"k-max must be a multiple of the {what} {whole} (matrices may be "
            f"shorter), got {k_max}",
            {"k_max": -(-k_max // whole) * whole},
        )


def _check_span(arithmetic: Arithmetic) -> None:
    span, group = arithmetic.accumulate[0].span, arithmetic.group
    if not span or not group:
        return
    if span % group:
        raise DesignError(f"a stage's span must be a multiple of the group {group}, got {span}")
    for level in arithmetic.levels:
        size = level.span.columns
        if size and not level.integer and size % span:
            raise DesignError(
                f"the scale {level.name!r} changes every {size} elements: a stage's span must "
                f"divide that, got {span}"
            )


#: Sums that align nothing.
_OTHER_SUMS: tuple[Change, ...] = tuple({"accumulate": rule} for rule in ("exact", "fp32"))


def _check_aligned(arithmetic: Arithmetic) -> None:
    """An aligned sum is one sum of one plane times one plane; its scales are floats."""
    rule = RULES[arithmetic.product]
    if rule.shares != (1, 1):
        raise DesignError(
            f"products of {rule.name} depend on each other, and rule aligned takes them one by one",
            *_OTHER_SUMS,
        )
    _check_aligned_planes(arithmetic)
    early = [level for level in arithmetic.levels if level.when != "end"]
    for level in early:
        if level.integer:
            raise DesignError(
                f"rule aligned makes floats, which the integer scale {level.name!r} "
                f"({level.format.name}) cannot multiply exactly",
                *_OTHER_SUMS,
                otherwise="give it a float format",
            )
    if len(arithmetic.accumulate) == 1:
        if early:
            raise DesignError(
                f"rule aligned alone never applies the scale {early[0].name!r} of a group",
                *_OTHER_SUMS,
                otherwise="let rule fp follow it",
            )
        return
    span, group = arithmetic.accumulate[0].span, arithmetic.group
    if span and span != group:
        raise DesignError(f"an aligned sum closes with the group of {group}, got a span of {span}")


def _check_aligned_planes(arithmetic: Arithmetic) -> None:
    """Products of each pair of planes are aligned apart: a float sum each, with scales of its
    own, which rule fp adds up."""
    signs = [sign for table in arithmetic.combine for row in table for sign in row]
    if len(arithmetic.combine) > 1 or any(sign != 1 for sign in signs):
        raise DesignError(
            "rule aligned adds products up as they are: the planes of complex numbers, or with "
            "signs, are none",
            *_OTHER_SUMS,
        )
    if len(signs) == 1:
        return
    planes = len(arithmetic.weight.planes), len(arithmetic.activation.planes)
    if len(arithmetic.accumulate) == 1:
        raise DesignError(
            "rule aligned alone sums the products of one plane a side (a zero point is a plane), "
            f"got {planes[0]} and {planes[1]}",
            *_OTHER_SUMS,
            otherwise="let rule fp follow it",
        )
    shared = [
        pair
        for item in accumulators(arithmetic)
        for term in item.terms
        for part in term.parts
        for pair in part.pairs[1:]
    ]
    if shared:
        raise DesignError(
            "rule aligned makes a float of each plane's products, which needs scales of its own; "
            f"planes {shared[0][0]} and {shared[0][1]} share theirs with others",
            *_OTHER_SUMS,
        )


def _check_saturating(arithmetic: Arithmetic) -> None:
    """A sum that saturates depends on its order: there is one, and it is stated."""
    stage = arithmetic.accumulate[0]
    if len(arithmetic.accumulate) > 1:
        raise DesignError("a saturating sum must be the only stage: fp cannot follow it")
    count = len(accumulators(arithmetic))
    if count > 1:
        raise DesignError(
            f"a saturating sum needs one accumulator, this engine has {count}",
            {"overflow": None},
        )
    if arithmetic.group and stage.terms is not None:
        raise DesignError(
            "a saturating sum adds up the scaled sums of groups: it takes no terms, "
            f"got {stage.terms}"
        )
    if not arithmetic.group and stage.terms is None:
        raise DesignError("a saturating sum needs terms, the products of a step (the lanes)")
    initial = arithmetic.initial
    if initial and stage.format and not (
        stage.format.low <= initial.low and initial.high <= stage.format.high
    ):  # fmt: skip
        raise DesignError(
            f"a saturating sum starts within its range: initial {initial.name} does not fit "
            f"{stage.format.name}",
            {"initial": stage.format.name},
        )


def check_products(arithmetic: Arithmetic) -> None:
    """Raise DesignError if the product rule cannot take a pair of elements that meet."""
    for table in arithmetic.combine:
        for plane, signs in zip(arithmetic.weight.planes, table, strict=True):
            for other, sign in zip(arithmetic.activation.planes, signs, strict=True):
                if sign:
                    RULES[arithmetic.product].check(plane.element, other.element)


def check_structure(arithmetic: Arithmetic) -> None:
    """Raise DesignError unless a sparse weight meets dense activations, window by window."""
    rule = RULES[arithmetic.product]
    if arithmetic.activation.structure is not None:
        raise DesignError("activations are dense: give a structure to the weight")
    if arithmetic.weight.structure is None:
        return
    if rule.shares != (1, 1):
        raise DesignError(
            f"products of {rule.name} depend on other rows, whose elements stand elsewhere in a "
            f"{arithmetic.weight.structure} structure",
            {"product": "exact"},
        )
    arithmetic.compressed  # noqa: B018  raises for spans of broken windows


def check_output(arithmetic: Arithmetic) -> None:
    """Raise DesignError if the output cannot take what the stages give."""
    output, initial = arithmetic.output, arithmetic.initial
    if initial is not None:
        whole = isinstance(initial, Integer) and not initial.exponent
        integer = arithmetic.accumulate[-1].rule in ("exact", "int")
        if not whole or output.format is not None or not integer:
            what = output.format.name if output.format else "raw"
            raise DesignError(
                "initial needs a plain integer format, a raw output and an exact or integer sum; "
                f"got {initial.name}, {what} and {arithmetic.accumulate[-1].rule}",
                *([] if whole else [{"initial": "int32"}]),
                {"initial": None},
                {"output": "raw", "accumulate": "exact"},
            )
    if output.format is None:
        late = [level.name for level in arithmetic.levels if level.when == "end"]
        if late:
            raise DesignError(
                f"a raw output cannot apply the scale {late[0]!r}", {"output": "fp32"}
            )
        return
    if output.bias is not None:
        _check_bias(arithmetic)
    if output.format.has_nan or output.nan == "zero":
        return
    source = nan_source(arithmetic)
    if source is not None:
        raise DesignError(
            f"{output.format.name} cannot hold NaN, which {source} can bring; nan = 'zero' makes "
            "it 0",
            {"nan": "zero"},
        )


def _check_bias(arithmetic: Arithmetic) -> None:
    bias, working = arithmetic.output.bias, arithmetic.working
    assert bias is not None
    if arithmetic.outputs > 1:
        raise DesignError(
            f"a bias needs an engine with one output, got {arithmetic.outputs}", {"bias": None}
        )
    fits = bias.significand_width <= working.significand_width and bias.lsb >= working.lsb
    if not fits or bias.maximum > working.maximum or (bias.has_inf and not working.has_inf):
        raise DesignError(
            f"the bias is added in {working.name}, which does not hold every value of {bias.name}",
            {"bias": working.name},
        )
