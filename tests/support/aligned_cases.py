"""Sums that align: formats with zeros of every kind, and zeros beside small and great numbers."""

import numpy as np
from macsmith.golden.formats import Kind

LMUL = {"product": "lmul"}
DSP = {"policy": "dsp", "datapath": "dsp"}
#: Weight, activation, accumulator, F; what else the arithmetic has, and the build.
CASES = [
    ("e4m3", "e4m3", "e8m13_ieee", 13, {}, {}),
    ("e5m2", "e5m2", "fp16", 12, {}, {}),  # the accumulator's zero is less than its least number
    ("bf16", "int4", "fp32", 24, {}, {}),
    ("bf16", "e4m3", "fp32", 13, {}, {}),
    ("posit8_1", "bf16", "fp32", 24, {}, {}),
    ("bf16", "bf16", "fp32", 24, LMUL, {}),
    ("e4m3", "e4m3", "fp32", 13, {}, DSP),
]
MORE = [
    ("fp16", "fp16", "fp32", 24, {}, {}),
    ("e2m1", "e2m1", "fp32", 23, {}, {}),
    ("int8", "bf16", "bf16", 8, {}, {}),
    ("fp16", "e7m3", "fp32", 20, {}, {}),
    ("e7m2_ieee", "e7m2_ieee", "fp32", 24, {}, {}),  # zeros of both sides can count
    ("bf16", "bf16", "fp32", 25, {}, {}),
    ("e8m3b200", "e4m3", "fp32", 24, {}, {}),  # zeros above the least numbers
    ("e8m3b200", "e8m3b200", "e8m13b220_ieee", 24, {}, {}),
    ("ternary", "bf16", "fp32", 24, {}, {}),
    ("binary", "bf16", "fp32", 24, {}, {}),
    ("flint4", "bf16", "fp32", 24, {}, {}),
    ("posit8_0", "int4", "fp16", 10, {}, {}),
    ("e4m3", "e4m3", "e8m13_ieee", 13, LMUL, {}),
    ("e7m2_ieee", "e7m2_ieee", "fp32", 24, LMUL, {}),
    ("e8m3b200", "e8m3b200", "e8m13b220_ieee", 24, LMUL, {}),
    ("int8", "bf16", "fp32", 24, {}, DSP),
    ("bf16", "e5m2", "fp32", 24, {}, DSP),
    ("posit8_1", "bf16", "fp32", 24, {}, DSP),
    ("e1m5", "bf16", "fp32", 24, {}, DSP),  # a float of one exponent
    ("e7m2_ieee", "e7m2_ieee", "fp32", 24, {}, DSP),
]


def ordered(fmt):
    """Zeros, or the least number where there are none; and all others by magnitude."""
    finite = fmt.legal[fmt.fields(fmt.legal).kind == Kind.FINITE]
    sizes = np.abs(fmt.decode(finite))
    order = finite[np.argsort(sizes, kind="stable")]
    zeros = int((sizes == 0).sum())
    return order[: max(zeros, 1)], order[zeros:]


def codes(rng, formats, shape):
    """Codes of both sides: a zero and a great number, small ones, any."""
    (zeros, w), (others, a) = map(ordered, formats)
    (few, many) = (max(len(order) // 8, 1) for order in (w, a))
    pairs = [
        (zeros, a[-many:]), (w[-few:], others), (zeros, a), (w, others),
        (w[:few], a[:many]), (w[:few], a), (w, a[:many]), (w, a),
    ]  # fmt: skip
    chosen = rng.integers(0, len(pairs), (1, *shape))
    for side, fmt in enumerate(formats):
        drawn = np.stack([rng.choice(pair[side], shape) for pair in pairs])
        yield np.take_along_axis(drawn, chosen, 0)[0].astype(fmt.dtype)
