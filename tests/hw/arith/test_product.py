"""Decoder and product in hardware, over all pairs of codes; more: datapaths/test_every_pair.py."""

import numpy as np
import pytest
from macsmith.golden import DesignError, lookup
from macsmith.sim import cxxrtl, sweep
from macsmith.sim.products import buildable, check_products

#: weight * activation: every family, policy and kind of special at least once.
EXHAUSTIVE = """
    int8*int8 int4*int8 uint4*int8 uint8*uint8 int5*int7 int4_sym*int8_sym int2*uint8
    ternary*int8 binary*int8 binary*binary mxint8*mxint8
    e2m1*e2m1 e2m1*int8 e1m2*e1m2 e3m0*int8 e2m3*e2m3 e3m2*e3m2
    e4m3*e4m3 e5m2*e5m2 e4m3*e5m2 e5m2*int4 e4m3_ieee*ternary e3m4_ieee*uint4
    posit8_0*posit8_0 posit8_1*int8 posit4_1*posit8_2 posit8_0*e4m3 bipolar4*bipolar8
    denseshift4*int8 denseshift3*e2m1 nf4_short*int8 iq4_nl*int8 flint5*e4m3 khot2x3*int8
    int2_abq*int8
    e4m3_fnuz*e4m3_fnuz e5m2_fnuz*e4m3b11_fnuz e6m1*int4 ue4m3*e2m1 ue5m3*int4 e5m2*binary
""".split()

RANDOM = """
    fp16*int8 fp16*ternary fp16*e5m2 int16*int16 uint16*int16_sym posit16_1*int8 posit16_1*posit8_0
    nf4*fp16
""".split()


def parse(text):
    weight, activation = text.split("*")
    return lookup(weight), lookup(activation)


LMUL = """
    e4m3 e5m2 e3m2 e2m3 e2m1 e3m4_ieee e4m3_fnuz e5m2_fnuz e4m3b11_fnuz e4m3_ieee ue4m3 fp16
""".split()


def wrong(pairs, **options):
    """The pairs that go wrong, with the first codes."""
    found = check_products(pairs, **options)
    assert len(found) == len(pairs)
    return {pair: codes[:3].tolist() for pair, codes in found.items() if len(codes)}


@pytest.mark.cases(0)
def test_products_are_right_for_all_codes():
    assert wrong([parse(text) for text in EXHAUSTIVE]) == {}


def test_wide_products_are_right_for_random_codes_and_corners():
    pairs = [parse(text) for text in RANDOM]
    assert all(buildable(*pair) for pair in pairs)
    assert wrong(pairs, seed=3) == {}


def test_lmul_products_are_right():
    assert wrong([(lookup(name), lookup(name)) for name in LMUL], rule="lmul") == {}


def test_too_wide_a_product_is_refused():
    assert not buildable(lookup("fp32"), lookup("int8"))
    with pytest.raises(DesignError, match="fp32 and int8 needs 285 bits, more than 128"):
        check_products([(lookup("fp32"), lookup("int8"))])


@pytest.mark.parametrize(
    "old, new, pairs",
    [
        ("cell $mul", "cell $add", ["int8*int8", "e4m3*e4m3", "fp16*int8"]),
        ("cell $xor", "cell $or", ["e5m2*e5m2"]),  # the sign of an infinity
    ],
)
def test_wrong_hardware_is_found(monkeypatch, old, new, pairs):
    build = cxxrtl.build

    def mutated(files, *rest):
        assert old in files["core.il"]
        return build({"core.il": files["core.il"].replace(old, new)}, *rest)

    monkeypatch.setattr(sweep.cxxrtl, "build", mutated)
    assert len(wrong([parse(text) for text in pairs])) == len(pairs)


def test_mismatches_name_the_codes(monkeypatch):
    """Where hardware adds instead of multiplying, just 0 × 0 and 2 × 2 come out right."""
    build = cxxrtl.build

    def mutated(files, *rest):
        return build({"core.il": files["core.il"].replace("cell $mul", "cell $add")}, *rest)

    monkeypatch.setattr(sweep.cxxrtl, "build", mutated)
    found = check_products([parse("uint2*uint2")])["uint2", "uint2"]
    assert found.shape == (14, 2)
    right = {(w, a) for w in range(4) for a in range(4)} - {tuple(pair) for pair in found.tolist()}
    assert right == {(0, 0), (2, 2)}
    assert np.issubdtype(found.dtype, np.integer)
