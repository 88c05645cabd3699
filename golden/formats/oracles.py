"""Who else says what a format's codes mean: what its tests compare with."""

from __future__ import annotations

from .base import Format
from .minifloat import Minifloat

#: package -> formats whose every code it decodes, and the tests compare.
PACKAGES: dict[str, tuple[str, ...]] = {
    "ml_dtypes": (
        "e4m3", "e5m2", "e4m3_fnuz", "e5m2_fnuz", "e4m3b11_fnuz", "e4m3_ieee", "e3m4_ieee", "e3m2",
        "e2m3", "e2m1", "e8m0", "bf16", "int2", "int4", "uint2", "uint4",
    ),
    "numpy": ("int8", "uint8", "int16", "uint16", "fp16"),
    "softposit": ("posit8_0", "posit16_1"),
}  # fmt: skip
#: Of formats that no minifloat of 3 to 8 bits is.
GFLOAT = ("ue4m3", "ue5m3", "e4m3b11_fnuz", "e8m0", "mxint8", "fp16", "bf16")


def oracles(fmt: Format) -> tuple[str, ...]:
    """Packages that decode every code of ``fmt``; without one, a second model in the tests, written
    from the definition in rational arithmetic, says it."""
    found = [package for package, names in PACKAGES.items() if fmt.name in names]
    small = isinstance(fmt, Minifloat) and 3 <= fmt.bits <= 8
    if fmt.name in GFLOAT or (small and isinstance(fmt, Minifloat) and _usual(fmt)):
        found.append("gfloat")
    return tuple(found) or ("definition",)


def _usual(fmt: Minifloat) -> bool:
    """Whether gfloat has such a policy and bias."""
    usual = (1 << (fmt.exponent_width - 1)) - fmt.has_negative_zero
    return fmt.has_zero and fmt.bias == usual
