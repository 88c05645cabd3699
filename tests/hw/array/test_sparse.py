"""Every index that can be picks the element of its place; and the hardware of sparse weights."""

from itertools import combinations

import numpy as np
import pytest
from amaranth.sim import Simulator
from macsmith.golden import Sparse, quantize, sparse
from macsmith.hw.array.sparse import Selector
from macsmith.hw.engine.planner import plan
from macsmith.sim.matmul import engine_matmul

from macsmith import DesignError, Options, design


@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("kept, window", [(1, 4), (2, 4), (3, 5), (4, 8), (7, 8), (1, 2), (2, 9)])
def test_every_choice(kept, window, registered):
    """Two windows; of each all ways to keep as many."""
    structure = Sparse(kept, window)
    selector = Selector(structure, 8, 2 * kept, registered)
    elements = [[16 * part + n + 100 for n in range(window)] for part in range(2)]

    async def bench(context):
        for part, values in enumerate(elements):
            for lane in range(kept):
                for n, value in enumerate(values):
                    at = (part * kept + lane) * window + n
                    context.set(selector.i[at], value)
        for chosen in combinations(range(window), kept):
            other = tuple(sorted(window - 1 - n for n in chosen))
            for part, places in enumerate((chosen, other)):
                for lane, n in enumerate(places):
                    context.set(selector.index[part * kept + lane], n)
            if registered:
                context.set(selector.enable, 1)
                await context.tick()
                context.set(selector.enable, 0)
                context.set(selector.index[0], 0)
                await context.tick()
            else:
                await context.delay(1e-9)
            found = [context.get(selector.o[lane]) for lane in range(2 * kept)]
            wanted = [values[n] for values, places in zip(elements, (chosen, other), strict=True)
                      for n in places]  # fmt: skip
            assert found == wanted

    simulator = Simulator(selector)
    if registered:
        simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_streams_carry_what_is_kept_and_whole_windows():
    planned = plan(design("int4xint8", Options(sparse="2:4", rows=2, cols=3, lanes=8)))
    assert planned.vector_codes(0)["code"].shape.length == 8
    assert planned.vector_codes(0)["index"].shape.size == 16
    assert planned.vector_codes(1)["code"].shape.length == 16
    assert (planned.step, planned.macs_per_cycle) == (16, 2 * 3 * 8)


@pytest.mark.parametrize(
    "pair, given, message",
    [
        (
            "int4xint8",
            {"flow": "systolic_os"},
            "which flow systolic_os does not: choose --flow broadcast$",
        ),
        ("int4xint8", {"flow": "weight_stationary", "policy": "dsp"}, "--flow broadcast"),
        ("int4xint8", {"datapath": "bit_serial", "digits": "nonzero"}, "choose --digits all"),
        (
            "ternaryxint8",
            {"datapath": "table"},
            r"ternary × int8 \(sparse\): choose --datapath auto",
        ),
        ("int4", {"product": "overpacked", "policy": "dsp"}, "choose --product exact"),
    ],
)
def test_what_cannot_be_built(pair, given, message):
    with pytest.raises(DesignError, match=message):
        plan(design(pair, Options(sparse="2:4", **given)))


def test_rows_share_no_blocks():
    """Their activations differ; columns do."""
    planned = plan(
        design("int8xint8", Options(sparse="2:4", policy="dsp", rows=8, cols=2, lanes=16))
    )
    assert planned.remarks[0].endswith("takes 32 elements of K, of which each row multiplies 16")
    assert planned.remarks[1].startswith("DSP blocks: 1 rows × 2 columns a block")


@pytest.mark.parametrize("policy", ["lut", "dsp"])
def test_a_matrix_of_sparse_and_dense_regions(policy):
    """Through simulated hardware: all of its dense windows, and what 2:4 keeps elsewhere."""
    options = Options(sparse="2:4", policy=policy, output="raw", rows=2, cols=2, lanes=4)
    engine = design("int4xint8", options)
    structure, rng = engine.arithmetic.weight.structure, np.random.default_rng(7)
    dense = np.array([1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0], bool)
    x = rng.integers(-7, 8, (4, 12, 4)).astype(float)
    least = np.argsort(np.abs(x), axis=-1, kind="stable")[..., :2]
    cut = x.copy()
    np.put_along_axis(cut, least, 0, axis=-1)
    x = np.where(dense[:, None], x, cut).reshape(4, -1)
    a = rng.integers(0, 256, (3, x.shape[1])).astype(np.uint8)
    values, columns = sparse.mixed(x, dense, structure)
    held = quantize(values, engine.arithmetic.weight)
    assert (engine_matmul(engine, held, a[:, columns]).values == x @ a.astype(np.int8).T).all()
