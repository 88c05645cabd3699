"""Descriptions: the last value that is taken, and the first that is refused in a line."""

from dataclasses import replace

import pytest
from limits import check
from macsmith.golden import (
    ROW,
    TENSOR,
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Plane,
    Select,
    Span,
    Sparse,
    Stage,
    block,
    group,
    lookup,
    raw,
)
from macsmith.golden.description.build import MAX_MACS, MAX_SIDE, Target
from macsmith.golden.description.chain import Chain
from macsmith.golden.description.tables import from_dict
from macsmith.golden.units import Requantize

FP16, FP32, INT8 = lookup("fp16"), lookup("fp32"), lookup("int8")
PLAIN = Operand((Plane(INT8),))
FIRST = Engine("a", (raw("int8", "int8"),), Build(1, 1, 1))
SECOND = Requantize(name="b", rule="scale", multiplier=FP32, result=FP16)


def arithmetic(**given):
    return Arithmetic(**{"weight": PLAIN, "activation": PLAIN, **given})


def planes(*names):
    """An operand of planes without scales."""
    return Operand(tuple(Plane(lookup(name), (), f"p{n}") for n, name in enumerate(names)))


def chain(*parts, name="c", **more):
    return Chain(name=name, parts=parts or (FIRST, SECOND), **more)


def level(name="s", fmt="fp16", span=ROW, when=""):
    return Level(lookup(fmt), span, name, when)


#: What is refused, and how; beside it, what is taken, or nothing.
LIMITS = {
    "k-max": (
        lambda: arithmetic(k_max=0), "k-max must be at least 1, got 0",
        lambda: arithmetic(k_max=1),
    ),
    "product": (
        lambda: arithmetic(product="exakt"), "unknown product rule 'exakt'; close ones: exact",
        lambda: arithmetic(product="exact"),
    ),
    "a table's rows": (
        lambda: arithmetic(combine=(((1,), (1,)),)),
        "each combine table must be 1 × 1, the planes",
        None,
    ),
    "a table's columns": (
        lambda: arithmetic(activation=planes("int8", "int8"), combine=(((1, 1, 1),),)),
        "each combine table must be 1 × 2, the planes",
        lambda: arithmetic(activation=planes("int8", "int8"), combine=(((1, 1),),)),
    ),
    "one sign of several": (
        lambda: arithmetic(activation=planes("int8", "int8"), combine=(((1, 2),),)),
        "combine holds signs: -1, 0 and 1 only",
        lambda: arithmetic(activation=planes("int8", "int8"), combine=(((1, -1),),)),
    ),
    "a sign of a second output": (
        lambda: arithmetic(activation=planes("int8", "int8"), combine=(((1, 0),), ((0, -2),))),
        "combine holds signs: -1, 0 and 1 only",
        lambda: arithmetic(activation=planes("int8", "int8"), combine=(((1, 0),), ((0, -1),))),
    ),
    "a table of zeros beside another": (
        lambda: arithmetic(combine=(((1,),), ((0,),))),
        "combine table 1 is all zero: the output has no products",
        None,
    ),
    "a structure of activations": (
        lambda: arithmetic(activation=Operand((Plane(INT8),), structure=Sparse(2, 4))),
        "activations are dense: give a structure to the weight",
        lambda: arithmetic(weight=Operand((Plane(INT8),), structure=Sparse(2, 4))),
    ),
    "rows": (lambda: Build(rows=0), "rows must be at least 1, got 0", lambda: Build(rows=1)),
    "cols": (lambda: Build(cols=0), "cols must be at least 1, got 0", lambda: Build(cols=1)),
    "lanes": (lambda: Build(lanes=0), "lanes must be at least 1, got 0", lambda: Build(lanes=1)),
    "pipeline": (
        lambda: Target(pipeline=0), "pipeline must be at least 1, got 0",
        lambda: Target(pipeline=1),
    ),
    "a word for pipeline": (
        lambda: from_dict(Build, {"pipeline": "2"}), "pipeline must be of type int, got '2'",
        lambda: from_dict(Build, {"pipeline": "auto"}),
    ),
    "a word for lanes": (
        lambda: from_dict(Build, {"lanes": "auto"}), "lanes must be of type int, got 'auto'", None,
    ),
    "lanes that are many": (
        lambda: Build(1, 1, MAX_SIDE + 1),
        f"lanes must be at most {MAX_SIDE:,}, got {MAX_SIDE + 1:,}",
        lambda: Build(1, 1, MAX_SIDE),
    ),
    "macs": (
        lambda: Build(2, 1, MAX_MACS // 2 + 1) if MAX_MACS // 2 < MAX_SIDE
        else Build(MAX_SIDE, MAX_MACS // MAX_SIDE + 1, 1),
        "rows × cols × lanes must be at most",
        None,
    ),
    "results": (
        lambda: Build(cols=6, results=4),
        "results that leave in a beat must divide the 6 columns, got 4",
        lambda: Build(cols=6, results=3),
    ),
    "a shortest length": (
        lambda: Build(k_min=0), "k-min must be at least 1, got 0", lambda: Build(k_min=1 << 24),
    ),
    "a shortest length beyond the longest": (
        lambda: replace(FIRST, build=Build(k_min=FIRST.arithmetic.k_max + 1)),
        f"k-min must be at most k-max = {FIRST.arithmetic.k_max}, got {FIRST.arithmetic.k_max + 1}",
        lambda: replace(FIRST, build=Build(k_min=FIRST.arithmetic.k_max)),
    ),
    "a flow": (lambda: Build(flow="broad"), "unknown flow 'broad'; close ones:", None),
    "carries": (lambda: Build(carries="safed"), "unknown carries 'safed'; close ones: saved",
                lambda: Build(carries="saved")),
    "a sum of digits": (
        lambda: Build(digit_sums="apar"), "unknown digit sums 'apar'; close ones: apart",
        lambda: Build(digit_sums="apart"),
    ),
    "a chain's parts": (lambda: chain(FIRST), "a chain has two parts at least, got 1", chain),
    "a chain in a chain": (
        lambda: chain(chain(), SECOND), "parts of a chain are engines and units, got chain c", None,
    ),
    "names in a chain": (
        lambda: chain(FIRST, FIRST), "parts of a chain have names of their own, got 'a' twice",
        None,
    ),
    "lengths": (
        lambda: chain(lengths=(1, 2)), "lengths are one for each of 1 joins, got (1, 2)",
        lambda: chain(lengths=(1,)),
    ),
    "a length": (
        lambda: chain(lengths=(-1,)), "lengths are one for each of 1 joins, got (-1,)",
        lambda: chain(lengths=(0,)),
    ),
    "entries": (
        lambda: chain(into=("weight", "weight")),
        "into is one of activation, weight for each of 1 joins, got weight, weight",
        lambda: chain(into=("activation",)),
    ),
    "an entry": (
        lambda: chain(into=("scale",)),
        "into is one of activation, weight for each of 1 joins, got scale",
        lambda: chain(into=("weight",)),
    ),
    "a chain's policy": (
        lambda: chain(build=Target(policy="dsp")),
        "parts of c are built with policy lut, the chain with dsp: give the chain policy lut too",
        lambda: chain(build=Target(policy="lut")),
    ),
    "a name's letters": (
        lambda: chain(name="a-b"),
        "a chain's name is a Verilog identifier (letters, digits, _), got 'a-b'",
        lambda: chain(name="a_b"),
    ),
    "a name's length": (
        lambda: chain(name="n" * 129),
        f"a chain's name has at most 128 letters, got 129: {'n' * 20}...",
        lambda: chain(name="n" * 128),
    ),
    "a keyword": (
        lambda: chain(name="module"),
        "a chain's name must not be a Verilog keyword, got 'module'",
        None,
    ),
    "a span's rows": (
        lambda: Span(0), "scales are shared by at least 1 of the rows, got 0", lambda: Span(1),
    ),
    "a span's elements": (
        lambda: Span(1, 0), "scales are shared by at least 1 of the elements, got 0",
        lambda: Span(1, 1),
    ),
    "a scale without bits": (
        lambda: level(fmt="one"), "a scale needs a format with bits, such as fp16, got one", None,
    ),
    "a scale of several tables": (
        lambda: level(fmt="bitmod3"),
        "a scale's format has one table, bitmod3 has several",
        lambda: level(fmt="nf4"),
    ),
    "a moment": (
        lambda: level(when="later"), "a scale acts before, group, end; got 'later'",
        lambda: level(when="end"),
    ),
    "the end of a group": (
        lambda: level(span=group(32), when="end"),
        "a scale over group 32 cannot wait for the end of the reduction",
        lambda: level(span=group(32), when="group"),
    ),
    "a float before": (
        lambda: level(span=group(32), when="before"),
        "only integer scales act before the product, got fp16",
        lambda: level(fmt="int8", span=group(32), when="before"),
    ),
    "an integer at the end": (
        lambda: level(fmt="uint25", when="end"),
        "an integer scale at the end has 24 bits at most, got uint25",
        lambda: level(fmt="uint24", when="end"),
    ),
    "an operand of constants": (
        lambda: Operand((Plane(lookup("one")),)),
        "an operand needs a plane whose element has bits",
        lambda: Operand((Plane(INT8), Plane(lookup("one"), (level(),)))),
    ),
    "planes": (
        lambda: planes(*["int2"] * 17), "an operand has up to 16 planes, got 17",
        lambda: planes(*["int2"] * 16),
    ),
    "levels of one name": (
        lambda: Operand((Plane(INT8, (level(), level(span=TENSOR))),)),
        "two levels of one plane are called alike: s, s",
        lambda: Operand((Plane(INT8, (level(), level("t", span=TENSOR))),)),
    ),
    "levels of one name in two planes": (
        lambda: Operand((Plane(INT8, (level(),), "p"), Plane(INT8, (level(span=TENSOR),), "q"))),
        "two different levels are both called 's'",
        lambda: Operand((Plane(INT8, (level(),), "p"), Plane(INT8, (level(),), "q"))),
    ),
    "codes that are shared": (
        lambda: Operand((Plane(INT8, (), "p"), Plane(lookup("int4"), (), "p"))),
        "planes that share 'p' need codes of one width",
        lambda: Operand((Plane(INT8, (), "p"), Plane(lookup("uint8"), (), "p"))),
    ),
    "select bits": (
        lambda: Operand((Plane(lookup("bitmod3")),), Select(1, group(32))),
        "the element formats need 2 select bits, the operand has 1",
        lambda: Operand((Plane(lookup("bitmod3")),), Select(2, group(32))),
    ),
    "no select bits": (
        lambda: Operand((Plane(lookup("bitmod3")),)),
        "the element formats need 2 select bits, the operand has 0",
        None,
    ),
    "a stage's span": (
        lambda: Stage(span=0), "a stage spans at least one element, got 0", lambda: Stage(span=1),
    ),
    "partial sums": (
        lambda: Stage("fp", format=FP32, partials=65), "partials must lie in 1…64, got 65",
        lambda: Stage("fp", format=FP32, partials=64),
    ),
    "a step's terms": (
        lambda: Stage("aligned", format=FP32, fraction=8, terms=0),
        "a step adds at least one product, got terms = 0",
        lambda: Stage("aligned", format=FP32, fraction=8, terms=1),
    ),
    "a format of exact sums": (
        lambda: Stage(format=FP32), "rule exact derives its width; it takes no format", None,
    ),
    "a mode": (
        lambda: FIRST.alone(1), "a has modes 0…0, got 1", lambda: FIRST.alone(0),
    ),
    "a mode below": (lambda: FIRST.alone(-1), "a has modes 0…0, got -1", None),
}  # fmt: skip


@pytest.mark.parametrize("what", LIMITS)
def test_a_limit(what):
    check(*LIMITS[what])


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_counts_are_whole_numbers(value):
    for what in ("rows", "cols", "lanes", "pipeline"):
        with pytest.raises(TypeError, match=f"{what} must be a whole number, got {value!r}"):
            Build(**{what: value})
    for given in ({"rows": value}, {"columns": value}):
        if value is not None:
            with pytest.raises(TypeError, match="that share scales are a whole number"):
                Span(**given)


def test_several_modes_are_chosen_from():
    several = Engine("two", (raw("int8", "int8"), raw("int4", "int8")), Build(1, 1, 1))
    with pytest.raises(DesignError, match=r"two has 2 modes: choose one, as engine.alone\(0\)"):
        several.arithmetic  # noqa: B018
    for mode in (0, 1):
        assert several.alone(mode).arithmetic == several.modes[mode]
    for mode in (-1, 2):
        with pytest.raises(DesignError, match=f"two has modes 0…1, got {mode}"):
            several.alone(mode)


def test_spans_say_what_they_are():
    told = {TENSOR: "tensor", ROW: "row", Span(2): "2 rows", group(32): "group 32"}
    told |= {block(4, 8): "block 4x8", Span(None, 8): "block allx8"}
    assert {span: str(span) for span in told} == told
