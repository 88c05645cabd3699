"""The multiplier of Booth rows, for every sign and width: also those no float and no scale has."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Shape, Signal, signed, unsigned
from macsmith.hw.fp.pipeline import Pipeline
from macsmith.hw.fp.rows import digits, multiply
from macsmith.sim.sweep import Sweep


def numbers(shape, codes):
    """The integers that the low bits of ``codes`` are."""
    found = codes & ((1 << shape.width) - 1)
    return np.where(
        shape.signed & (found >> shape.width - 1 == 1), found - (1 << shape.width), found
    )


@pytest.mark.parametrize("joined", [0, 1, 4, 9])
@pytest.mark.parametrize("kind", [unsigned, signed])
def test_every_product_of_up_to_7_by_7_bits(kind, joined):
    """``kind`` is the factor's; the multiplied number is of both signs. Of the lowest bits, as many
    as are joined, one says whether any is set."""
    factors = [kind(width) for width in range(1 + (kind is signed), 8)]
    others = [Shape(width, sign) for width, sign in product((2, 3, 7), (False, True))]
    m, w, a = Module(), Signal(7, name="w"), Signal(7, name="a")
    enable, outputs = Const(1), {}
    for factor, other in product(factors, others):
        inner = Module()
        m.submodules[f"unit_{factor.width}_{other.width}_{other.signed:d}"] = inner
        one, two = Signal(other), Signal(factor)
        inner.d.comb += [one.eq(w[: other.width]), two.eq(a[: factor.width])]
        live = SimpleNamespace(product=one, factor=two)
        pipe = Pipeline(inner, enable, frozenset())
        low = min(joined, factor.width + other.width - 2)
        found = multiply(inner, pipe, live, "factor", joined=low).product
        assert pipe.steps == digits(factor.width, factor.signed)
        width = factor.width + other.width - low + (low > 0)
        assert found.shape() == Shape(width, factor.signed or other.signed)
        outputs[factor, other] = found
    codes = [part.ravel().astype(np.uint64) for part in np.meshgrid(np.arange(128), np.arange(128))]
    given = Sweep(m, w, a, outputs).run(*codes, 1)
    for (factor, other), words in given.items():
        ways = numbers(other, codes[0].astype(int)) * numbers(factor, codes[1].astype(int))
        low = min(joined, factor.width + other.width - 2)
        if low:
            ways = (ways >> low) * 2 + (ways & (1 << low) - 1 != 0)
        mask = (1 << factor.width + other.width - low + (low > 0)) - 1
        assert np.array_equal(words[:, 0].astype(int) & mask, ways & mask), (factor, other)
