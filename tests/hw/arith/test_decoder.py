"""Every code of every format through the hardware's decoder, against the golden fields."""

import numpy as np
import pytest
from amaranth.hdl import Module, Shape, Signal
from macsmith.golden import DesignError, lookup
from macsmith.golden.formats import POLICIES, Kind, names
from macsmith.golden.formats.minifloat import P3109_POLICIES
from macsmith.hw.arith.decoder import Decoder
from macsmith.hw.arith.shapes import DecodedLayout, fraction_below, least_exponent
from macsmith.sim.sweep import Sweep
from second_models.p3109 import NAMES as P3109


def family(policy: str) -> list:
    """All minifloats of 3 to 8 bits with a policy, signed and unsigned; an odd bias too."""
    names = [f"{sign}e{e}m{m}" for sign in ("", "u") for e in range(1, 9) for m in range(8)]
    found = []
    for name in (*names, "e4m3b11"):
        try:
            fmt = lookup(f"{name}_{policy}")
        except DesignError:  # not every policy leaves such a format a value
            continue
        if 3 <= fmt.bits <= 8:
            found.append(fmt)
    return found


NAMED = [lookup(name) for name in names()]
GROUPS = {
    "narrow": [fmt for fmt in NAMED if 0 < fmt.bits <= 8],
    "wide": [fmt for fmt in NAMED if 8 < fmt.bits <= 16],
    **{policy: family(policy) for policy in POLICIES if policy != "e8m0"},
    "p3109": [lookup(name) for name in P3109],
}


#: What elements are decoded to, besides their significands.
WAYS = {
    "": {},
    ", infinite": {"infinite": True},
    ", apart": {"apart": True},
    ", apart, zeros lower": {"apart": True, "zero": -37},
}


def decode_all(formats, codes):
    """(format, way) -> member -> what the hardware gives for ``codes``, one design for all."""
    m = Module()
    w, a = Signal(max(fmt.bits for fmt in formats), name="w"), Signal(1, name="a")
    outputs, layouts = {}, {}
    for fmt in formats:
        for way, told in WAYS.items():
            decoder = Decoder(fmt, **told)
            m.submodules[f"decoder_{len(outputs)}"] = decoder
            m.d.comb += decoder.code.eq(w[: fmt.bits])
            outputs[fmt.name + way] = decoder.o.as_value()
            layouts[fmt.name + way] = fmt, way, DecodedLayout(fmt, **told)
    found = Sweep(m, w, a, outputs).run(codes, np.zeros_like(codes))
    for key, (fmt, way, layout) in layouts.items():
        yield key, fmt, way, unpack(layout, found[key])


def unpack(layout, words):
    """The members as integers, signed where their shapes are."""
    whole = sum(words[:, i].astype(np.uint64) << np.uint64(32 * i) for i in range(words.shape[1]))
    members = {}
    for name, field in layout:
        value = (whole >> np.uint64(field.offset)).astype(np.int64) & ((1 << field.width) - 1)
        if name in ("significand", "exponent") and Shape.cast(field.shape).signed:
            value -= (value >> (field.width - 1)) << field.width
        members[name] = value
    return members


def expected(fmt, way, codes):
    """What the members must be, and for which codes they count."""
    fields = fmt.fields(codes)
    nan, finite = fields.kind == Kind.NAN, fields.kind == Kind.FINITE
    every = np.ones(codes.shape, bool)
    exponent = fields.exponent.astype(np.int64) - fmt.lsb
    significand = fields.significand.astype(np.int64)
    if fraction_below(fmt):  # all significands as long as the longest
        length = np.frexp(significand)[1]
        missing = np.where(significand > 0, fmt.significand_width - length, 0)
        significand = significand << missing
        exponent += np.where(significand > 0, fraction_below(fmt) - missing, 0)
    if "zero" in WAYS[way]:
        exponent = np.where(significand == 0, WAYS[way]["zero"], exponent)
    signed = np.where(fields.sign, -significand, significand)
    wanted = {
        "significand": (np.where(finite, signed, 0), every),
        "exponent": (exponent, finite),
        "nan": (nan, every),
        "inf": (fields.kind == Kind.INFINITE, every),
    }
    if "apart" in WAYS[way]:
        magnitude = np.where(finite, significand, 0)
        wanted |= {
            "significand": (magnitude, every),
            "exponent": (exponent + least_exponent(fmt), finite),
            "sign": (fields.sign, finite & (significand > 0)),
        }
    if "infinite" in WAYS[way]:
        wanted["sign"] = fields.sign, ~nan
        wanted["zero"] = nan | (finite & (fields.significand == 0)), every
    return wanted


def wrong_members(fmt, way, codes, got):
    """The members that differ somewhere; one that the layout leaves out must be constant zero."""
    legal = np.isin(codes & ((1 << fmt.bits) - 1), fmt.legal) if fmt.bits <= 16 else codes >= 0
    legal &= codes >> fmt.bits == 0
    result = []
    for name, (wanted, counts) in expected(fmt, way, codes[legal]).items():
        found = got[name][legal] if name in got else 0
        if ((found != wanted) & counts).any():
            result.append(name)
    return result + [name for name in got if name not in expected(fmt, way, codes[:0])]


def check(formats, codes):
    return {
        key: wrong
        for key, fmt, way, got in decode_all(formats, codes)
        if (wrong := wrong_members(fmt, way, codes, got))
    }


@pytest.mark.often(2)
@pytest.mark.cases(0)
@pytest.mark.parametrize("group", GROUPS)
def test_every_code_decodes_to_the_golden_fields(group):
    formats = GROUPS[group]
    assert check(formats, np.arange(1 << max(fmt.bits for fmt in formats))) == {}


def test_fp32_decodes_random_codes_and_corners():
    fmt = lookup("fp32")
    codes = np.random.default_rng(1).integers(0, 1 << 32, 1 << 14)
    edges = np.array([0, 1, (1 << 23) - 1, 1 << 23, 0xFF << 23, (0xFF << 23) - 1, (0xFF << 23) + 1])
    assert check([fmt], np.concatenate([codes, edges, edges | 1 << 31])) == {}


def test_the_groups_hold_every_policy():
    found = {fmt.policy for group in GROUPS.values() for fmt in group if hasattr(fmt, "policy")}
    assert found == {*POLICIES.values(), *P3109_POLICIES.values()}


def test_a_wrong_decoder_is_found():
    """The decoder of one policy stands for another's."""
    codes = np.arange(256)
    [(_, _, _, got), *_] = decode_all([lookup("e4m3_ieee")], codes)
    assert wrong_members(lookup("e4m3_ieee"), "", codes, got) == []
    assert wrong_members(lookup("e4m3"), "", codes, got) == ["significand", "nan", "inf"]
