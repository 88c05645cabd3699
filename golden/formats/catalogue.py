"""The named formats, as data, and the grammar of the families.

Canonical names: ``int4``, ``uint4``, ``int4_sym``; ``e4m3_fn`` (``eXmY[bN]_<policy>``), ``ue4m3``
for no sign. A bare ``eXmY`` means the policy of the standard that made it common. ``binary8p3se``
(``binaryKpP[su][ef]``) is IEEE P3109's, a draft.
"""

from __future__ import annotations

import re
from functools import cache

from ..errors import UnknownName
from .base import Format
from .bipolar import Bipolar
from .codebook import Codebook
from .integer import Integer
from .minifloat import P3109_POLICIES, POLICIES, Minifloat
from .posit import Posit
from .sliced import SLICES, Sliced
from .tables import CODEBOOKS, apot, khot

#: The policy that a bare name stands for; every other bare eXmY is finite.
DEFAULT_POLICY = {
    "e4m3": "fn",  # OCP OFP8
    "e5m2": "ieee",  # OCP OFP8
    "ue4m3": "fn",  # NVFP4 scales: E4M3 without its sign
    "ue5m3": "fn",  # 0xFF is NaN; this project's reading
}

NAMED: tuple[Format, ...] = (
    # IEEE 754 and its truncation
    Minifloat("fp32", 8, 23, POLICIES["ieee"], 127),
    Minifloat("fp16", 5, 10, POLICIES["ieee"], 15),
    Minifloat("bf16", 8, 7, POLICIES["ieee"], 127),
    # OCP MX v1.0: the shared scale, and the element of MXINT8 with its implied 2**-6
    Minifloat("e8m0", 8, 0, POLICIES["e8m0"], 127, signed=False),
    Integer("mxint8", 8, exponent=-6),
    # The same with fewer bits (arXiv 2510.25602; clipping there is unconfirmed)
    Integer("mxint6", 6, exponent=-4),
    Integer("mxint4", 4, exponent=-2),
    # Signed powers of two without zero (DenseShift): +-2**p, p from 0
    Minifloat("denseshift2", 1, 0, POLICIES["normal"], 0),
    Minifloat("denseshift3", 2, 0, POLICIES["normal"], 0),
    Minifloat("denseshift4", 3, 0, POLICIES["normal"], 0),
    # One bit: 0 is -1. Two bits, two's complement: the spare code 0b10 is a second zero.
    Codebook("binary", ((-1, 1),), ties="up"),
    Codebook("ternary", ((0, 1, 0, -1),)),
    # No bits: the planes of zero points and of minimums.
    Codebook("one", ((1,),)),
    Codebook("minus_one", ((-1,),)),
    *CODEBOOKS,
)

POSITS = ((4, 0), (4, 1), (8, 0), (8, 1), (8, 2), (16, 1), (16, 2))

#: alias -> name. Left: what other packages call it.
ALIASES = {
    "float32": "fp32",
    "float16": "fp16",
    "half": "fp16",
    "bfloat16": "bf16",
    "ue8m0": "e8m0",
    "float8_e8m0fnu": "e8m0",
    "fp8_e4m3": "e4m3",
    "fp8_e5m2": "e5m2",
    "fp6_e2m3": "e2m3",
    "fp6_e3m2": "e3m2",
    "fp4": "e2m1",
    "fp4_e2m1": "e2m1",
    "float8_e4m3fn": "e4m3_fn",
    "float8_e4m3fnuz": "e4m3_fnuz",
    "float8_e4m3b11fnuz": "e4m3b11_fnuz",
    "float8_e4m3": "e4m3_ieee",
    "float8_e3m4": "e3m4_ieee",
    "float8_e5m2": "e5m2_ieee",
    "float8_e5m2fnuz": "e5m2_fnuz",
    "float6_e2m3fn": "e2m3_finite",
    "float6_e3m2fn": "e3m2_finite",
    "float4_e2m1fn": "e2m1_finite",
    "pot3": "e2m0_finite",
    "pot4": "e3m0_finite",
    "pot5": "e4m0_finite",
    "nf4_16": "nf4",
    "nf4_8": "nf4_short",
    "dirpres4": "dirpres4_16",
}

_SLICED = re.compile(r"(u?)int(\d\d?)_(slice|extra|trunc|double)")
_INTEGER = re.compile(r"(u?)int([1-9]\d?)(_sym)?")
_FLOAT = re.compile(r"(u?)e([1-8])m(\d\d?)(?:b(\d{1,4}))?(?:_(finite|fn|ieee|fnuz|normal))?")
_P3109 = re.compile(r"binary(\d)p(\d)([su])([ef])")
_OTHER = re.compile(r"(posit|bipolar|apot|khot)(\d\d?)(?:([_x])(\d))?")


def lookup(name: str) -> Format:
    """The format called ``name``: a named one, an alias, or a member of a family.

    >>> lookup("e4m3") == lookup("float8_e4m3fn")
    True

    Raises UnknownName, with the close names, for anything else.
    """
    if not isinstance(name, str):
        raise TypeError(f"a format is called by its name, got {name!r}")
    return _lookup(name)


@cache
def _lookup(name: str) -> Format:
    wanted = ALIASES.get(name.lower(), name.lower())
    for item in NAMED:
        if item.name == wanted:
            return item
    wanted = wanted.replace("p3109_k", "binary", 1)  # as gfloat has it
    families = (_integer, _sliced, _float, _p3109, _other)
    made = (family(wanted) for family in families)
    found = next((item for item in made if item is not None), None)
    if found is None:
        raise UnknownName("format", name, [*names(), *ALIASES])
    return found


@cache
def names() -> tuple[str, ...]:
    """The names that ``macsmith list formats`` shows: the families' everyday members, then the
    named.

    Minifloats of 3 to 8 bits appear by their bare name; each also exists with every policy. Two of
    IEEE P3109's 120 formats stand for all.
    """
    widths = [*range(2, 9), 16]
    integers = [f"{kind}{w}" for kind in ("int", "uint") for w in widths]
    symmetric = [f"int{w}_sym" for w in widths]
    floats = [f"e{e}m{m}" for e in range(1, 8) for m in range(0, 7) if 3 <= 1 + e + m <= 8]
    others = [*(f"posit{n}_{es}" for n, es in POSITS), *(f"bipolar{n}" for n in range(1, 9))]
    others += [f"{kind}8_{rule}" for kind in ("int", "uint") for rule in SLICES]
    others += ["binary8p3se", "binary8p4se"]
    others += ["apot2x1", "apot2x2", "khot2x2", "khot2x3", "khot3x2"]
    named = [item.name for item in NAMED]
    return (*integers, *symmetric, *floats, "ue4m3", "ue5m3", *named, *others)


def _other(name: str) -> Format | None:
    """``posit8_0``, ``bipolar4``, ``apot2x2``, ``khot3x2``."""
    match = _OTHER.fullmatch(name)
    if not match:
        return None
    family, first, between, second = match[1], int(match[2]), match[3], match[4]
    if family == "posit" and between == "_" and 3 <= first <= 16 and int(second) <= 3:
        return Posit(name, first, int(second))
    if family == "bipolar" and between is None and 1 <= first <= 16:
        return Bipolar(name, first)
    if between == "x" and 1 <= first <= 3 and 1 <= int(second) <= 3:
        return {"apot": apot, "khot": khot}[family](first, int(second))
    return None


def _integer(name: str) -> Integer | None:
    match = _INTEGER.fullmatch(name)
    if not match:
        return None
    unsigned, width, symmetric = match.groups()
    if int(width) > 64 or (symmetric and (unsigned or int(width) < 2)):
        return None
    return Integer(name, int(width), signed=not unsigned, symmetric=bool(symmetric))


def _sliced(name: str) -> Sliced | None:
    match = _SLICED.fullmatch(name)
    if not match or not 2 <= int(match[2]) <= 16:
        return None
    return Sliced(name, int(match[2]), not match[1], match[3])


def _float(name: str) -> Minifloat | None:
    match = _FLOAT.fullmatch(name)
    if not match:
        return None
    unsigned, e, m, bias, policy = match.groups()
    bare = name.removesuffix(f"_{policy}")
    usual = DEFAULT_POLICY.get(bare, "finite")
    chosen = policy or usual
    named = any(item.name == bare for item in NAMED)
    if chosen == usual and not named:
        name = bare  # one name on the screen for one format
    if int(m) > 23 or (unsigned and chosen == "fnuz"):
        return None
    default = (1 << (int(e) - 1)) - 1 + (chosen == "fnuz")
    value = default if bias is None else int(bias)
    found = Minifloat(name, int(e), int(m), POLICIES[chosen], value, not unsigned)
    return next((item for item in NAMED if item == found), found)


def _p3109(name: str) -> Minifloat | None:
    """``binary8p3se``: IEEE P3109's format of 8 bits and precision 3, signed, extended.

    Extended formats have infinities, finite ones (``f``) have none. Source: IEEE P3109, interim
    report 4.0, a draft.
    """
    match = _P3109.fullmatch(name)
    if not match:
        return None
    width, precision, signed = int(match[1]), int(match[2]), match[3] == "s"
    if not 3 <= width <= 8 or not 1 <= precision <= width - signed:
        return None
    exponent_width = width - precision + (not signed)
    policy = P3109_POLICIES[match[3] + match[4]]
    bias = 1 << (exponent_width - 1)
    return Minifloat(name, exponent_width, precision - 1, policy, bias, signed)
