"""Descriptions at random, from the whole space: many break a rule, the others must work."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from macsmith.golden import (
    ROW,
    TENSOR,
    Arithmetic,
    Level,
    Operand,
    Output,
    Plane,
    Select,
    Stage,
    block,
    group,
    lookup,
)
from macsmith.golden.formats import ROUNDINGS

ELEMENTS = (
    "int4",
    "uint4",
    "int8",
    "int8_sym",
    "ternary",
    "binary",
    "mxint8",
    "e2m1",
    "e4m3",
    "e5m2",
    "e3m2",
    "e4m3_fnuz",
    "fp16",
    "bf16",
    "e8m0",
)
OTHERS = (
    "posit8_0", "bipolar4", "denseshift4", "iq4_nl", "khot2x2", "int2_abq", "flint4", "bitmod4",
    "uint8_slice", "int8_double",
)  # fmt: skip
FLOATS = ("e4m3", "e5m2", "e3m2", "fp16", "bf16", "e4m3_fnuz")
SCALES = ("fp16", "bf16", "fp32", "e8m0", "ue4m3", "ue5m3", "int8", "uint4", "e3m2", "ue4m3_finite")
OUTPUTS = ("fp32", "bf16", "fp16", "e4m3", "e5m2", "e2m1", "int8", "int32", "uint8", "mxint8")
WORKING = ("fp32", "bf16", "fp16", "e8m13_ieee", "e4m3")
SPANS = (ROW, TENSOR, group(8), group(16), group(32), block(2, 16))


def named(names: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(names).map(lookup)


@st.composite
def operands(draw: Any) -> Operand:
    """One plane of elements or two, some a zero point, with up to two levels of scales."""
    count = draw(st.sampled_from((0, 1, 1, 1, 2)))
    levels = tuple(
        Level(draw(named(SCALES)), draw(st.sampled_from(SPANS)), f"s{i}") for i in range(count)
    )
    names = draw(st.sampled_from((ELEMENTS, ELEMENTS, OTHERS)))
    planes = [Plane(draw(named(names)), levels)]
    second = draw(st.sampled_from(("", "", "", "zero", "plane")))
    if second == "zero":
        span = levels[0].span if levels else group(16)
        own = Level(draw(named(("uint4", "int8"))), span, "zero", "group")
        planes.append(Plane(lookup("minus_one"), (own, *levels)))
    elif second == "plane":
        planes.append(Plane(draw(named(ELEMENTS)), levels[:1]))
    width = max(plane.element.select_width for plane in planes)
    span = draw(st.sampled_from((ROW, group(16)))) if width else None
    return Operand(tuple(planes), Select(width, span) if span else None)


@st.composite
def accumulations(draw: Any, lanes: int) -> tuple[Stage, ...]:
    rule = draw(st.sampled_from(("exact", "int", "saturate", "aligned", "fp", "fp", "promoted")))
    last = Stage("fp", format=draw(named(WORKING)), partials=draw(st.integers(1, 5)))
    if rule == "aligned" or rule == "promoted":
        form, fraction = draw(named(WORKING)), draw(st.integers(1, 30))
        partials = draw(st.sampled_from((1, 1, 2, 24)))
        inner = Stage("aligned", None, form, partials, fraction, lanes)
        return (inner, last) if rule == "promoted" else (inner,)
    if rule == "fp":
        width = draw(st.sampled_from((None, None, "int16")))
        span = draw(st.sampled_from((None, None, 16, 32)))
        if width:
            return Stage("int", span=span, format=lookup(width)), last
        return Stage(span=span), last
    if rule in ("int", "saturate"):
        form = draw(named(("int12", "int32", "int48")))
        if rule == "int":
            return (Stage("int", format=form),)
        terms = draw(st.sampled_from((lanes, None)))
        return (Stage("int", format=form, overflow="saturate", terms=terms),)
    return (Stage(),)


@st.composite
def outputs(draw: Any) -> Output:
    form = draw(st.none() | named(OUTPUTS))
    if form is None:
        return Output()
    bounds = draw(st.sampled_from((None, None, (0, 6), (-4, 3.5), (1, 2))))
    return Output(
        form,
        rounding=draw(st.sampled_from(("nearest_even", *ROUNDINGS))),
        bias=draw(st.none() | named(("fp32", "bf16", "e4m3"))),
        relu=draw(st.booleans()),
        clamp=bounds,
        nan=draw(st.sampled_from(("error", "zero"))) if not form.has_nan else "error",
    )


@st.composite
def arithmetics(draw: Any, lanes: int = 4) -> Arithmetic:
    """An arithmetic of K up to 64; raises DesignError about as often as not."""
    weight, activation, product = draw(operands()), draw(operands()), "exact"
    if weight.planes[0].element == activation.planes[0].element:
        product = draw(st.sampled_from(("exact", "lmul")))
    elif draw(st.integers(0, 9)) == 0:
        weight = activation = Operand((Plane(draw(named(FLOATS))),))
        product = "lmul"
    return Arithmetic(
        weight,
        activation,
        product=product,
        accumulate=draw(accumulations(lanes)),
        output=draw(outputs()),
        k_max=64,
    )
