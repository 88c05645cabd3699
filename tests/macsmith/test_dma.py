"""Streams for DMAs between the AXI-Stream sides of another package; packets are made by hand."""

import itertools
import re

import numpy as np
import pytest
from dmas import PAUSES, simulated
from programs import needs_icarus

from macsmith import Options, design
from macsmith.output import generate

pytest.importorskip("cocotbext.axi")


def nibbles(values):
    """INT4 codes, the first in the low bits, as bytes filled up with zero."""
    whole = sum((int(v) & 15) << 4 * n for n, v in enumerate(values))
    return whole.to_bytes(-(-len(values) // 2), "little")


def job(rows, lanes, steps, seed, pauses):
    """Reductions of so many steps each, INT4 × INT8, one column; the weights go on in packets of
    other lengths, each step in whole bytes."""
    rng = np.random.default_rng(seed)
    weights, activations, wanted = [], [], []
    for count in steps:
        k = count * lanes
        w, x = rng.integers(-8, 8, (rows, k)), rng.integers(-128, 128, k)
        cut = w.reshape(rows, count, lanes).transpose(1, 0, 2).reshape(count, -1)
        weights += [nibbles(step) for step in cut]
        activations.append(x.astype(np.int8).tobytes().hex())
        wanted.append(b"".join(int(v).to_bytes(3, "little", signed=True) for v in w @ x).hex())
    packets, rest = [], weights
    while rest:
        length = int(rng.integers(1, 9))
        packets.append(b"".join(rest[:length]).hex())
        rest = rest[length:]
    return {"sent": {"weight": packets, "activation": activations}, "wanted": wanted,
            "pauses": pauses}  # fmt: skip


#: Rows and lanes: steps of 3 and 2 bytes and results of 9; of 8, 4 and 12; of 18, 12 and 9.
SHAPES = {"odd": (3, 2), "even": (4, 4), "wide": (3, 12)}
STEPS = (1, 2, 3, 5, 1, 1, 7, 16, 4, 1, 33, 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root, found = tmp_path_factory.mktemp("dma"), {}

    def get(shape, width):
        rows, lanes = SHAPES[shape]
        options = Options(rows=rows, cols=1, lanes=lanes, k_max=3072, axis_width=width,
                          name=f"{shape}_{width}".translate(str.maketrans(",=", "__")))  # fmt: skip
        if (shape, width) not in found:
            engine = design("int4xint8", options)
            found[shape, width] = generate(engine, root / engine.name, tiles=1).folder
        return found[shape, width]

    return get


@needs_icarus
@pytest.mark.cases(2)
@pytest.mark.often(4)
@pytest.mark.parametrize("pauses", PAUSES)
@pytest.mark.parametrize("width", [32, 64, 128])
@pytest.mark.parametrize("shape", SHAPES)
def test_dmas_of_another_package_send_and_take_all_packets(made, shape, width, pauses):
    code, said = simulated(made(shape, width), job(*SHAPES[shape], STEPS, 1, PAUSES[pauses]))
    assert code == 0 and "1 tests, 0 failed" in said, said


#: What converters have of their own, and what stays as it is: 4 bytes, and 12 without TKEEP.
OWN = ["32,weight=128,result=64", "64,activation=32", "weight=64,result=128", "activation=128"]


@needs_icarus
@pytest.mark.cases(2)
@pytest.mark.parametrize("pauses", ["all", "sink"])
@pytest.mark.parametrize("width", OWN)
def test_dmas_of_several_widths_send_and_take_all_packets(made, width, pauses):
    """A stream as it is has no TKEEP: its weights are no packets, each result is one."""
    code, said = simulated(made("even", width), job(*SHAPES["even"], STEPS, 1, PAUSES[pauses]))
    assert code == 0 and "1 tests, 0 failed" in said, said


def riding(steps, seed):
    """Reductions of so many steps each of 3 rows and 2 lanes, INT4 × INT8 with FP16 scales of
    groups of 8 steps. In front of a group's 8 beats of 3 bytes come 3 scales, which are two beats.
    All sums are whole numbers that FP32 holds."""
    rng = np.random.default_rng(seed)
    groups, activations, wanted = [], [], []
    for count in steps:
        w, x = rng.integers(-8, 8, (3, 2 * count)), rng.integers(-128, 128, 2 * count)
        scales = rng.integers(-4, 5, (3, count // 8))
        cut = w.reshape(3, count // 8, 8, 2).transpose(1, 2, 0, 3).reshape(-1, 8, 6)
        for group, codes in enumerate(cut):
            front = scales[:, group].astype("<f2").tobytes()
            groups.append(front + b"".join(nibbles(step) for step in codes))
        activations.append(x.astype(np.int8).tobytes().hex())
        whole = (w * scales.repeat(16, axis=1)) @ x
        wanted.append(whole.astype("<f4").tobytes().hex())
    cuts = [0, 1, 4, 5, len(groups)]
    packets = [b"".join(groups[a:b]).hex() for a, b in itertools.pairwise(cuts)]
    return {"sent": {"weight": packets, "activation": activations}, "wanted": wanted}


@needs_icarus
@pytest.mark.cases(1)
@pytest.mark.parametrize("pauses", ["all", "nobody"])
def test_one_dma_sends_weights_with_their_scales(tmp_path, pauses):
    options = Options(rows=3, cols=1, lanes=2, group=16, k_max=256, axis_width=32, interleave=True,
                      name="riding")  # fmt: skip
    folder = generate(design("int4xint8", options), tmp_path / "riding", tiles=1).folder
    given = riding((8, 16, 128, 8, 64, 24), 1) | {"pauses": PAUSES[pauses]}
    code, said = simulated(folder, given)
    assert code == 0 and "1 tests, 0 failed" in said, said


FAULTS = {
    "a byte that is left out counts": (r"= s_axis_weight_tkeep\[7:0\];", "= ~8'd0;"),
    "the end of a packet is not seen": (r"\{s_axis_weight_tlast, ", "{1'b0, "),
    "a short beat is said to be full": (r"(assign m_axis_result_tkeep.*=).*;", r"\1 ~0;"),
    "no packet of results ends": (r"\{m_axis_result_tlast, ", "{unused, "),
}


@needs_icarus
@pytest.mark.cases(1)
@pytest.mark.often(4)
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_a_port_are_found(made, fault, tmp_path):
    folder, (pattern, text) = made("odd", 64), FAULTS[fault]
    copy = tmp_path / folder.name
    (copy / "rtl").mkdir(parents=True)
    for part in ("_core", ""):
        file = f"rtl/{folder.name}{part}.v"
        code = (folder / file).read_text(encoding="utf-8")
        if not part:
            code, count = re.subn(pattern, text, code)
            assert count, pattern
            code = code.replace("`default_nettype none", "")
        (copy / file).write_text(code, encoding="utf-8")
    code, said = simulated(copy, job(*SHAPES["odd"], STEPS, 1, PAUSES["nobody"]))
    assert code == 1 and "1 tests, 1 failed" in said, said
