"""From an engine to the plan of its hardware; says what cannot be built."""

from __future__ import annotations

from dataclasses import replace

from ...golden.bounds import Range, result_range
from ...golden.description import Arithmetic, Build, Engine, Sparse
from ...golden.errors import DesignError
from ...golden.formats import Minifloat
from ...golden.products import RULES
from ...golden.terms import accumulators
from ..arith.rows import LONGEST
from ..arith.sums import Sum
from ..datapaths import Dsp, SeenForm, SerialForm
from ..dsp.kinds import kind_of
from ..plan.array_plan import ArrayPlan
from ..plan.modes import modal
from ..plan.path import PathPlan
from ..plan.plan import Plan
from ..plan.sharing import check_partials
from ..plan.terms import planned_terms
from ..scale.path import planned as path

#: Datapaths of sums whose products are aligned.
_ALIGNING = ("auto", "multiply", "dsp")


def plan(engine: Engine) -> ArrayPlan:
    """The plan of ``engine``.

    Raises DesignError for what cannot be built, and for sums wider than 128 bits.
    """
    if len(engine.modes) > 1:
        _check_modes(engine)
    modes = tuple(_single(engine, mode) for mode in range(len(engine.modes)))
    return modes[0] if len(modes) == 1 else modal(engine, modes)


def _single(engine: Engine, mode: int) -> Plan:
    """The plan of a mode, as if it were the only one."""
    arithmetic, build = engine.modes[mode].compressed, engine.build
    structure = engine.modes[mode].weight.structure
    _check(engine.name, arithmetic)
    lanes, group = engine.lanes(mode), arithmetic.group
    if group == arithmetic.k_max:
        group = None  # the reduction is one group
    sums, found = planned_terms(arithmetic, lanes, group)
    simple = arithmetic.output.format is None and not arithmetic.levels and len(sums) == 1
    if simple and len(arithmetic.accumulate) == 1:
        sums, found = (_preloaded(arithmetic, sums[0]),), ()
    if structure is not None:
        _check_sparse(engine.name, structure, build)
    planned = Plan(
        arithmetic=arithmetic,
        build=build,
        lanes=lanes,
        group=group,
        sums=sums,
        accumulators=found,
        structure=structure,
    )
    if planned.serial:
        planned = replace(planned, path=path(planned))
    if planned.stationary:
        _check_stationary(engine.name, planned)
    _check_shared(engine.name, planned)
    _check_build(engine.name, planned)
    if planned.path is not None:
        _check_path(engine.name, planned, planned.path)
    return planned


def _check_path(name: str, planned: Plan, scaling: PathPlan) -> None:
    """Raise DesignError unless a scale path can make the results."""
    if planned.arithmetic.initial is not None:
        raise DesignError(
            f"{name} scales its sums; hardware starts only unscaled sums of one plane a "
            "side from initial: leave it out, or use a bias"
        )
    check_partials(planned, scaling.shared)


def _check_modes(engine: Engine) -> None:
    """Raise DesignError for what several modes cannot share."""
    name, build = engine.name, engine.build
    for arithmetic in engine.modes:
        if arithmetic.weight.structure is not None:
            raise DesignError(
                f"{name} has several modes, of which one is sparse "
                f"({arithmetic.weight.structure}): build that mode as an engine of its own"
            )
        if RULES[arithmetic.product].shares != (1, 1):
            raise DesignError(
                f"{name} has several modes, of which {arithmetic.product} products share blocks: "
                "build that mode as an engine of its own"
            )
    if build.digits == "nonzero":
        raise DesignError(
            f"{name} has several modes, whose digits all take a cycle: choose --digits all, or "
            "build a mode as an engine of its own"
        )
    if build.flow == "weight_stationary":
        raise DesignError(
            f"{name} has several modes, whose weights do not stay: choose --flow broadcast or "
            "systolic_os, or build a mode as an engine of its own"
        )
    if build.digit_sums == "apart":
        raise DesignError(
            f"{name} has several modes, whose digits are added every step: choose "
            "--digit-sums joined, or build a mode as an engine of its own"
        )


def _check_stationary(name: str, planned: Plan) -> None:
    """Raise DesignError unless weights can stay while activations pass."""
    build, arithmetic = planned.build, planned.arithmetic
    flows = "--flow broadcast or systolic_os"
    if build.policy != "dsp" or build.datapath not in ("auto", "dsp"):
        policy = "--policy dsp, with " if build.policy != "dsp" else ""
        raise DesignError(
            f"weights of {name} stay in DSP blocks: choose {policy}--datapath auto or dsp, or "
            f"{flows}"
        )
    if planned.serial or len(planned.sums) > 1 or not planned.simple:
        raise DesignError(
            f"{name} scales, rounds, saturates or starts its sums, or keeps their carries; weights "
            f"stay only for single exact sums: choose {flows}"
        )
    formats = planned.sums[0].pairs[0].formats
    if not (Dsp.packs(*formats) and Dsp.fits(*formats, build.blocks)):
        raise DesignError(
            f"{' × '.join(fmt.name for fmt in formats)} of {name} are no numbers without exponent, "
            f"or can be NaN, or are too wide for a DSP block, in which weights stay: choose {flows}"
        )
    if arithmetic.k_max > planned.lanes:
        raise DesignError(
            f"weights that stay are summed over the lanes alone, and results leave every step: K "
            f"is at most {planned.lanes} lanes, got {arithmetic.k_max}; choose --k-max "
            f"{planned.lanes}, more --lanes, or {flows}"
        )
    if not kind_of(build.blocks).geometry.swaps:
        raise DesignError(
            f"the DSP blocks for {name}, {build.blocks}, have no registers for weights that stay: "
            f"choose {flows}"
        )


def _check_sparse(name: str, structure: Sparse, build: Build) -> None:
    """Raise DesignError for a build whose rows cannot pick activations."""
    if build.flow != "broadcast":
        raise DesignError(
            f"the rows of {name} ({structure}) pick activations out of whole windows: choose "
            f"--flow broadcast, got {build.flow}"
        )
    if build.digits == "nonzero":
        raise DesignError(
            f"{name} ({structure}) leaves out elements, not digits: choose --digits all"
        )


def _check_shared(name: str, planned: Plan) -> None:
    """Raise DesignError unless rows and columns come together whose products share blocks."""
    build, arithmetic = planned.build, planned.arithmetic
    rule, pair = RULES[arithmetic.product], planned.sums[0].pairs[0]
    rows, cols = rule.shares
    if rows * cols == 1:
        return
    if build.policy != "dsp":
        raise DesignError(
            f"the products of {name} ({rule.name}) share DSP blocks: choose --policy dsp"
        )
    if build.flow == "weight_stationary":
        raise DesignError(
            f"the products of {name} ({rule.name}) share DSP blocks that hold no weights: choose "
            f"--flow broadcast or systolic_os, got {build.flow}"
        )
    if not planned.simple:
        raise DesignError(
            f"the products of {name} ({rule.name}) share DSP blocks, which needs single sums that "
            "start from zero, neither saturate nor are rounded, and keep no carries and no digits "
            "apart: leave these options out"
        )
    if build.rows % rows or build.cols % cols:
        raise DesignError(
            f"the products of {rows} rows and {cols} columns of {name} share a block "
            f"({rule.name}): choose --rows a multiple of {rows} and --cols of {cols}, "
            f"got {build.rows} and {build.cols}"
        )
    blocks = planned.blocks(planned.sums[0])
    assert blocks is not None
    if blocks.found is None:
        raise DesignError(
            f"the factors of {name} ({rule.name}) are wider than the DSP blocks ({build.blocks}): "
            f"{' × '.join(fmt.name for fmt in pair.formats)} needs dsp48e2 or dsp48e1"
        )


def _check_build(name: str, planned: Plan) -> None:
    """Raise DesignError unless the sums can be laid out as the build says."""
    build, sums = planned.build, planned.sums
    saturates = any(item.stage.saturates for item in sums)
    exact = planned.arithmetic.product == "exact"
    if build.blocks != "auto" and build.policy != "dsp":
        raise DesignError(
            f"{name} names DSP blocks ({build.blocks}), which the policy {build.policy} does "
            "without: choose --policy dsp, or --blocks auto"
        )
    if planned.aligned and exact and build.datapath not in _ALIGNING:
        others = [kind for kind in _ALIGNING if kind != Dsp.name or build.policy == "dsp"]
        raise DesignError(
            f"{name} aligns its products, which {build.datapath} sums without; choose "
            f"--datapath {' or '.join(others)}"
        )
    if planned.carry_save and (saturates or planned.aligned):
        raise DesignError(
            f"{name} saturates or rounds every step, which needs the carries: choose "
            "--carries added"
        )
    if planned.cycles > 1 and saturates:
        raise DesignError(
            f"{name} saturates after every step; {build.datapath} adds a step in "
            f"{planned.cycles} parts: choose another datapath, or an exact sum"
        )
    forms = [item.form for side in range(2) for item in planned.inputs(side).values()]
    serial = [form for form in forms if form.parts > 1]
    planes = {form.parts for form in serial if not isinstance(form, SerialForm)}
    if planned.skips and not (serial and all(isinstance(form, SeenForm) for form in serial)):
        raise DesignError(
            f"{name} takes no operand digit by digit, so none can be left out: choose "
            "--digits all, or --datapath bit_serial"
        )
    if len(planes) > 1:
        raise DesignError(
            f"the planes of {name} take {' and '.join(map(str, sorted(planes)))} cycles bit by "
            f"bit; {build.datapath} needs as many for all: choose --datapath bit_serial"
        )
    if planned.apart:
        _check_apart(name, planned)


def _check_apart(name: str, planned: Plan) -> None:
    """Raise DesignError unless the sums of digits can be kept apart."""
    sums, build = planned.sums, planned.build
    if not all(item.plain and not item.initial and not item.aligned for item in sums) or any(
        item.stage.saturates for item in sums
    ):
        raise DesignError(
            f"{name} adds several products, starts from a number, aligns or saturates in its sums; "
            "sums of digits are kept apart of single exact products: choose --digit-sums joined"
        )
    dots = [(planned.dot(item.pairs[0]), -(-item.count // planned.lanes)) for item in sums]
    longest = max(total.times(count).width for dot, count in dots for total in dot.sums)
    if planned.segment or longest > LONGEST:
        raise DesignError(
            f"a sum of {name} has more than 32 bits, whose digits are not kept apart: choose "
            "--digit-sums joined, or a smaller --k-max"
        )
    counts = {len(planned.dot(item.pairs[0]).sums) for item in sums}
    if counts == {1}:
        raise DesignError(
            f"the products of {name} are not made of several digits with datapath "
            f"{build.datapath}, whose sums could be kept apart: choose --datapath booth, or "
            "--digit-sums joined"
        )
    if len(counts) > 1:
        raise DesignError(
            f"the products of {name} have {' or '.join(map(str, sorted(counts)))} digits; only as "
            "many in each sum are kept apart: choose --digit-sums joined"
        )


def _check(name: str, arithmetic: Arithmetic) -> None:
    """What no hardware here can build."""
    if arithmetic.accumulate[-1].saturates and any(
        len(item.terms) > 1 for item in accumulators(arithmetic)
    ):
        raise DesignError(
            f"{name} saturates a sum of several scaled terms in turn; hardware adds one term: use "
            "one scale for all planes, or an exact sum"
        )
    for operand in (arithmetic.weight, arithmetic.activation):
        for level in operand.levels:
            if level.when == "end" and not isinstance(level.format, Minifloat):
                raise DesignError(
                    f"the scale {level.name!r} of {name} acts at the end in the integer format "
                    f"{level.format.name}: give it a float format, or let it "
                    "act on groups (--group N, in TOML when = 'group')"
                )


def _preloaded(arithmetic: Arithmetic, item: Sum) -> Sum:
    """A sum that is itself the result: its start, and its width if it wraps."""
    stage, initial = arithmetic.accumulate[0], arithmetic.initial
    start = Range(item.total.lsb, initial.low, initial.high) if initial else None
    if stage.rule != "aligned":
        result_range(arithmetic)  # raises if too wide
    return Sum(item.pairs, item.lanes, item.count, start, stage)
