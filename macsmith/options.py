"""What a command line may override in a design: shape, scales, accumulation, output."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, fields, replace
from math import gcd
from typing import Any

from .accumulation import floating, stages_of
from .golden.bounds import MAX_EXACT, exact_range
from .golden.description import Arithmetic, Engine, Operand, Output, Stage
from .golden.description.axis_widths import AXIS_WIDTHS, Widths, widths_of
from .golden.description.build import AUTO, Auto
from .golden.description.structure import parse_structure
from .golden.errors import DesignError, UnknownName
from .golden.formats import Format, lookup, names
from .naming import named
from .rescale import Asked, rescaled


@dataclass(frozen=True)
class Options:
    """What a command line may override; None leaves the design's own.

    Parameters
    ----------
    name : of the engine; without it, the design's name and what the other options change.
    rows, cols, lanes, datapath, flow, policy, interface, pipeline, carries, digits, digit_sums,
    results, k_min, block_worth, adders, blocks, fabric, axis_width, interleave, die_crossings,
    max_fanout : of the build. ``lanes`` also sets how many products an aligned or saturating step
        sums.
    group : elements of the weight's K that share a scale; FP16 scales unless ``scale`` says else.
    scale : format of the weight's scales; without a group, one a row.
    zero_point : integer format of the weight's zero points, one beside each scale.
    activation_group, activation_scale, activation_zero_point : the same of the activation.
    sparse : the weight's structure, such as 2:4.
    accumulate : ``exact``, ``aligned``, an integer format's name (rule int) or a float's (rule fp).
        Scales that no exact sum holds are accumulated in fp32.
    partials : P, of the last stage, whose rule is fp or aligned.
    overflow : of an integer format: ``wrap`` or ``saturate``.
    fraction, accumulator : belong to ``aligned``.
    initial : format of what raw sums start from.
    requantize : the design of a requantizer, such as ``tflite``, which stands behind the engine.
        output, rounding, bias, relu, clamp and results are then its own.
    output : ``raw`` or the result's format; fp32 for a scaled design.
    rounding, bias, relu, clamp, nan : see :class:`Output`.
    product : how two elements multiply; see :class:`Arithmetic`.
    axis_width : bits of all streams, or, where they differ, a text such as ``64,weight=512`` or a
        table ``{"default": 64, "weight": 512}``; streams that neither names stay as they are.
    set : of a unit: ``("points=128", ...)``, its own parameters.
    k_max : the longest reduction; of weights that stay, the lanes unless another is given. Without
        it, the design's own, or the next multiple of the group.
    """

    name: str | None = None
    rows: int | None = None
    cols: int | None = None
    lanes: int | None = None
    k_max: int | None = None
    group: int | None = None
    scale: str | None = None
    zero_point: str | None = None
    activation_group: int | None = None
    activation_scale: str | None = None
    activation_zero_point: str | None = None
    sparse: str | None = None
    accumulate: str | None = None
    partials: int | None = None
    overflow: str | None = None
    fraction: int | None = None
    accumulator: str | None = None
    initial: str | None = None
    requantize: str | None = None
    output: str | None = None
    rounding: str | None = None
    bias: str | None = None
    relu: bool | None = None
    clamp: tuple[float, float] | None = None
    nan: str | None = None
    product: str | None = None
    datapath: str | None = None
    flow: str | None = None
    policy: str | None = None
    interface: str | None = None
    pipeline: int | Auto | None = None
    carries: str | None = None
    digits: str | None = None
    digit_sums: str | None = None
    results: int | None = None
    k_min: int | None = None
    block_worth: int | None = None
    adders: str | None = None
    blocks: str | None = None
    fabric: str | None = None
    axis_width: int | str | dict[str, int] | Widths | None = None
    interleave: bool | None = None
    die_crossings: int | None = None
    max_fanout: int | None = None
    set: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.axis_width is not None:
            object.__setattr__(self, "axis_width", _widths(self.axis_width))
        for field in fields(self):
            if field.name == "axis_width":
                continue
            value, kind = getattr(self, field.name), str(field.type).removesuffix(" | None")
            if kind.endswith(" | Auto"):
                kind, value = kind.removesuffix(" | Auto"), None if value == AUTO else value
            wanted = {"int": int, "str": str, "bool": bool}.get(kind, tuple)
            if value is None or type(value) is wanted:
                continue
            raise DesignError(f"the option {field.name} takes {kind}, got {value!r}")
        if self.name == "":
            raise DesignError("the option name needs a letter at least, got ''")
        if self.axis_width == 0:
            least, most = AXIS_WIDTHS
            raise DesignError(
                f"axis-width must be a power of two from {least} to {most}, got 0",
                {"axis_width": least},
                {"axis_width": None},
            )
        if self.axis_width and self.interface not in (None, "axis"):
            raise DesignError(
                f"--axis-width belongs to --interface axis, got {self.interface}",
                {"interface": "axis"},
                {"axis_width": None},
            )


def _widths(given: object) -> int | Widths:
    try:
        return widths_of(given)
    except TypeError as error:
        raise DesignError(f"the option axis_width takes int: {error}") from None


_BUILD = (
    *("rows", "cols", "lanes", "datapath", "flow", "policy", "interface", "pipeline"),
    *("carries", "digits", "digit_sums", "results", "k_min", "block_worth"),
    *("adders", "blocks", "fabric"),
    *("axis_width", "interleave", "die_crossings", "max_fanout"),
)


def override(engine: Engine, options: Options) -> Engine:
    """``engine`` with the options that are not None.

    Its name says what they changed, unless ``options`` give one. Raises DesignError, in one line,
    for options that do not belong together or to the design.
    """
    if options.set:
        raise DesignError(f"--set {options.set[0]} belongs to units; {engine.name} is an engine")
    if options.requantize is not None:
        raise DesignError(f"a requantizer makes a chain of {engine.name}, where an engine is due")
    made = _override(engine, options)
    if options.name is not None:
        return replace(made, name=options.name)
    return replace(made, name=named(engine.name, made.build, effective(engine, options, made)))


def effective(engine: Engine, options: Options, made: Engine) -> Options:
    """``options`` without those that change nothing: the same design has the same name."""
    for field in fields(options):
        if getattr(options, field.name) is None:
            continue
        fewer = replace(options, **{field.name: None})
        with contextlib.suppress(DesignError, UnknownName):  # the others need it
            if _override(engine, fewer) == made:
                options = fewer
    return options


def _override(engine: Engine, options: Options) -> Engine:
    given = {key: value for key in _BUILD if (value := getattr(options, key)) is not None}
    build = replace(engine.build, **given) if given else engine.build
    if build.flow == "weight_stationary" and options.k_max is None and len(engine.modes) == 1:
        # The default length is no wish; groups have a length of their own.
        asked = options.flow is None and engine.arithmetic.k_max != Arithmetic.k_max
        sparse = options.sparse or engine.arithmetic.weight.structure
        if not asked and not sparse and not engine.arithmetic.levels:
            options = replace(options, k_max=build.lanes)
    modes = tuple(_arithmetic(item, options, build.lanes) for item in engine.modes)
    return Engine(engine.name, modes, build)


def _arithmetic(arithmetic: Arithmetic, options: Options, lanes: int) -> Arithmetic:
    weight = _rescaled(arithmetic.weight, options, "")
    structure = weight.structure if options.sparse is None else parse_structure(options.sparse)
    weight = replace(weight, structure=structure)
    activation = _rescaled(arithmetic.activation, options, "activation_")
    changed = (weight, activation) != (
        replace(arithmetic.weight, structure=structure),
        arithmetic.activation,
    )
    grouped = bool(weight.group or activation.group)
    changes: dict[str, Any] = {
        "accumulate": stages_of(arithmetic.accumulate, options, lanes, grouped),
        "output": _output(arithmetic.output, options, changed),
    }
    changes |= {"weight": weight, "activation": activation}
    if changed:
        if all(sign == 1 for table in arithmetic.combine for signs in table for sign in signs):
            changes["combine"] = ()
    changes["k_max"] = options.k_max
    if options.k_max is None:
        changes["k_max"] = whole_groups(arithmetic.k_max, weight, activation, changes["accumulate"])
    if options.product is not None:
        changes["product"] = options.product
    if options.initial is not None:
        changes["initial"] = lookup(options.initial)
    found = replace(arithmetic, **changes)
    if changed and grouped and found.accumulate == (Stage(),) and options.accumulate is None:
        if exact_range(found).width > MAX_EXACT:
            found = replace(found, accumulate=floating("fp32", options))
    return found


def whole_groups(
    k_max: int, weight: Operand, activation: Operand, stages: tuple[Stage, ...]
) -> int:
    """``k_max``, or the next multiple of the elements after which sums close."""
    group = gcd(weight.group or 0, activation.group or 0)
    whole = stages[0].span or group or 1
    return -(-k_max // whole) * whole


def _rescaled(operand: Operand, options: Options, side: str) -> Operand:
    asked = Asked(*(getattr(options, side + what) for what in ("group", "scale", "zero_point")))
    return rescaled(operand, asked, "--" + side.replace("_", "-"))


def _output(output: Output, options: Options, scaled: bool) -> Output:
    changes: dict[str, Any] = {}
    if options.output is not None:
        form = None if options.output == "raw" else _output_format(options.output)
        changes["format"] = form
        if form is None or form.has_nan:
            changes["nan"] = "error"
    elif scaled and output.format is None:
        changes["format"] = lookup("fp32")
    if options.bias is not None:
        changes["bias"] = lookup(options.bias)
    for what in ("rounding", "relu", "clamp", "nan"):
        if getattr(options, what) is not None:
            changes[what] = getattr(options, what)
    return replace(output, **changes)


def _output_format(name: str) -> Format:
    try:
        return lookup(name)
    except UnknownName:
        raise UnknownName("output", name, ("raw", *names())) from None
