"""I-ViT's integer functions as its definition has them, in fractions: a second model.

Source: I-ViT (arXiv 2207.01405), ``quant_modules.py``, read as exact integers.
"""

from fractions import Fraction
from math import floor

MOST = 2**31 - 1


def shift_exp(x, scale, n):
    """ShiftExp of an integer."""
    x = x + floor(Fraction(x, 2)) - floor(Fraction(x, 16))
    x0 = floor(-1 / scale)
    x = max(x, n * x0)
    q = floor(Fraction(x, x0))
    r = x - x0 * q
    return max(0, floor((Fraction(r, 2) - x0) * Fraction(2) ** (n - q)))


def fraction(e, total):
    """e over a sum, in units of 2^-7."""
    return floor(Fraction(e * floor(Fraction(MOST, min(total, MOST))), 2**24))


def shiftmax(x, scale):
    """Shiftmax of a token, for 8 bits."""
    most = max(x)
    e = [shift_exp(value - most, scale, 15) for value in x]
    total = sum(e)
    return [fraction(value, total) for value in e]


def shiftgelu(x, scale):
    """ShiftGELU of a token, for 8 bits; ``scale`` is 1.702 times that of the values."""
    most = max(x)
    least = shift_exp(-most, scale, 23)
    e = [shift_exp(value - most, scale, 23) for value in x]
    return [value * fraction(own, own + least) for value, own in zip(x, e, strict=True)]


def layer_norm(x, bias, norm="l2"):
    """I-LayerNorm of a token; or by its L1 norm, the sum of magnitudes."""
    mean = round(Fraction(sum(x), len(x)))  # to nearest even
    y = [value - mean for value in x]
    variance, k = sum(value * value for value in y), 2**16
    for _ in range(10):
        k = floor(Fraction(k + floor(Fraction(variance, k)), 2))
    if norm == "l1":
        k = sum(abs(value) for value in y) or 1
    factor = floor(Fraction(MOST, k))
    return [floor(Fraction(value * factor, 2)) + own for value, own in zip(y, bias, strict=True)]


def shortened(ends, beats):
    """Ends of tokens, those among them that are as long as they may be."""
    found, start = set(), 0
    for end in ends:
        found |= {*range(start + beats - 1, end, beats), end}
        start = end + 1
    return sorted(found)
