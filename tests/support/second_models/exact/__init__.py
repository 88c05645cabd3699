"""The arithmetic of the page on numerics once more: any description, in exact rationals.

Written from the documentation alone, to disagree with the golden model where that is wrong: no
line of it imports macsmith, NumPy or another second model. What the pages did not say was learnt
by comparing, and stands there now. ``matrix.matrix`` computes what a
``description.Arithmetic`` says, which is plain data: names of formats, lists of codes.

Covered: integers, minifloats of every policy, P3109, posits, powers of two, code books, also many
with a choice; planes with zero points, minimums and any other scales; scales of tensors, rows,
groups and blocks; stages ``exact``, ``int`` (wrap and saturate), ``fp`` with partial sums,
``aligned``, and two of them; complex products; L-Mul; raw results with flags and what they start
from; bias, conversion by each rounding to floats and integers, ReLU, clamp, NaN, infinities and
signed zeros.

Not covered: sliced integers, sparse weights, overpacked products, stochastic rounding, engines of
several modes (each of which is a description), quantization, units, and whatever checks a
description: one that makes no sense has no answer here.
"""
