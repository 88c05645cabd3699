"""What packages that nobody here wrote say: ml_dtypes and gfloat (``formats.md`` C)."""

from __future__ import annotations

import gfloat
import ml_dtypes
import numpy as np
from gfloat import formats as gfloat_formats

from .elements import Element, element
from .p3109 import P3109

#: Our name -> dtype. NumPy's own types come along.
ML_DTYPES = {
    "e4m3": ml_dtypes.float8_e4m3fn,
    "e5m2": ml_dtypes.float8_e5m2,
    "e4m3_fnuz": ml_dtypes.float8_e4m3fnuz,
    "e5m2_fnuz": ml_dtypes.float8_e5m2fnuz,
    "e4m3b11_fnuz": ml_dtypes.float8_e4m3b11fnuz,
    "e4m3_ieee": ml_dtypes.float8_e4m3,
    "e3m4_ieee": ml_dtypes.float8_e3m4,
    "e3m2": ml_dtypes.float6_e3m2fn,
    "e2m3": ml_dtypes.float6_e2m3fn,
    "e2m1": ml_dtypes.float4_e2m1fn,
    "e8m0": ml_dtypes.float8_e8m0fnu,
    "fp16": np.float16,
    "bf16": ml_dtypes.bfloat16,
}

ML_INTEGERS = {
    "int1": ml_dtypes.int1,
    "int2": ml_dtypes.int2,
    "int4": ml_dtypes.int4,
    "int8": np.int8,
    "int16": np.int16,
    "uint1": ml_dtypes.uint1,
    "uint2": ml_dtypes.uint2,
    "uint4": ml_dtypes.uint4,
    "uint8": np.uint8,
    "uint16": np.uint16,
}

GFLOAT_READY = {
    "e4m3": gfloat_formats.format_info_ocp_e4m3,
    "e5m2": gfloat_formats.format_info_ocp_e5m2,
    "e3m2": gfloat_formats.format_info_ocp_e3m2,
    "e2m3": gfloat_formats.format_info_ocp_e2m3,
    "e2m1": gfloat_formats.format_info_ocp_e2m1,
    "e8m0": gfloat_formats.format_info_ocp_e8m0,
    "mxint8": gfloat_formats.format_info_ocp_int8,
    "fp16": gfloat_formats.format_info_binary16,
    "bf16": gfloat_formats.format_info_bfloat16,
}

ROUNDINGS = {
    "nearest_even": gfloat.RoundMode.TiesToEven,
    "nearest_away": gfloat.RoundMode.TiesToAway,
    "toward_zero": gfloat.RoundMode.TowardZero,
    "up": gfloat.RoundMode.TowardPositive,
    "down": gfloat.RoundMode.TowardNegative,
}


def gfloat_info(name: str) -> gfloat.FormatInfo:
    """gfloat's own constant where it has one, else the policy spelled out (``formats.md`` C)."""
    return GFLOAT_READY.get(name) or _spelled_out(element(name))


def _spelled_out(item: Element) -> gfloat.FormatInfo:
    made = item.float
    assert made is not None
    if isinstance(made, P3109):
        return gfloat_formats.format_info_p3109(
            made.bits,
            made.precision,
            gfloat.Signedness.Signed if made.signed else gfloat.Signedness.Unsigned,
            gfloat.Domain.Extended if made.extended else gfloat.Domain.Finite,
        )
    return gfloat.FormatInfo(
        name="",
        k=made.bits,
        precision=made.mantissa + 1,
        bias=made.bias,
        is_signed=made.signed,
        domain=gfloat.Domain.Extended if made.policy == "ieee" else gfloat.Domain.Finite,
        has_nz=made.signed and made.policy != "fnuz",
        num_high_nans={"fn": 1, "ieee": (1 << made.mantissa) - 1}.get(made.policy, 0),
        has_subnormals=True,
        is_twos_complement=False,
    )


def ml_decode(dtype: type, bits: int, codes: np.ndarray) -> np.ndarray:
    """float64 of every code; small types store one code a byte."""
    storage = codes.astype(np.uint16 if bits > 8 else np.uint8)
    with np.errstate(invalid="ignore"):
        return storage.view(dtype).astype(np.float64)


def ml_encode(dtype: type, values: np.ndarray) -> np.ndarray:
    """Codes of float32 values, nearest even, as ml_dtypes casts."""
    assert values.dtype == np.float32
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        cast = values.astype(dtype)
    return cast.view(np.uint16 if cast.itemsize == 2 else np.uint8)


def gfloat_encode(
    info: gfloat.FormatInfo, values: np.ndarray, rounding: str, saturate: bool
) -> np.ndarray:
    """Codes of float64 values."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        rounded = gfloat.round_ndarray(info, values, ROUNDINGS[rounding], saturate)
        return gfloat.encode_ndarray(info, rounded)
