"""Posits, bipolar integers, powers of two and code books, from their definitions in words."""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from itertools import product

from .reals import NAN, Real, real
from .sliced import served

TWO = Fraction(2)


def posit(code: int, n: int, es: int) -> Real:
    """The bits as a string: sign, regime, its end, exponent, fraction (formats.md, A9)."""
    bits = f"{code:0{n}b}"
    if "1" not in bits[1:]:
        return NAN if bits[0] == "1" else real(Fraction(0))
    if bits[0] == "1":
        return real(-posit(2**n - code, n, es).fraction)
    body = bits[1:]
    run = len(body) - len(body.lstrip(body[0]))
    k = run - 1 if body[0] == "1" else -run
    rest = body[run + 1 :]
    exponent = int((rest[:es] + "0" * es)[:es] or "0", 2)
    fraction = sum((TWO ** -(i + 1) for i, bit in enumerate(rest[es:]) if bit == "1"), Fraction(0))
    return real(TWO ** (k * 2**es + exponent) * (1 + fraction))


def posit_code(x: Fraction, n: int, es: int) -> int:
    """To the nearest posit: the bit string, infinitely long, rounded to nearest even (A9)."""
    if x == 0:
        return 0
    if x < 0:
        return 2**n - posit_code(-x, n, es)
    scale = 0
    while TWO ** (scale + 1) <= x:
        scale += 1
    while TWO**scale > x:
        scale -= 1
    k, exponent = divmod(scale, 2**es)
    text = "1" * (k + 1) + "0" if k >= 0 else "0" * -k + "1"
    text += f"{exponent:0{es}b}" if es else ""
    fraction = x / TWO**scale - 1
    while fraction and len(text) < 200:
        fraction *= 2
        text += str(int(fraction >= 1))
        fraction -= fraction >= 1
    text += "0" * n
    code, rest = int(text[: n - 1], 2), text[n - 1 :]
    above = rest[0] == "1" and ("1" in rest[1:] or fraction > 0 or code % 2 == 1)
    return min(max(code + above, 1), 2 ** (n - 1) - 1)


def bipolar(code: int, n: int) -> Real:
    """Each bit is plus or minus its weight (A2)."""
    return real(Fraction(sum((1 if code >> i & 1 else -1) << i for i in range(n))))


def powers(fields: list[list[Fraction]]) -> list[Fraction]:
    """All codes of a sign and fields, the first field lowest: each adds one of its values."""
    sums = [sum(reversed(pick), Fraction(0)) for pick in product(*reversed(fields))]
    return sums + [-s for s in sums]


def apot(terms: int, bits: int) -> list[Fraction]:
    """A5: p_i in {0, 2^-i, 2^-(i+n'), ...}."""
    return powers([
        [Fraction(0), *(TWO ** -(i + step * terms) for step in range(2**bits - 1))]
        for i in range(terms)
    ])  # fmt: skip


def khot(terms: int, bits: int) -> list[Fraction]:
    return powers([[Fraction(0), *(TWO**p for p in range(2**bits - 1))]] * terms)


def sign_magnitude(magnitudes: str, special: str = "0", unit: int = 1) -> list[Fraction]:
    positive = [Fraction(text) / unit for text in magnitudes.split()]
    return [*positive, Fraction(special) / unit, *(-v for v in positive[1:])]


#: A7: the float32 entries of NF4, in hex.
NF4_HEX = """
bf800000 bf3239b1 bf066b30 beca32a0 be91a24d be3d353f bdba7871 00000000
3da2faff 3e24cae3 3e7c04dd 3ead033a 3ee1a4b8 3f1007ab 3f3913b3 3f800000
"""


def nearest(values: list[Fraction], units: int, scale: Fraction = Fraction(1)) -> list[Fraction]:
    """To multiples of 1/units after a factor ``scale``; none of ours is half-way."""
    found = []
    for value in values:
        scaled = value * scale * units
        low = scaled.numerator // scaled.denominator
        assert scaled - low != Fraction(1, 2)
        found.append(Fraction(low + (scaled - low > Fraction(1, 2)), units))
    return found


def nf4() -> list[Fraction]:
    return [Fraction(struct.unpack(">f", bytes.fromhex(h))[0]) for h in NF4_HEX.split()]


#: Magnitudes as in A7, to the digits that decide a sixteenth.
DIRECTIONS = {
    4: "0 1 2.2121 3.6240 5.2321 7.2528 9.5026 11.7082",
    8: "0 1 2.2589 3.6560 5.4272 7.5370 10.5404 12.9878",
    16: "0 1 2.1206 3.4016 5.0364 7.2473 10.4646 13.1779",
    32: "0 1 2.4140 3.8646 5.5667 7.7813 10.6908 15.5685",
    64: "0 1 1.9383 3.2493 4.8247 6.9011 9.8598 14.9386",
}

#: name -> the value of every code.
VALUES: dict[str, list[Fraction]] = {
    "nf4_short": nearest(nf4(), 128, Fraction(127, 128)),
    "nf4": nearest(nf4(), 1 << 15, Fraction((1 << 15) - 1, 1 << 15)),
    "iq4_nl": [Fraction(v) for v in (-127, -104, -83, -65, -49, -35, -22, -10,
                                     1, 13, 25, 38, 53, 69, 89, 113)],
    # As llama.cpp computes them: bytes of its grids, the last one spare; (0.5 + s) / 4 or / 2
    # of a scale s, here with 2 s + 1 apart; -1, 0, 1 and an eighth (the first of two tables).
    "q2_0": [Fraction(q - 1) for q in range(4)],
    "iq1": [Fraction(t) + Fraction(1, 8) for t in (-1, 0, 1, 1)],
    "iq2": [s * Fraction(b) / 2 / 4 for s in (1, -1) for b in (0x08, 0x19, 0x2B, 0x2B)],
    "iq3_xxs": [s * Fraction(b) / 2 / 2 for s in (1, -1)
                for b in (0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C, 0x34, 0x3E)],
    "iq3_s": [s * Fraction(b) for s in (1, -1) for b in (1, 3, 5, 7, 9, 0xB, 0xD, 0xF)],
    **{f"odd{bits}": [Fraction(2 * s + 1) for s in range(1 << bits)] for bits in (3, 4)},
    **{
        f"dirpres4_{dim}": nearest(sign_magnitude(text), 16) for dim, text in DIRECTIONS.items()
    },
    "fp4_bnb": [v * 192 / 256 for v in sign_magnitude("0 0.0625 8 12 4 6 2 3", unit=12)],
    "flint4": sign_magnitude("0 1 2 3 4 6 8 16"),
    "flint5": sign_magnitude("0 1 2 3 4 5 6 7 8 10 12 14 16 24 32 64"),
    "apot4": sign_magnitude("0 1 2 3 4 6 8 10"),
    "bitmod3": sign_magnitude("0 1 2 4", "3"),
    "bitmod4": sign_magnitude("0 0.5 1 1.5 2 3 4 6", "5"),
    "int2_abq": [Fraction(v) for v in (0, 1, 2, 2, -2, -2, -2, -1)],
    "denseshift2": [Fraction(v) for v in (1, 2, -1, -2)],
    "denseshift3": [Fraction(v) for v in (1, 2, 4, 8, -1, -2, -4, -8)],
    "denseshift4": [Fraction(s * 2**p) for s in (1, -1) for p in range(8)],
    "mxint6": [Fraction(c - 64 * (c > 31), 16) for c in range(64)],
    "mxint4": [Fraction(c - 16 * (c > 7), 4) for c in range(16)],
}  # fmt: skip


def values(name: str) -> list[Real] | None:
    """The value of every code of a format of this page, or None."""
    if name in VALUES:
        return [real(v) for v in VALUES[name]]
    if sliced := re.fullmatch(r"(u?)int(\d+)_(slice|extra|trunc|double)", name):
        width, signed = int(sliced[2]), not sliced[1]
        return [
            real(Fraction(served(code, width, signed, sliced[3], 0))) for code in range(1 << width)
        ]
    family = name.rstrip("0123456789_x")
    numbers = [int(part) for part in name[len(family) :].replace("x", "_").split("_") if part]
    if family == "posit":
        return [posit(code, *numbers) for code in range(1 << numbers[0])]
    if family == "bipolar":
        return [bipolar(code, *numbers) for code in range(1 << numbers[0])]
    if family in ("apot", "khot"):
        return [real(v) for v in {"apot": apot, "khot": khot}[family](*numbers)]
    return None
