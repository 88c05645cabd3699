"""Formats, units, arrays: the last value that is taken, and the first that is refused in a line."""

import numpy as np
import pytest
from limits import check
from macsmith.golden import (
    Arithmetic,
    Bipolar,
    Build,
    Codebook,
    Engine,
    Integer,
    Level,
    Minifloat,
    NaN,
    Operand,
    Plane,
    Policy,
    Quantized,
    Stochastic,
    group,
    lookup,
    matmul,
    raw,
)
from macsmith.golden.formats.minifloat import POLICIES
from macsmith.golden.formats.sliced import Sliced
from macsmith.golden.units import Hadamard, Requantize

FP16, FP32, INT8 = lookup("fp16"), lookup("fp32"), lookup("int8")
PLAIN = Operand((Plane(INT8),))
FIRST = Engine("a", (raw("int8", "int8"),), Build(1, 1, 1))
GROUPED = Operand((Plane(INT8, (Level(INT8, group(4)),)),))
SCALED = Engine("x", (Arithmetic(GROUPED, PLAIN),), Build(1, 1, 1))


def planes(*names):
    """An operand of planes without scales."""
    return Operand(tuple(Plane(lookup(name), (), f"p{n}") for n, name in enumerate(names)))


def float_format(exponent, mantissa, policy="fn", signed=True):
    return Minifloat("f", exponent, mantissa, POLICIES.get(policy, policy), 1, signed)


#: What is refused, and how; beside it, what is taken, or nothing.
LIMITS = {
    "bits of integers": (
        lambda: Integer("i", 65), "an integer format has 1 to 64 bits, got 65",
        lambda: Integer("i", 64),
    ),
    "no bits of integers": (
        lambda: Integer("i", 0), "an integer format has 1 to 64 bits, got 0",
        lambda: Integer("i", 1),
    ),
    "symmetric integers": (
        lambda: Integer("i", 1, symmetric=True),
        "a symmetric integer is signed and has 2 bits or more: i",
        lambda: Integer("i", 2, symmetric=True),
    ),
    "symmetric integers without sign": (
        lambda: Integer("i", 4, signed=False, symmetric=True),
        "a symmetric integer is signed and has 2 bits or more: i",
        None,
    ),
    "bits of bipolar integers": (
        lambda: Bipolar("b", 17), "a bipolar integer has 1 to 16 bits, got 17",
        lambda: Bipolar("b", 16),
    ),
    "no bits of bipolar integers": (
        lambda: Bipolar("b", 0), "a bipolar integer has 1 to 16 bits, got 0",
        lambda: Bipolar("b", 1),
    ),
    "ties of a code book": (
        lambda: Codebook("c", ((0, 1),), 0, "upwards"), "ties of c go even, down or up",
        lambda: Codebook("c", ((0, 1),), 0, "up"),
    ),
    "exponent bits": (
        lambda: float_format(9, 2), "a float has 1 to 8 exponent bits and 0 to 23 mantissa bits",
        lambda: float_format(8, 2),
    ),
    "no exponent bits": (
        lambda: float_format(0, 2), "a float has 1 to 8 exponent bits and 0 to 23 mantissa bits",
        lambda: float_format(1, 2),
    ),
    "mantissa bits": (
        lambda: float_format(5, 24), "a float has 1 to 8 exponent bits and 0 to 23 mantissa bits",
        lambda: float_format(5, 23),
    ),
    "NaN at -0 of what has no sign": (
        lambda: float_format(4, 3, Policy(NaN.NEGATIVE_ZERO), signed=False),
        "NaN takes the code of -0, which f does not have",
        lambda: float_format(4, 3, Policy(NaN.NEGATIVE_ZERO)),
    ),
    "NaN where nothing is left": (
        lambda: float_format(1, 0), "f has no finite value but zero", lambda: float_format(1, 1),
    ),
    "no NaN": (
        lambda: lookup("e2m1").nan_code, "e2m1 has no NaN", lambda: lookup("e4m3").nan_code,
    ),
    "no infinity": (
        lambda: lookup("e4m3").inf_code, "e4m3 has no infinity", lambda: lookup("e5m2").inf_code,
    ),
    "random numbers of more bits": (
        lambda: Stochastic(3, np.array([0, 8])), "random numbers must be integers of 3 bits",
        lambda: Stochastic(3, np.array([0, 7])),
    ),
    "random numbers below 0": (
        lambda: Stochastic(3, np.array([-1])), "random numbers must be integers of 3 bits", None,
    ),
    "random numbers that are no integers": (
        lambda: Stochastic(3, np.array([0.5])), "random numbers must be integers of 3 bits", None,
    ),
    "random numbers for other values": (
        lambda: INT8.encode(np.ones((2, 3)), Stochastic(3, np.zeros(2, int))),
        "random numbers of shape (2,) do not fit values of shape (2, 3)",
        lambda: INT8.encode(np.ones((2, 3)), Stochastic(3, np.zeros(3, int))),
    ),
    "stochastic rounding by name": (
        lambda: INT8.encode([1.0], "stochastic"), "stochastic rounding needs random numbers", None,
    ),
    "a rounding": (
        lambda: INT8.encode([1.0], "nearest"), "unknown rounding 'nearest'; close ones:",
        lambda: INT8.encode([1.0], "nearest_away"),
    ),
    "sliced integers": (
        lambda: Sliced("s", 17, True, "trunc"), "a sliced integer has 2 to 16 bits, got 17",
        lambda: Sliced("s", 16, True, "trunc"),
    ),
    "sliced integers of one bit": (
        lambda: Sliced("s", 1, True, "trunc"), "a sliced integer has 2 to 16 bits, got 1",
        lambda: Sliced("s", 2, True, "trunc"),
    ),
    "a rule of slices": (
        lambda: Sliced("s", 8, True, "trunk"), "unknown slice rule 'trunk'; close ones: trunc",
        None,
    ),
    "a distance": (
        lambda: Requantize(name="r", distance=65), "distance must be 0 to 64, got 65",
        lambda: Requantize(name="r", distance=64),
    ),
    "a distance below": (
        lambda: Requantize(name="r", distance=-1), "distance must be 0 to 64, got -1",
        lambda: Requantize(name="r", distance=0),
    ),
    "a far shift": (
        lambda: Requantize(name="r", distance=64, shift=lookup("uint7")),
        "distance and shift together must lie in -64 to 128, got 64 to 191",
        lambda: Requantize(name="r", distance=64, shift=lookup("uint6")),
    ),
    "a far shift back": (
        lambda: Requantize(name="r", distance=0, shift=lookup("int8")),
        "distance and shift together must lie in -64 to 128, got -128 to 127",
        lambda: Requantize(name="r", distance=0, shift=lookup("int7")),
    ),
    "bits of a multiplier": (
        lambda: Requantize(name="r", multiplier=lookup("int33")),
        "a multiplier has up to 32 bits, got int33",
        lambda: Requantize(name="r", multiplier=lookup("int32")),
    ),
    "bits of a result": (
        lambda: Requantize(name="r", result=lookup("int17")),
        "an integer result has up to 16 bits, got int17",
        lambda: Requantize(name="r", result=lookup("int16")),
    ),
    "rows and lanes": (
        lambda: Requantize(name="r", rows=65, lanes=64),
        "rows × lanes must be at most 4096, got 65 × 64",
        lambda: Requantize(name="r", rows=64, lanes=64),
    ),
    "points of a vector": (
        lambda: Hadamard(name="h", points=16, format=INT8).transform(np.zeros((1, 8), np.uint8)),
        "vectors have 16 points, got shape (1, 8)",
        lambda: Hadamard(name="h", points=16, format=INT8).transform(np.zeros((1, 16), np.uint8)),
    ),
    "initial values that nothing takes": (
        lambda: matmul(FIRST, *[np.zeros((2, 4), np.uint8)] * 2, initial=np.zeros((2, 2), int)),
        "initial values and an arithmetic with initial go together",
        lambda: matmul(FIRST, *[np.zeros((2, 4), np.uint8)] * 2),
    ),
    "codes of another shape": (
        lambda: Quantized(planes("int8", "int8"),
                          {"p0": np.zeros((2, 4), np.uint8), "p1": np.zeros((2, 5), np.uint8)}),
        "p1 must be rows × K = (2, 4), got (2, 5)",
        lambda: Quantized(planes("int8", "int8"),
                          {"p0": np.zeros((2, 4), np.uint8), "p1": np.zeros((2, 4), np.uint8)}),
    ),
    "codes of another name": (
        lambda: Quantized(PLAIN, {"cod": np.zeros((2, 4), np.uint8)}), "close ones: code",
        lambda: Quantized(PLAIN, {"code": np.zeros((2, 4), np.uint8)}),
    ),
    "codes that are missing": (
        lambda: Quantized(planes("int8", "int8"), {"p0": np.zeros((2, 4), np.uint8)}),
        "'p1' is missing; needed: p0, p1",
        None,
    ),
    "a selection that nothing takes": (
        lambda: Quantized(PLAIN, {"code": np.zeros((2, 4), np.uint8)}, {}, np.zeros((2, 1), int)),
        "the operand's selection and the given one do not fit together",
        None,
    ),
    "codes without their scales": (
        lambda: matmul(SCALED, *[np.zeros((2, 4), np.uint8)] * 2),
        "bare codes fit only an operand of one unscaled plane",
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LIMITS)
def test_a_limit(what):
    check(*LIMITS[what])
