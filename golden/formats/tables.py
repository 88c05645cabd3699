"""Code books of the literature, as data: magnitudes or entries, with their sources.

Where a definition has real entries, they are rounded to fixed point; the error is stated.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from .codebook import Codebook


def signed(magnitudes: Iterable[int], special: int | None = None) -> tuple[int, ...]:
    """Codes with a sign on top; the code of -0 is 0, or ``special``."""
    positive = tuple(magnitudes)
    return positive + tuple(-m if m or special is None else special for m in positive)


def apot(terms: int, bits: int) -> Codebook:
    """Additive powers of two: a sign and ``terms`` fields of ``bits`` bits, the first lowest.

    Field i of value f > 0 adds 2**-(i + (f - 1) * terms), 0 adds nothing. This project's reading
    of Li et al., "Additive Powers-of-Two Quantization", 2020; the paper's scale is left out.
    """
    lowest = terms - 1 + ((1 << bits) - 2) * terms
    return _sums(
        f"apot{terms}x{bits}",
        [[0, *(lowest - i - f * terms for f in range((1 << bits) - 1))] for i in range(terms)],
        -lowest,
    )


def khot(terms: int, bits: int) -> Codebook:
    """Sums of ``terms`` powers of two: a sign and ``terms`` fields of ``bits`` bits.

    Each field f > 0 adds 2**(f - 1), 0 adds nothing. This project's reading of QFX's k-hot
    fixed-point numbers (magnitudes with few ones, so that products are few shifts).
    """
    fields = [[0, *range((1 << bits) - 1)]] * terms
    return _sums(f"khot{terms}x{bits}", fields, 0)


def _sums(name: str, shifts: list[list[int]], exponent: int) -> Codebook:
    """All sums of one power of two a field: ``shifts[i][f]`` for f > 0."""
    choices = [[1 << s if f else 0 for f, s in enumerate(field)] for field in reversed(shifts)]
    return Codebook(name, (signed(sum(pick) for pick in product(*choices)),), exponent)


#: NormalFloat: the float32 entries of bitsandbytes, functional.py.
NF4 = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
    -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
    0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip

#: Direction-preserving alphabets: the seven magnitudes above 0, by the vectors' dimension. Source:
#: bardia01/Direction-Preserving-Number-Representations, final_optimized_code_details.csv.
DIRECTIONS = {
    4: (1, 2.212120993, 3.623964805, 5.232093511, 7.252783260, 9.502560598, 11.708153062),
    8: (1, 2.258854351, 3.655990278, 5.427185954, 7.536956208, 10.540384453, 12.987846310),
    16: (1, 2.120590727327727, 3.4016043148299895, 5.036433057166623, 7.247316490158737,
         10.464620747028624, 13.177896085445193),
    32: (1, 2.413998352, 3.864551015, 5.566691764, 7.781341158, 10.690815564, 15.568502106),
    64: (1, 1.938255413, 3.249308709, 4.824718153, 6.901118930, 9.859838095, 14.938603557),
}  # fmt: skip

_E2M1 = (0, 1, 2, 3, 4, 6, 8, 12)

CODEBOOKS: tuple[Codebook, ...] = (
    # NF4 times 32767/32768 or 127/128, to the nearest: a scale takes up the factor. The entries are
    # off by at most 2**-16 and 2**-8.
    Codebook("nf4", (tuple(round(v * 32767) for v in NF4),), -15),
    Codebook("nf4_short", (tuple(round(v * 127) for v in NF4),), -7),
    # GGUF's non-linear 4-bit table (ggml-common.h), exact
    Codebook(
        "iq4_nl",
        ((-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113),),
    ),
    # GGUF's two bits with 2 as the fourth level; the levels of its grid types, in eighths (IQ1: -1,
    # 0 and 1, each an eighth up or down; IQ2), halves (IQ3_XXS) and ones, a spare code the greatest
    # again; and their scales, 2 s + 1. All exact.
    Codebook("q2_0", ((-1, 0, 1, 2),)),
    Codebook("iq1", ((-7, 1, 9, 9), (-9, -1, 7, 7)), -3),
    Codebook("iq2", (signed((8, 25, 43, 43)),), -3),
    Codebook("iq3_xxs", (signed((2, 6, 10, 14, 18, 22, 26, 31)),), -1),
    Codebook("iq3_s", (signed(range(1, 16, 2)),)),
    *(Codebook(f"odd{bits}", (tuple(range(1, 2 << bits, 2)),)) for bits in (3, 4)),
    # Entries rounded to 1/16: off by at most 2**-5.
    *(
        Codebook(f"dirpres4_{dim}", (signed((0, *(round(m * 16) for m in rest))),), -4)
        for dim, rest in DIRECTIONS.items()
    ),
    # bitsandbytes' "fp4" is no E2M1: entries in units of 1/192; here 192/256 of them, exactly
    Codebook("fp4_bnb", (signed((0, 1, 128, 192, 64, 96, 32, 48)),), -8),
    # ANT's flint and the additive powers of two that BitMoD compares with (quant_weight.py)
    Codebook("flint4", (signed((0, 1, 2, 3, 4, 6, 8, 16)),)),
    Codebook("flint5", (signed((*range(9), 10, 12, 14, 16, 24, 32, 64)),)),
    Codebook("apot4", (signed((0, 1, 2, 3, 4, 6, 8, 10)),)),
    # BitMoD: the code of -0 is one of four special values, chosen for each group (auto_dtype.py)
    Codebook("bitmod3", tuple(signed((0, 1, 2, 4), s) for s in (3, -3, 6, -6)), 0, "down"),
    Codebook("bitmod4", tuple(signed(_E2M1, s) for s in (10, -10, 16, -16)), -1, "down"),
    # ABQ-LLM's bit balance: five levels of INT2*, as two's complement of three bits; codes beyond
    # are its ends. How the released engine stores them is unconfirmed.
    Codebook("int2_abq", ((0, 1, 2, 2, -2, -2, -2, -1),)),
)
