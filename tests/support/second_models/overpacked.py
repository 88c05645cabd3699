"""Overpacking as Sommer et al. draw it: numbers in one multiplication, fields cut out of it."""

import numpy as np

SPACING, BITS = 6, 8


def products(weights, activations):
    """Results [weight][activation] of integer arrays, of one product of two packed numbers."""
    step = SPACING * len(activations)
    wide = sum(w.astype(object) << step * n for n, w in enumerate(weights))
    narrow = sum(a.astype(object) << SPACING * n for n, a in enumerate(activations))
    packed = (wide * narrow).astype(np.int64)
    pairs = [(w, a) for w in weights for a in activations]
    found = []
    for n in range(len(pairs)):
        field = packed >> SPACING * n & (1 << BITS) - 1
        if n + 1 < len(pairs):
            low = pairs[n + 1][0] * pairs[n + 1][1] & 3
            field = field - (low << SPACING) & (1 << BITS) - 1
        found.append(np.where(field >> BITS - 1, field - (1 << BITS), field))
    many = len(activations)
    return [found[start : start + many] for start in range(0, len(found), many)]
