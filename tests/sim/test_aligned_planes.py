"""Offsets beside aligned sums: d q + m with BF16 activations, each plane aligned apart."""

import numpy as np
import pytest
from macsmith.golden import aligned
from macsmith.golden.description import (
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
    group,
)
from macsmith.golden.errors import DesignError
from macsmith.golden.formats import lookup
from macsmith.golden.tensor import Quantized

import macsmith
from macsmith import matmul, quantize, simulate

BF16, FP32, GROUP, LANES, F = lookup("bf16"), lookup("fp32"), 8, 4, 13


def engine(partials=1, policy="lut", rows=2, cols=1):
    def scaled(element, name):
        return Plane(lookup(element), (Level(BF16, group(GROUP), name),))

    weight = Operand((scaled("uint4", "d"), scaled("one", "m")))
    stages = (
        Stage("aligned", format=FP32, fraction=F, terms=LANES),
        Stage("fp", format=FP32, partials=partials),
    )
    arithmetic = Arithmetic(
        weight, Operand((Plane(BF16),)), accumulate=stages, output=Output(FP32), k_max=256
    )
    build = Build(rows=rows, cols=cols, lanes=LANES, policy=policy)
    return Engine("affine", (arithmetic,), build)


def matrices(made, rng, rows, vectors, k):
    sides = made.arithmetic
    weight = quantize(rng.normal(size=(rows, k)), sides.weight)
    values = rng.normal(size=(vectors, k)) * 2.0 ** rng.integers(-30, 30, (vectors, k))
    return weight, quantize(values, sides.activation)


def by_hand(weight, activation):
    """The sums one after the other in FP32, an aligned sum of each plane for every group."""
    one = np.ones(weight.shape, np.uint8)
    planes = [(lookup("uint4"), weight.codes["code"], "d"), (lookup("uint1"), one, "m")]
    fields = BF16.fields(activation.codes["code"])
    results = np.zeros((weight.shape[0], activation.shape[0]), np.float32)
    for begin in range(0, weight.shape[1], GROUP):
        part = slice(begin, begin + GROUP)
        x = type(fields)(*(item[:, part] for item in fields))
        for fmt, codes, name in planes:
            w = fmt.fields(codes[:, part])
            found = aligned.accumulate(w, x, (fmt, BF16), FP32, F, LANES)
            scale = BF16.decode(weight.scales[name][:, begin // GROUP])
            # 24 and 8 bits: exact in float64, rounded once.
            addend = (FP32.decode(found) * scale[:, None]).astype(np.float32)
            results = results + addend
    return results


def test_each_plane_is_aligned_apart_and_added_in_turn():
    made = engine()
    weight, activation = matrices(made, np.random.default_rng(1), 5, 4, 6 * GROUP)
    found = matmul(made, weight, activation)
    assert np.array_equal(found.values, by_hand(weight, activation).view(np.uint32))


@pytest.mark.cases(0)
@pytest.mark.parametrize("policy", ["lut", "dsp"])
@pytest.mark.parametrize("shape", [(2, 1), (3, 2)])
def test_hardware_gives_the_golden_sums(policy, shape):
    """Blocks of DSPs take longer than the sum of activations beside them; K fills no group."""
    made = engine(8, policy, *shape)
    rng = np.random.default_rng(2)
    weight, activation = matrices(made, rng, 7, 5, 3 * GROUP + 3)
    codes = activation.codes["code"].copy()
    codes.flat[:4] = 0x7F80, 0x7FC0, 0x8000, 0x0001  # infinity, NaN, -0, the least subnormal
    special = Quantized(activation.operand, {"code": codes})
    for given in (activation, special):
        wanted = matmul(made, weight, given)
        assert np.array_equal(simulate(made, weight, given).values, wanted.values)


def test_planes_that_share_scales_or_stand_alone_are_refused():
    made = engine().arithmetic
    shared = Level(BF16, group(GROUP), "d")
    weight = Operand((Plane(lookup("uint4"), (shared,)), Plane(lookup("one"), (shared,))))
    with pytest.raises(DesignError, match="planes 1 and 0 share theirs"):
        Arithmetic(weight, made.activation, accumulate=made.accumulate, output=made.output)
    plain = Operand((Plane(lookup("uint4")), Plane(lookup("one"))))
    with pytest.raises(DesignError, match="let rule fp follow it"):
        Arithmetic(plain, made.activation, accumulate=made.accumulate[:1], output=made.output)
    assert macsmith.from_toml(macsmith.to_toml(engine())) == engine()
