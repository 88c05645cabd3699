"""Descriptions and matrices drawn at the corners of the arithmetic: every rule of accumulation, in
formats so narrow that ties, wraps, overflows and cancellations are met in short sums."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from corner_codes import MOODS, matrix, one, scale_codes
from macsmith.golden import (
    ROW,
    TENSOR,
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Quantized,
    Select,
    Stage,
    block,
    group,
    lookup,
)

Array = np.ndarray[Any, np.dtype[Any]]
Rng = np.random.Generator

ELEMENTS = {
    "integer": ("int2", "int4", "uint4", "int8", "int8_sym", "mxint8"),
    "one or two bits": ("binary", "ternary", "bipolar3"),
    "finite float": ("e2m1", "e3m2", "e2m3", "e3m0", "ue3m2"),
    "float with NaN": ("e4m3", "e4m3_fnuz", "e4m3b11_fnuz", "binary8p4sf"),
    "float with infinity": ("e5m2", "e4m3_ieee", "binary6p3se", "fp16", "bf16"),
    "power of two": ("denseshift4", "e2m0_finite", "e8m0"),
    "posit": ("posit8_0", "posit6_1", "posit8_2"),
    "code book": ("iq4_nl", "nf4", "khot2x2", "fp4_bnb", "bitmod4"),
}
FLOATS = ("e4m3", "e5m2", "e3m2", "e2m3", "fp16", "bf16")
WIDE = ("fp32", "fp16", "bf16", "e8m0", "ue4m3", "ue5m3", "e5m2", "e4m3_fnuz")
WHOLE = ("int8", "uint4", "int4", "iq4_nl")
WORKING = ("fp32", "fp16", "bf16", "e5m2", "e4m3", "e8m13_ieee", "e6m3_ieee", "e4m3_fnuz")
OUTPUTS = ("fp32", "bf16", "fp16", "e4m3", "e5m2", "e2m1", "e3m0", "e4m3_fnuz", "ue4m3",
           "int8", "uint4", "int8_sym", "mxint8", "int32", "binary6p3se")  # fmt: skip
NARROW = ("e5m2", "e4m3", "e3m0", "e2m1", "int8", "int32", "mxint8", "bf16")
ROUNDINGS = ("nearest_even", "nearest_away", "toward_zero", "up", "down", "odd")
GROUPS = (group(4), group(4), group(8), block(2, 4))
OPERANDS = ("plain", "plain", "scaled", "scaled", "late", "both", "before", "zero", "minimum",
            "planes", "planes late")  # fmt: skip
STAGES = ("exact", "exact", "float", "float", "float", "span", "inner", "wrap", "saturate",
          "aligned", "promoted", "promoted", "promoted")  # fmt: skip
FEW = (None, None, None, None)
#: Everything that must be drawn.
KINDS = {
    *(f"element: {family}" for family in ELEMENTS),
    *(f"operand: {kind}" for kind in OPERANDS),
    *(f"stages: {kind}" for kind in STAGES),
    *(f"output: {name}" for name in (*OUTPUTS, "raw")),
    *(f"rounding: {name}" for name in ROUNDINGS),
    *(f"saturate: {choice}" for choice in (None, True, False)),
    *(f"partial sums: {count}" for count in (1, 2, 3, 4, 5)),
    *(f"mood: {mood}" for mood in MOODS),
    "promoted planes",
    *("ReLU", "clamp", "bias", "complex", "lmul", "initial", "choice of tables"),
}


class Case(NamedTuple):
    """An engine, its matrices, and what is special about it."""

    engine: Engine
    weight: Quantized
    activation: Quantized
    bias: Array | None
    initial: Array | None
    kinds: set[str]


def level(rng: Rng, kind: str, spans: Any, name: str, when: str = "") -> Level:
    form = one(rng, {"wide": WIDE, "whole": WHOLE}[kind])
    return Level(lookup(form), one(rng, spans), name, when)


def operand(rng: Rng, kind: str, kinds: set[str], spans: Any = GROUPS) -> Operand:
    """An operand of a kind in OPERANDS."""
    family = one(rng, [*ELEMENTS, "float with infinity"])
    element = lookup(one(rng, ELEMENTS[family]))
    kinds |= {f"element: {family}", f"operand: {kind}"}
    any_kind = one(rng, ("wide", "wide", "whole"))
    levels: tuple[Level, ...] = ()
    if kind in ("scaled", "both", "zero", "minimum", "planes"):
        levels += (level(rng, any_kind, spans, "s"),)
    if kind in ("late", "both", "planes late"):
        levels += (level(rng, "wide", (ROW, TENSOR), "t"),)
    if kind == "before":
        levels += (Level(lookup("int4"), group(4), "b", "before"), level(rng, "wide", GROUPS, "s"))
    if kind == "both" and rng.integers(2):
        levels = levels[::-1]
    planes = [Plane(element, levels)]
    if kind == "zero":
        own = Level(lookup(one(rng, ("uint4", "int4"))), levels[0].span, "z")
        planes.append(Plane(lookup("minus_one"), (own, *levels)))
    if kind == "minimum":
        own = level(rng, any_kind, GROUPS, "m")
        planes.append(Plane(lookup("minus_one"), (own,)))
    if kind.startswith("planes"):
        spans = GROUPS if kind == "planes" else (ROW, TENSOR)
        other = lookup(one(rng, ("ternary", "int4", "e2m1", "e5m2")))
        planes.append(Plane(other, (level(rng, "wide", spans, "u"),)))
    width = element.select_width
    if width:
        kinds.add("choice of tables")
    return Operand(tuple(planes), Select(width, one(rng, (ROW, group(4)))) if width else None)


def stages(rng: Rng, kind: str, lanes: int, grouped: bool) -> tuple[Stage, ...]:
    """The stages of a kind in STAGES."""
    form, partials = lookup(one(rng, WORKING)), one(rng, (1, 2, 3, 4, 5, 5))
    last = Stage("fp", format=form, partials=partials)
    narrow = lookup(one(rng, ("int4", "int6", "int12", "int32", "uint8")))
    span = one(rng, (4, 8))
    if kind in ("aligned", "promoted"):
        form = lookup(one(rng, ("fp32", "fp16", "bf16", "e8m13_ieee")))
        fraction = one(rng, (1, 1, 2, 3, 8, 13, 24))
        inner = Stage("aligned", None, form, one(rng, (1, 1, 2, 3, 16)), fraction, lanes)
        return (inner,) if kind == "aligned" else (inner, last)
    if kind == "saturate":
        terms = None if grouped else lanes
        return (Stage("int", format=narrow, overflow="saturate", terms=terms),)
    return {
        "exact": (Stage(),),
        "float": (Stage(), last),
        "span": (Stage(span=span), last),
        "inner": (Stage("int", span=one(rng, (None, span)), format=narrow), last),
        "wrap": (Stage("int", format=narrow),),
    }[kind]


def output(rng: Rng, kinds: set[str], mood: str) -> Output:
    """A raw output, or a format with what may act on it: little, where data are not wild."""
    if mood != "little" and not rng.integers(3):
        kinds.add("output: raw")
        return Output()
    wild = mood in ("wild", "infinite")
    forms = {"tame": (*("fp32",) * 8, *OUTPUTS), "little": NARROW}
    form = lookup(one(rng, forms.get(mood, OUTPUTS)))
    rounding, relu = one(rng, (*ROUNDINGS[:1] * 4, *ROUNDINGS)), not rng.integers(5 if wild else 8)
    bounds = one(rng, (None, None, (0, 6), (-4, 0), (-2, 3), (1, 2)) if wild else (*FEW, (0, 6)))
    saturate = one(rng, (None, None, True, False))
    biases = {"tame": (*FEW, "bf16"), "little": (None,)}
    bias = one(rng, biases.get(mood, (None, None, "fp32", "bf16", "e4m3")))
    kinds |= {f"output: {form.name}", f"rounding: {rounding}", f"saturate: {saturate}"}
    kinds |= {word for word, held in (("ReLU", relu), ("clamp", bounds), ("bias", bias)) if held}
    return Output(form, rounding, saturate, lookup(bias) if bias else None, relu, bounds,
                  "error" if form.has_nan else "zero")  # fmt: skip


def described(rng: Rng, mood: str) -> tuple[Engine, set[str]]:
    """An engine, and its kinds; DesignError for what does not fit together."""
    kinds = {f"mood: {mood}"}
    lanes, stage = int(one(rng, (1, 2, 4))), one(rng, STAGES)
    special = one(rng, ("", "", "", "", "complex", "lmul", "initial"))
    if mood in ("little", "infinite"):
        return {"little": little, "infinite": infinite}[mood](rng, kinds), kinds
    # Sums that align have float scales; several planes, which do not share them, are promoted.
    several = ("minimum", "planes", "planes late")
    choices = {"aligned": ("plain", "late"), "promoted": ("scaled", "scaled", "both", *several)}
    spans = (group(8),) if stage == "promoted" else GROUPS
    choice = ("planes",) if special == "complex" else choices.get(stage, OPERANDS)
    sides = [operand(rng, one(rng, choice), kinds, spans) for _ in range(2)]
    options: dict[str, Any] = {"output": output(rng, kinds, mood), "k_max": 64}
    if special == "complex":
        options["combine"] = (((1, 0), (0, 1)), ((0, -1), (1, 0)))
    if special == "lmul":
        float_ = lookup(one(rng, FLOATS))
        planes = [Plane(float_, side.planes[0].scales) for side in sides]
        sides = [Operand((plane,)) for plane in planes]
        kinds -= {kind for kind in kinds if kind.startswith(("element", "operand", "choice"))}
        options["product"] = "lmul"
    if special == "initial":
        options |= {"initial": lookup("int4"), "output": Output()}
        kinds = {kind for kind in kinds if not kind.startswith("output")}
    options["accumulate"] = stages(rng, stage, lanes, any(side.group for side in sides))
    last = options["accumulate"][-1]
    kinds |= {f"stages: {stage}", special} - {""}
    kinds |= {f"partial sums: {last.partials}"} if last.rule == "fp" else set()
    if stage == "promoted" and any(len(side.planes) > 1 for side in sides):
        kinds.add("promoted planes")
    made = Engine("x", (Arithmetic(*sides, **options),), Build(1, 1, lanes))
    return made, kinds


def little(rng: Rng, kinds: set[str]) -> Engine:
    """Sums so wide that what decides a tie lies beyond what a float64 holds."""
    sides = [
        Operand((Plane(lookup(one(rng, ("fp16", "fp16", "e5m2"))), levels),))
        for levels in ((), (Level(lookup("ue4m3"), group(4)),))
    ]
    last = Stage("fp", format=lookup(one(rng, ("bf16", "e5m2", "e6m3_ieee"))))
    stages = one(rng, ((Stage(),), (Stage(), last)))
    done = output(rng, kinds, "little")
    return Engine("x", (Arithmetic(*sides, accumulate=stages, output=done, k_max=64),),
                  Build(1, 1, 4))  # fmt: skip


def infinite(rng: Rng, kinds: set[str]) -> Engine:
    """Exact sums of infinities, of any output."""
    names = [one(rng, ELEMENTS["float with infinity"][:3]), one(rng, ("int4", "binary", "e5m2"))]
    sides = [Operand((Plane(lookup(name)),)) for name in names]
    done = output(rng, kinds, "infinite")
    return Engine("x", (Arithmetic(*sides, output=done, k_max=64),), Build(1, 1, 4))


def case(rng: Rng) -> Case:
    """A description that holds, and matrices for it; the groups need not divide K."""
    mood = one(rng, MOODS)
    while True:
        try:
            made, kinds = described(rng, mood)
            break
        except DesignError:
            continue
    arithmetic = made.arithmetic
    rows, columns = int(rng.integers(1, 4)), int(rng.integers(1, 3))
    k = int(rng.integers(20, 41) if mood == "tame" else rng.integers(1, 21))
    bias, initial = arithmetic.output.bias, None
    if arithmetic.initial is not None:
        initial = rng.integers(-8, 8, (rows, columns))
    return Case(
        made,
        matrix(rng, arithmetic.weight, (rows, k), mood),
        matrix(rng, arithmetic.activation, (columns, k), mood),
        scale_codes(rng, bias, (rows,), mood) if bias else None,
        initial,
        kinds,
    )
