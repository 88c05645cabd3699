"""Decoders and products of the hardware against the golden formats, over all codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from amaranth.hdl import Const, Module, Signal, Value

from ..golden.bounds import MAX_EXACT
from ..golden.errors import DesignError
from ..golden.flags import Reachable
from ..golden.formats import Format, Kind
from ..golden.products import RULES, Exact
from ..golden.streams import Field
from ..hw.arith.product import flag_names
from ..hw.datapaths import Form, Making, choose
from ..hw.datapaths.multiply import Multiply
from .codes import corner_codes
from .lanes import Array, flag_arrays, flags_of, from_words
from .sweep import Sweep

Pair = tuple[Format, Format]

#: Pairs in one compiled design: more make the compiler slower for each.
GROUP = 32

_NARROW = 8  # bits of formats whose pairs are run through all codes
_SAMPLES = 1 << 14


def check_products(
    pairs: Iterable[Pair], seed: int = 1, rule: str = "exact"
) -> dict[tuple[str, str], Array]:
    """Code pairs (wrong, 2) that decoder and product get wrong, for each pair of formats.

    ``rule`` names how two elements multiply. Value and flags are compared. Formats of up to 8 bits
    run through all legal pairs of codes, wider ones through random pairs and all pairs of corners.
    Raises DesignError for a product that the hardware cannot hold (see :func:`buildable`),
    ToolMissing or ToolFailed.
    """
    chosen = list(pairs)
    for pair in chosen:
        RULES[rule].check(*pair)
        if RULES[rule].shares != (1, 1):
            raise DesignError(f"products of {rule} are no single ones: verify an engine of them")
        if not buildable(*pair, rule):
            raise DesignError(
                f"a product of {pair[0].name} and {pair[1].name} needs "
                f"{RULES[rule].range(*pair).width} bits, more than {MAX_EXACT}"
            )
    found: dict[tuple[str, str], Array] = {}
    for group in _groups(chosen):
        w, a = _codes(group, seed)
        outputs = _sweep(group, rule).run(w, a)
        for pair, words in zip(group, outputs.values(), strict=True):
            found[pair[0].name, pair[1].name] = _wrong(pair, w, a, words, RULES[rule])
    return found


def buildable(weight: Format, activation: Format, rule: str = "exact") -> bool:
    """Whether hardware can hold one product."""
    return RULES[rule].range(weight, activation).width <= MAX_EXACT


def _groups(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Pairs that run through the same codes, a design's worth at a time."""

    def bits(pair: Pair) -> tuple[int, int]:
        return pair[0].bits, pair[1].bits

    ordered = sorted(pairs, key=bits)
    narrow = [pair for pair in ordered if max(bits(pair)) <= _NARROW]
    wide = [pair for pair in ordered if max(bits(pair)) > _NARROW]
    for kind in (narrow, wide):
        for start in range(0, len(kind), GROUP):
            yield kind[start : start + GROUP]


def _sweep(group: Sequence[Pair], rule: str) -> Sweep:
    """The group's products side by side; equal formats share a decoder."""
    m = Module()
    inputs = [Signal(max(pair[side].bits for pair in group), name="wa"[side]) for side in (0, 1)]
    elements: dict[tuple[int, Form], Value] = {}
    outputs = {}
    for index, pair in enumerate(group):
        name = "multiply" if rule == "exact" else "auto"
        datapath = choose(name, *pair, rule=rule)(*pair, lanes=1)
        assert isinstance(datapath, Multiply)
        m.submodules[f"product_{index}"] = product = datapath.multiplier()
        for side, port in enumerate((product.weight, product.activation)):
            key = side, datapath.forms[side]
            if key not in elements:
                code, name = inputs[side][: pair[side].bits], "wa"[side]
                making = Making(Const(1, 1), name, str(len(elements)))
                elements[key] = key[1].made(m, [code], making)
            m.d.comb += port.eq(elements[key])
        outputs[str(index)] = product.o.as_value()
    return Sweep(m, inputs[0], inputs[1], outputs)


def _codes(group: Sequence[Pair], seed: int) -> tuple[Array, Array]:
    """The inputs that the group runs through; each format takes as many low bits as it has."""
    widths = [max(pair[side].bits for pair in group) for side in (0, 1)]
    if max(widths) <= _NARROW:
        w, a = np.meshgrid(*(np.arange(1 << width) for width in widths), indexing="ij")
        return w.reshape(-1), a.reshape(-1)
    rng = np.random.default_rng(seed)
    sides = []
    for side, width in enumerate(widths):
        corners = [np.meshgrid(*map(corner_codes, pair), indexing="ij")[side] for pair in group]
        random = rng.integers(0, 1 << width, _SAMPLES)
        sides.append(np.concatenate([random, *(codes.reshape(-1) for codes in corners)]))
    return sides[0], sides[1]


def _wrong(pair: Pair, w: Array, a: Array, words: Array, rule: Exact) -> Array:
    """The legal code pairs (wrong, 2) whose words differ from the golden product."""
    weight, activation = pair
    if max(weight.bits, activation.bits) <= _NARROW:
        mine = (w >> weight.bits == 0) & (a >> activation.bits == 0)
        w, a, words = w[mine], a[mine], words[mine]
    w, a = (codes & ((1 << fmt.bits) - 1) for codes, fmt in zip((w, a), pair, strict=True))
    mine = _legal(weight, w) & _legal(activation, a)
    w, a, words = w[mine], a[mine], words[mine]

    product = rule.range(weight, activation)
    flags = flag_names(Reachable.of(weight, activation))
    field = Field("o", "value", None, "o", 1, 1, product.width, product.signed, flags)
    value = from_words(field, words)
    wrong = value != rule.products(w, a, pair)
    expected = _flags(
        *(_counted(fmt, codes, rule) for fmt, codes in ((weight, w), (activation, a)))
    )
    for name, mark in flag_arrays(field, flags_of(field, words)).items():
        wrong |= mark != expected.pop(name)
    assert not any(mark.any() for mark in expected.values()), "a flag that hardware does not have"
    return np.asarray(np.stack([w, a], axis=1)[wrong.astype(bool)])


def _legal(fmt: Format, codes: Array) -> Array:
    """Which codes may occur."""
    if fmt.bits > 16:
        return np.ones(codes.shape, bool)
    table = np.zeros(1 << fmt.bits, bool)
    table[fmt.legal] = True
    return np.asarray(table[codes])


def _counted(fmt: Format, codes: Array, rule: Exact) -> Array:
    """What elements count as: their values, less those that the rule takes for zero."""
    values, fields = fmt.decode(codes), rule.elements(fmt.fields(codes), fmt)
    zero = (fields.kind == Kind.FINITE) & (fields.significand == 0)
    return np.where(zero, 0.0, values)


def _flags(w: Array, a: Array) -> dict[str, Array]:
    """What IEEE arithmetic says of the products of values; float64 holds them without overflow."""
    with np.errstate(invalid="ignore"):
        product = w * a
    return {
        "nan": np.isnan(product),
        "positive": np.isposinf(product),
        "negative": np.isneginf(product),
    }
