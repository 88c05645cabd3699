"""Every code of every format through the hardware's decoder, against the golden fields."""

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from macsmith.golden import DesignError, Policy, lookup
from macsmith.golden.formats import Kind, names
from macsmith.hw.decoder import Decoder
from macsmith.hw.shapes import DecodedLayout, fraction_below, significands
from macsmith.sim.sweep import Sweep


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
    **{policy.value: family(policy.value) for policy in Policy if policy is not Policy.E8M0},
}


def decode_all(formats, codes):
    """(format, infinite) -> member -> what the hardware gives for ``codes``, one design for all."""
    m = Module()
    w, a = Signal(max(fmt.bits for fmt in formats), name="w"), Signal(1, name="a")
    outputs, layouts = {}, {}
    for fmt in formats:
        for infinite in (False, True):
            decoder = Decoder(fmt, infinite=infinite)
            m.submodules[f"decoder_{len(outputs)}"] = decoder
            m.d.comb += decoder.code.eq(w[: fmt.bits])
            key = f"{fmt.name}{', infinite' * infinite}"
            outputs[key] = decoder.o.as_value()
            layouts[key] = fmt, infinite, DecodedLayout(fmt, infinite=infinite)
    found = Sweep(m, w, a, outputs).run(codes, np.zeros_like(codes))
    for key, (fmt, infinite, layout) in layouts.items():
        yield key, fmt, infinite, unpack(layout, fmt, found[key])


def unpack(layout, fmt, words):
    """The members as integers, the significand signed where its shape is."""
    whole = sum(words[:, i].astype(np.uint64) << np.uint64(32 * i) for i in range(words.shape[1]))
    members = {}
    for name, field in layout:
        value = (whole >> np.uint64(field.offset)).astype(np.int64) & ((1 << field.width) - 1)
        if name == "significand" and significands(fmt).signed:
            value -= (value >> (field.width - 1)) << field.width
        members[name] = value
    return members


def expected(fmt, infinite, codes):
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
    signed = np.where(fields.sign, -significand, significand)
    wanted = {
        "significand": (np.where(finite, signed, 0), every),
        "exponent": (exponent, finite),
        "nan": (nan, every),
        "inf": (fields.kind == Kind.INFINITE, every),
    }
    if infinite:
        wanted["sign"] = fields.sign, ~nan
        wanted["zero"] = nan | (finite & (fields.significand == 0)), every
    return wanted


def wrong_members(fmt, infinite, codes, got):
    """The members that differ somewhere; one that the layout leaves out must be constant zero."""
    legal = np.isin(codes & ((1 << fmt.bits) - 1), fmt.legal) if fmt.bits <= 16 else codes >= 0
    legal &= codes >> fmt.bits == 0
    result = []
    for name, (wanted, counts) in expected(fmt, infinite, codes[legal]).items():
        found = got[name][legal] if name in got else 0
        if ((found != wanted) & counts).any():
            result.append(name)
    return result + [name for name in got if name not in expected(fmt, infinite, codes[:0])]


def check(formats, codes):
    return {
        key: wrong
        for key, fmt, infinite, got in decode_all(formats, codes)
        if (wrong := wrong_members(fmt, infinite, codes, got))
    }


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
    assert {fmt.policy for group in GROUPS.values() for fmt in group if hasattr(fmt, "policy")} == {
        *Policy
    }


def test_a_wrong_decoder_is_found():
    """The decoder of one policy stands for another's."""
    codes = np.arange(256)
    [(_, _, _, got), _] = decode_all([lookup("e4m3_ieee")], codes)
    assert wrong_members(lookup("e4m3_ieee"), False, codes, got) == []
    assert wrong_members(lookup("e4m3"), False, codes, got) == ["significand", "nan", "inf"]
