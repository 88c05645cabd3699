"""L-Mul: products and sums against a model on bits, and what it refuses."""

import numpy as np
import pytest
from macsmith.golden import DesignError, Stage, lookup, matmul, raw
from macsmith.golden.products import RULES
from second_models import lmul as model
from second_models.elements import element
from second_models.floats import TWO

from macsmith import Build, Engine, Options, design

SMALL = "e4m3 e5m2 e3m2 e2m3 e2m1 e3m4_ieee e4m3_fnuz e5m2_fnuz e4m3b11_fnuz e4m3_ieee".split()


def engine(name, *stages, k_max=256):
    options = {"accumulate": stages} if stages else {}
    arithmetic = raw(name, name, k_max=k_max, product="lmul", **options)
    return Engine("x", (arithmetic,), Build(1, 1, stages[0].terms if stages else 1))


def sums(name, w, a, group=None):
    """Integers of the dot products, and their unit."""
    fmt, rule = lookup(name), RULES["lmul"]
    found = rule.dots(w, a, (fmt, fmt), group or w.shape[1], (0, 0))
    return found, TWO ** rule.range(fmt, fmt).lsb


@pytest.mark.parametrize("name", SMALL)
def test_every_product(name):
    codes = np.arange(1 << lookup(name).bits).astype(np.uint8)
    found, unit = sums(name, codes[:, None], codes[:, None])
    wanted = [
        [model.product(x, y, element(name))[0].fraction for y in codes.tolist()]
        for x in codes.tolist()
    ]
    assert (found[:, :, 0] * unit == np.array(wanted)).all()
    bounds = RULES["lmul"].range(lookup(name), lookup(name))
    assert (found.min(), found.max()) == (bounds.low, bounds.high)


def test_an_unsigned_format_is_the_positive_half_of_the_signed_one():
    codes = np.arange(128).astype(np.uint8)
    found, unit = sums("ue4m3", codes[:, None], codes[:, None])
    signed, same = sums("e4m3", codes[:, None], codes[:, None])
    assert unit == same and (found == signed).all()
    bounds = RULES["lmul"].range(lookup("ue4m3"), lookup("ue4m3"))
    assert (bounds.low, bounds.high) == (0, found.max())


@pytest.mark.parametrize("name, group", [("fp16", 32), ("bf16", 16), ("e5m2", 64), ("e6m9", 8)])
def test_sums(name, group):
    rng, fmt = np.random.default_rng(3), lookup(name)
    w, a = (rng.integers(0, 1 << fmt.bits, (3, 64)).astype(fmt.dtype) for _ in range(2))
    w[0, :4] = 0, 1 << (fmt.bits - 1), fmt.max_code, 1
    found, unit = sums(name, w, a, group)
    for n, m, g in np.ndindex(found.shape):
        part = slice(g * group, (g + 1) * group)
        finite = [
            (x, y) for x, y in zip(w[n, part].tolist(), a[m, part].tolist(), strict=True)
            if element(name).decode(x).finite and element(name).decode(y).finite
        ]  # fmt: skip
        assert (
            found[n, m, g] * unit == model.dot(*zip(*finite, strict=True), element(name)).fraction
        )


def test_flags_count_subnormals_as_zero():
    """Infinity times a subnormal is NaN."""
    one, infinite, least = 0x3C, 0x7C, 0x01
    for w, a, wanted in [(infinite, least, "nan"), (infinite, one, "positive"), (least, one, "")]:
        flags = matmul(engine("e5m2"), np.uint8([[w]]), np.uint8([[a]])).flags
        assert model.product(w, a, element("e5m2"))[0].special == {"positive": "inf"}.get(
            wanted, wanted
        )
        raised = {name: bool(getattr(flags, name)[0, 0]) for name in ("nan", "positive")}
        assert raised == {"nan": wanted == "nan", "positive": wanted == "positive"}


@pytest.mark.parametrize("name", ["bf16", "e5m2", "fp16"])
@pytest.mark.parametrize("fraction, terms", [(24, 4), (10, 2)])
def test_aligned_sums(name, fraction, terms):
    rng, fmt = np.random.default_rng(5), lookup(name)
    stage = Stage("aligned", format=lookup("fp32"), fraction=fraction, terms=terms)
    near = (fmt.bias << fmt.mantissa_width) + rng.integers(-300, 300, (2, 4, 32))
    kinds = [
        rng.integers(0, 1 << fmt.bits, (2, 4, 32)),
        np.clip(near, 0, fmt.max_code) ^ rng.integers(0, 2, near.shape) << (fmt.bits - 1),
        np.where(rng.random(near.shape) < 0.2, 1, np.clip(near, 0, fmt.max_code)),
    ]
    for w, a in kinds:
        w, a = w.astype(fmt.dtype), a.astype(fmt.dtype)
        wanted = model.aligned(
            w.tolist(), a.tolist(), element(name), element("fp32").float, fraction, terms
        )
        assert matmul(engine(name, stage), w, a).values.tolist() == wanted


def test_the_published_example():
    """1.5 × 1.5 with three mantissa bits: 1 + 1/2 + 1/2 + 1/8 carries into the exponent."""
    result = matmul(engine("e4m3"), np.uint8([[0x3C]]), np.uint8([[0x3C]]))
    assert result.values[0, 0] * 2.0 ** RULES["lmul"].range(*[lookup("e4m3")] * 2).lsb == 2.25
    plain = matmul(engine("e4m3"), np.uint8([[0x39]]), np.uint8([[0x3A]]))  # 1.125 × 1.25
    assert plain.values[0, 0] * 2.0**-15 == 1 + 1 / 8 + 1 / 4 + 1 / 8


@pytest.mark.parametrize(
    "pair", [("e4m3", "e5m2"), ("int8", "int8"), ("e3m0", "e3m0"), ("denseshift4", "denseshift4")]
)
def test_pairs_without_the_rule(pair):
    with pytest.raises(DesignError, match="one minifloat with a mantissa on both sides"):
        raw(*pair, product="lmul")


def test_too_wide_an_exact_sum_names_the_way_out():
    with pytest.raises(DesignError, match="aligned --fraction"):
        from macsmith.hw.engine.planner import plan

        plan(engine("bf16"))


def test_the_datapath_is_its_own():
    with pytest.raises(
        DesignError, match="lmul has its own datapath, got multiply: choose --datapath auto"
    ):
        from macsmith.hw.engine.planner import plan

        plan(design("lmul_e4m3", Options(datapath="multiply")))
