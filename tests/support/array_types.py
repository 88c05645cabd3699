"""Array types of NumPy and ml_dtypes, and which format's codes they hold."""

import ml_dtypes
import numpy as np

ML = ("bfloat16", "float8_e3m4", "float8_e4m3", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2",
      "float8_e4m3b11fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float6_e2m3fn", "float6_e3m2fn",
      "float4_e2m1fn", "int2", "int4", "uint2", "uint4")  # fmt: skip
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = (*UNSIGNED, "int8", "int16", "int32", "int64")
OTHERS = ("float16", "float32", "float64", "complex64", "bool", "object", "str", "datetime64[s]")
TYPES = (*ML, *INTEGERS, *OTHERS)

#: Formats of every family and width, and what NumPy or ml_dtypes calls their arrays.
OWN = {
    "fp32": "float32", "fp16": "float16", "bf16": "bfloat16", "e4m3": "float8_e4m3fn",
    "e5m2": "float8_e5m2", "e8m0": "float8_e8m0fnu", "e2m1": "float4_e2m1fn",
    "e3m2": "float6_e3m2fn", "int8": "int8", "mxint8": "int8", "int4": "int4", "uint4": "uint4",
    "int32": "int32", "uint16": "uint16", "int16": "int16", "int4_sym": "int4",
    "int8_slice": "int8", "e5m6": None, "ue4m3": "float8_e4m3fn", "nf4_8": None, "ternary": None,
    "posit8_0": None, "posit16_1": None, "bipolar4": None, "e4m3_finite": None,
}  # fmt: skip


def dtype(name):
    return np.dtype(getattr(ml_dtypes, name, name))


def ones(name, shape=(1, 4)):
    """The number 1 in an array of a type."""
    if name == "datetime64[s]":
        return np.ones(shape, np.int64).astype(name)
    return np.ones(shape).astype(dtype(name))
