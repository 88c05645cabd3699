"""The definitions of ``reference/formats.md`` once more, in exact rational arithmetic.

Fractions and Python integers only; nothing of macsmith, nothing of NumPy. Slow and plain on
purpose: these models exist to disagree with the golden model if it is wrong. ``oracles`` alone is
different: it holds what other people's packages say.
"""
